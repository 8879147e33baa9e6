"""The audit chain: any change to a recorded history shows."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from response.chain import EMPTY, AuditEvent, AuditStep, ChainHead, Role, canonical_json, hash_of, linked, verify

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

Chain = list[AuditEvent]


def _chain(length: int) -> Chain:
    events: Chain = []
    head = EMPTY
    for index in range(length):
        step = AuditStep("chen", Role.ANALYST, "alert.acknowledged", "alert", f"a{index}", "triage", "acknowledged")
        event = linked(step, head, now=START + timedelta(minutes=index))
        events.append(event)
        head = ChainHead(event.seq, event.hash, event.event_time)
    return events


def _sealed(event: AuditEvent, **changes: object) -> AuditEvent:
    """The event changed and its own hash made to fit, as a forger would."""
    changed = replace(event, **changes)  # type: ignore[arg-type]  # any field
    return replace(changed, hash=hash_of(changed))


def _at(index: int, change: Callable[[AuditEvent], AuditEvent]) -> Callable[[Chain], Chain]:
    return lambda chain: [change(event) if place == index else event for place, event in enumerate(chain)]


@pytest.mark.parametrize("length", [0, 1, 5])
def test_an_untouched_chain_holds(length: int) -> None:
    assert list(verify(_chain(length))) == []


@pytest.mark.parametrize(
    ("forge", "found"),
    [
        pytest.param(_at(2, lambda e: replace(e, verdict="benign")), [(3, "edited")], id="edited"),
        pytest.param(_at(2, lambda e: _sealed(e, verdict="benign")), [(4, "unlinked")], id="edited-and-resealed"),
        pytest.param(_at(4, lambda e: _sealed(e, actor="wu", previous_hash="f" * 64)), [(5, "unlinked")], id="last"),
        pytest.param(lambda chain: chain[:1] + chain[2:], [(3, "gap")], id="one-removed"),
        pytest.param(lambda chain: chain[1:], [(2, "gap")], id="first-removed"),
        pytest.param(
            lambda chain: [*chain[:3], _sealed(chain[2], actor="wu"), *chain[3:]],
            [(3, "fork"), (4, "unlinked")],
            id="fork",
        ),
        pytest.param(
            _at(4, lambda e: _sealed(e, event_time=START - timedelta(days=1))), [(5, "clock")], id="clock-set-back"
        ),
        pytest.param(_at(4, lambda e: replace(e, algorithm="rot13")), [(5, "algorithm")], id="unknown-algorithm"),
        pytest.param(_at(0, lambda e: _sealed(e, seq=0)), [(0, "fork"), (2, "gap")], id="number-zero"),
    ],
)
def test_every_forgery_is_named_at_its_place(forge: Callable[[Chain], Chain], found: list[tuple[int, str]]) -> None:
    assert [(problem.seq, problem.kind) for problem in verify(forge(_chain(5)))] == found


@given(st.integers(0, 4), st.sampled_from([f for f in AuditEvent.__dataclass_fields__ if f != "hash"]), st.text("ab"))
def test_no_field_can_change_unseen(index: int, name: str, text: str) -> None:
    chain = _chain(5)
    before = getattr(chain[index], name)
    after = before + 1 if name == "seq" else before + timedelta(microseconds=1) if name == "event_time" else text
    chain[index] = replace(chain[index], **{name: after})  # type: ignore[arg-type]  # any field
    assert bool(list(verify(chain))) == (after != before)


def test_time_never_runs_backwards_along_a_chain() -> None:
    (event,) = _chain(1)
    step = AuditStep("chen", Role.ANALYST, "alert.closed", "alert", "a", "done", "closed", "benign")
    head = ChainHead(event.seq, event.hash, event.event_time)
    assert linked(step, head, now=START - timedelta(hours=1)).event_time == event.event_time


def test_the_canonical_form_is_fixed_for_good() -> None:
    """A change here would break every chain that is already written."""
    step = AuditStep("陈", Role.ANALYST, "alert.closed", "alert", "a1", "误报", "closed", "benign", {"b": 2, "a": [1]})
    event = linked(step, EMPTY, now=START)
    assert event.details == '{"a":[1],"b":2}'
    assert event.hash == "a730ed590eb469f40740514befab804c6fa52bb610b273a28ac380f05fbacaad"


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_canonical_json_is_one_text_for_one_value(value: dict[str, object]) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(dict(reversed(list(value.items())))) == text
