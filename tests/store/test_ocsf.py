"""Telemetry in OCSF's words: what an event is there, by what it is here."""

import polars as pl
import pytest

from store.client import Store
from store.writes import append

_SEEN = """
SELECT class_uid, category_uid, type_uid, status_id, `src_endpoint.ip`, unmapped FROM ocsf_events
"""


@pytest.mark.parametrize(
    ("event", "class_uid", "category_uid"),
    [
        ({"category": "dns", "action": "query"}, 4003, 4),
        ({"category": "webserver", "action": "request"}, 4002, 4),
        ({"category": "tls", "action": "handshake"}, 4001, 4),
        ({"category": "ssh", "service": "ssh", "action": "login"}, 4007, 4),
        ({"product": "linux", "service": "sshd", "action": "login"}, 3002, 3),
        ({"product": "linux", "service": "auditd", "action": "execute"}, 1007, 1),
        ({"product": "suricata", "action": "alert"}, 2004, 2),
        ({"product": "linux", "service": "cron"}, 0, 0),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else None,
)
def test_an_event_has_the_class_that_ocsf_gives_it(
    store: Store, event: dict[str, str], class_uid: int, category_uid: int
) -> None:
    append(store, "log_event_records", pl.DataFrame([{"event_id": "e", "outcome": "failure", **event}]), token="e")
    (row,) = store.rows(_SEEN)
    assert (row["class_uid"], row["category_uid"], row["status_id"]) == (class_uid, category_uid, 2)
    assert row["type_uid"] == class_uid * 100 + (99 if "action" in event else 0)


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
