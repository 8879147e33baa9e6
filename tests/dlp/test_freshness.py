"""Freshness and drift of the catalogue's entries, as a table of behaviour (R37)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.errors import PolicyError
from dlp.freshness import ColumnChange, Drift, Standing, drifts
from dlp.freshness_policy import DRIFT_KINDS, SEVERITIES, FreshnessPolicy, default_freshness_policy, freshness_policy_of
from dlp.policy import GRADES
from dlp.policy_files import shipped_text

POLICY = default_freshness_policy()
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


FRESH = Standing(
    entry="civil.residents",
    dataset="civil.residents",
    grade="general-4",
    grade_found="general-4",
    grade_then="general-4",
    changed_at=ago(10),
    confirmed_at=ago(10),
    looked_at=ago(1),
)


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        pytest.param(FRESH, [], id="fresh"),
        pytest.param(Standing("", "x.csv"), [Drift("no_entry")], id="scanned without an entry"),
        pytest.param(Standing("", "x.csv", is_gone=True), [], id="gone without ever having had an entry"),
        pytest.param(Standing("x", changed_at=ago(1)), [Drift("never_met")], id="nobody ever met it"),
        pytest.param(Standing("x", changed_at=ago(1), used_at=ago(1)), [], id="only used, never scanned"),
        pytest.param(
            Standing("x", changed_at=ago(366)), [Drift("never_met"), Drift("entry_overdue", "366")], id="and old"
        ),
        pytest.param(replace(FRESH, looked_at=ago(30.9)), [], id="the last day of the period"),
        pytest.param(replace(FRESH, looked_at=ago(31)), [Drift("scan_overdue", "31")], id="not scanned for long"),
        pytest.param(replace(FRESH, grade="general-1", looked_at=ago(31)), [], id="a low grade has time"),
        pytest.param(replace(FRESH, grade="core", looked_at=ago(8)), [Drift("scan_overdue", "8")], id="core has not"),
        pytest.param(
            replace(FRESH, confirmed_at=ago(181)), [Drift("entry_overdue", "181")], id="not confirmed for long"
        ),
        pytest.param(replace(FRESH, changed_at=ago(999)), [], id="changed long ago and confirmed since"),
        pytest.param(replace(FRESH, is_gone=True, looked_at=ago(99)), [Drift("gone")], id="gone"),
        pytest.param(replace(FRESH, is_gone=True, is_destroyed=True), [], id="gone as declared"),
        pytest.param(
            replace(
                FRESH,
                columns_changed=(ColumnChange("new", "a", "PERSON"), ColumnChange("number", before="2", after="3")),
            ),
            [Drift("columns_changed", "a (PERSON): new; columns: 2 → 3")],
            id="columns",
        ),
        pytest.param(
            replace(FRESH, grade_then="general-2"), [Drift("regraded", "general-2 → general-4")], id="regraded"
        ),
        pytest.param(replace(FRESH, grade_then=""), [Drift("regraded", "- → general-4")], id="graded since"),
        pytest.param(replace(FRESH, grade="general-2"), [], id="a person corrected the grade: that is no drift"),
        pytest.param(replace(FRESH, persons_declared=100, persons_counted=150), [], id="about as many"),
        pytest.param(
            replace(FRESH, persons_declared=100, persons_counted=151), [Drift("persons_differ", "100 → 151")], id="more"
        ),
        pytest.param(
            replace(FRESH, persons_declared=100, persons_counted=66), [Drift("persons_differ", "100 → 66")], id="fewer"
        ),
        pytest.param(
            replace(FRESH, persons_declared=100, persons_counted=66, is_counted_whole=False), [], id="fewer in a sample"
        ),
        pytest.param(replace(FRESH, persons_declared=100), [], id="none could be counted"),
        pytest.param(replace(FRESH, persons_counted=5), [], id="nobody declared any"),
        pytest.param(
            replace(FRESH, persons_declared=0, persons_counted=5),
            [Drift("persons_differ", "0 → 5")],
            id="none declared",
        ),
    ],
)
def test_what_is_told_of_an_entry(standing: Standing, told: list[Drift]) -> None:
    assert list(drifts(standing, POLICY, NOW)) == told


_DAYS = st.integers(0, 2000)


@given(_DAYS, _DAYS, st.sampled_from(["", *GRADES]))
def test_what_is_overdue_stays_so(days: int, more: int, grade: str) -> None:
    standing = replace(FRESH, grade=grade, looked_at=ago(days), confirmed_at=ago(days))
    now, later = (
        {drift.kind for drift in drifts(standing, POLICY, NOW + timedelta(days=passed))} for passed in (0, more)
    )
    assert now <= later


@given(_DAYS, st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_a_higher_grade_is_never_due_later(days: int, one: str, other: str) -> None:
    low, high = sorted((one, other), key=GRADES.index)
    told = [
        {
            drift.kind
            for drift in drifts(replace(FRESH, grade=grade, looked_at=ago(days), confirmed_at=ago(days)), POLICY, NOW)
        }
        for grade in (low, high)
    ]
    assert told[0] <= told[1]


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("persons_factor: 1.5", "persons_factor: 1", "persons_factor"),
        ("persons_factor: 1.5", "persons_factor: .inf", "persons_factor"),
        ("  gone: medium", "  gone: sometimes", "severities.gone"),
        ("  gone: medium", "  went: medium", "severities"),
        ("  core: {entry_days: 90, scan_days: 7}\n", "", "nothing is said of core"),
        ("scan_days: 180}\n# Of", "scan_days: 0}\n# Of", "scan_days"),
        ("warn_from: medium", "warn_from: never", "warn_from"),
    ],
)
def test_a_wrong_policy_is_told_with_its_key(tmp_path: Path, was: str, now: str, says: str) -> None:
    text = shipped_text("catalogue.yml")
    assert was in text
    (tmp_path / "dlp").mkdir()
    (tmp_path / "dlp" / "catalogue.yml").write_text(text.replace(was, now), encoding="utf-8")
    with pytest.raises(PolicyError, match=says):
        freshness_policy_of(tmp_path)


def test_a_rules_folder_without_one_has_what_ships(tmp_path: Path) -> None:
    assert freshness_policy_of(tmp_path) == POLICY


@pytest.mark.parametrize("kind", DRIFT_KINDS)
def test_every_drift_matters_at_least_as_much_as_it_does(kind: Any) -> None:
    known = POLICY.severities[kind]
    told = [severity for severity in SEVERITIES if POLICY.is_at_least(kind, severity)]
    assert told == list(SEVERITIES[: SEVERITIES.index(known) + 1])


def test_a_policy_is_what_it_was_written_as() -> None:
    assert FreshnessPolicy.model_validate(POLICY.model_dump()) == POLICY
