"""How far back a question goes and until when something holds, as people type it."""

from datetime import UTC, datetime

import pytest
import typer

from rongdun.commands.moments import moment, moment_to_come

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("30d", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)),
        ("12h", datetime(2026, 3, 31, 0, 0, tzinfo=UTC)),
        ("90m", datetime(2026, 3, 31, 10, 30, tzinfo=UTC)),
        ("2w", datetime(2026, 3, 17, 12, 0, tzinfo=UTC)),
        (" 1d ", datetime(2026, 3, 30, 12, 0, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T08:00", datetime(2026, 3, 1, 8, 0, tzinfo=UTC)),
        ("2026-03-01T08:00+08:00", datetime(2026, 3, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_a_span_or_a_moment_is_understood(text: str, since: datetime) -> None:
    assert moment(text, now=NOW) == since


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "3 days", "yesterday", "999999w", "2026-13-01"])
def test_anything_else_is_told(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time"):
        moment(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("7d", datetime(2026, 4, 7, 12, 0, tzinfo=UTC)),
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        (" 2026-12-31 ", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T18:00", datetime(2026, 12, 31, 18, 0, tzinfo=UTC)),
        ("2026-12-31T18:00+08:00", datetime(2026, 12, 31, 10, 0, tzinfo=UTC)),
    ],
)
def test_until_a_day_means_that_the_day_still_counts(text: str, until: datetime) -> None:
    assert moment_to_come(text, now=NOW) == until


@pytest.mark.parametrize("text", ["", "soon", "-3d", "999999w", "2026-13-01", "9999-12-31"])
def test_anything_else_is_no_moment_to_come(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time"):
        moment_to_come(text, now=NOW)
