"""Text in, numbered lines out: any encoding, any length, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.batch import no_rejects
from pipelines.errors import SourceBroken
from pipelines.sources.columns import CONTENT_LIMIT, rejects_of
from pipelines.sources.cutting import Places, places_of
from pipelines.sources.text_views import PADDING, views_of

BLOCK_BYTES = 8 * 1024 * 1024
LINE_LIMIT = 1024 * 1024

LINES = pl.Schema({"offset": pl.UInt64, "text": pl.String, "decode_error": pl.Boolean})

_BOM = b"\xef\xbb\xbf"
_FEW = 32


@dataclass(frozen=True)
class LineBlock:
    r"""Some lines of a text.

    Attributes:
        lines: `offset` (line number from 0), `text` without its line end, `decode_error` where bytes are kept as \xNN.
        rejects: lines longer than 1 MiB and lines of nothing but NUL.
    """

    lines: pl.DataFrame
    rejects: pl.DataFrame


@dataclass(frozen=True)
class _Cut:
    """Whole lines: the number of the first, where each ends behind its line feed, and what was too long.

    Attributes:
        text: the lines, and at least `AHEAD` bytes more.
    """

    first: int
    text: bytes
    ends: Places
    rejects: list[tuple[int, str, str]]


def line_blocks(stream: BinaryIO, block_bytes: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """The lines of a stream in blocks of about `block_bytes`; blank lines are passed over, but counted.

    Raises:
        SourceBroken: the stream breaks off; every line before was given.
    """
    cutter = _Cutter()
    try:
        while chunk := stream.read(block_bytes):
            if cut := cutter.cut(chunk):
                yield _decoded(cut)
    except SourceBroken:
        if cut := cutter.rest():
            yield _decoded(cut)
        raise
    if cut := cutter.rest():
        yield _decoded(cut)


def first_lines(head: bytes, limit: int = 50) -> list[str]:
    """The first lines that hold anything, decoded as well as possible; a line that may be cut off is left out."""
    whole = head.removeprefix(_BOM)
    lines = whole.split(b"\n")
    if len(lines) > 1 and not whole.endswith(b"\n") and len(head) >= CONTENT_LIMIT:
        lines.pop()
    texts = (_text(line)[0].strip("\r\0 ") for line in lines)
    return [text for text in texts if text][:limit]


def block_of(first: int, pieces: list[bytes]) -> LineBlock:
    """Pieces of text that were cut out otherwise than by line ends, numbered from `first`."""
    ends = np.cumsum(np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces)) + 1)
    return _decoded(_Cut(first, b"\n".join([*pieces, PADDING]), ends, []))


def lines_tell(head: bytes, tells: Callable[[str], object]) -> bool:
    """Whether at least every fourth of the first lines tells of a format, and one at all."""
    lines = first_lines(head)
    telling = sum(bool(tells(line)) for line in lines)
    return telling > 0 and telling * 4 >= len(lines)


class _Cutter:
    """Cuts chunks into whole lines; remembers the unfinished one, but never more than a line's limit of it."""

    def __init__(self) -> None:
        self._next = 0
        self._unfinished = b""
        self._dropping: bytes | None = None
        self._started = False

    def cut(self, chunk: bytes) -> _Cut | None:
        """The whole lines that there are now, and what was too long."""
        if not self._started:
            self._started = True
            chunk = chunk.removeprefix(_BOM)
        text = b"".join((self._unfinished, chunk, PADDING))
        whole = text.rfind(b"\n") + 1
        self._unfinished = text[whole : -len(PADDING)]
        first, rejects = self._next, list[tuple[int, str, str]]()
        if whole and self._dropping is not None:
            rejects.append(_too_long(first, self._dropping))
            over = text.index(b"\n")
            self._dropping, text, whole = None, text[over:], whole - over
        ends = _line_ends(text, whole)
        self._next += len(ends)
        self._hold_limit()
        return _Cut(first, text, ends, rejects) if whole else None

    def rest(self) -> _Cut | None:
        """The unterminated last line."""
        if not self._unfinished and self._dropping is None:
            return None
        long = [] if self._dropping is None else [_too_long(self._next, self._dropping)]
        size = len(self._unfinished) + 1
        return _Cut(self._next, b"\n".join((self._unfinished, PADDING)), np.array([size]), long)

    def _hold_limit(self) -> None:
        if self._dropping is not None:
            self._unfinished = b""
        elif len(self._unfinished) > LINE_LIMIT:
            self._dropping, self._unfinished = self._unfinished[:CONTENT_LIMIT], b""


def _line_ends(text: bytes, size: int) -> Places:
    """Where each line of the first so many bytes ends, behind its line feed."""
    return places_of(memoryview(text)[:size], b"\n") + 1


def _decoded(cut: _Cut) -> LineBlock:
    rejects, sizes = list(cut.rejects), np.diff(cut.ends, prepend=0) - 1
    for at in np.flatnonzero(sizes > LINE_LIMIT).tolist():
        begin = int(cut.ends[at] - 1 - sizes[at])
        rejects.append(_too_long(cut.first + at, cut.text[begin : begin + sizes[at]]))
    texts, errors = _texts(_raw_texts(cut, np.where(sizes > LINE_LIMIT, 0, sizes)))
    if b"\r" in cut.text:
        texts = texts.str.strip_chars_end("\r")
    if b"\0" in cut.text:
        nothing = texts.str.contains("\0", literal=True) & (texts.str.strip_chars("\0\r \t") == "")
        rejects += [(cut.first + at, "nothing but NUL bytes", "") for at in nothing.arg_true().to_list()]
        texts = texts.str.strip_chars("\0\r")
    offsets = pl.int_range(cut.first, cut.first + len(texts), dtype=pl.UInt64, eager=True)
    frame = pl.DataFrame([offsets.alias("offset"), texts.alias("text"), errors.alias("decode_error")])
    lines = frame if not rejects and _all_begin(cut) else frame.filter(texts.str.contains(r"\S"))
    return LineBlock(lines, rejects_of(sorted(rejects)) if rejects else no_rejects())


def _all_begin(cut: _Cut) -> bool:
    """Whether every line begins with a character of ASCII that is seen, so that none is blank."""
    first = np.frombuffer(cut.text, np.uint8)[np.concatenate([[0], cut.ends[:-1]])]
    return bool((first - np.uint8(ord("!")) <= ord("~") - ord("!")).all())


def _raw_texts(cut: _Cut, sizes: Places) -> pl.Series:
    """So many bytes of each line; they stay where they are."""
    octets, starts = np.frombuffer(cut.text, np.uint8), np.concatenate([[0], cut.ends[:-1]])
    return views_of(octets, pa.py_buffer(cut.text), starts, sizes, pa.binary_view()).alias("text")


def _texts(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The lines as text, and where bytes had to be kept as they are."""
    try:
        return raw.cast(pl.String), pl.repeat(False, len(raw), dtype=pl.Boolean, eager=True)
    except pl.exceptions.ComputeError:
        middle = len(raw) // 2
    # Damaged lines are found by halves: they are most often few.
    if middle >= _FEW:
        halves = _texts(raw[:middle]), _texts(raw[middle:])
        return pl.concat([texts for texts, _ in halves]), pl.concat([errors for _, errors in halves])
    decoded = [_text(line) for line in raw]
    texts, errors = [text for text, _ in decoded], [error for _, error in decoded]
    return pl.Series("text", texts, dtype=pl.String), pl.Series(errors, dtype=pl.Boolean)


def _text(line: bytes) -> tuple[str, bool]:
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding), False
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "backslashreplace"), True


def _too_long(offset: int, content: bytes) -> tuple[int, str, str]:
    kept = content[:CONTENT_LIMIT].decode("utf-8", "backslashreplace")
    return offset, f"line longer than {LINE_LIMIT // 1024} KiB", kept
