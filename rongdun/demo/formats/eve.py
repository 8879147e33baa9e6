"""Suricata's EVE JSON: flow, dns, tls, http and alert events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from rongdun.demo.moments import SECOND, as_local


@dataclass(frozen=True)
class Flow:
    """The five-tuple that every event of a flow repeats."""

    number: int
    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str = "TCP"


def event(at: int, kind: str, flow: Flow, details: Mapping[str, object]) -> str:
    """An event with the details that its kind has, such as `{"tls": {...}}`."""
    row = {
        "timestamp": f"{as_local(at):%Y-%m-%dT%H:%M:%S.%f}+0800",
        "flow_id": flow.number,
        "in_iface": "eth1",
        "event_type": kind,
        "src_ip": flow.source,
        "src_port": flow.source_port,
        "dest_ip": flow.destination,
        "dest_port": flow.destination_port,
        "proto": flow.protocol,
    }
    return json.dumps(row | dict(details))


def flow_ended(at: int, flow: Flow, *, application: str, seconds: float, bytes_out: int, bytes_in: int) -> str:
    """The flow event written when a flow is over; bytes count whole packets, as Suricata does."""
    packets_out, packets_in = 5 + bytes_out // 1_400, 4 + bytes_in // 1_400
    stamps = [f"{as_local(moment):%Y-%m-%dT%H:%M:%S.%f}+0800" for moment in (at - int(seconds * SECOND), at)]
    counted = {
        "pkts_toserver": packets_out,
        "pkts_toclient": packets_in,
        "bytes_toserver": bytes_out + 54 * packets_out,
        "bytes_toclient": bytes_in + 54 * packets_in,
        "start": stamps[0],
        "end": stamps[1],
        "age": int(seconds),
        "state": "closed",
        "reason": "timeout",
        "alerted": False,
    }
    details: dict[str, object] = {"app_proto": application} if application else {}
    return event(at, "flow", flow, details | {"flow": counted})


def alert(at: int, flow: Flow, *, signature_id: int, signature: str, category: str, severity: int) -> str:
    """An alert event of a signature."""
    verdict = {
        "action": "allowed",
        "gid": 1,
        "signature_id": signature_id,
        "rev": 1,
        "signature": signature,
        "category": category,
        "severity": severity,
    }
    return event(at, "alert", flow, {"alert": verdict})
