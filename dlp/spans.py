"""Values inside longer text, with their edges and the words around them."""

import re
from functools import cache

import polars as pl

from dlp.kinds import Kind

_CONTEXT_BEFORE, _CONTEXT_AFTER = 24, 8  # characters
_SHORT_WORD = 4  # letters, up to which a word must stand by itself: a hotel has no tel
_NEVER = "\x00"
_SCHEMA = {"at": pl.Int64, "token": pl.String, "context": pl.Boolean}


def spans(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    """Every value of a kind in these texts (`value`, `rows`), checked or not.

    Columns: `at`, the number of the text; its `rows`; the `token`; and whether a word nearby speaks for it (`context`).
    """
    bounded, values = _compiled(kind.bounded), texts["value"]
    # Python looks from where Rust saw the first one, and nowhere where it saw none.
    offsets = values.str.find(kind.pattern)
    ascii_only = values.str.len_bytes() == values.str.len_chars()
    starts = pl.select(pl.when(ascii_only | offsets.is_null()).then(offsets).otherwise(0)).to_series()
    spoken = values.str.contains_any(list(kind.context) or [_NEVER], ascii_case_insensitive=True)
    found = [
        (at, match.group(), said and _has_context(kind, text, match))
        for at, (text, start, said) in enumerate(zip(values, starts, spoken, strict=True))
        if start is not None
        for match in bounded.finditer(text, start)
    ]
    at, tokens, context = zip(*found, strict=True) if found else ((), (), ())
    spans = pl.DataFrame({"at": at, "token": tokens, "context": context}, schema=_SCHEMA)
    return spans.with_columns(texts["rows"].gather(spans["at"]))


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
