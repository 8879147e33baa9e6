"""Text in, numbered lines out: any encoding, any length, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from pipelines.batch import no_rejects
from pipelines.errors import SourceBroken
from pipelines.sources.columns import CONTENT_LIMIT, rejects_of

BLOCK_BYTES = 8 * 1024 * 1024
LINE_LIMIT = 1024 * 1024

LINES = pl.Schema({"offset": pl.UInt64, "text": pl.String, "decode_error": pl.Boolean})

_BOM = b"\xef\xbb\xbf"


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
                yield _decoded(*lines)
    except SourceBroken:
        if lines := cutter.rest():
            yield _decoded(*lines)
        raise
    if lines := cutter.rest():
        yield _decoded(*lines)


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

    def cut(self, chunk: bytes) -> tuple[int, list[bytes], list[tuple[int, str, str]]] | None:
        """The number of the first whole line, the whole lines, and what was too long."""
        if not self._started:
            self._started = True
            chunk = chunk.removeprefix(_BOM)
        parts = (self._unfinished + chunk).split(b"\n")
        self._unfinished = parts.pop()
        first, rejects = self._next, list[tuple[int, str, str]]()
        if parts and self._dropping is not None:
            rejects.append(_too_long(first, self._dropping))
            self._dropping, parts[0] = None, b""
        self._next += len(parts)
        self._hold_limit()
        return (first, parts, rejects) if parts else None

    def rest(self) -> tuple[int, list[bytes], list[tuple[int, str, str]]] | None:
        """The unterminated last line."""
        if self._dropping is not None:
            return self._next, [b""], [_too_long(self._next, self._dropping)]
        return (self._next, [self._unfinished], []) if self._unfinished else None

    def _hold_limit(self) -> None:
        if self._dropping is not None:
            self._unfinished = b""
        elif len(self._unfinished) > LINE_LIMIT:
            self._dropping, self._unfinished = self._unfinished[:CONTENT_LIMIT], b""


def _decoded(first: int, parts: list[bytes], long: list[tuple[int, str, str]]) -> LineBlock:
    rejects = list(long)
    whole = b"\n".join(parts)
    if max(map(len, parts)) > LINE_LIMIT:
        rejects += [_too_long(first + at, part) for at, part in enumerate(parts) if len(part) > LINE_LIMIT]
        parts = [part if len(part) <= LINE_LIMIT else b"" for part in parts]
        whole = b"\n".join(parts)
    texts, errors = _texts(whole, parts)
    frame = pl.DataFrame(
        {"offset": range(first, first + len(texts)), "text": texts, "decode_error": errors}, schema=LINES
    )
    if b"\r" in whole:
        frame = frame.with_columns(pl.col("text").str.strip_chars_end("\r"))
    if b"\0" in whole:
        frame = frame.with_columns(pl.col("text").str.strip_chars("\0\r"))
        empty = [(first + at, "nothing but NUL bytes", "") for at, part in enumerate(parts) if _only_nul(part)]
        rejects += empty
    lines = frame.filter(pl.col("text").str.contains(r"\S"))
    return LineBlock(lines, rejects_of(sorted(rejects)) if rejects else no_rejects())


def _texts(whole: bytes, parts: list[bytes]) -> tuple[list[str], list[bool]]:
    try:
        texts = whole.decode().split("\n")
    except UnicodeDecodeError:
        texts = []
    if len(texts) == len(parts):
        return texts, [False] * len(parts)
    decoded = [_text(part) for part in parts]
    return [text for text, _ in decoded], [error for _, error in decoded]


def _text(line: bytes) -> tuple[str, bool]:
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding), False
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "backslashreplace"), True


def _only_nul(part: bytes) -> bool:
    return b"\0" in part and not part.strip(b"\0\r \t")


def _too_long(offset: int, content: bytes) -> tuple[int, str, str]:
    kept = content[:CONTENT_LIMIT].decode("utf-8", "backslashreplace")
    return offset, f"line longer than {LINE_LIMIT // 1024} KiB", kept
