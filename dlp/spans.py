"""Values inside longer text, with their edges and the words around them."""

import re
from functools import cache

import polars as pl

from dlp.kinds import Kind

_CONTEXT_BEFORE, _CONTEXT_AFTER = 24, 8  # characters
_SHORT_WORD = 4  # letters, up to which a word must stand by itself: a hotel has no tel
_SCHEMA = {"at": pl.Int64, "rows": pl.Int64, "token": pl.String, "context": pl.Boolean}


def spans(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    """Every value of a kind in these texts (`value`, `rows`), checked or not.

    Columns: `at`, the number of the text; its `rows`; the `token`; and whether a word nearby speaks for it (`context`).
    """
    bounded = _compiled(kind.bounded)
    found = [
        (at, rows, match.group(), _has_context(kind, text, match))
        for at, (text, rows) in enumerate(texts.select("value", "rows").iter_rows())
        for match in bounded.finditer(text)
    ]
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def _has_context(kind: Kind, text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    near = f"{text[max(0, start - _CONTEXT_BEFORE) : start]} {text[end : end + _CONTEXT_AFTER]}"
    return _any_word(kind.context).search(near) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_edged(word) for word in words) or r"(?!)", re.IGNORECASE)


def _edged(word: str) -> str:
    escaped = re.escape(word)
    return f"(?<![A-Za-z]){escaped}(?![A-Za-z])" if word.isascii() and len(word) <= _SHORT_WORD else escaped
