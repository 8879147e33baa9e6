"""Flows as rows of `network_flows`: columns all the way, a text written once for all rows that share it."""

import numpy as np
import polars as pl

from pipelines.batch import FIELDS, NETWORK_FLOWS
from pipelines.capture import history, keys
from pipelines.capture.addresses import address_texts
from pipelines.capture.community_id import community_ids
from pipelines.capture.flows import Flows
from pipelines.capture.network import tunnel_name
from pipelines.capture.rows import APPLICATIONS, address_text, packed, times
from pipelines.capture.transport import ICMP, ICMP6, SCTP, TCP, UDP
from pipelines.capture.window import Words
from pipelines.field_maps import fields_of_rows

_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMP6: "icmp6", SCTP: "sctp"}
_PROTOCOLS = pl.Series([_NAMES.get(number, str(number)) for number in range(256)])


def protocol_name(number: int) -> str:
    """tcp, udp, icmp, icmp6, sctp, or the number."""
    return _NAMES.get(number, str(number))


def flow_rows(flows: Flows) -> pl.DataFrame:
    """The flows as rows of `network_flows`."""
    initiator, row = flows.initiator, np.arange(len(flows))
    low_port, high_port = keys.ports(flows.keys)
    low, high = _ends(flows.keys)
    turned = pl.Series(initiator == 1)
    texts, states = _histories(flows)
    columns = {
        "event_time": times(flows.first_us),
        "source_offset": flows.number,
        "source_ip": high.zip_with(turned, low),
        "source_port": np.where(initiator == 0, low_port, high_port),
        "destination_ip": low.zip_with(turned, high),
        "destination_port": np.where(initiator == 0, high_port, low_port),
        "protocol": _PROTOCOLS.gather(keys.protocols(flows.keys)),
        "vlan_id": (flows.keys[5] & np.uint64(0xFFF)).astype(np.int64),
        "application": pl.Series(APPLICATIONS).gather(flows.application),
        "duration_ms": np.maximum(flows.last_us - flows.first_us, 0) // 1000,
        "packets_out": flows.packets[row, initiator],
        "packets_in": flows.packets[row, 1 - initiator],
        "bytes_out": flows.payload[row, initiator],
        "bytes_in": flows.payload[row, 1 - initiator],
        "ip_bytes_out": flows.ip_bytes[row, initiator],
        "ip_bytes_in": flows.ip_bytes[row, 1 - initiator],
        "connection_state": states,
        "history": texts,
        "community_id": community_ids(flows.keys),
        "fields": _fields(flows, texts),
    }
    return pl.DataFrame(columns).cast(NETWORK_FLOWS)


def _ends(flow_keys: Words) -> tuple[pl.Series, pl.Series]:
    """The texts of both endpoints' addresses."""
    version = keys.versions(flow_keys)
    count = len(version)
    both = np.concatenate([flow_keys[:2], flow_keys[2:4]], axis=1)
    texts = address_texts(np.concatenate([version, version]), both[0], both[1])
    return texts.slice(0, count), texts.slice(count)


def _histories(flows: Flows) -> tuple[pl.Series, pl.Series]:
    """The history and the state of each flow; there are few distinct ones."""
    protocol = keys.protocols(flows.keys)
    known = flows.letters[:, :2].T
    kind = (protocol << 2) | (flows.flipped.astype(np.int64) << 1) | flows.initiator
    found = keys.grouped(np.concatenate([known, kind.view(np.uint64)[None]]))
    place = np.empty(len(flows), np.int64)
    place[found.order] = np.cumsum(found.fresh) - 1
    heads = found.order[found.fresh]
    texts, states = list[str](), list[str]()
    for first, second, of_kind in zip(*known[:, heads].tolist(), kind[heads].tolist(), strict=True):
        text = history.text(first, second, of_kind & 1, flipped=bool(of_kind & 2))
        texts.append(text)
        states.append(history.connection_state(text, of_kind >> 2))
    return pl.Series(texts, dtype=pl.String).gather(place), pl.Series(states, dtype=pl.String).gather(place)


def _fields(flows: Flows, histories: pl.Series) -> pl.Series:
    inner_vlan = ((flows.keys[5] >> np.uint64(12)) & np.uint64(0xFFF)).astype(np.int64)
    # As in Zeek, bytes are missed only in connections whose opening was seen.
    opened = (histories.str.contains("S") & histories.str.contains("h")).to_numpy()
    missed = np.where(opened, flows.missed.sum(axis=1), 0)
    special = np.flatnonzero((flows.tunnel > 0) | (inner_vlan > 0) | (missed > 0)).tolist()
    if not special:
        return pl.Series("fields", [{}], dtype=FIELDS).new_from_index(0, len(flows))
    rows: list[dict[str, str]] = [{} for _ in range(len(flows))]
    for index in special:
        if inner_vlan[index]:
            rows[index]["inner_vlan"] = str(inner_vlan[index])
        if missed[index]:
            rows[index]["missed_bytes"] = str(missed[index])
        if flows.tunnel[index]:
            rows[index] |= _tunnel_fields(int(flows.tunnel[index]), flows.outer[index])
    return fields_of_rows(rows)


def _tunnel_fields(tunnel: int, outer: Words) -> dict[str, str]:
    version, *words, network = outer.tolist()
    found = {
        "tunnel": tunnel_name(tunnel),
        "tunnel_source_ip": address_text(packed(version, words[0], words[1])),
        "tunnel_destination_ip": address_text(packed(version, words[2], words[3])),
    }
    return found | ({"tunnel_id": str(network)} if network else {})
