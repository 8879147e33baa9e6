"""Text in, numbered lines out: any encoding, any length, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from pipelines.batch import no_rejects
from pipelines.errors import SourceBroken
from pipelines.sources.columns import CONTENT_LIMIT, rejects_of
from pipelines.sources.cutting import cut_behind, places_of

BLOCK_BYTES = 8 * 1024 * 1024
LINE_LIMIT = 1024 * 1024

LINES = pl.Schema({"offset": pl.UInt64, "text": pl.String, "decode_error": pl.Boolean})

_BOM = b"\xef\xbb\xbf"
_ONLY_NUL = r"^[\x00\r \t]*\x00[\x00\r \t]*$"


@dataclass(frozen=True)
class LineBlock:
    r"""Some lines of a text.

    Attributes:
        lines: `offset` (line number from 0), `text` without its line end, `decode_error` where bytes are kept as \xNN.
        rejects: lines longer than 1 MiB and lines of nothing but NUL.
    """

    lines: pl.DataFrame
    rejects: pl.DataFrame


def line_blocks(stream: BinaryIO, block_bytes: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """The lines of a stream in blocks of about `block_bytes`; blank lines are passed over, but counted.

    Raises:
        SourceBroken: the stream breaks off; every line before was given.
    """
    cutter = _Cutter()
    try:
        while chunk := stream.read(block_bytes):
            if lines := cutter.cut(chunk):
                yield _cut(*lines)
    except SourceBroken:
        if lines := cutter.rest():
            yield _cut(*lines)
        raise
    if lines := cutter.rest():
        yield _cut(*lines)


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
    return _decoded(first, pieces, [])


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

    def cut(self, chunk: bytes) -> tuple[int, bytes, list[tuple[int, str, str]]] | None:
        """The number of the first whole line, the whole lines, and what was too long."""
        if not self._started:
            self._started = True
            chunk = chunk.removeprefix(_BOM)
        # Only the chunk can hold line ends: what is unfinished is not searched again.
        end = chunk.rfind(b"\n")
        if end < 0:
            self._unfinished += chunk
            self._hold_limit()
            return None
        whole, self._unfinished = self._unfinished + chunk[:end], chunk[end + 1 :]
        first, rejects = self._next, list[tuple[int, str, str]]()
        if self._dropping is not None:
            rejects.append(_too_long(first, self._dropping))
            self._dropping, whole = None, whole[whole.find(b"\n") :] if b"\n" in whole else b""
        self._next += whole.count(b"\n") + 1
        self._hold_limit()
        return first, whole, rejects

    def rest(self) -> tuple[int, bytes, list[tuple[int, str, str]]] | None:
        """The unterminated last line."""
        if self._dropping is not None:
            return self._next, b"", [_too_long(self._next, self._dropping)]
        return (self._next, self._unfinished, []) if self._unfinished else None

    def _hold_limit(self) -> None:
        if self._dropping is not None:
            self._unfinished = b""
        elif len(self._unfinished) > LINE_LIMIT:
            self._dropping, self._unfinished = self._unfinished[:CONTENT_LIMIT], b""


def _cut(first: int, whole: bytes, long: list[tuple[int, str, str]]) -> LineBlock:
    """The lines of a text that its line ends cut; without an object each where it is plain UTF-8."""
    try:
        whole.decode()
    except UnicodeDecodeError:
        return _decoded(first, whole.split(b"\n"), long)
    ended = whole + b"\n"
    texts = cut_behind(ended, places_of(ended, b"\n")).str.strip_suffix("\n")
    if (texts.str.len_bytes() > LINE_LIMIT).any():
        return _decoded(first, whole.split(b"\n"), long)
    return _block(first, whole, texts, pl.repeat(value=False, n=len(texts), eager=True), long)


def _decoded(first: int, parts: list[bytes], long: list[tuple[int, str, str]]) -> LineBlock:
    rejects = list(long)
    if max(map(len, parts)) > LINE_LIMIT:
        rejects += [_too_long(first + at, part) for at, part in enumerate(parts) if len(part) > LINE_LIMIT]
        parts = [part if len(part) <= LINE_LIMIT else b"" for part in parts]
    decoded = [_text(part) for part in parts]
    texts = pl.Series("text", [text for text, _ in decoded], dtype=pl.String)
    errors = pl.Series("decode_error", [error for _, error in decoded], dtype=pl.Boolean)
    return _block(first, b"\n".join(parts), texts, errors, rejects)


def _block(
    first: int, whole: bytes, texts: pl.Series, errors: pl.Series, long: list[tuple[int, str, str]]
) -> LineBlock:
    offsets = pl.int_range(first, first + len(texts), dtype=pl.UInt64, eager=True)
    frame = pl.DataFrame([offsets.alias("offset"), texts.alias("text"), errors.alias("decode_error")])
    rejects = list(long)
    if b"\r" in whole:
        frame = frame.with_columns(pl.col("text").str.strip_chars_end("\r"))
    if b"\0" in whole:
        empty = frame.filter(pl.col("text").str.contains(_ONLY_NUL))["offset"]
        rejects += [(offset, "nothing but NUL bytes", "") for offset in empty]
        frame = frame.with_columns(pl.col("text").str.strip_chars("\0\r"))
    lines = frame.filter(pl.col("text").str.contains(r"\S"))
    return LineBlock(lines, rejects_of(sorted(rejects)) if rejects else no_rejects())


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
