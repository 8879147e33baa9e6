import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import suricata
from pipelines.sources.json_records import flattened
from pipelines.sources.suricata_columns import eve_columns
from pipelines.sources.suricata_names import shared_fields
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


_SHARED: dict[str, tuple[bytes, dict[str, Any]]] = {
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
        _line("tls", sni="bank.example.org", version="TLS 1.0", subject="CN=x", ja4="t10d"),
        {"server_name": "bank.example.org", "version": "TLSv10", "subject": "CN=x", "ja4": "t10d"},
    ),
    "SSH": (
        _line("ssh", client={"proto_version": "2.0", "software_version": "OpenSSH_9"}, server={}),
        {"client": "OpenSSH_9", "version": "2.0"},
    ),
    "TLS, both fingerprints": (
        _line("tls", ja3={"hash": "aa", "string": "771"}, ja3s={"hash": "bb", "string": "771"}),
        {"ja3": "aa", "ja3s": "bb"},
    ),
    "DNP3, a restart": (
        _line("dnp3", type="request", src=1, dst=10, application={"function_code": 13}),
        {"fc_request": "COLD_RESTART", "is_write": "true", "link_source": "1", "link_destination": "10"},
    ),
    "DNP3, read, as older versions write it": (
        _line("dnp3", request={"type": "request", "application": {"function_code": 1}}),
        {"fc_request": "READ", "is_write": "false"},
    ),
    "DNP3, an answer": (
        _line("dnp3", type="response", application={"function_code": 129}),
        {"fc_reply": "RESPONSE", "fc_request": None, "is_write": None},
    ),
    "DNP3, no code": (
        _line("dnp3", type="request", application={"function_code": 10**40}),
        {"fc_request": str(10**40), "is_write": None},
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
def test_a_record_carries_the_names_that_every_sensor_shares(line: bytes, expected: dict[str, Any]) -> None:
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


_SAID: dict[str, tuple[bytes, dict[str, str]]] = {
    "FTP": (
        _line("ftp", command="STOR", completion_code=["550"]),
        {"action": "stor", "outcome": "failure"},
    ),
    "FTP data": (_line("ftp_data", filename="a.bin"), {"action": "transfer", "outcome": "unknown"}),
    "SMB": (
        _line("smb", command="SMB2_COMMAND_CREATE", status_code="0x0", ntlmssp={"user": "alice"}),
        {"action": "create", "outcome": "success", "user": "alice"},
    ),
    "SMB refused": (
        _line("smb", command="SMB2_COMMAND_SESSION_SETUP", status_code="0xc000006d"),
        {"action": "session_setup", "outcome": "failure"},
    ),
    "SMB, a login that goes on": (
        _line("smb", command="SMB2_COMMAND_SESSION_SETUP", status_code="0xc0000016"),
        {"outcome": "unknown"},
    ),
    "SMB, no more files": (_line("smb", command="SMB2_COMMAND_FIND", status_code="0x80000006"), {"outcome": "unknown"}),
    "NFS": (_line("nfs", procedure="READ"), {"action": "read", "outcome": "unknown"}),
    "SIP": (_line("sip", method="INVITE"), {"action": "invite"}),
    "Kerberos refused": (
        _line("krb5", cname="alice", error_code="KDC_ERR_C_PRINCIPAL_UNKNOWN"),
        {"action": "login", "user": "alice", "outcome": "failure"},
    ),
    "Kerberos granted": (_line("krb5", cname="alice", failed_request=""), {"user": "alice", "outcome": "success"}),
    "RDP": (_line("rdp", cookie="alice"), {"action": "login", "user": "alice"}),
    "SMTP": (_line("smtp", mail_from="<a@example.org>"), {"action": "send", "user": "<a@example.org>"}),
    "MQTT": (_line("mqtt", connect={"username": "pump-7"}), {"action": "", "user": "pump-7"}),
    "PostgreSQL": (_line("pgsql", request={"user": "alice"}), {"action": "", "user": "alice"}),
    "TFTP": (_line("tftp", file="boot"), {"action": "transfer"}),
    "DHCP": (_line("dhcp", type="request"), {"action": "lease"}),
    "an anomaly": (_line("anomaly", type="decode"), {"action": "alert"}),
    "HTTP 2": (_line("http2", stream_id=1), {"action": "request"}),
    "SNMP": (_line("snmp", version=2), {"action": "query"}),
    "IKE": (_line("ike", version_major=2), {"action": "handshake"}),
    "dropped": (_line("drop", len=60), {"action": "drop", "outcome": "failure", "category": "firewall"}),
}


@pytest.mark.parametrize("times", [1, 40], ids=["one by one", "as columns"])
@pytest.mark.parametrize(("line", "expected"), _SAID.values(), ids=_SAID)
def test_a_record_says_who_did_what(line: bytes, expected: dict[str, str], times: int) -> None:
    rows = events(suricata, line * times)
    assert [{name: row[name] for name in expected} for row in rows] == [expected] * times


_TEXTS = st.sampled_from(["", "a.example.org", "TLSv1.2", "TLS 1.3", "READ", '"', "\\", "\ud800", "6", "99"])
_PARTS = st.recursive(
    _TEXTS | st.none() | st.booleans() | st.integers(-3, 99) | st.floats(0, 9).map(lambda value: round(value, 3)),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["rrname", "rrtype", "rdata", "hash", "software_version"]), inner, max_size=3)
    ),
    max_leaves=4,
)
_NAMES = {
    "dns": ["rrname", "rrtype", "rcode", "id", "queries", "query", "answers", "rdata"],
    "http": ["hostname", "url", "status", "http_method"],
    "tls": ["version", "sni", "cipher", "cipher_suite", "ja3", "ja3s", "client_alpns", "server_alpns"],
    "ssh": ["client", "server"],
    "dnp3": ["type", "request", "application", "src"],
    "modbus": ["request", "function_raw", "function_code", "unit_id", "read", "write"],
}
_RECORDS = st.sampled_from(sorted(_NAMES)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {"event_type": st.just(kind), kind: st.dictionaries(st.sampled_from(_NAMES[kind]), _PARTS, max_size=4)},
        optional={"version": _TEXTS, "host": _TEXTS, "vlan": st.lists(st.integers(0, 9), max_size=2)},
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_RECORDS, min_size=1, max_size=6))
def test_columns_hold_what_reading_each_record_gives(records: list[dict[str, Any]]) -> None:
    lines = [json.dumps(record) for record in records]
    frame = pl.DataFrame({"offset": range(len(lines)), "text": lines, "decode_error": [False] * len(lines)})
    tables, others = eve_columns(frame, fewest=1)
    read = {row.pop("offset"): row for table in tables.values() for row in table.drop("text").iter_rows(named=True)}
    assert sorted([*read, *others["offset"]]) == list(range(len(lines)))
    for offset, row in read.items():
        content = json.loads(lines[offset])
        expected = flattened(content) | shared_fields(content["event_type"], content)
        assert {name[1:]: text for name, text in row.items() if text is not None} == expected
