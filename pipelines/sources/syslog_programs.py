"""Messages of known programs, taken apart by the column."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from pipelines.sources.saying import Saying
from pipelines.sources.syslog_sayings import SAYINGS

# message repeated 5 times: [ Failed password for root from 192.0.2.7 port 40022 ssh2], as rsyslog puts it
_REPEATED = "message repeated "
_REPEATS = r"(?s)^message repeated (?P<times>\d+) times: \[ ?(?P<said>.*)\]$"

# [ID 800047 auth.info] Failed password for ..., as Solaris puts it
_NUMBERED = "[ID "
_NUMBER = r"^\[ID \d+ \w+\.\w+\] "

_GROUP = re.compile(r"\(\?P<(\w+)>")
_FIRST_WORDS = re.compile(r"\^([^\\.\[\](){}*+?^$|]*)(?![*?{])")

# Every name that a message can supply: a column `parsed.<name>`, null where it does not.
PARSED = tuple(sorted({name for saying in SAYINGS for name in _GROUP.findall(saying.pattern)}))
REPEATED = "repeated"
_TOLD = ("action", "outcome", *(f"parsed.{name}" for name in PARSED))
_SPEAKERS = sorted({program for saying in SAYINGS for program in saying.programs})


def understood(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`service`, `message`) with `action`, `outcome` and a column for each of `PARSED`, in their order.

    `repeated` is how often a message came that rsyslog told only once more; null for all others.
    """
    parts = _by_speaker(lines["message"], lines["service"])
    untold = np.ones(lines.height, np.bool_)
    for part in parts:
        untold[part["place"].to_numpy()] = False
    repeated, inner = _wrapped(lines, pl.Series(np.flatnonzero(untold).astype(np.uint32)))
    return lines.with_columns(*_in_place([*parts, *inner], lines.height), repeated)


def _by_speaker(messages: pl.Series, services: pl.Series) -> list[pl.DataFrame]:
    """What the messages say, those that say something, with their `place`."""
    speaker = pl.when(messages.str.starts_with("pam_")).then(pl.lit("pam")).otherwise(services)
    speakers = pl.select(speaker.alias("speaker"))["speaker"]
    parts = []
    for name in sorted(set(_SPEAKERS) & set(speakers.unique().drop_nulls())):
        places = (speakers == name).arg_true()
        told = _told(messages.gather(places), [saying for saying in SAYINGS if name in saying.programs])
        parts.append(told.with_columns(places.gather(told["place"]).alias("place")))
    return parts


def _wrapped(lines: pl.DataFrame, untold: pl.Series) -> tuple[pl.Series | pl.Expr, list[pl.DataFrame]]:
    """How often messages came that were told once for several, and what is said inside of what stands around."""
    messages = lines["message"].gather(untold)
    wrapped = messages.str.starts_with(_REPEATED) | messages.str.starts_with(_NUMBERED)
    if not wrapped.any():
        return pl.lit(None, dtype=pl.String).alias(REPEATED), []
    places = untold.filter(wrapped)
    bare = messages.filter(wrapped).str.replace(_NUMBER, "")
    parts = bare.str.extract_groups(_REPEATS).struct
    said = pl.select(pl.coalesce(parts.field("said"), bare)).to_series().str.replace(_NUMBER, "")
    inner = _by_speaker(said, lines["service"].gather(places))
    told = [part.with_columns(places.gather(part["place"]).alias("place")) for part in inner]
    times = pl.repeat(None, lines.height, dtype=pl.String, eager=True).scatter(places, parts.field("times"))
    return times.alias(REPEATED), told


def _in_place(parts: Sequence[pl.DataFrame], height: int) -> list[pl.Series | pl.Expr]:
    """What was told of some lines (`place`), as columns for all of them."""
    told = pl.concat(parts, how="diagonal") if parts else pl.DataFrame()
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in _TOLD if name not in told.columns]
    if not told.height:
        return [pl.lit(None, dtype=pl.String).alias(name) for name in _TOLD]
    which = np.full(height, -1, dtype=np.int64)
    which[told["place"].to_numpy()] = np.arange(told.height)
    found = pl.Series(which)
    rows = pl.select(pl.when(found >= 0).then(found).cast(pl.UInt32)).to_series()
    return [*(told[name].gather(rows) for name in _TOLD if name in told.columns), *absent]


def _told(messages: pl.Series, sayings: Sequence[Saying]) -> pl.DataFrame:
    """What the messages say, those that say something, with their `place`."""
    distinct = messages.unique()
    numbered = messages.alias("message").to_frame().with_row_index("place")
    # Hosts repeat themselves: what is said often is taken apart once.
    if len(distinct) * 2 > len(messages):
        return _said(numbered, sayings)
    told = _said(distinct.alias("message").to_frame().with_row_index("place"), sayings)
    known = told.with_columns(distinct.gather(told["place"]).alias("message")).drop("place")
    return numbered.join(known, on="message").drop("message")


def _said(lines: pl.DataFrame, sayings: Sequence[Saying]) -> pl.DataFrame:
    """The first saying that fits a line is what it says."""
    parts = [pl.DataFrame(schema={"place": pl.UInt32})]
    for saying in sayings:
        fits = _may_fit(lines["message"], saying)
        if not fits.any():
            continue
        told = _apart(lines.filter(fits), saying)
        if told.height:
            parts.append(told)
            lines = lines.join(told.select("place"), on="place", how="anti", maintain_order="left")
    return pl.concat(parts, how="diagonal")


def _may_fit(messages: pl.Series, saying: Saying) -> pl.Series:
    """Which messages begin as the saying does: the expression itself is dear."""
    words = _FIRST_WORDS.match(saying.pattern)
    if words and words[1]:
        return messages.str.starts_with(words[1])
    return messages.str.contains(f"(?s){saying.pattern}")


def _apart(lines: pl.DataFrame, saying: Saying) -> pl.DataFrame:
    """The lines that the saying fits, taken apart."""
    names = _GROUP.findall(saying.pattern)
    groups = lines["message"].str.extract_groups(f"(?s){saying.pattern}").struct.unnest()
    fits = groups.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if not fits.all():
        groups, lines = groups.filter(fits), lines.filter(fits)
    outcome = pl.lit(saying.outcome)
    if not saying.outcome:
        failed = pl.col("failure").is_not_null()
        outcome = pl.when(failed).then(pl.lit("failure")).otherwise(pl.lit("success"))
    return groups.select(
        lines["place"],
        *(pl.col(name).alias(f"parsed.{name}") for name in names),
        outcome.alias("outcome"),
        pl.lit(saying.action).alias("action"),
    )
