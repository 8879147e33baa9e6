"""Syslog over a connection: counted, or ended by line feeds, however it is cut on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.listening.streams import LONGEST, MessageStream, StreamDamaged

_STREAMS: dict[str, tuple[bytes, list[bytes]]] = {
    "counted": (b"6 <1>one6 <1>two", [b"<1>one", b"<1>two"]),
    "counted with line feeds inside": (b"9 <1>a\nb\ncd", [b"<1>a\nb\ncd"]),
    "ended by line feeds": (b"<1>one\n<1>two\r\n", [b"<1>one", b"<1>two"]),
    "ended by NUL and line feed": (b"<1>one\0\n", [b"<1>one"]),
    "blank lines": (b"\n\n<1>one\n \n", [b"<1>one"]),
    "one after the other": (b"6 <1>one<1>two\n6 <1>six", [b"<1>one", b"<1>two", b"<1>six"]),
    "a year where a count could be": (b"2026-03-01T10:00:00Z h p: x\n", [b"2026-03-01T10:00:00Z h p: x"]),
    "the last without a line feed": (b"<1>one\n<1>two", [b"<1>one", b"<1>two"]),
    "a count without its message": (b"<1>one\n9 <1>t", [b"<1>one"]),
}


@pytest.mark.parametrize(("content", "expected"), _STREAMS.values(), ids=_STREAMS)
@given(st.lists(st.integers(0, 60), max_size=5))
def test_messages_are_the_same_however_a_stream_is_cut(content: bytes, expected: list[bytes], cuts: list[int]) -> None:
    stream, found = MessageStream(), list[bytes]()
    ends = sorted({min(cut, len(content)) for cut in cuts} | {len(content)})
    for start, end in zip([0, *ends], ends, strict=False):
        found += stream.feed(content[start:end])
    assert found + stream.end() == expected


@pytest.mark.parametrize(
    "content",
    [b"999999 <1>x", b"<1>" + b"x" * (LONGEST + 1)],
    ids=["a count that is too large", "a line that is too long"],
)
def test_what_would_fill_memory_ends_the_connection(content: bytes) -> None:
    with pytest.raises(StreamDamaged):
        MessageStream().feed(content)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_cutting_fail(content: bytes) -> None:
    stream = MessageStream()
    try:
        found = stream.feed(content) + stream.end()
    except StreamDamaged:
        return
    assert sum(map(len, found)) <= len(content)
