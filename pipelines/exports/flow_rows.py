"""Records about flows as rows of `network_flows`."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from pipelines.batch import NETWORK_FLOWS
from pipelines.capture.flow_rows import protocol_name
from pipelines.capture.transport import ICMP, ICMP6
from pipelines.capture.window import Ints, Words
from pipelines.exports import elements
from pipelines.exports.addresses import v4_texts, v6_texts
from pipelines.exports.flow_fields import flow_fields
from pipelines.exports.icmp import icmp_type_code
from pipelines.exports.records import Records, first
from pipelines.exports.sampling import sampling_rates
from pipelines.exports.times import flow_times
from pipelines.exports.window import Headers, Origin

_PROTOCOLS: Final = pl.Series([protocol_name(number) for number in range(256)] + [""], dtype=pl.String)
_UNKNOWN: Final = 256
_MOST: Final = np.uint64(2**64 - 1)
_VLAN_BITS: Final = np.uint64(0xFFF)

# What left counts only where nothing says what came in: it is the same packets, seen behind the box (RFC 3954 §8).
_OCTETS: Final = (*elements.OCTETS, elements.OUT_OCTETS)
_PACKETS: Final = (*elements.PACKETS, elements.INITIATOR_PACKETS, elements.OUT_PACKETS)
_PAYLOAD: Final = (elements.INITIATOR_OCTETS, elements.TRANSPORT_OCTETS)
# The answers, by RFC 5103 or by names of their own.
_OCTETS_BACK: Final = tuple(elements.reverse(name) for name in elements.OCTETS)
_PACKETS_BACK: Final = (*(elements.reverse(name) for name in elements.PACKETS), elements.RESPONDER_PACKETS)
_PAYLOAD_BACK: Final = (elements.RESPONDER_OCTETS, elements.reverse(elements.TRANSPORT_OCTETS))


def flow_rows(records: Records, headers: Headers, origins: Sequence[Origin]) -> pl.DataFrame:
    """The rows, in the order of the records; counts are multiplied by the sampling rate, which `fields` names."""
    times = flow_times(records, headers, origins)
    rates = sampling_rates(records, headers, origins)
    protocol = _protocol(records)
    source_port, destination_port = _ports(records, protocol)
    columns = {
        "event_time": pl.Series(times.start_us).cast(pl.Datetime("us", "UTC")),
        "source_offset": headers.number,
        "source_ip": endpoint(records, elements.SOURCE_V4, elements.SOURCE_V6),
        "source_port": source_port & np.uint64(0xFFFF),
        "destination_ip": endpoint(records, elements.DESTINATION_V4, elements.DESTINATION_V6),
        "destination_port": destination_port & np.uint64(0xFFFF),
        "protocol": _PROTOCOLS.gather(protocol.astype(np.uint32)),
        "vlan_id": first(records, elements.VLAN) & _VLAN_BITS,
        "application": _applications(records, headers, origins),
        "duration_ms": times.duration_ms,
        "packets_out": _scaled(first(records, _PACKETS), rates),
        "packets_in": _scaled(first(records, _PACKETS_BACK), rates),
        "bytes_out": _scaled(first(records, _PAYLOAD), rates),
        "bytes_in": _scaled(first(records, _PAYLOAD_BACK), rates),
        "ip_bytes_out": _scaled(first(records, _OCTETS), rates),
        "ip_bytes_in": _scaled(first(records, _OCTETS_BACK), rates),
        "connection_state": pl.repeat("", len(records), eager=True),
        "history": pl.repeat("", len(records), eager=True),
        "community_id": pl.repeat("", len(records), eager=True),
        "fields": flow_fields(records, headers, origins, rates, protocol, times),
    }
    return pl.DataFrame(columns).cast(NETWORK_FLOWS)


def endpoint(records: Records, v4: Sequence[int], v6: Sequence[int]) -> pl.Series:
    """An address as text, '' where a record has none; of both versions the one that is not zero."""
    fours = [name for name in v4 if records.has(name)]
    sixes = [name for name in v6 if name in records.layout.places and records.layout.places[name].size == 16]
    if not sixes:
        return v4_texts(first(records, fours)) if fours else pl.repeat("", len(records), eager=True, dtype=pl.String)
    octets = records.octets(sixes[0], 16)
    texts = v6_texts(octets)
    if not fours:
        return texts
    old = first(records, fours)
    return texts.zip_with(pl.Series(octets.any(axis=1) & (old == 0)), v4_texts(old))


def _protocol(records: Records) -> Ints:
    """The protocol's number, 256 where it is unknown."""
    if records.has(elements.PROTOCOL):
        return np.minimum(records.numbers(elements.PROTOCOL), np.uint64(255)).astype(np.int64)
    for names, number in ((elements.TCP_PORTS, 6), (elements.UDP_PORTS, 17)):
        if any(records.has(name) for name in names):
            return np.full(len(records), number, np.int64)
    return np.full(len(records), _UNKNOWN, np.int64)


def _ports(records: Records, protocol: Ints) -> tuple[Words, Words]:
    """The ports; of ICMP the type, and the code (as Zeek puts them)."""
    source, destination = first(records, elements.SOURCE_PORT), first(records, elements.DESTINATION_PORT)
    icmp = (protocol == ICMP) | (protocol == ICMP6)
    if not icmp.any():
        return source, destination
    kind, code = icmp_type_code(records, icmp)
    return np.where(icmp, kind, source), np.where(icmp, code, destination)


def _scaled(counts: Words, rates: Words) -> Words:
    """The counts times the rates; what would not fit stands at the most that does."""
    if (rates == 1).all():
        return counts
    scaled: Words = np.minimum(counts, _MOST // rates) * rates
    return scaled


def _applications(records: Records, headers: Headers, origins: Sequence[Origin]) -> pl.Series:
    """The application by its name in the record, else by the name that the exporter's options give its id."""
    names = [name for name in elements.APPLICATION_NAMES if records.has(name)]
    if names:
        return pl.Series(records.texts(names[0]), dtype=pl.String).str.to_lowercase()
    empty = pl.repeat("", len(records), eager=True, dtype=pl.String)
    if not records.has(elements.APPLICATION_ID) or not any(origin.applications for origin in origins):
        return empty
    ids = records.numbers(elements.APPLICATION_ID).tolist()
    tables = [origin.applications for origin in origins]
    found = [tables[origin].get(number, "") for origin, number in zip(headers.origin.tolist(), ids, strict=True)]
    return pl.Series(found, dtype=pl.String).str.to_lowercase()
