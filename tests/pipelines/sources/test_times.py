from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.times import utc_times

_TIMES = {
    "2026-03-01T10:00:00Z": "2026-03-01T10:00:00+00:00",
    "2026-03-01t10:00:00z": "2026-03-01T10:00:00+00:00",
    "2026-03-01 10:00:00": "2026-03-01T10:00:00+00:00",
    "2026-03-01 10:00:00,5 +0800": "2026-03-01T02:00:00.500000+00:00",
    "2026-03-01T10:00:00-07:00": "2026-03-01T17:00:00+00:00",
    "2026-03-01T10:00:00.1234567Z": "2026-03-01T10:00:00.123456+00:00",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59+00:00",
    "1772330400": "2026-03-01T02:00:00+00:00",
    "1772330400.865716": "2026-03-01T02:00:00.865716+00:00",
    "1772330400123": "2026-03-01T02:00:00.123000+00:00",
    "1772330400123456": "2026-03-01T02:00:00.123456+00:00",
    "1772330400123456789": "2026-03-01T02:00:00.123456+00:00",
    "0": "1970-01-01T00:00:00+00:00",
}


@pytest.mark.parametrize(("text", "expected"), _TIMES.items())
def test_a_time_is_read(text: str, expected: str) -> None:
    assert [moment.isoformat() for moment in utc_times(pl.Series([text]))] == [expected]


@pytest.mark.parametrize(
    "text", ["", "-", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "1e400", "9" * 40, "NaN"]
)
def test_what_is_no_time_is_null(text: str) -> None:
    assert utc_times(pl.Series([text])).to_list() == [None]


@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2105, 1, 1)),  # noqa: DTZ001  # the zone is added below
    st.integers(-14 * 60, 14 * 60),
)
def test_every_iso_time_survives_its_zone(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{moment.isoformat(timespec='microseconds')}{sign}{hours:02d}:{rest:02d}"
    assert utc_times(pl.Series([text])).to_list() == [moment.replace(tzinfo=UTC) - timedelta(minutes=minutes)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_no_text_is_too_strange(texts: list[str]) -> None:
    assert utc_times(pl.Series(texts, dtype=pl.String)).len() == len(texts)


_SECONDS = st.one_of(
    st.decimals(1_000_000_000, 7_000_000_000, places=6).map(lambda number: f"{number:f}".rstrip("0").rstrip(".")),
    st.sampled_from(
        ["1772330400", "1772330400.", "17723304001", "1772330400e1", "1772330400.0", "", "1772330400123456"]
    ),
)


@given(st.lists(_SECONDS, max_size=6))
@example(["1772330400", "1772330400.5", "1772330400.123456"])
@example(["1772330400.5", "1772330400."])
def test_seconds_beside_each_other_are_read_as_each_alone(texts: list[str]) -> None:
    alone = [utc_times(pl.Series([text])).item() for text in texts]
    assert utc_times(pl.Series(texts, dtype=pl.String)).to_list() == alone


_MOMENTS = st.datetimes(datetime(1600, 1, 1), datetime(9000, 1, 1)).map(  # noqa: DTZ001  # the zone is added below
    lambda moment: moment.isoformat(timespec="microseconds")
)
_ENDS = st.sampled_from(["Z", "+0800", "-07:30", "", " UTC"])
_ODD = st.sampled_from(["2026-02-30T00:00:00.000000", "2026-12-31T23:59:60.000000", "0000-01-01T00:00:00.000000"])


@settings(max_examples=150, deadline=None)
@given(st.lists(_MOMENTS | _ODD, min_size=1, max_size=8), _ENDS)
def test_times_that_stand_alike_are_read_as_each_by_itself(moments: list[str], end: str) -> None:
    texts = [f"{moment}{end}" for moment in moments]
    # A stranger among them has them read the other way.
    alike, strange = utc_times(pl.Series(texts)), utc_times(pl.Series([*texts, "x"]))
    assert alike.cast(pl.Int64).to_list() == strange.cast(pl.Int64).to_list()[:-1]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 10**16 - 1), min_size=1, max_size=4), st.integers(0, 6))
def test_seconds_that_stand_alike_are_read_as_each_by_itself(numbers: list[int], digits: int) -> None:
    written = [f"{number:016}" for number in numbers]
    texts = [f"{number[:10]}.{number[10 : 10 + digits]}".rstrip(".") for number in written]
    # Among numbers of other lengths each is read by itself.
    assert utc_times(pl.Series(texts)).to_list() == utc_times(pl.Series([*texts, "0"])).to_list()[:-1]
