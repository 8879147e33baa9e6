"""Clocks that name no zone: what is set, what hosts tell in a file, and what the moments of arrival tell."""

import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.batch import Batch
from pipelines.ingest import ingest
from pipelines.listening.clocks import ENOUGH_MESSAGES, OFFSETS, ClockBook
from pipelines.listening.segments import Feed, Heard, beginning, packed
from pipelines.sources import cef, syslog
from pipelines.sources.heard import HeardSource
from pipelines.sources.registry import sources_for
from pipelines.sources.zones import Zones, in_zones, minutes_of, offset_text
from rongdun.settings import Settings
from store.client import Store
from tests.pipelines.sources.rows import checked

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEED = Feed("syslog+udp://127.0.0.1:514", "syslog")
PEER = bytes([192, 0, 2, 7])
MOMENTS = st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
OLD = "Mar  1 10:00:00 web-1 app: m\n"
SHANGHAI = "2026-03-01T10:00:00+08:00 web-1 app: m\n"


def told(batch: Batch) -> list[tuple[str, str, str, str]]:
    """Host, hour and minute in UTC, zone and basis of each row, in order."""
    rows = checked(batch).rows.sort("source_offset")
    fields = [dict(each) for each in rows["fields"].to_list()]
    hours = rows["event_time"].dt.strftime("%d %H:%M").to_list()
    return [
        (host, hour, field.get("time_zone", ""), field.get("time_basis", ""))
        for host, hour, field in zip(rows["host"], hours, fields, strict=True)
    ]


@pytest.mark.parametrize(
    ("site", "hour", "zone"),
    [
        (Zones(), "01 10:00", ""),
        (Zones("Asia/Shanghai"), "01 02:00", "Asia/Shanghai"),
        (Zones("+05:45"), "01 04:15", "+05:45"),
        (Zones("-0330"), "01 13:30", "-0330"),
        (Zones(named={"web-*": "Asia/Tokyo"}), "01 01:00", "Asia/Tokyo"),
        (Zones("Asia/Shanghai", {"web-1": "UTC", "web-*": "Asia/Tokyo"}), "01 10:00", "UTC"),
        (Zones("Asia/Shanghai", {"db-*": "UTC"}), "01 02:00", "Asia/Shanghai"),
    ],
    ids=[
        "nothing is set",
        "a default",
        "an offset",
        "without a colon",
        "a host's",
        "the first that fits",
        "another host's",
    ],
)
def test_a_clock_stands_where_the_site_says(site: Zones, hour: str, zone: str) -> None:
    (batch,) = syslog.read(io.BytesIO(OLD.encode()), NOW, site=site)
    assert told(batch) == [("web-1", hour, zone, "setting" if zone else "")]


def test_only_clocks_that_name_no_zone_are_moved() -> None:
    lines = SHANGHAI + "2026-03-01T10:00:00Z web-1 app: m\n2026-03-01T10:00:00 web-1 app: m\n"
    (batch,) = syslog.read(io.BytesIO(lines.encode()), NOW, site=Zones("Asia/Tokyo"))
    assert [hour for _, hour, _, _ in told(batch)] == ["01 02:00", "01 10:00", "01 01:00"]
    assert [zone for _, _, zone, _ in told(batch)] == ["", "", "Asia/Tokyo"]


@pytest.mark.parametrize(
    ("clock", "utc"),
    [
        ("Mar 29 01:30:00", "00:30"),
        ("Mar 29 02:30:00", "01:30"),
        ("Mar 29 03:30:00", "01:30"),
        ("Oct 25 02:30:00", "00:30"),
    ],
    ids=["before summer time", "an hour that does not exist", "in summer time", "an hour that is there twice"],
)
def test_summer_time(clock: str, utc: str) -> None:
    content = io.BytesIO(f"{clock} web-1 app: m\n".encode())
    (batch,) = syslog.read(content, datetime(2026, 11, 1, tzinfo=UTC), site=Zones("Europe/Berlin"))
    assert batch.rows["event_time"].dt.strftime("%H:%M").to_list() == [utc]


_FILES: dict[str, tuple[str, list[str]]] = {
    "the host tells it later": (OLD + SHANGHAI, ["+08:00", ""]),
    "before": (SHANGHAI + OLD, ["", "+08:00"]),
    "in RFC 5424": ("<34>1 2026-03-01T10:00:00.5+0530 web-1 app - - - m\n" + OLD, ["", "+05:30"]),
    "another host tells its own": (SHANGHAI.replace("web-1", "db-1") + OLD, ["", ""]),
    "Z is no zone that a clock stands in": (SHANGHAI.replace("+08:00", "Z") + OLD, ["", ""]),
    "two offsets say nothing": (SHANGHAI + SHANGHAI.replace("+08", "+09") + OLD, ["", "", ""]),
    "an offset that no clock has": (SHANGHAI.replace("+08", "+27") + OLD, [""]),
    "UTC is told too": (SHANGHAI.replace("+08:00", "+00:00") + OLD, ["", "+00:00"]),
}


@pytest.mark.parametrize(("content", "zones"), _FILES.values(), ids=_FILES)
def test_a_host_that_tells_its_offset_in_a_file_is_believed(content: str, zones: list[str]) -> None:
    (batch,) = syslog.read(io.BytesIO(content.encode()), NOW)
    found = told(batch)
    assert [zone for _, _, zone, _ in found][-len(zones) :] == zones
    assert {basis for _, _, zone, basis in found if zone} <= {"offsets"}


def test_what_is_set_for_a_host_goes_before_what_it_tells_and_that_before_the_default() -> None:
    content = (SHANGHAI + OLD).encode()
    for site, zone in ((Zones(named={"web-1": "UTC"}), "UTC"), (Zones("Asia/Tokyo"), "+08:00")):
        (batch,) = syslog.read(io.BytesIO(content), NOW, site=site)
        assert told(batch)[1][2] == zone


def test_an_event_with_a_time_of_its_own_keeps_it() -> None:
    event = "CEF:0|Made Up|Gate|1.0|100|Denied|8|{}\n"
    content = "Mar  1 10:00:00 fw-1 " + event.format("rt=1772359200000") + "Mar  1 10:00:00 fw-1 " + event.format("a=b")
    batch, _ = cef.read(io.BytesIO(content.encode()), NOW, site=Zones("Asia/Shanghai"))
    assert [row[1:3] for row in told(batch)] == [("01 10:00", ""), ("01 02:00", "Asia/Shanghai")]


_QUESTION = """
SELECT toHour(event_time) AS hour, fields['time_zone'] AS zone FROM log_events
WHERE source LIKE '%auth.log' AND message = 'old' ORDER BY source_offset
"""


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        ([OLD + SHANGHAI, OLD], [2, 2]),
        ([OLD, SHANGHAI + OLD], [10, 10]),
        ([OLD, SHANGHAI, OLD], [10, 10]),
        ([OLD + SHANGHAI, OLD, SHANGHAI.replace("+08", "+09") + OLD], [2, 2, 2]),
    ],
    ids=["told at first", "told later", "told in between", "told otherwise later"],
)
def test_a_file_that_grows_keeps_the_zone_that_it_was_first_read_by(
    store: Store, tmp_path: Path, parts: list[str], hours: list[int]
) -> None:
    path, settings = tmp_path / "auth.log", Settings(home=tmp_path)
    for part in parts:
        with path.open("a") as file:
            file.write(part.replace(OLD, OLD.replace(": m", ": old")))
        ingest([path], store, scope="fuzhou", sources=sources_for(settings))
    rows = store.rows(_QUESTION)
    assert [row["hour"] for row in rows] == hours
    assert len({row["zone"] for row in rows}) == 1
    assert ingest([path], store, scope="fuzhou", sources=sources_for(settings)).files[0].already_ingested


@pytest.mark.parametrize(
    ("named", "zone"),
    [({}, ""), ({"file:///var/log/*": "Asia/Tokyo"}, "Asia/Tokyo"), ({"web-1": "+08:00", "file:*": "UTC"}, "+08:00")],
    ids=["what a part of the file tells is not believed", "set for the feed", "set for the host"],
)
def test_a_followed_file_is_read_by_what_is_set(named: dict[str, str], zone: str) -> None:
    settings = Settings(syslog_zone_of=named)
    content = beginning(Feed("file:///var/log/auth.log", "lines")) + packed(
        Heard(0, bytes(24), (SHANGHAI + OLD).encode())
    )
    (batch,) = sources_for(settings)[0].read(io.BytesIO(content))
    assert [row[2] for row in told(batch)] == ["", zone]


def segment(*heard: tuple[datetime, bytes], peer: bytes = PEER) -> bytes:
    return beginning(FEED) + b"".join(
        packed(Heard(int(came.timestamp() * 1e6), peer, content)) for came, content in heard
    )


def said(came: datetime, ahead: timedelta, host: str = "web-1") -> tuple[datetime, bytes]:
    """A message that comes at a moment, by a clock that is ahead of UTC."""
    shown = came + ahead
    return came, f"<34>{shown:%b} {shown.day:2} {shown:%H:%M:%S} {host} app: m".encode()


def zones_of(book: ClockBook, *segments: bytes, site: Zones | None = None) -> list[set[str]]:
    """The zones of each segment's rows, '' for what is not known."""
    source = HeardSource(site=site or Zones(), clocks=book)
    found = list[set[str]]()
    for content in segments:
        rows = [row for batch in source.read(io.BytesIO(content)) for row in told(batch)]
        found.append({zone for _, _, zone, _ in rows})
    return found


def steady(minutes: int, segments: int = 3, wrong: timedelta = timedelta()) -> list[bytes]:
    """Segments of ten messages a second of a host whose clock is so many minutes ahead."""
    return [
        segment(
            *(said(NOW + timedelta(seconds=10 * number + at), timedelta(minutes=minutes) + wrong) for at in range(10))
        )
        for number in range(segments)
    ]


@pytest.mark.parametrize("minutes", [480, 330, 345, -210, 0, 840, -720])
def test_a_steady_offset_is_a_zone(minutes: int) -> None:
    first, *_, last = zones_of(ClockBook(), *steady(minutes))
    assert (first, last) == ({""}, {offset_text(minutes)})


_NO_ZONES: dict[str, list[bytes]] = {
    "a clock that is seven minutes wrong": steady(7),
    "one that is forty minutes wrong": steady(40),
    "too few": steady(480, segments=1),
    "all within a moment": [segment(*(said(NOW, timedelta(hours=8)) for _ in range(100)))],
    "what waited and comes at once": [
        segment(*(said(NOW + timedelta(seconds=at), timedelta(seconds=-60 * (60 - at))) for at in range(60)))
    ],
    "half of them late": [
        segment(*(said(NOW + timedelta(seconds=at), timedelta(hours=8 if at % 2 else 7)) for at in range(60)))
    ],
}


@pytest.mark.parametrize("segments", _NO_ZONES.values(), ids=_NO_ZONES)
def test_what_is_no_steady_offset_is_no_zone_and_flagged(segments: list[bytes]) -> None:
    assert zones_of(ClockBook(), *segments) == [{""}] * len(segments)
    rows = pl.concat([batch.rows for content in segments for batch in HeardSource().read(io.BytesIO(content))])
    skews = [int(found) for each in rows["fields"].to_list() if (found := dict(each).get("clock_skew_seconds"))]
    assert skews
    assert all(abs(skew) > 300 for skew in skews)


def test_a_zone_that_is_known_leaves_no_skew_and_a_wrong_clock_in_it_does() -> None:
    book = ClockBook()
    zones_of(book, *steady(480))
    for wrong, skew in ((timedelta(), None), (timedelta(minutes=10), "600")):
        (content,) = steady(480, segments=1, wrong=wrong)
        (batch,) = HeardSource(clocks=book).read(io.BytesIO(content))
        assert {dict(fields).get("clock_skew_seconds") for fields in batch.rows["fields"].to_list()} == {skew}


def test_hosts_behind_one_sender_have_clocks_of_their_own() -> None:
    content = [
        segment(
            *(
                said(NOW + timedelta(seconds=at), timedelta(hours=hours), host)
                for at in range(start, start + 30)
                for host, hours in (("web-1", 8), ("db-1", 0))
            )
        )
        for start in (0, 30)
    ]
    source = HeardSource(clocks=ClockBook())
    rows = [row for each in content for batch in source.read(io.BytesIO(each)) for row in told(batch)]
    assert {row[0::2][:2] for row in rows[-60:]} == {("web-1", "+08:00"), ("db-1", "+00:00")}


def test_a_segment_never_stands_in_two_zones_and_summer_time_is_followed() -> None:
    winter, summer = steady(60), steady(120, segments=6)
    found = zones_of(ClockBook(), *winter, *summer)
    assert all(len(zones) == 1 for zones in found)
    assert (found[2], found[-1]) == ({"+01:00"}, {"+02:00"})


def test_what_is_set_goes_before_arrival_and_arrival_before_the_default() -> None:
    for site, zone in ((Zones(named={"192.0.2.7": "Asia/Tokyo"}), "Asia/Tokyo"), (Zones("Asia/Tokyo"), "+08:00")):
        assert zones_of(ClockBook(), *steady(480), site=site)[-1] == {zone}
    assert zones_of(ClockBook(), *steady(480), site=Zones(named={FEED.name: "UTC"}))[-1] == {"UTC"}


def test_what_is_known_of_a_clock_outlives_the_listener_and_damage_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "clocks.json"
    zones_of(ClockBook(path), *steady(480))
    assert zones_of(ClockBook(path), steady(480)[0]) == [{"+08:00"}]
    for damage in ("[", "{}", '[["a", "b", 7]]', '[["a"]]', "[[1, 2, 480]]", "9" * 5000):
        path.write_text(damage)
        assert zones_of(ClockBook(path), steady(480)[0]) == [{""}]


@given(
    st.lists(st.tuples(st.sampled_from([None, *OFFSETS[:3]]), st.integers(1, 50), st.integers(0, 10**8)), max_size=40)
)
def test_no_zone_is_known_before_it_was_seen_often_enough(steps: list[tuple[int | None, int, int]]) -> None:
    book, sender, at, seen = ClockBook(), ("192.0.2.7", "web-1"), 0, 0
    for minutes, messages, pause in steps:
        seen += messages if minutes is not None else 0
        learned = book.learn(sender, minutes, messages, at, at + pause)
        at += pause
        assert not learned or (book.minutes(sender) == minutes and seen >= ENOUGH_MESSAGES)


@given(
    st.lists(MOMENTS, min_size=1, max_size=20),
    st.sampled_from(OFFSETS),
)
def test_an_offset_is_only_taken_away(moments: list[datetime], minutes: int) -> None:
    times = pl.Series(moments, dtype=pl.Datetime("us", "UTC"))
    name = offset_text(minutes)
    assert minutes_of(name) == minutes
    moved = in_zones(times, pl.Series([name] * len(moments)), [name])
    assert (times - moved).dt.total_minutes().to_list() == [minutes] * len(moments)


@given(st.lists(MOMENTS, min_size=2, max_size=20))
def test_every_shown_time_is_one_in_any_zone(moments: list[datetime]) -> None:
    times = pl.Series(sorted(moments), dtype=pl.Datetime("us", "UTC"))
    for name in ("America/St_Johns", "Pacific/Apia", "Asia/Shanghai", "Europe/Berlin"):
        moved = in_zones(times, pl.Series([name] * len(moments)), [name])
        assert moved.null_count() == 0
        assert all(later - earlier > -timedelta(hours=3) for earlier, later in pairwise(moved.to_list()))
