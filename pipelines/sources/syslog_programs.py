"""Messages of known programs, taken apart by the column."""

import re

import polars as pl

from pipelines.sources.syslog_sayings import SAYINGS, Saying

_GROUP = re.compile(r"\(\?P<(\w+)>")

# Every name that a message can supply: a column `parsed.<name>`, null where it does not.
PARSED = tuple(sorted({name for saying in SAYINGS for name in _GROUP.findall(saying.pattern)}))


def understood(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`service`, `message`) with `action`, `outcome` and a column for each of `PARSED`, in their order."""
    empty = [pl.lit(None, dtype=pl.String).alias(name) for name in ("action", "outcome", *_columns())]
    speaker = pl.when(pl.col("message").str.starts_with("pam_")).then(pl.lit("pam")).otherwise("service")
    numbered = lines.with_columns(*empty, speaker.alias("speaker")).with_row_index("place")
    parts = [
        _spoken(part, _sayings_of(part["speaker"][0])) for part in numbered.partition_by("speaker", maintain_order=True)
    ]
    return pl.concat(parts).sort("place").drop("place", "speaker") if parts else numbered.drop("place", "speaker")


def _columns() -> list[str]:
    return [f"parsed.{name}" for name in PARSED]


def _sayings_of(speaker: str) -> list[Saying]:
    return [saying for saying in SAYINGS if speaker in saying.programs]


def _spoken(lines: pl.DataFrame, sayings: list[Saying]) -> pl.DataFrame:
    """The first saying that fits a line is what it says."""
    parts = []
    for saying in sayings:
        pattern = f"(?s){saying.pattern}"
        fits = lines["message"].str.contains(pattern)
        if fits.any():
            parts.append(_said(lines.filter(fits), saying, pattern))
            lines = lines.filter(~fits)
        if not lines.height:
            break
    return pl.concat([*parts, lines])


def _said(lines: pl.DataFrame, saying: Saying, pattern: str) -> pl.DataFrame:
    groups = pl.col("message").str.extract_groups(pattern).struct
    outcome = pl.lit(saying.outcome)
    if not saying.outcome:
        failed = groups.field("failure").is_not_null()
        outcome = pl.when(failed).then(pl.lit("failure")).otherwise(pl.lit("success"))
    named = [groups.field(name).alias(f"parsed.{name}") for name in _GROUP.findall(saying.pattern)]
    return lines.with_columns(*named, outcome.alias("outcome"), pl.lit(saying.action).alias("action"))
