"""The queue's question: its rows are the groups that the domain makes, counted by what passes the filters."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.queries import ask
from response.grouping import grouped
from response.lifecycle import acknowledge, close_all
from response.suppressing import suppress
from store.client import Store
from tests.response.generated_alerts import LEVELS, Generated, add_alerts, alert_lists

NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = "fuzhou"
EVERYTHING: dict[str, object] = {
    "scope": ROOT,
    "language": "en",
    "levels": [],
    "states": [],
    "sector": "",
    "asset": "",
    "wanted": "",
    "suppressed": 1,
    "member": "",
    "window": 3600,
    "most": 500,
}


def _groups(store: Store, **asked: object) -> list[dict[str, object]]:
    return ask(store, "alert_groups", {**EVERYTHING, **asked}).to_dicts()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_question_makes_the_groups_that_the_domain_makes(store: Store, data: st.DataObject) -> None:
    prefix = uuid.uuid4().hex
    minutes = data.draw(st.integers(0, 120))
    alerts = [_in_scope(alert, prefix) for alert in data.draw(alert_lists(prefix, until=NOW))]
    add_alerts(store, alerts)
    by_id = {alert.alert_id: alert for alert in alerts}
    expected = sorted(
        (
            sorted(alert.alert_id for alert in group),
            LEVELS[max(by_id[alert.alert_id].severity for alert in group) - 1],
            min(alert.first_seen for alert in group),
            max(alert.last_seen for alert in group),
        )
        for group in grouped((alert.seen_alert for alert in alerts), timedelta(minutes=minutes))
    )
    found = [
        (row["alert_ids"], row["level"], row["first_seen"], row["last_seen"])
        for row in _groups(store, scope=prefix, window=minutes * 60)
    ]
    assert sorted(found) == expected


def _in_scope(alert: Generated, scope: str) -> Generated:
    return Generated(
        alert.alert_id,
        alert.rule_id,
        alert.severity,
        alert.seen,
        alert.lasted,
        {**alert.columns, "scope": scope},
        alert.matched_fields,
    )


@pytest.fixture
def queue(store: Store) -> Store:
    def at(minute: int, number: int, severity: int = 3, **columns: str) -> Generated:
        here = {"scope": ROOT, "host": "web-1", **columns}
        return Generated(f"a{number}", "r1", severity, NOW - timedelta(minutes=minute), columns=here)

    add_alerts(
        store,
        [
            at(200, 0),
            at(90, 1, user="root"),
            at(60, 2, severity=4, user="lin"),
            at(30, 3, user="wu"),
            at(30, 4, host="web-2"),
        ],
    )
    return store


def test_a_row_has_its_count_its_times_its_worst_level_and_its_children(queue: Store) -> None:
    worst, *_ = _groups(queue)
    assert {name: worst[name] for name in ("alert_id", "alerts", "level", "state", "user", "alert_ids", "total")} == {
        "alert_id": "a2",
        "alerts": 3,
        "level": "high",
        "state": "new",
        "user": "lin",
        "alert_ids": ["a1", "a2", "a3"],
        "total": 3,
    }
    assert (worst["first_seen"], worst["last_seen"]) == (NOW - timedelta(minutes=90), NOW - timedelta(minutes=30))


def test_filters_leave_children_out_and_do_not_tear_a_group_apart(queue: Store) -> None:
    assert [row["alert_ids"] for row in _groups(queue, levels=["medium"])] == [["a1", "a3"], ["a4"], ["a0"]]
    assert [row["alert_ids"] for row in _groups(queue, wanted="web-2")] == [["a4"]]


@pytest.mark.parametrize("member", ["a1", "a2", "a3"])
def test_a_group_is_found_by_any_of_its_children(queue: Store, member: str) -> None:
    assert [row["alert_ids"] for row in _groups(queue, member=member)] == [["a1", "a2", "a3"]]


def test_suppressed_children_are_hidden_and_a_more_severe_one_is_not(queue: Store) -> None:
    suppress(queue, "a0", ["host"], until=NOW + timedelta(days=1), actor="lin", reason="planned scan")
    shown = {str(row["alert_id"]): row["alert_ids"] for row in _groups(queue, suppressed=0)}
    assert shown == {"a2": ["a2"], "a4": ["a4"]}
    everything = {str(row["alert_id"]): row["suppressed"] for row in _groups(queue)}
    assert everything == {"a2": 2, "a4": 0, "a0": 1}
    counted = ask(queue, "alert_counts", EVERYTHING)
    assert sorted(counted.select("level", "suppressed", "alerts").rows()) == [
        ("high", 0, 1),
        ("medium", 0, 1),
        ("medium", 1, 3),
    ]


def test_closing_a_group_closes_its_open_children_each_on_record(queue: Store) -> None:
    acknowledge(queue, "a1", actor="chen")
    close_all(queue, ["a1", "a2", "a3"], "benign", actor="lin", reason="planned scan")
    assert {str(row["alert_id"]): row["state"] for row in _groups(queue)} == {"a2": "closed", "a4": "new", "a0": "new"}
    steps = queue.rows("SELECT object_id, action, basis FROM audit_events WHERE actor = 'lin' ORDER BY seq")
    assert [(row["object_id"], row["action"]) for row in steps] == [
        ("a1", "alert.closed"),
        *((each, action) for each in ("a2", "a3") for action in ("alert.acknowledged", "alert.closed")),
    ]
    assert {row["basis"] for row in steps} == {"planned scan"}
    assert close_all(queue, ["a1", "a2", "a3"], "benign", actor="lin", reason="again") == []
