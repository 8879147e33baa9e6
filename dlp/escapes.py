"""Texts as they are read, where they are written for URLs, JSON or HTML: what stands escaped is looked at as it is meant.

In `%3D13800138000` and in `\\n13800138000` a letter stands before the number, which is a part of the escape.
"""

import html
import re
from urllib.parse import unquote

import numpy as np
import polars as pl

from dlp.profiles import OTHER, Profiles, holding, profiles

_DEEPEST = 3  # escapes within escapes
_SHORTEST = 8  # characters
_MAY_BE_ESCAPED = holding(OTHER, shortest=_SHORTEST)
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[nrtu\x22/]|&(?:#x?[0-9A-Fa-f]{2,6}|amp|quot|apos|lt|gt|nbsp);"
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BACKSLASH = re.compile(r"\\+(?:u([0-9A-Fa-f]{4})|([nrt\"/]))")
_ENTITY = re.compile(r"&(?:#[0-9]{2,6}|#x[0-9A-Fa-f]{2,6}|amp|quot|apos|lt|gt|nbsp);")
_SIGNS = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(values: pl.DataFrame, made: Profiles) -> tuple[pl.DataFrame, Profiles]:
    """The values (column `value`) with their escapes undone, and the profiles of these."""
    at = np.flatnonzero(_MAY_BE_ESCAPED[made])
    if not len(at):
        return values, made
    at = at[values["value"].gather(at).str.contains(_ESCAPED).to_numpy()]
    if not len(at):
        return values, made
    read = pl.Series([plain(value) or value for value in values["value"].gather(at).to_list()])
    fresh = made.copy()
    fresh[at] = profiles(read)
    return values.with_columns(values["value"].scatter(at, read)), fresh


def plain(text: str) -> str:
    """The text with escapes of URLs, of strings in JSON and code, and of HTML undone, one within another too."""
    for _ in range(_DEEPEST):
        read = _once(text)
        if read == text:
            break
        text = read
    return text


def _once(text: str) -> str:
    if _PERCENT.search(text):
        text = unquote(text, errors="replace")
    if "\\" in text:
        text = _BACKSLASH.sub(_character, text)
        # A pair of surrogates is one character; half a pair is none.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _SIGNS.get(escape[2], escape[2])
