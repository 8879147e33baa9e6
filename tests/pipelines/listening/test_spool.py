"""The spool: bounded, whole or not there, and read back as it was heard."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceBroken
from pipelines.listening.addresses import AddressInvalid, Place, places
from pipelines.listening.segments import Feed, Heard, beginning, feed_of, messages, packed
from pipelines.listening.spool import Spool, closed_segments

FEED = Feed("syslog+udp://192.0.2.1:514", "syslog")
PEER = bytes([192, 0, 2, 7])


def spool(folder: Path, *, limit: int = 1 << 20, size: int = 1 << 16, seconds: float = 60) -> Spool:
    return Spool(folder, limit_bytes=limit, segment_bytes=size, segment_seconds=seconds)


def contents(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        assert feed_of(stream) == FEED
        return [heard.content for heard in messages(stream)]


def test_what_is_appended_lies_in_a_segment_once_it_is_closed(tmp_path: Path) -> None:
    made = spool(tmp_path)
    for content in (b"one", b"", b"two\n"):
        assert made.append(FEED, content, peer=PEER)
    assert closed_segments(tmp_path) == []
    made.close()
    (segment,) = closed_segments(tmp_path)
    assert contents(segment) == [b"one", b"", b"two\n"]


def test_a_segment_is_closed_when_it_is_large_or_old(tmp_path: Path) -> None:
    made = spool(tmp_path, size=1000)
    for _ in range(4):
        made.append(FEED, bytes(600), peer=PEER)
        made.close_due()
    assert len(closed_segments(tmp_path)) == 2
    old = spool(tmp_path / "old", seconds=0)
    old.append(FEED, b"x", peer=PEER)
    old.close_due()
    assert len(closed_segments(tmp_path / "old")) == 1


def test_what_does_not_fit_is_dropped_and_counted(tmp_path: Path) -> None:
    made = spool(tmp_path, limit=2000)
    kept = [made.append(FEED, bytes(300), peer=PEER) for _ in range(10)]
    counts = made.counts[FEED.name]
    assert (counts.received, counts.dropped) == (10, kept.count(False))
    assert 0 < counts.dropped < 10
    made.close()
    for segment in closed_segments(tmp_path):
        segment.unlink()
    made.measure()
    assert made.append(FEED, bytes(300), peer=PEER)
    made.close()


def test_what_a_listener_that_died_left_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    made = spool(tmp_path)
    made.append(FEED, b"one", peer=PEER)
    made.append(FEED, b"two", peer=PEER)
    made.close()
    (closed,) = closed_segments(tmp_path)
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "1-1.open").write_bytes(closed.read_bytes()[:-2])
    spool(tmp_path / "left")
    (segment,) = closed_segments(tmp_path / "left")
    with segment.open("rb") as stream:
        feed_of(stream)
        heard = messages(stream)
        assert next(heard).content == b"one"
        with pytest.raises(SourceBroken, match="breaks off in a message"):
            next(heard)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4_291_747_200_000_000), st.sampled_from([b"", PEER, bytes(16)]), st.binary(max_size=50)
        )
    )
)
def test_messages_come_back_as_they_were(heard: list[tuple[int, bytes, bytes]]) -> None:
    stream = io.BytesIO(beginning(FEED) + b"".join(packed(Heard(*each)) for each in heard))
    assert feed_of(stream) == FEED
    assert [tuple(each) for each in messages(stream)] == heard


@settings(max_examples=60)
@given(st.binary(max_size=100))
def test_no_bytes_make_the_reading_fail(content: bytes) -> None:
    stream = io.BytesIO(content)
    try:
        feed_of(stream)
        found = list(messages(stream))
    except SourceBroken:
        return
    assert len(found) <= len(content)


_PLACES: dict[str, list[Place]] = {
    "": [],
    "5514": [Place("127.0.0.1", 5514)],
    "0.0.0.0:514": [Place("0.0.0.0", 514)],  # noqa: S104  # what a person may ask for
    "[::1]:6514": [Place("::1", 6514)],
    "5514, 192.0.2.1:0": [Place("127.0.0.1", 5514), Place("192.0.2.1", 0)],
}


@pytest.mark.parametrize(("text", "expected"), _PLACES.items(), ids=map(repr, _PLACES))
def test_a_port_alone_is_one_on_loopback(text: str, expected: list[Place]) -> None:
    assert places(text, "RONGDUN_LISTEN_SYSLOG_UDP") == expected


@pytest.mark.parametrize("text", ["syslog", "99999", "example.org:514", "1.2.3:5", "::1:514", "514:1.2.3.4"])
def test_what_is_no_place_is_said_with_its_setting(text: str) -> None:
    with pytest.raises(AddressInvalid, match="setting RONGDUN_X"):
        places(text, "RONGDUN_X")
