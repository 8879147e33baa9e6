"""The headers of syslog lines as columns: RFC 3164, RFC 5424, ISO times."""

import numpy as np
import polars as pl
from polars._typing import SchemaDict
from polars.expr.struct import ExprStructNameSpace

from pipelines.sources.syslog_plain import plain_headers, versioned_headers
from pipelines.sources.syslog_prefixes import without_prefixes
from pipelines.sources.syslog_years import MONTHS, YearCounter
from pipelines.sources.times import dated_times, utc_times

_MONTH = "|".join(MONTHS)

# <34>Mar  1 10:00:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
# Mar  1 10:00:00 pc-1 gdm-password][99]: pam_unix(gdm-password:auth): authentication failure; ...
# 2026-03-01T10:00:00.003+08:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
_BSD = (
    r"(?s)^(?:\d{1,7} )?(?:<(?P<priority>\d{1,3})>)?"
    rf"(?:(?P<month>{_MONTH}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))?"
    r"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)) +"
    r"(?:(?P<host>\S*[^\s:\]]) +)?"
    r"(?:(?P<program>[^\s:\[\]]{1,128})\]?(?:\[(?P<process>[^\]\s]*)\])?:(?: |$))?(?P<message>.*)$"
)

# <34>1 2026-03-01T10:00:00.003Z rtu-7 sshd 811 ID47 [timeQuality tzKnown="1"] Failed password for root from ...
_RFC5424 = (
    r"(?s)^(?:\d{1,7} )?<(?P<priority>\d{1,3})>[1-9]\d{0,2} (?P<iso>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\S+) "
    r"(?P<host>\S+) (?P<program>\S+) "
    r"(?P<process>\S+) (?P<message_id>\S+) "
    r'(?:(?P<structured>-|(?:\[[^\s=\]"]+(?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<message>.*))?'
    r"|(?P<loose>\[.*))$"  # Check Point's names and values look like structured data, and are none
)

_VERSIONED = r"^(?:\d{1,7} )?<\d{1,3}>[1-9]\d{0,2} "
# A date and a time with a blank between them begin lines of other programs too: `2026-03-01 10:00:00 ERROR ...`.
_DOUBTFUL = (
    pl.col("iso").str.contains(" ", literal=True) & pl.col("priority").is_null() & pl.col("process").is_null()
).fill_null(value=False)
_WRITTEN = ("month", "day", "year", "clock", "fraction")
_DATED: SchemaDict = {"month": pl.Int8, "day": pl.Int8, "year": pl.Int64, "of_day": pl.Int64}
_BOTH = ("priority", "iso", "host", "program", "process", "message")
_TEXTS = ("message_id", "structured", *_BOTH)
HEADER_COLUMNS: SchemaDict = {**_DATED, **dict.fromkeys((*_TEXTS, "relay"), pl.String)}  # what a header's parts become
# behind a relay's: <38>Mar  1 10:00:00 web-1 sshd[811]: ... | Mar  1 10:00:00 web-1 sshd[811]: ...
_INNER = (
    rf"^(?:<\d{{1,3}}>)?(?:(?:{_MONTH}) [ \d]\d (?:\d{{4}} )?\d\d:\d\d:\d\d|\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) +\S"
    r"|^<\d{1,3}>[1-9]\d{0,2} \d{4}-\d\d-\d\dT"
)
NO_RELAY = pl.lit(None, dtype=pl.String).alias("relay")
HEADER_ORDER = ("offset", "text", "decode_error", *_DATED, *_TEXTS, "relay", "shaped", "carries")


def split_headers(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`offset`, `text`, `decode_error`) with a column for each part of the header, null where it is absent.

    `message` is what follows, `shaped` whether there is a header at all, `carries` false. `of_day` is microseconds
    since midnight, null where a clock shows no such time. Of two headers the inner one counts, which is the sender's:
    `relay` is the host of the outer.
    """
    return _of_senders(without_prefixes(_split(lines)))


def _of_senders(split: pl.DataFrame) -> pl.DataFrame:
    """The lines with the inner header's parts where a relay put one of its own before it."""
    bare = pl.col("program").is_null()
    relayed = (
        split.select(bare & pl.when(bare).then(pl.col("message").str.contains(_INNER)))
        .to_series()
        .fill_null(value=False)
    )
    if not relayed.any():
        return split
    outer = split.filter(relayed)
    inner = _split(outer.select("offset", pl.col("message").alias("text"), "decode_error"))
    whole = inner["shaped"] & inner["program"].is_not_null() & inner["host"].is_not_null()
    inner, outer = inner.filter(whole), outer.filter(whole)
    told = inner.with_columns(
        outer["text"], pl.coalesce("priority", outer["priority"]), outer["host"].alias("relay")
    ).select(HEADER_ORDER)
    others = split.filter(~pl.col("offset").is_in(told["offset"].implode()))
    return pl.concat([others, told]).sort("offset")


def _split(lines: pl.DataFrame) -> pl.DataFrame:
    versioned, others = versioned_headers(lines)
    plain, others = plain_headers(others)
    parts = [_completed(part) for part in (versioned, plain) if part.height]
    if others.height or not parts:
        parts.append(_by_expressions(others))
    return parts[0] if len(parts) == 1 else pl.concat(parts).sort("offset")


def _completed(told: pl.DataFrame) -> pl.DataFrame:
    """The lines whose parts were told, with every column of `split_headers`."""
    columns = HEADER_COLUMNS.items()
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns if name not in told.columns]
    return _named(told.with_columns(*absent, pl.lit(value=True).alias("shaped"), pl.lit(value=False).alias("carries")))


def _named(split: pl.DataFrame) -> pl.DataFrame:
    """The lines without names that stand for none, and the columns in order."""
    absent = [pl.col(name).replace({"-": None, "": None}) for name in ("host", "program", "process", "message_id")]
    relay = [] if "relay" in split.columns else [NO_RELAY]
    return split.with_columns(*absent, *relay, pl.col("message").fill_null("")).select(HEADER_ORDER)


def _by_expressions(lines: pl.DataFrame) -> pl.DataFrame:
    # Which of the two a line is shows at its beginning; both expressions are dear.
    versioned = lines["text"].str.contains(_VERSIONED)
    if versioned.any() and not versioned.all():
        parts = [_by_expressions(lines.filter(versioned)), _by_expressions(lines.filter(~versioned))]
        return pl.concat(parts).sort("offset")
    modern = pl.col("text").str.extract_groups(_RFC5424).struct
    old = pl.col("text").str.extract_groups(_BSD).struct
    if not versioned.any():
        return _split_old(lines, old)
    loose = modern.field("loose")
    found = lines.select(
        "offset",
        "text",
        "decode_error",
        *(old.field(name) for name in _WRITTEN),
        modern.field("message_id"),
        pl.coalesce(modern.field("structured"), pl.when(loose.is_not_null()).then(pl.lit("-"))).alias("structured"),
        *(modern.field(name).alias(f"{name}.new") for name in _BOTH if name != "message"),
        pl.coalesce(modern.field("message"), loose).alias("message.new"),
        *(old.field(name).alias(f"{name}.old") for name in _BOTH),
    )
    is_modern = pl.col("structured").is_not_null()
    chosen = [pl.when(is_modern).then(f"{name}.new").otherwise(f"{name}.old").alias(name) for name in _BOTH]
    split = found.with_columns(*chosen, (is_modern | pl.col("message.old").is_not_null()).alias("shaped"))
    return _named(numbered(split).with_columns(pl.lit(value=False).alias("carries")))


def _split_old(lines: pl.DataFrame, old: ExprStructNameSpace) -> pl.DataFrame:
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in ("message_id", "structured")]
    found = lines.with_columns(*(old.field(name) for name in (*_WRITTEN, *_BOTH)), *nothing)
    shaped = (pl.col("message").is_not_null() & ~_DOUBTFUL).alias("shaped")
    return _named(numbered(found).with_columns(shaped, pl.lit(value=False).alias("carries")))


def numbered(written: pl.DataFrame) -> pl.DataFrame:
    """The lines with the parts of their times as numbers."""
    hour, minute, second = (pl.col("clock").str.slice(at, 2).cast(pl.Int64, strict=False) for at in (0, 3, 6))
    # A leap second is the second before it.
    seconds = (hour * 60 + minute) * 60 + second.clip(upper_bound=59)
    fraction = pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False)
    exists = (hour < 24) & (minute < 60) & (second <= 60)
    return written.with_columns(
        pl.col("month").replace_strict(list(MONTHS), range(1, 13), default=None, return_dtype=pl.Int8),
        pl.col("day").cast(pl.Int8, strict=False),
        pl.when(pl.col("year").is_not_null()).then(pl.col("year").cast(pl.Int64, strict=False).fill_null(0)),
        pl.when(exists)
        .then(seconds * 1_000_000 + pl.coalesce(fraction, pl.when(pl.col("fraction").is_null()).then(0)))
        .alias("of_day"),
    )


def header_times(split: pl.DataFrame, counter: YearCounter) -> pl.Series:
    """The time in each header, null where it is none; years that are missing are the counter's."""
    if split["month"].null_count() == split.height:
        return utc_times(split["iso"])
    of_day = pl.col("of_day")
    if split["iso"].null_count() < split.height:
        of_day -= pl.when(pl.col("month").is_not_null()).then(_east(pl.col("iso"))).fill_null(0)
    written = split.select(
        dated_times(pl.coalesce("year", _counted_years(split, counter)), pl.col("month"), pl.col("day"), of_day).alias(
            "event_time"
        )
    )["event_time"]
    if split["iso"].null_count() == split.height:
        return written
    return pl.select(pl.coalesce(utc_times(split["iso"]), written)).to_series()


def _east(offset: pl.Expr) -> pl.Expr:
    """Microseconds east of Greenwich of offsets such as `+08:00`, which some devices write without a year."""
    minutes = offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.slice(4, 2).cast(
        pl.Int64, strict=False
    )
    written = offset.str.contains(r"^[+-]\d\d:\d\d$")
    return pl.when(written).then(pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)) * 60_000_000


def _counted_years(split: pl.DataFrame, counter: YearCounter) -> pl.Series:
    without = split.select(pl.col("month").is_not_null() & pl.col("year").is_null()).to_series().to_numpy()
    years = np.zeros(split.height, dtype=np.int64)
    years[without] = counter.years(split["month"].cast(pl.Int64).to_numpy()[without].astype(np.int64))
    return pl.Series(years)
