"""Data that should be gone: what is told of, and what not (R44)."""

from datetime import UTC, date, datetime

import pytest

from dlp.kept_data import Holding, earliest, kept_beyond, used_after_destruction
from dlp.uses import Use

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = date(2026, 11, 1)


def holding(found_first: str, found_last: str, *, days: int | None = None, destroyed: date | None = None) -> Holding:
    first, last = (datetime.fromisoformat(f"{at}+00:00") for at in (found_first, found_last))
    return Holding("civil.residents", first, last, days, destroyed)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (holding("2025-01-01T00:00", "2026-11-01T00:00"), None),
        (holding("2025-11-01T00:00", "2026-11-01T00:00", days=365), "kept_too_long"),
        (holding("2025-11-02T12:00", "2026-11-01T00:00", days=365), None),
        (holding("2026-10-01T00:00", "2026-11-01T00:00", days=365), None),
        (holding("2026-10-01T00:00", "2026-10-31T23:59", destroyed=DAY), None),
        (holding("2026-10-01T00:00", "2026-11-01T23:59", destroyed=DAY), None),
        (holding("2026-10-01T00:00", "2026-11-02T00:00", destroyed=DAY), "found_after_destruction"),
        (holding("2024-10-01T00:00", "2026-10-31T00:00", days=30, destroyed=DAY), None),
        (holding("2024-10-01T00:00", "2026-11-02T00:00", days=30, destroyed=DAY), "found_after_destruction"),
    ],
)
def test_data_is_told_of_that_outlives_its_period_or_its_destruction(kept: Holding, told: str | None) -> None:
    found = kept_beyond(kept, NOW)
    assert (found.check if found else None) == told
    assert found is None or found.facts["dataset"] == "civil.residents"


def test_the_same_data_is_one_breach_however_often_it_is_found() -> None:
    first = kept_beyond(holding("2025-01-01T00:00", "2026-11-02T00:00", destroyed=DAY), NOW)
    later = kept_beyond(holding("2025-01-01T00:00", "2026-11-09T00:00", destroyed=DAY), NOW)
    assert first is not None
    assert later is not None
    assert first.identity == later.identity


@pytest.mark.parametrize(
    ("dataset", "at", "told"),
    [
        ("civil.residents", "2026-11-02T00:00", True),
        ("CIVIL.Residents", "2026-11-02T00:00", True),
        ("civil.residents", "2026-11-01T23:00", False),
        ("civil.residents", "2026-10-31T00:00", False),
        ("civil.streets", "2026-11-02T00:00", False),
    ],
)
def test_a_use_after_destruction_is_told_of(dataset: str, at: str, *, told: bool) -> None:
    moment = datetime.fromisoformat(f"{at}+00:00")
    hour = Use("student", dataset, frozenset({"id_no"}), moment, moment, moment)
    found = list(used_after_destruction([hour], {"civil.residents": DAY}))
    assert [breach.check for breach in found] == (["used_after_destruction"] if told else [])


def test_the_first_recorded_destruction_counts() -> None:
    days = [("a", date(2026, 2, 1)), ("b", date(2026, 3, 1)), ("a", date(2026, 1, 1))]
    assert earliest(days) == {"a": date(2026, 1, 1), "b": date(2026, 3, 1)}
