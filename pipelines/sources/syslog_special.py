"""Lines of syslog that carry an event of a device, or a device's message, whatever stands before it."""

from collections.abc import Callable

import polars as pl

from pipelines.sources.device_headers import device_lines, device_parts
from pipelines.sources.syslog_header import HEADER_ORDER, NO_RELAY, numbered
from pipelines.sources.syslog_years import MONTHS

_MONTH = "|".join(MONTHS)

# What stands before the event of a device: any header, whole or not, or nothing. Nothing else, or whoever chooses a
# word of another program's line could write events of their own.
# <189>date=2026-03-01 time=10:00:00 devname="fg-1" ... |
# <134>1 2026-03-01T10:00:00Z fw-1 CEF:0|... | <134>Mar  1 10:00:00 fw-1 tag: CEF: 0|... | CEF:0|...
EVENT_CARRIED = (
    r"(?s)^(?:\d{1,7} )?(?:<(?P<priority>\d{1,3})>)?(?:\d{1,2} )?"
    rf"(?:(?:(?P<month>{_MONTH}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))?"
    r"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)) +"
    r"(?:(?P<host>\S+) +)?(?:\S+ +|\S+ \S+ \S+ (?:-|\[[^\]]*\]) +)??)?"
    r"(?P<message>(?:(?:CEF: ?\d{1,2}(?:\.\d{1,2})?|LEEF: ?[12](?:\.\d)?)\|"
    r"|(?:device=\S+ )?date=\d{4}-\d\d-\d\d,? time=\d\d:\d\d:\d\d ).*)$"
)
OF_DEVICE = "% "  # instead of a program: none is called so, with a blank
_MAYBE_SPECIAL = r"EF:|date=\d|[ :]%[%A-Z]"  # what decides is dearer


def split_before_events(lines: pl.DataFrame) -> pl.DataFrame:
    """The same for lines that carry a device's event (CEF, LEEF, named values); their header may be cut or missing."""
    found = lines.with_columns(pl.col("text").str.extract_groups(EVENT_CARRIED).alias("header")).unnest("header")
    nothing = [pl.lit(None, dtype=pl.String).alias(n) for n in ("message_id", "structured", "program", "process")]
    told = numbered(found).with_columns(
        *nothing, pl.lit(value=True).alias("shaped"), pl.lit(value=True).alias("carries")
    )
    return told.with_columns(pl.col("host").replace({"-": None}), NO_RELAY).select(HEADER_ORDER)


def split_before_mnemonics(lines: pl.DataFrame) -> pl.DataFrame:
    """The same for lines of devices; `program` is `OF_DEVICE`, `message` begins with the mnemonic."""
    nothing = [pl.lit(None, dtype=pl.String).alias(n) for n in ("message_id", "structured", "process")]
    told = numbered(device_parts(lines)).with_columns(
        *nothing,
        pl.lit(OF_DEVICE).alias("program"),
        pl.lit(value=True).alias("shaped"),
        pl.lit(value=False).alias("carries"),
    )
    return told.with_columns(pl.col("host").replace({"-": None}), NO_RELAY).select(HEADER_ORDER)


def carries_event(texts: pl.Series) -> pl.Series:
    """Which of such texts are an event of CEF or LEEF, or of named values, behind a header or bare."""
    return texts.str.contains(EVENT_CARRIED)


def special_lines(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Which lines carry an event of a device, and which are a device's message behind a mnemonic."""
    maybe = texts.str.contains(_MAYBE_SPECIAL)
    if not maybe.any():
        return maybe, maybe
    carries = _told(texts, maybe, carries_event)
    return carries, _told(texts, maybe & ~carries, device_lines)


def _told(texts: pl.Series, maybe: pl.Series, tells: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Which texts something tells of, asked only of those that may be."""
    if maybe.all():
        return tells(texts)
    places = maybe.arg_true()
    return pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).scatter(places, tells(texts.gather(places)))
