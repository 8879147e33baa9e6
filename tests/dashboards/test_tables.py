"""Tables: nothing hidden in a cell, the city's clock, codes as their labels."""

from datetime import UTC, datetime

import polars as pl
import pytest

from dashboards.tables import as_chips, labelled, path_ends, shown
from dashboards.translation import words_in


def test_a_cell_shows_what_hides_in_it() -> None:
    frame = pl.DataFrame({"host": ["a\x1b[2Jb\nc", "plain", None]})
    assert shown(frame)["host"].to_list() == [r"a\x1b[2Jb\nc", "plain", None]


@pytest.mark.parametrize(
    ("stored", "clock"),
    [
        pytest.param(
            datetime(2026, 3, 1, 18, 30, tzinfo=UTC),
            datetime(2026, 3, 2, 2, 30, tzinfo=UTC).replace(tzinfo=None),
            id="after midnight there",
        ),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), None, id="never"),
    ],
)
def test_a_time_is_what_the_citys_clock_showed(stored: datetime, clock: datetime | None) -> None:
    frame = pl.DataFrame({"at": [stored]}, schema={"at": pl.Datetime("ms", "UTC")})
    assert shown(frame)["at"].to_list() == [clock]


def test_codes_become_labels_and_unknown_codes_stay() -> None:
    frame = pl.DataFrame({"grade": ["core", "made-up"]})
    assert labelled(frame, words_in("en"), {"grade": "grade"})["grade"].to_list() == ["Core", "made-up"]


def test_a_chip_column_is_empty_without_a_code() -> None:
    assert as_chips(pl.DataFrame({"band": ["good", ""]}), "band")["band"].to_list() == [["good"], []]


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/srv/city/tables/civil/residents.csv", "…/civil/residents.csv"),
        ("/srv/residents.csv", "/srv/residents.csv"),
        ("civil/residents.csv", "civil/residents.csv"),
        ("table:log_events", "table:log_events"),
        ("", ""),
    ],
)
def test_a_long_path_is_cut_to_folder_and_file(path: str, end: str) -> None:
    assert path_ends(pl.DataFrame({"dataset": [path]}), "dataset")["dataset"].to_list() == [end]
