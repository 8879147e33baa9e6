"""Syslog in octet-counted frames (RFC 6587)."""

import pytest

from pipelines.sources import syslog_frames
from tests.pipelines.sources.rows import events

_FRAME = "<34>1 2026-03-01T10:00:00Z h p - - - "


def _framed(*messages: str) -> bytes:
    return b"".join(f"{len(_FRAME + message)} {_FRAME}{message}".encode() for message in messages)


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (_framed("one", "two\nlines", "three"), ["one", "two\nlines", "three"]),
        (_framed("one") + f"99 {_FRAME}short".encode() + _framed("three", "four"), ["one", "short", "three", "four"]),
        (_framed("one", "two") + b"9999 " + _FRAME.encode() + b"cut", ["one", "two", "cut"]),
    ],
    ids=["line breaks inside", "a length that does not fit", "cut off"],
)
def test_frames_are_cut_by_their_lengths(content: bytes, messages: list[str]) -> None:
    assert syslog_frames.recognises(content)
    rows = events(syslog_frames, content)
    assert [(row["source_offset"], row["message"]) for row in rows] == list(enumerate(messages))


def test_frames_with_a_line_end_behind_each_are_lines() -> None:
    assert not syslog_frames.recognises(_framed("one") + b"\n" + _framed("two") + b"\n")
