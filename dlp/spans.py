"""Values inside longer text, with their edges and the words around them."""

import re
from functools import cache

import polars as pl

from dlp.context import speaking_word
from dlp.kinds import Kind

_NEVER = "\x00"
_SCHEMA = {"at": pl.Int64, "token": pl.String, "context": pl.Boolean}


def spans(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    """Every value of a kind in these texts (`value`, `rows`), checked or not.

    Columns: `at`, the number of the text; its `rows`; the `token`; and whether a word nearby speaks for it (`context`).
    For a kind that text need not speak for, one `context` at most is said to be true: that there is one is enough.
    """
    numbered = texts.with_row_index("at").with_columns(pl.col("value").str.find(kind.pattern).alias("offset"))
    numbered = numbered.filter(pl.col("offset").is_not_null())
    if numbered.is_empty():
        return pl.DataFrame(schema={**_SCHEMA, "rows": pl.Int64})
    words = list(kind.words) or [_NEVER]
    numbered = numbered.with_columns(
        pl.col("value").str.contains_any(words, ascii_case_insensitive=True).alias("said"),
        # Rust counts bytes, Python characters.
        pl.when(pl.col("value").str.len_bytes() == pl.col("value").str.len_chars())
        .then(pl.col("offset"))
        .otherwise(0)
        .alias("start"),
    )
    single = _single(kind, numbered) if kind.in_text_alone else pl.Series([None] * len(numbered), dtype=pl.String)
    quick = _quick(kind, numbered.filter(single.is_not_null()), single.drop_nulls())
    found = pl.concat([quick, _searched(kind, numbered.filter(single.is_null()))])
    return found.with_columns(texts["rows"].gather(found["at"])).sort("at", maintain_order=True)


def _single(kind: Kind, numbered: pl.DataFrame) -> pl.Series:
    """The only value in each text, where its edges leave no doubt; null where Python has to look."""
    values = numbered["value"]
    edged = rf"(^|[^0-9A-Za-z.])({kind.pattern})($|[^0-9A-Za-z.])"
    tokens = values.str.extract(edged, 2)
    doubtful = values.str.replace(edged, "${1} ${3}").str.contains(kind.pattern)
    doubtful |= tokens != values.str.extract(f"({kind.pattern})", 1)
    if kind.not_after:
        doubtful |= values.str.contains(f"(?:{'|'.join(kind.not_after)})(?:{kind.pattern})")
    if kind.not_before:
        doubtful |= values.str.contains(f"(?:{kind.pattern})(?:{'|'.join(kind.not_before)})")
    return tokens.set(doubtful, None)


def _quick(kind: Kind, numbered: pl.DataFrame, tokens: pl.Series) -> pl.DataFrame:
    context = [False] * len(tokens)
    bounded = _compiled(kind.bounded)
    said = numbered["said"].arg_true()
    for at, text, start in zip(said, numbered["value"].gather(said), numbered["start"].gather(said), strict=True):
        match = bounded.search(text, start)
        if match is not None and _has_context(kind, text, match):
            context[at] = True
            break
    return pl.DataFrame({"at": numbered["at"], "token": tokens, "context": context}).cast(_SCHEMA)  # type: ignore[arg-type]  # a dict of types is taken


def _searched(kind: Kind, numbered: pl.DataFrame) -> pl.DataFrame:
    bounded = _compiled(kind.bounded)
    found = [
        (at, match.group(), said and _has_context(kind, text, match))
        for at, text, start, said in numbered.select("at", "value", "start", "said").iter_rows()
        for match in bounded.finditer(text, start)
    ]
    at, tokens, context = zip(*found, strict=True) if found else ((), (), ())
    return pl.DataFrame({"at": at, "token": tokens, "context": context}, schema=_SCHEMA)


def _has_context(kind: Kind, text: str, match: re.Match[str]) -> bool:
    return speaking_word(kind.words, text, *match.span()) != ""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
