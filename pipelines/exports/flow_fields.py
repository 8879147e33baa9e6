"""What only exporters know of a flow, as entries of `fields`: their interfaces, routing, translation, verdicts."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from pipelines.capture.transport import ICMP, ICMP6
from pipelines.capture.window import Flags, Ints, Words
from pipelines.exports import elements
from pipelines.exports.addresses import mac_texts, v4_texts, v6_texts
from pipelines.exports.field_map import FieldMap
from pipelines.exports.icmp import icmp_type_code
from pipelines.exports.records import Records, first
from pipelines.exports.times import FlowTimes
from pipelines.exports.window import Headers, Origin

_NUMBERS: Final = {
    "source_as": (elements.SOURCE_AS,),
    "destination_as": (elements.DESTINATION_AS,),
    "ingress_interface": (elements.INGRESS,),
    "egress_interface": (elements.EGRESS,),
    "ingress_vrf": (elements.INGRESS_VRF,),
    "egress_vrf": (elements.EGRESS_VRF,),
    "segment_id": (elements.SEGMENT,),
    "nat_source_port": elements.NAT_SOURCE_PORT,
    "nat_destination_port": elements.NAT_DESTINATION_PORT,
    "firewall_extended_event": elements.EXTENDED_EVENT,
}
_ADDRESSES: Final = {
    "next_hop": (elements.NEXT_HOP_V4, elements.NEXT_HOP_V6),
    "nat_source_ip": (elements.NAT_SOURCE_V4, elements.NAT_SOURCE_V6),
    "nat_destination_ip": (elements.NAT_DESTINATION_V4, elements.NAT_DESTINATION_V6),
}
_EVENTS: Final = {
    "nat_event": (elements.NAT_EVENT, elements.NAT_EVENTS),
    "firewall_event": (elements.FIREWALL_EVENT, elements.FIREWALL_EVENTS),
}
_FLAGS: Final = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")
FLAG_TEXTS: Final = [
    ",".join(name for bit, name in enumerate(_FLAGS) if number & 1 << bit) for number in range(1 << len(_FLAGS))
]


def flow_fields(
    records: Records, headers: Headers, origins: Sequence[Origin], rates: Words, protocol: Ints, times: FlowTimes
) -> pl.Series:
    """The map column: of each entry only what a record has and what says something."""
    entries = FieldMap(len(records))
    _add_origin(entries, headers, origins)
    _add_flags(entries, records, protocol)
    _add_icmp(entries, records, protocol)
    for name, candidates in _NUMBERS.items():
        for candidate in candidates:
            if records.has(candidate):
                entries.number(name, records.numbers(candidate))
                break
    for name, (v4, v6) in _ADDRESSES.items():
        _add_address(entries, records, name, v4, v6)
    _add_hardware(entries, records)
    _add_interfaces(entries, records, headers, origins)
    for name, (candidates, words) in _EVENTS.items():
        _add_event(entries, records, name, candidates, words)
    _add_users(entries, records)
    _add_application_ids(entries, records)
    _add_direction(entries, records)
    _add_departed(entries, records)
    entries.number("sampling_rate", rates, rates > 1)
    if times.by_export:
        entries.choice("time_basis", ["export"], np.zeros(len(records), np.int64))
    return entries.series()


def _add_origin(entries: FieldMap, headers: Headers, origins: Sequence[Origin]) -> None:
    entries.choice("exporter", [origin.exporter for origin in origins], headers.origin)
    entries.choice("observation_domain", [str(origin.domain) for origin in origins], headers.origin)
    entries.number("template", headers.template.astype(np.uint64))


def _add_flags(entries: FieldMap, records: Records, protocol: Ints) -> None:
    for name, element in (
        ("tcp_flags", elements.TCP_FLAGS),
        ("tcp_flags_in", elements.reverse(elements.TCP_FLAGS)),
    ):
        if records.has(element):
            flags = records.numbers(element) & np.uint64(0xFF)
            entries.choice(name, FLAG_TEXTS, np.where((protocol == 6) | (protocol == 256), flags, 0).astype(np.int64))


def _add_icmp(entries: FieldMap, records: Records, protocol: Ints) -> None:
    icmp = (protocol == ICMP) | (protocol == ICMP6)
    if icmp.any():
        for name, values in zip(("icmp_type", "icmp_code"), icmp_type_code(records, icmp), strict=True):
            entries.number(name, values, icmp)


def _add_address(entries: FieldMap, records: Records, name: str, v4: Sequence[int], v6: Sequence[int]) -> None:
    for candidate in v4:
        if records.has(candidate):
            address = records.numbers(candidate)
            if (address != 0).any():
                entries.text(name, v4_texts(address), address != 0)
                return
    for candidate in v6:
        place = records.layout.places.get(candidate)
        if place is not None and place.size == 16:
            octets = records.octets(candidate, 16)
            kept: Flags = (octets != 0).any(axis=1)
            entries.text(name, v6_texts(octets), kept)
            return


def _add_hardware(entries: FieldMap, records: Records) -> None:
    for name, candidates in (("source_mac", elements.SOURCE_MAC), ("destination_mac", elements.DESTINATION_MAC)):
        for candidate in candidates:
            if records.has(candidate):
                address = records.numbers(candidate)
                entries.text(name, mac_texts(address), address != 0)
                break


def _add_interfaces(entries: FieldMap, records: Records, headers: Headers, origins: Sequence[Origin]) -> None:
    if not any(origin.interfaces for origin in origins):
        return
    for name, element in (
        ("ingress_interface_name", elements.INGRESS),
        ("egress_interface_name", elements.EGRESS),
    ):
        if records.has(element):
            # One number for each pair of exporter and interface: there are few.
            pairs = headers.origin * (1 << 32) + (records.numbers(element) & np.uint64(0xFFFF_FFFF)).astype(np.int64)
            distinct, index = np.unique(pairs, return_inverse=True)
            texts = [origins[pair >> 32].interfaces.get(pair & 0xFFFF_FFFF, "") for pair in distinct.tolist()]
            entries.choice(name, texts, index.reshape(-1))


def _add_event(
    entries: FieldMap, records: Records, name: str, candidates: Sequence[int], words: dict[int, str]
) -> None:
    for candidate in candidates:
        if records.has(candidate):
            number = np.minimum(records.numbers(candidate), np.uint64(255)).astype(np.int64)
            texts = [""] + [words.get(event, str(event)) for event in range(1, 256)]
            entries.choice(name, texts, number)
            return


def _add_users(entries: FieldMap, records: Records) -> None:
    for candidate in elements.USER:
        if records.has(candidate):
            texts = pl.Series(records.texts(candidate), dtype=pl.String)
            entries.text("user", texts, _filled(texts))
            return


def _add_application_ids(entries: FieldMap, records: Records) -> None:
    if not records.has(elements.APPLICATION_ID):
        return
    ids = records.numbers(elements.APPLICATION_ID)
    place = records.layout.places.get(elements.APPLICATION_ID)
    if place is None or place.size != 4:
        entries.number("application_id", ids)
        return
    # RFC 6759 §4: the engine that classifies, and what it calls the application.
    distinct, index = np.unique(ids, return_inverse=True)
    texts = [f"{number >> 24}:{number & 0xFF_FFFF}" if number else "" for number in distinct.tolist()]
    entries.choice("application_id", texts, index.reshape(-1))


def _add_direction(entries: FieldMap, records: Records) -> None:
    if records.has(elements.DIRECTION):
        egress = (records.numbers(elements.DIRECTION) == 1).astype(np.int64)
        entries.choice("direction", ["", "egress"], egress)


def _add_departed(entries: FieldMap, records: Records) -> None:
    """What left where it differs from what came in: some exporters mean what the box changed, some the answers."""
    for name, came, left in (
        ("out_bytes", elements.OCTETS, elements.OUT_OCTETS),
        ("out_packets", elements.PACKETS, elements.OUT_PACKETS),
    ):
        if records.has(left) and any(records.has(each) for each in came):
            counted = records.numbers(left)
            entries.number(name, counted, (counted != first(records, came)) & (counted != 0))


def _filled(texts: pl.Series) -> Flags:
    kept: Flags = (texts != "").to_numpy()
    return kept
