"""What frames every page: the period, the scopes to choose from, the database behind it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards.connection import connections
from dashboards.desk import period_until
from dashboards.errors import DatabaseAbsent
from dashboards.navigation import scope_paths
from dashboards.translation import words_in
from rongdun.settings import Settings


@pytest.mark.parametrize(
    ("newest", "hours", "since", "until"),
    [
        pytest.param(
            datetime(2026, 3, 1, 10, 5, tzinfo=UTC), 24, "02-28 11:00", "03-01 11:00", id="the hour is filled up"
        ),
        pytest.param(datetime(2026, 3, 1, 10, 0, tzinfo=UTC), 1, "03-01 10:00", "03-01 11:00", id="on the hour"),
    ],
)
def test_a_period_ends_where_telemetry_ends(newest: datetime, hours: int, since: str, until: str) -> None:
    period = period_until(newest, hours, 3600)
    assert period is not None
    assert (f"{period.since:%m-%d %H:%M}", f"{period.until:%m-%d %H:%M}") == (since, until)


@pytest.mark.parametrize("newest", [None, datetime(1970, 1, 1, tzinfo=UTC)], ids=["nothing", "the epoch"])
def test_there_is_no_period_without_telemetry(newest: datetime | None) -> None:
    assert period_until(newest, 24, 3600) is None


def test_the_levels_above_a_scope_can_be_chosen_too() -> None:
    assert scope_paths(["fuzhou/gulou/wufeng", "fuzhou"], "fuzhou") == ["fuzhou", "fuzhou/gulou", "fuzhou/gulou/wufeng"]


def test_a_home_without_a_database_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAbsent, match="no database runs for"):
        connections(Settings(home=tmp_path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("fuzhou", "福州市"),
        ("fuzhou/mawei/mawei", "福州市 / 马尾区 / 马尾镇"),
        ("fuzhou/nowhere\x1b", r"福州市 / nowhere\x1b"),
    ],
    ids=["the city", "a town of the district's name", "a place without a name"],
)
def test_a_scope_is_read_as_the_names_of_its_places(path: str, name: str) -> None:
    assert words_in("zh").whole_place(path) == name
