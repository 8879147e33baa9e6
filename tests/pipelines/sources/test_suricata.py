import json
from typing import Any

import pytest

from pipelines.sources import suricata
from tests.pipelines.sources.rows import events, read_all, reasons

_BASE = {
    "timestamp": "2026-03-01T10:00:00.123456+0800",
    "src_ip": "192.0.2.1",
    "src_port": 5000,
    "dest_ip": "192.0.2.2",
    "dest_port": 53,
    "proto": "UDP",
}


def _line(kind: str, **part: Any) -> bytes:
    return json.dumps({**_BASE, "event_type": kind, kind: part}).encode() + b"\n"


_SHARED: dict[str, tuple[bytes, dict[str, str]]] = {
    "DNS, version 2": (
        _line(
            "dns",
            type="answer",
            id=7,
            rrname="a.example.org",
            rrtype="A",
            rcode="NOERROR",
            answers=[{"rrname": "a.example.org", "rdata": "192.0.2.8"}, {"rdata": "192.0.2.9"}],
        ),
        {"query": "a.example.org", "qtype_name": "A", "rcode_name": "NOERROR", "answers": "192.0.2.8,192.0.2.9"},
    ),
    "DNS, version 3": (
        _line("dns", version=3, queries=[{"rrname": "b.example.org", "rrtype": "TXT"}], rcode="NXDOMAIN"),
        {"query": "b.example.org", "qtype_name": "TXT", "rcode_name": "NXDOMAIN"},
    ),
    "HTTP": (
        _line("http", hostname="www.example.org", url="/x", http_method="GET", status=404, http_user_agent="curl"),
        {"host": "www.example.org", "uri": "/x", "method": "GET", "status_code": "404", "user_agent": "curl"},
    ),
    "TLS": (
        _line("tls", sni="bank.example.org", version="TLS 1.0", subject="CN=x"),
        {"server_name": "bank.example.org", "version": "TLSv10", "subject": "CN=x"},
    ),
    "SSH": (
        _line("ssh", client={"proto_version": "2.0", "software_version": "OpenSSH_9"}, server={}),
        {"client": "OpenSSH_9", "version": "2.0"},
    ),
    "Modbus write": (
        _line("modbus", request={"unit_id": 3, "function_raw": 6, "write": {"address": 12}}),
        {"unit_id": "3", "func": "WRITE_SINGLE_REGISTER", "is_write": "true", "address": "12"},
    ),
    "Modbus read": (
        _line("modbus", request={"unit_id": 3, "function_raw": 3, "read": {"address": 1, "quantity": 2}}),
        {"func": "READ_HOLDING_REGISTERS", "is_write": "false", "address": "1", "quantity": "2"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _SHARED.values(), ids=_SHARED)
def test_a_record_carries_the_names_that_every_sensor_shares(line: bytes, expected: dict[str, str]) -> None:
    (row,) = events(suricata, line)
    assert {name: row["fields"].get(name) for name in expected} == expected
    assert row["product"] == "suricata"
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00.123456+00:00"


def test_a_flow_is_a_flow() -> None:
    record = {
        **_BASE,
        "event_type": "flow",
        "proto": "TCP",
        "src_ip": "fe80:0000:0000:0000:0000:0000:0000:0001",
        "app_proto": "tls",
        "flow": {
            "pkts_toserver": 5,
            "pkts_toclient": 4,
            "bytes_toserver": 500,
            "bytes_toclient": 400,
            "start": "2026-03-01T09:59:00.000000+0800",
            "end": "2026-03-01T09:59:01.500000+0800",
            "state": "closed",
            "alerted": False,
        },
    }
    (batch,) = read_all(suricata, json.dumps(record).encode())
    (row,) = batch.rows.iter_rows(named=True)
    assert (batch.table, batch.source_type) == ("network_flows", "suricata_flow")
    assert row["event_time"].isoformat() == "2026-03-01T01:59:00+00:00"
    assert (row["source_ip"], row["protocol"], row["application"], row["duration_ms"]) == (
        "fe80::1",
        "tcp",
        "tls",
        1500,
    )
    assert (row["packets_out"], row["ip_bytes_in"], row["bytes_out"], row["connection_state"]) == (5, 400, 0, "SF")
    assert row["fields"]["flow.alerted"] == "false"


@pytest.mark.parametrize(("severity", "expected"), [(1, 4), (2, 3), (3, 2), (9, 1)])
def test_an_alert_keeps_its_own_keys_and_gets_an_ocsf_severity(severity: int, expected: int) -> None:
    (row,) = events(suricata, _line("alert", signature="a made-up one", severity=severity, action="blocked"))
    assert (row["fields"]["alert.signature"], row["severity"], row["outcome"]) == ("a made-up one", expected, "failure")


def test_lines_that_are_no_record_are_rejected() -> None:
    content = b'{"x":"\\ud800"}\n{"timestamp":"nonsense","event_type":"tls"}\n[1]\n{"a":\n' + _line("dns")
    assert list(reasons(suricata, content)) == [0, 1, 2, 3]
    assert len(events(suricata, content)) == 1


def test_one_file_gives_one_batch_a_kind() -> None:
    batches = read_all(suricata, _line("dns") + _line("tls") + _line("dns"))
    assert [(batch.source_type, batch.rows.height) for batch in batches] == [("suricata_dns", 2), ("suricata_tls", 1)]
