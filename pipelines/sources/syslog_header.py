"""The headers of syslog lines as columns: RFC 3164, RFC 5424, ISO times, and what devices make of them."""

import numpy as np
import polars as pl
from polars.expr.struct import ExprStructNameSpace

from pipelines.sources.syslog_years import MONTHS, YearCounter
from pipelines.sources.times import utc_times

_MONTH = "|".join(MONTHS)

# <34>Mar  1 10:00:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
# 2026-03-01T10:00:00.003+08:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
_BSD = (
    r"(?s)^(?:\d{1,7} )?(?:<(?P<priority>\d{1,3})>)?"
    rf"(?:(?P<month>{_MONTH}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))?"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)) +"
    r"(?:(?P<host>\S*[^\s:\]]) +)?"
    r"(?:(?P<program>[^\s:\[\]]{1,128})(?:\[(?P<process>[^\]\s]*)\])?:(?: |$))?(?P<message>.*)$"
)

# <34>1 2026-03-01T10:00:00.003Z rtu-7 sshd 811 ID47 [timeQuality tzKnown="1"] Failed password for root from ...
_RFC5424 = (
    r"(?s)^(?:\d{1,7} )?<(?P<priority>\d{1,3})>[1-9]\d{0,2} (?P<iso>\S+) (?P<host>\S+) (?P<program>\S+) "
    r"(?P<process>\S+) (?P<message_id>\S+) "
    r'(?P<structured>-|(?:\[[^\s=\]"]+(?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<message>.*))?$'
)

# What stands before the event of a device: any header, whole or not, or nothing. Nothing else, or whoever chooses a
# word of another program's line could write events of their own.
# <134>1 2026-03-01T10:00:00Z fw-1 CEF:0|... | <134>Mar  1 10:00:00 fw-1 tag: CEF: 0|... | CEF:0|...
EVENT_CARRIED = (
    r"(?s)^(?:\d{1,7} )?(?:<(?P<priority>\d{1,3})>)?(?:\d{1,2} )?"
    rf"(?:(?:(?P<month>{_MONTH}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))?"
    r"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)) +"
    r"(?:(?P<host>\S+) +)?(?:\S+ +|\S+ \S+ \S+ (?:-|\[[^\]]*\]) +)??)?"
    r"(?P<message>(?:CEF: ?\d{1,2}(?:\.\d{1,2})?|LEEF: ?[12](?:\.\d)?)\|.*)$"
)
_VERSIONED = r"^(?:\d{1,7} )?<\d{1,3}>[1-9]\d{0,2} "
_DATED = ("month", "day", "year", "clock", "fraction")
_BOTH = ("priority", "iso", "host", "program", "process", "message")


def split_headers(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`offset`, `text`, `decode_error`) with a column for each part of the header, null where it is absent.

    `message` is what follows, `shaped` whether there is a header at all, `carries` false.
    """
    # Which of the two a line is shows at its beginning; both expressions are dear.
    versioned = lines["text"].str.contains(_VERSIONED)
    if versioned.any() and not versioned.all():
        parts = [split_headers(lines.filter(versioned)), split_headers(lines.filter(~versioned))]
        return pl.concat(parts).sort("offset")
    modern = pl.col("text").str.extract_groups(_RFC5424).struct
    old = pl.col("text").str.extract_groups(_BSD).struct
    if not versioned.any():
        return _split_old(lines, old)
    found = lines.select(
        "offset",
        "text",
        "decode_error",
        *(old.field(name) for name in _DATED),
        *(modern.field(name) for name in ("message_id", "structured")),
        *(modern.field(name).alias(f"{name}.new") for name in _BOTH),
        *(old.field(name).alias(f"{name}.old") for name in _BOTH),
    )
    is_modern = pl.col("structured").is_not_null()
    chosen = [pl.when(is_modern).then(f"{name}.new").otherwise(f"{name}.old").alias(name) for name in _BOTH]
    split = found.with_columns(*chosen, (is_modern | pl.col("message.old").is_not_null()).alias("shaped"))
    absent = [pl.col(name).replace({"-": None, "": None}) for name in ("host", "program", "process", "message_id")]
    return split.with_columns(*absent, pl.col("message").fill_null("")).select(
        "offset",
        "text",
        "decode_error",
        *_DATED,
        "message_id",
        "structured",
        *_BOTH,
        "shaped",
        pl.lit(value=False).alias("carries"),
    )


def _split_old(lines: pl.DataFrame, old: ExprStructNameSpace) -> pl.DataFrame:
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in ("message_id", "structured")]
    found = lines.with_columns(
        *(old.field(name) for name in (*_DATED, *_BOTH)), *nothing, pl.lit(value=False).alias("carries")
    )
    absent = [pl.col(name).replace({"-": None, "": None}) for name in ("host", "program", "process")]
    return found.with_columns(
        *absent, pl.col("message").fill_null(""), pl.col("message").is_not_null().alias("shaped")
    ).select("offset", "text", "decode_error", *_DATED, "message_id", "structured", *_BOTH, "shaped", "carries")


def split_before_events(lines: pl.DataFrame) -> pl.DataFrame:
    """The same for lines that carry an event of CEF or LEEF, whose header may be cut short or missing."""
    found = lines.with_columns(pl.col("text").str.extract_groups(EVENT_CARRIED).alias("header")).unnest("header")
    nothing = [pl.lit(None, dtype=pl.String).alias(n) for n in ("message_id", "structured", "program", "process")]
    return found.select(
        "offset",
        "text",
        "decode_error",
        *_DATED,
        *nothing[:2],
        "priority",
        "iso",
        pl.col("host").replace({"-": None}),
        *nothing[2:],
        "message",
        pl.lit(value=True).alias("shaped"),
        pl.lit(value=True).alias("carries"),
    )


def carries_event(texts: pl.Series) -> pl.Series:
    """Which lines are an event of CEF or LEEF, behind a header or bare."""
    maybe = texts.str.contains("EF:", literal=True)
    return texts.str.contains(EVENT_CARRIED) if maybe.any() else maybe


def header_times(split: pl.DataFrame, counter: YearCounter) -> pl.Series:
    """The time in each header, null where it is none; years that are missing are the counter's."""
    if split["month"].null_count() == split.height:
        return utc_times(split["iso"])
    numbers = split["month"].replace_strict(list(MONTHS), range(1, 13), default=None, return_dtype=pl.Int64)
    without = numbers.is_not_null() & split["year"].is_null()
    years = np.zeros(split.height, dtype=np.int64)
    years[without.to_numpy()] = counter.years(numbers.filter(without).to_numpy())
    stamps = split.select(
        pl.format(
            "{}-{}-{}T{}.{}Z",
            pl.coalesce(pl.col("year").cast(pl.Int64), pl.Series("year", years)),
            numbers.cast(pl.String).str.zfill(2),
            pl.col("day").str.zfill(2),
            "clock",
            pl.col("fraction").fill_null("0"),
        )
    ).to_series()
    return _distinct_times(pl.select(pl.coalesce(split["iso"], stamps)).to_series())


def _distinct_times(stamps: pl.Series) -> pl.Series:
    """The times, each read once however many lines bear it: hosts write whole seconds."""
    distinct = stamps.unique()
    if len(distinct) * 4 > len(stamps):
        return utc_times(stamps)
    known = pl.DataFrame({"stamp": distinct, "time": utc_times(distinct)})
    return stamps.alias("stamp").to_frame().join(known, on="stamp", how="left", maintain_order="left")["time"]
