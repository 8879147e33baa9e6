import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import zeek_json, zeek_tsv
from tests.pipelines.sources.rows import events, read_all, reasons

_CONN = {
    "ts": 1772330400.25,
    "uid": "C1",
    "id.orig_h": "192.0.2.1",
    "id.orig_p": 5000,
    "id.resp_h": "2001:DB8::2",
    "id.resp_p": 443,
    "proto": "tcp",
    "service": "ssl",
    "duration": 1.5,
    "orig_bytes": 100,
    "resp_bytes": 200,
    "conn_state": "SF",
    "history": "ShADadFf",
    "orig_pkts": 5,
    "orig_ip_bytes": 300,
    "resp_pkts": 4,
    "resp_ip_bytes": 400,
    "local_orig": True,
    "tunnel_parents": [],
}


def _json(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _tsv(path: str, columns: dict[str, tuple[str, str]]) -> bytes:
    header = f"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n"
    names, types = "\t".join(columns), "\t".join(kind for kind, _ in columns.values())
    values = "\t".join(value for _, value in columns.values())
    return f"{header}#fields\t{names}\n#types\t{types}\n{values}\n".encode()


def test_a_connection_is_a_flow() -> None:
    (batch,) = read_all(zeek_json, _json(_CONN))
    (row,) = batch.rows.iter_rows(named=True)
    assert (batch.table, batch.source_type) == ("network_flows", "zeek_conn")
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00.250000+00:00"
    assert (row["source_ip"], row["destination_ip"], row["destination_port"]) == ("192.0.2.1", "2001:db8::2", 443)
    assert (row["application"], row["duration_ms"], row["connection_state"]) == ("tls", 1500, "SF")
    assert (row["packets_out"], row["packets_in"], row["bytes_out"], row["ip_bytes_in"]) == (5, 4, 100, 400)
    assert (row["fields"]["uid"], row["fields"]["local_orig"]) == ("C1", "true")


@pytest.mark.parametrize("times", [1, 40], ids=["one by one", "as columns"])
def test_the_ends_of_a_connection_may_be_written_without_dots(times: int) -> None:
    record = {name.replace(".", "_"): value for name, value in _CONN.items()} | {"_path": "ssl"}
    rows = events(zeek_json, _json(*[record] * times))
    ends = {(row["source_ip"], row["destination_port"], row["fields"]["id.resp_h"]) for row in rows}
    assert ends == {("192.0.2.1", 443, "2001:DB8::2")}
    assert len(rows) == times


def test_both_writers_give_the_same_row() -> None:
    record = {"ts": 1772330400.25, "uid": "C1", "id.orig_h": "192.0.2.1", "id.orig_p": 5, "id.resp_h": "192.0.2.53"}
    record |= {"id.resp_p": 53, "query": "a.example.org", "qtype_name": "A", "rcode_name": "NXDOMAIN", "AA": False}
    tsv = {name: ("bool", "F") if name == "AA" else ("string", str(value)) for name, value in record.items()}
    (from_json,) = events(zeek_json, _json(record))
    (from_tsv,) = events(zeek_tsv, _tsv("dns", tsv | {"answers": ("vector[string]", "-")}))
    different = {name for name in from_json if from_json[name] != from_tsv[name]}
    assert different == {"message", "source_offset"}
    assert (from_json["category"], from_json["action"], from_json["outcome"]) == ("dns", "query", "failure")


def test_zeeks_escapes_unset_and_empty_values_are_undone() -> None:
    columns = {
        "ts": ("time", "1772330400.0"),
        "name": ("string", r"\\server\\share\x09x"),
        "empty": ("string", "(empty)"),
        "unset": ("string", "-"),
        "answers": ("vector[string]", r"a,b\x2cc"),
        "flag": ("bool", "T"),
    }
    (row,) = events(zeek_tsv, _tsv("smb_files", columns))
    expected = {"name": "\\server\\share\tx", "empty": "", "answers": "a,b,c", "flag": "true"}
    assert {name: value for name, value in row["fields"].items() if name != "ts"} == expected


def test_a_modbus_write_is_told_from_a_read() -> None:
    base = {"ts": 1.0, "uid": "C", "id.orig_h": "192.0.2.1", "id.resp_h": "192.0.2.2", "unit": 7}
    rows = events(zeek_json, _json({**base, "func": "WRITE_SINGLE_REGISTER"}, {**base, "func": "READ_COILS"}))
    assert [(row["category"], row["service"], row["action"]) for row in rows] == [
        ("ics", "modbus", "write"),
        ("ics", "modbus", "read"),
    ]
    assert [(row["fields"]["is_write"], row["fields"]["unit_id"]) for row in rows] == [("true", "7"), ("false", "7")]


@pytest.mark.parametrize(
    ("function", "action"),
    [
        ("READ", "read"),
        ("SELECT", "write"),
        ("DIRECT_OPERATE", "write"),
        ("COLD_RESTART", "write"),
        ("STOP_APPL", "write"),
        ("DISABLE_UNSOLICITED", "write"),
        ("IMMED_FREEZE", "read"),
    ],
)
def test_what_changes_an_outstation_is_a_write(function: str, action: str) -> None:
    base = {"_path": "dnp3", "ts": 1.0, "uid": "C", "id.orig_h": "192.0.2.1", "id.resp_h": "192.0.2.2"}
    (row,) = events(zeek_json, _json({**base, "fc_request": function}))
    assert (row["action"], row["fields"]["is_write"]) == (action, str(action == "write").lower())


def test_an_unknown_log_is_kept_under_its_own_name() -> None:
    (row,) = events(zeek_json, _json({"_path": "pumps", "ts": 1.0, "x": 1}))
    assert (row["product"], row["service"], row["fields"]["x"]) == ("zeek", "pumps", "1")


def test_rows_of_another_width_and_without_a_time_are_rejected() -> None:
    content = _tsv("dns", {"ts": ("time", "1.0"), "uid": ("string", "C")}) + b"1.0\n-\tC\n"
    assert reasons(zeek_tsv, content) == {
        8: "the header names 2 columns, the row has another number",
        9: "no time: ts is missing or no point in time",
    }


def test_a_new_header_inside_a_file_starts_new_columns() -> None:
    content = _tsv("dns", {"ts": ("time", "1.0"), "query": ("string", "a")})
    content += _tsv("http", {"ts": ("time", "2.0"), "host": ("string", "b")})
    assert [(row["service"], row["source_offset"]) for row in events(zeek_tsv, content)] == [("dns", 7), ("http", 15)]


def test_logs_joined_in_turns_are_read_by_their_headers() -> None:
    turns = _tsv("dns", {"ts": ("time", "1.0"), "query": ("string", "a")})
    turns += _tsv("http", {"ts": ("time", "2.0"), "host": ("string", "b")})
    batches = list(zeek_tsv.read(io.BytesIO(turns * 50)))
    assert [(set(batch.rows["service"]), batch.rows.height) for batch in batches] == [({"dns"}, 50), ({"http"}, 50)]


_SAID: dict[str, tuple[str, dict[str, tuple[str, str]], dict[str, Any]]] = {
    "a file opened over SMB": (
        "smb_files",
        {"action": ("enum", "SMB::FILE_OPEN"), "name": ("string", "a.doc")},
        {"action": "file_open", "service": "smb_files"},
    ),
    "a Kerberos ticket refused": (
        "kerberos",
        {"client": ("string", "alice/CITY"), "success": ("bool", "F")},
        {"action": "login", "user": "alice/CITY", "outcome": "failure"},
    ),
    "an NTLM login": (
        "ntlm",
        {"username": ("string", "alice"), "success": ("bool", "T")},
        {"action": "login", "user": "alice", "outcome": "success"},
    ),
    "an FTP command": (
        "ftp",
        {"user": ("string", "alice"), "command": ("string", "STOR"), "reply_code": ("count", "550")},
        {"action": "stor", "user": "alice", "outcome": "failure"},
    ),
    "a notice": (
        "notice",
        {"note": ("enum", "Scan::Port_Scan"), "src": ("addr", "192.0.2.7"), "dst": ("addr", "198.51.100.2")},
        {"action": "alert", "source_ip": "192.0.2.7", "destination_ip": "198.51.100.2", "severity": 3},
    ),
    "a file that several sent": (
        "files",
        {"tx_hosts": ("set[addr]", "192.0.2.7,192.0.2.8"), "rx_hosts": ("set[addr]", "198.51.100.2")},
        {"action": "transfer", "source_ip": "192.0.2.7", "destination_ip": "198.51.100.2"},
    ),
    "a Modbus exception": (
        "modbus",
        {"func": ("string", "READ_COILS"), "exception": ("string", "ILLEGAL_FUNCTION")},
        {"category": "ics", "action": "read", "outcome": "failure"},
    ),
}


@pytest.mark.parametrize(("path", "columns", "expected"), _SAID.values(), ids=_SAID)
def test_each_log_fills_the_envelope(path: str, columns: dict[str, tuple[str, str]], expected: dict[str, Any]) -> None:
    (row,) = events(zeek_tsv, _tsv(path, {"ts": ("time", "1772330400.5"), "uid": ("string", "C1"), **columns}))
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("writer", ["zeek-tsv", "zeek-json"])
def test_real_logs_are_read_without_a_reject(shared_data: Path, writer: str) -> None:
    read = {"zeek-tsv": zeek_tsv, "zeek-json": zeek_json}[writer]
    for path in sorted((shared_data / "logs" / writer).glob("*.gz")):
        content = gzip.decompress(path.read_bytes())
        lines = sum(not line.startswith(b"#") for line in content.splitlines() if line)
        batches = read_all(read, content)
        assert sum(batch.rows.height for batch in batches) == lines, path.name
        assert sum(batch.rejects.height for batch in batches) == 0, path.name
