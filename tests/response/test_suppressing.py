"""Suppressions on record: made, renewed, run out and ended, each a step of the chain; nothing of an alert is lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from response.audit import verify_chain
from response.chain import AuditEvent
from response.errors import AlertUnknown, ResponseError, StepRefused, SuppressionRefused
from response.lifecycle import acknowledge, close
from response.suppressing import alert_facts, preview, suppress, unsuppress
from response.suppression import suppression_id
from store.client import Store
from tests.response.generated_alerts import Generated, add_alerts

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
MADE = suppression_id("a1", ["host", "user"])

Step = Callable[[Store], AuditEvent]


@pytest.fixture
def desk(store: Store) -> Store:
    like = {"host": "web-1", "user": "chen@example.org", "asset_id": "portal"}
    add_alerts(
        store,
        [
            Generated("a1", "r1", 3, NOW, columns=like, matched_fields={"program": "sshd"}),
            Generated("a2", "r1", 2, NOW, columns=like),
            Generated("a3", "r1", 4, NOW, columns=like),
            Generated("a4", "r1", 3, NOW, columns={**like, "host": "web-2"}),
        ],
    )
    return store


def _suppress(store: Store, *, until: datetime = NOW + DAY, now: datetime = NOW, actor: str = "lin") -> AuditEvent:
    return suppress(store, "a1", ["user", "host"], until=until, actor=actor, reason="planned scan", now=now)


def _end(store: Store, *, now: datetime = NOW) -> AuditEvent:
    return unsuppress(store, MADE, actor="wu", reason="the scan is over", now=now)


def _hidden(store: Store) -> list[object]:
    rows = store.rows("SELECT alert_id FROM queued_alerts WHERE suppression_id != '' ORDER BY alert_id")
    return [row["alert_id"] for row in rows]


def _standing(store: Store) -> list[tuple[object, ...]]:
    rows = store.rows("SELECT suppression_id, standing, owner, reason, severity FROM suppressions")
    return [tuple(row.values()) for row in rows]


def test_a_suppression_hides_its_like_and_nothing_more_severe(desk: Store) -> None:
    event = _suppress(desk)
    assert (event.action, event.object_id, event.state) == ("suppression.made", MADE, "active")
    assert _hidden(desk) == ["a1", "a2"]
    assert _standing(desk) == [(MADE, "active", "lin", "planned scan", 3)]


def test_what_is_hidden_is_still_there_and_still_open(desk: Store) -> None:
    before = desk.rows("SELECT * FROM alerts ORDER BY alert_id")
    _suppress(desk)
    assert desk.rows("SELECT * FROM alerts ORDER BY alert_id") == before
    assert desk.value("SELECT count() FROM queued_alerts") == 4


def test_values_stay_with_the_alert_and_off_the_record(desk: Store) -> None:
    event = _suppress(desk)
    until = f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert json.loads(event.details) == {"alert_id": "a1", "fields": ["host", "user"], "until": until}
    assert desk.value("SELECT field_values FROM suppressions") == ["web-1", "chen@example.org"]


def test_one_that_ran_out_says_so_and_hides_nothing(desk: Store) -> None:
    _suppress(desk, until=NOW - DAY, now=NOW - 3 * DAY)
    assert _hidden(desk) == []
    assert _standing(desk) == [(MADE, "expired", "lin", "planned scan", 3)]
    with pytest.raises(SuppressionRefused, match="is expired already"):
        _end(desk)


def test_one_that_ran_out_or_still_stands_is_renewed_under_its_id_and_a_new_owner(desk: Store) -> None:
    _suppress(desk, until=NOW - DAY, now=NOW - 3 * DAY)
    assert _suppress(desk, actor="chen").action == "suppression.renewed"
    assert _suppress(desk, actor="wu", until=NOW + 2 * DAY).action == "suppression.renewed"
    assert _standing(desk) == [(MADE, "active", "wu", "planned scan", 3)]


def test_one_that_ended_says_so_and_can_be_made_again(desk: Store) -> None:
    _suppress(desk)
    assert _end(desk).action == "suppression.ended"
    assert _hidden(desk) == []
    assert _standing(desk) == [(MADE, "ended", "lin", "the scan is over", 3)]
    with pytest.raises(SuppressionRefused, match="is ended already"):
        _end(desk)
    assert _suppress(desk).action == "suppression.made"
    assert _hidden(desk) == ["a1", "a2"]
    report = verify_chain(desk)
    assert (report.events, report.intact) == (3, True)


def test_the_state_of_alerts_and_of_suppressions_are_apart(desk: Store) -> None:
    _suppress(desk)
    acknowledge(desk, "a1", actor="chen")
    close(desk, "a1", "benign", actor="chen", reason="the scanner of the city")
    rows = desk.rows("SELECT state, suppression_id FROM queued_alerts WHERE alert_id = 'a1'")
    assert rows == [{"state": "closed", "suppression_id": MADE}]


def test_a_preview_tells_what_would_be_hidden_and_what_not(desk: Store) -> None:
    acknowledge(desk, "a2", actor="chen")
    close(desk, "a2", "benign", actor="chen", reason="known")
    told = preview(desk, "a1", ["host", "user"])
    assert (told.hidden, told.open, told.more_severe, told.assets) == (2, 1, 1, 1)
    assert preview(desk, "a1", ["host"], now=NOW + 31 * DAY).hidden == 0
    assert desk.value("SELECT count() FROM audit_events WHERE object_type = 'suppression'") == 0


def test_what_can_be_named_are_the_fields_with_a_value(desk: Store) -> None:
    assert list(alert_facts(desk, "a1").fields) == ["asset_id", "host", "user", "program"]


@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        pytest.param(
            lambda db: suppress(db, "no", ["host"], until=NOW + DAY, actor="lin", reason="x"),
            AlertUnknown,
            "no alert has the id",
            id="unknown-alert",
        ),
        pytest.param(
            lambda db: suppress(db, "a1", ["source_ip"], until=NOW + DAY, actor="lin", reason="x"),
            SuppressionRefused,
            "has no value of source_ip",
            id="no-value",
        ),
        pytest.param(
            lambda db: suppress(db, "a1", ["host"], until=NOW - DAY, actor="lin", reason="x"),
            SuppressionRefused,
            "is past",
            id="past",
        ),
        pytest.param(
            lambda db: suppress(db, "a1", ["host"], until=NOW + DAY, actor=" ", reason="x"),
            StepRefused,
            "needs its actor",
            id="nobody",
        ),
        pytest.param(
            lambda db: suppress(db, "a1", ["host"], until=NOW + DAY, actor="lin", reason=" "),
            StepRefused,
            "needs its basis",
            id="no-reason",
        ),
        pytest.param(
            lambda db: suppress(db, "a1", ["host"], until=NOW + DAY, actor="lin", reason="asked lin@example.org"),
            StepRefused,
            "an e-mail address",
            id="personal-data",
        ),
        pytest.param(
            lambda db: unsuppress(db, "' OR 1 = 1", actor="lin", reason="x"),
            SuppressionRefused,
            "no suppression has the id",
            id="unknown-suppression",
        ),
    ],
)
def test_a_bad_step_is_refused_and_leaves_no_trace(
    desk: Store, step: Step, error: type[ResponseError], said: str
) -> None:
    with pytest.raises(error, match=said):
        step(desk)
    assert desk.value("SELECT count() FROM audit_events") == 0
