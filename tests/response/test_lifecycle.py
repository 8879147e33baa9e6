"""The life of an alert: what each state allows, and what the view shows afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from response.audit import verify_chain
from response.chain import AuditEvent
from response.errors import AlertUnknown, ResponseError, StepRefused, TransitionRefused
from response.lifecycle import acknowledge, close, reopen
from store.client import Store
from store.writes import append

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

Step = Callable[[Store], AuditEvent]


def _acknowledge(store: Store) -> AuditEvent:
    return acknowledge(store, "a1", actor="chen")


def _close(store: Store) -> AuditEvent:
    return close(store, "a1", "true_positive", actor="lin", reason="matches ticket 42")


def _reopen(store: Store) -> AuditEvent:
    return reopen(store, "a1", actor="wu", reason="second host seen")


@pytest.fixture
def desk(store: Store) -> Store:
    matches = pl.DataFrame(
        {
            "alert_id": ["a1", "a2"],
            "rule_id": ["r1", "r1"],
            "level": ["high", "low"],
            "severity": pl.Series([4, 2], dtype=pl.UInt8),
            "first_seen": pl.Series([NOW, NOW], dtype=pl.Datetime("us", "UTC")),
            "last_seen": pl.Series([NOW, NOW], dtype=pl.Datetime("us", "UTC")),
            "arrived_at": pl.Series([NOW, NOW], dtype=pl.Datetime("ms", "UTC")),
        }
    )
    append(store, "alert_matches", matches, token=NOW.isoformat())
    return store


@pytest.mark.parametrize(
    ("steps", "state", "verdict", "last_actor"),
    [
        pytest.param([], "new", "", "", id="untouched"),
        pytest.param([_acknowledge], "acknowledged", "", "chen", id="acknowledged"),
        pytest.param([_acknowledge, _close], "closed", "true_positive", "lin", id="closed"),
        pytest.param([_acknowledge, _close, _reopen], "acknowledged", "", "wu", id="reopened-loses-its-verdict"),
        pytest.param([_acknowledge, _close, _reopen, _close], "closed", "true_positive", "lin", id="closed-again"),
    ],
)
def test_the_view_shows_the_last_step(
    desk: Store, steps: list[Step], state: str, verdict: str, last_actor: str
) -> None:
    for step in steps:
        step(desk)
    rows = desk.rows("SELECT alert_id, state, verdict, last_actor FROM alerts ORDER BY alert_id")
    assert rows == [
        {"alert_id": "a1", "state": state, "verdict": verdict, "last_actor": last_actor},
        {"alert_id": "a2", "state": "new", "verdict": "", "last_actor": ""},
    ]
    report = verify_chain(desk)
    assert (report.events, report.intact) == (len(steps), True)


@pytest.mark.parametrize(
    ("before", "step", "said"),
    [
        pytest.param([], _close, "a1 is new: acknowledge it first", id="close-new"),
        pytest.param([], _reopen, "a1 is new: acknowledge it", id="reopen-new"),
        pytest.param([_acknowledge], _acknowledge, "acknowledged by chen: close it", id="acknowledge-twice"),
        pytest.param([_acknowledge], _reopen, "it is open already", id="reopen-open"),
        pytest.param([_acknowledge, _close], _close, "closed by lin: reopen it", id="close-twice"),
        pytest.param([_acknowledge, _close], _acknowledge, "reopen it with a reason", id="acknowledge-closed"),
    ],
)
def test_a_step_the_state_does_not_allow_is_refused_and_leaves_no_trace(
    desk: Store, before: list[Step], step: Step, said: str
) -> None:
    for earlier in before:
        earlier(desk)
    with pytest.raises(TransitionRefused, match=said):
        step(desk)
    assert desk.value("SELECT count() FROM audit_events") == len(before)


@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        pytest.param(
            lambda db: acknowledge(db, "nope", actor="chen"), AlertUnknown, "no alert has the id", id="unknown"
        ),
        pytest.param(lambda db: acknowledge(db, "", actor="chen"), AlertUnknown, "no alert has the id", id="no-id"),
        pytest.param(lambda db: acknowledge(db, "a1", actor=" "), StepRefused, "needs its actor", id="nobody"),
        pytest.param(
            lambda db: acknowledge(db, "a1", actor="chen", basis=""), StepRefused, "needs its basis", id="no-basis"
        ),
        pytest.param(
            lambda db: acknowledge(db, "a1", actor="chen", basis="called 138-0000-0000"),
            StepRefused,
            "a mobile number",
            id="personal-data",
        ),
        pytest.param(
            lambda db: acknowledge(db, "a1", actor="chen\x00"),
            StepRefused,
            "control characters",
            id="control-character",
        ),
        pytest.param(
            lambda db: close(db, "a1", "maybe", actor="lin", reason="x"),
            TransitionRefused,
            "true_positive, false_positive, benign",
            id="verdict-unknown",
        ),
    ],
)
def test_a_bad_step_is_refused_with_advice(desk: Store, step: Step, error: type[ResponseError], said: str) -> None:
    with pytest.raises(error, match=said):
        step(desk)
    assert desk.value("SELECT count() FROM audit_events") == 0


def test_an_alert_was_updated_when_it_was_last_touched_or_detected(desk: Store) -> None:
    event = _acknowledge(desk)
    rows = desk.rows(
        "SELECT toUnixTimestamp64Micro(updated_at) AS at, toUnixTimestamp64Milli(detected_at) * 1000 AS detected "
        "FROM alerts ORDER BY alert_id"
    )
    assert rows[0]["at"] == int(event.event_time.timestamp() * 1_000_000)
    assert rows[1]["at"] == rows[1]["detected"]


def test_a_reason_of_several_lines_becomes_one(desk: Store) -> None:
    _acknowledge(desk)
    event = close(desk, "a1", "benign", actor="lin", reason="计划内\n 变更\u3000工单42")
    assert event.basis == "计划内 变更 工单42"
    assert desk.value("SELECT basis FROM audit_events WHERE seq = 2") == event.basis
