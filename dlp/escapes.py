r"""Texts as they are meant, where they are written for URLs, JSON or HTML: what stands escaped is undone to look at it.

In `%3D13800138000` and in `\n13800138000` a letter stands before the number, which is a part of the escape.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import numpy as np
import polars as pl

from dlp.profiles import OTHER, Profiles, holding, profiles

_DEEPEST = 3  # escapes within escapes
_SHORTEST = 8  # characters
_MAY_BE_ESCAPED = holding(OTHER, shortest=_SHORTEST)
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[nrtu\x22/]|&(?:#x?[0-9A-Fa-f]{2,6}|amp|quot|apos|lt|gt|nbsp);"
_ESCAPE = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|\\+u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\+u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    r"|\\+(?:u(?P<unit>(?![dD][89a-fA-F])[0-9A-Fa-f]{4})|(?P<sign>[nrt\"/]))"
    r"|(?P<entity>&(?:#[0-9]{2,6}|#x[0-9A-Fa-f]{2,6}|amp|quot|apos|lt|gt|nbsp);)"
)
_SIGNS = {"n": "\n", "r": "\r", "t": "\t"}
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Read:
    """A text as it is meant, and where each of its characters begins and ends in the text as it is written."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def unescaped(values: pl.DataFrame, made: Profiles) -> tuple[pl.DataFrame, Profiles]:
    """The values (column `value`) with their escapes undone, and the profiles of these."""
    at = np.flatnonzero(_MAY_BE_ESCAPED[made])
    if not len(at) or not _has_mark(values["value"]):
        return values, made
    at = at[values["value"].gather(at).str.contains(_ESCAPED).to_numpy()]
    if not len(at):
        return values, made
    meant = pl.Series([plain(value) or value for value in values["value"].gather(at).to_list()])
    fresh = made.copy()
    fresh[at] = profiles(meant)
    return values.with_columns(values["value"].scatter(at, meant)), fresh


def _has_mark(values: pl.Series) -> bool:
    """Whether any of the values has a sign that escapes begin with; one search over all bytes costs next to nothing."""
    *_, data = values.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    raw = data.to_pybytes() if data is not None else b""
    return any(mark in raw for mark in (b"%", b"\\", b"&"))


def plain(text: str) -> str:
    """The text with escapes of URLs, of strings in JSON and code, and of HTML undone, one within another too."""
    for _ in range(_DEEPEST):
        before, text = text, _ESCAPE.sub(_meant, text)
        if text == before:
            break
    return text


def read(text: str) -> Read:
    """The same, with the place of each character."""
    found = Read(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_DEEPEST):
        if _ESCAPE.search(found.text) is None:
            break
        found = _once(found)
    return found


def written_like(value: str, escaped: str) -> str:
    """A value that is to stand where something escaped stood: percent-encoded where that was."""
    return quote(value, safe="*+:/@,") if _PERCENT.search(escaped) else value


def _once(before: Read) -> Read:
    pieces, starts, ends = list[str](), list[int](), list[int]()
    for piece, start, end in _pieces(before.text):
        pieces.append(piece)
        if len(piece) == end - start:
            starts += before.starts[start:end]
            ends += before.ends[start:end]
        else:
            starts += [before.starts[start]] * len(piece)
            ends += [before.ends[end - 1]] * len(piece)
    return Read("".join(pieces), starts, ends)


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """The text in pieces: what is no escape, and each escaped character; with their places."""
    done = 0
    for escape in _ESCAPE.finditer(text):
        yield text[done : escape.start()], done, escape.start()
        done, meant = escape.start(), _meant(escape)
        widths = [3 * len(character.encode("utf-8")) for character in meant]
        if escape["percent"] and sum(widths) == len(escape["percent"]):
            for character, width in zip(meant, widths, strict=True):
                yield character, done, done + width
                done += width
        else:
            yield meant, done, escape.end()
            done = escape.end()
    yield text[done:], done, len(text)


def _meant(escape: re.Match[str]) -> str:
    """What an escape stands for; what is no text stays as it is."""
    if escape["percent"]:
        return unquote(escape[0], errors="replace")
    if escape["high"]:
        pair = bytes.fromhex(escape["high"] + escape["low"])
        return pair.decode("utf-16-be")
    if escape["unit"]:
        return chr(int(escape["unit"], 16))
    return html.unescape(escape[0]) if escape["entity"] else _SIGNS.get(escape["sign"], escape["sign"])
