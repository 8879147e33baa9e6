"""Telemetry in OCSF's words: what an event is there, by what it is here."""

import polars as pl
import pytest

from pipelines.field_maps import fields_of_rows
from store.client import Store
from store.writes import append

_SEEN = """
SELECT class_uid, category_uid, type_uid, activity_id, activity_name, status_id, `src_endpoint.ip`, unmapped
FROM ocsf_events
"""

# What an event is here -> class, activity and its name there (schema.ocsf.io, 1.x)
_EVENTS: list[tuple[dict[str, str], int, int, str]] = [
    ({"category": "dns", "action": "query"}, 4003, 1, "Query"),
    ({"category": "dns", "action": "query", "rcode_name": "NOERROR"}, 4003, 6, "Traffic"),
    ({"category": "dns", "action": "query", "answers": "192.0.2.9"}, 4003, 6, "Traffic"),
    ({"category": "webserver", "action": "request", "cs-method": "GET"}, 4002, 3, "Get"),
    ({"category": "http", "action": "request", "method": "post"}, 4002, 6, "Post"),
    ({"category": "proxy", "action": "request", "cs-method": "CONNECT"}, 4002, 1, "Connect"),
    ({"category": "http", "action": "request", "method": "PROPFIND"}, 4002, 99, "PROPFIND"),
    ({"category": "webserver", "action": "request"}, 4002, 99, "request"),
    ({"category": "tls", "action": "handshake"}, 4001, 6, "Traffic"),
    ({"category": "ics", "service": "modbus", "action": "write"}, 4001, 6, "Traffic"),
    ({"category": "firewall", "action": "drop", "outcome": "failure"}, 4001, 5, "Refuse"),
    ({"category": "firewall", "action": "accept", "outcome": "success"}, 4001, 1, "Open"),
    ({"category": "firewall", "action": "nat", "outcome": "unknown"}, 4001, 99, "nat"),
    ({"category": "ssh", "service": "ssh", "action": "handshake"}, 4007, 6, "Traffic"),
    ({"category": "ssh", "service": "ssh", "action": "login"}, 4007, 99, "login"),
    ({"service": "rdp", "action": "request"}, 4005, 1, "Initial Request"),
    ({"service": "rdp", "action": "handshake"}, 4005, 6, "Traffic"),
    ({"service": "smb_files", "action": "open"}, 4006, 2, "File Open"),
    ({"service": "smb_files", "action": "SMB::FILE_OPEN"}, 4006, 2, "File Open"),
    ({"service": "smb_files", "action": "write"}, 4006, 99, "write"),
    ({"category": "database", "action": "select"}, 6005, 4, "Query"),
    ({"category": "database", "action": "insert"}, 6005, 5, "Write"),
    ({"category": "database", "action": "drop"}, 6005, 7, "Delete"),
    ({"category": "database", "action": "login"}, 6005, 3, "Connect"),
    ({"category": "database", "action": "grant"}, 6005, 99, "grant"),
    ({"service": "kubernetes", "action": "list"}, 6003, 2, "Read"),
    ({"service": "kubernetes", "action": "deletecollection"}, 6003, 4, "Delete"),
    ({"service": "cloudtrail", "action": "RunInstances"}, 6003, 1, "Create"),
    ({"service": "cloudtrail", "action": "DescribeInstances"}, 6003, 2, "Read"),
    ({"category": "cloud", "action": "v1.compute.instances.insert"}, 6003, 1, "Create"),
    ({"category": "cloud", "action": "Microsoft.Compute/virtualMachines/write"}, 6003, 3, "Update"),
    ({"service": "cloudtrail", "action": "ConsoleLogin"}, 6003, 99, "ConsoleLogin"),
    ({"product": "linux", "service": "sshd", "action": "login"}, 3002, 1, "Logon"),
    ({"product": "linux", "service": "sshd", "action": "session_end"}, 3002, 2, "Logoff"),
    (
        {"product": "windows", "service": "security", "action": "login", "EventID": "4768"},
        3002,
        3,
        "Authentication Ticket",
    ),
    ({"product": "windows", "service": "security", "action": "login", "EventID": "4624"}, 3002, 1, "Logon"),
    ({"product": "linux", "service": "useradd", "action": "create_user"}, 3001, 1, "Create"),
    ({"product": "linux", "service": "passwd", "action": "change_password"}, 3001, 3, "Password Change"),
    ({"product": "linux", "service": "usermod", "action": "change_user"}, 3001, 99, "change_user"),
    ({"product": "linux", "service": "auditd", "action": "execute"}, 1007, 1, "Launch"),
    ({"product": "windows", "service": "sysmon", "action": "process_start"}, 1007, 1, "Launch"),
    ({"product": "suricata", "action": "alert"}, 2004, 1, "Create"),
    ({"product": "linux", "service": "cron"}, 0, 0, "Unknown"),
    ({"product": "linux", "service": "systemd", "action": "start"}, 0, 99, "start"),
]
_ENVELOPE = ("product", "category", "service", "action", "outcome")


@pytest.mark.parametrize(
    ("event", "class_uid", "activity_id", "name"),
    _EVENTS,
    ids=[" ".join(event.values()) for event, _, _, _ in _EVENTS],
)
def test_an_event_has_the_class_and_the_activity_that_ocsf_gives_it(
    store: Store, event: dict[str, str], class_uid: int, activity_id: int, name: str
) -> None:
    fields = {key: value for key, value in event.items() if key not in _ENVELOPE}
    envelope = {key: value for key, value in event.items() if key in _ENVELOPE}
    row = pl.DataFrame([{"event_id": "e", "outcome": "failure", **envelope}]).with_columns(fields_of_rows([fields]))
    append(store, "log_event_records", row, token="e")
    (found,) = store.rows(_SEEN)
    assert (found["class_uid"], found["category_uid"]) == (class_uid, class_uid // 1000)
    assert (found["activity_id"], found["activity_name"]) == (activity_id, name)
    assert found["type_uid"] == class_uid * 100 + activity_id
    assert found["status_id"] == {"success": 1, "failure": 2, "unknown": 0}[event.get("outcome", "failure")]


def test_a_flow_is_network_traffic_with_its_counts(store: Store) -> None:
    flow = {"event_id": "f", "source_ip": "192.0.2.7", "protocol": "tcp", "packets_out": 3, "community_id": "1:x"}
    append(store, "network_flows", pl.DataFrame([flow]), token="f")
    (row,) = store.rows(_SEEN)
    assert (row["class_uid"], row["type_uid"], row["src_endpoint.ip"]) == (4001, 400106, "192.0.2.7")
    assert isinstance(row["unmapped"], dict)
    assert row["unmapped"]["traffic.packets_out"] == "3"


def test_what_a_class_has_columns_for_is_told_all_the_same(store: Store) -> None:
    append(store, "dns_queries", pl.DataFrame([{"event_id": "d", "query": "a.example", "category": "dns"}]), token="d")
    (row,) = store.rows(_SEEN)
    assert row["unmapped"] == {"query": "a.example"}
