"""Events in the Log Event Extended Format (LEEF 1.0 and 2.0) as columns, whoever the vendor."""

import polars as pl

from pipelines.sources.device_events import device_rows
from pipelines.sources.device_times import java_times
from pipelines.sources.pairs import MIDDLE, PAIR, PAIRS, columns_of, pairs_of, unmarked

# LEEF:1.0|Vendor|Product|1.0|100|src=192.0.2.1<tab>dst=198.51.100.2 | LEEF:2.0|Vendor|Product|1.0|100|^|src=...^dst=...
_HEADER = (
    r"(?s)^LEEF: ?(?P<leefVersion>[\d.]+)\|"
    r"(?P<deviceVendor>(?:[^|\\]|\\.)*)\|(?P<deviceProduct>(?:[^|\\]|\\.)*)\|(?P<deviceVersion>(?:[^|\\]|\\.)*)\|"
    r"(?P<deviceEventClassId>(?:[^|\\]|\\.)*)(?:\|(?P<rest>.*))?$"
)
# One character, or up to four hexadecimal digits behind x or 0x; a writer of 2.0 may leave it out altogether.
_DELIMITED = r"(?s)^(?P<delimiter>(?:0?[xX][0-9A-Fa-f]{1,4})|.|)\|(?P<attributes>.*)$"
_NAMES = ("deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId")
_BLANK_KEY = r"(?:^|\s+)([A-Za-z0-9_.\-]+)="
_PIPED = r"^\s*\w[\w.\-]*=[^|=]*\|\s*\w[\w.\-]*="  # as PAN-OS separates the attributes of 1.0
_DELIMITERS_LIMIT = 64

_WANTED = {
    "time": ("devTime",),
    "time_format": ("devTimeFormat",),
    "source_ip": ("src", "identSrc"),
    "source_port": ("srcPort", "spt"),
    "destination_ip": ("dst",),
    "destination_port": ("dstPort", "dpt"),
    "user": ("usrName", "accountName", "suser"),
    "action": ("action", "act"),
    "outcome": ("outcome", "result"),
    "host": ("identHostName", "dvchost"),
    "url": ("url",),
    "method": ("method",),
    "kind": ("cat",),
    "severity": ("sev",),
    "name": ("name", "eventName"),
}


def leef_rows(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `log_events`, and rejects, from lines whose column `message` begins with `LEEF:`.

    `event_time` is the header's, used where the event itself has none.
    """
    split = lines.with_columns(unmarked(lines["message"]).str.extract_groups(_HEADER).alias("event")).unnest("event")
    given = pl.col("rest").str.extract_groups(_DELIMITED).struct
    second = pl.col("leefVersion").str.starts_with("2")
    named = split.with_columns(
        *(pl.col(name).str.replace_all(r"\\([|\\])", "${1}").str.strip_chars() for name in _NAMES),
        pl.when(second).then(given.field("delimiter")).alias("delimiter"),
        pl.when(second).then(pl.coalesce(given.field("attributes"), "rest")).otherwise("rest").alias("attributes"),
    )
    pairs = _pairs(named)
    wanted = columns_of(pairs, [name for names in _WANTED.values() for name in names], lines.height)
    found = wanted.select(
        pl.coalesce(f"@{name}" for name in names).alias(f"said.{column}") for column, names in _WANTED.items()
    )
    said = named.hstack(found).with_columns(
        pl.col("said.severity").alias("severity"), pl.col("said.name").alias("name"), _times(found).alias("own_time")
    )
    return device_rows(said, pairs, _NAMES, "no LEEF event: its header of five parts is cut off")


def _pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """The attributes, split by what each line's header names; a tab, else pipes or blanks where there is no tab."""
    numbered = lines.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("line"),
        pl.col("attributes").fill_null(""),
        pl.col("delimiter").fill_null(""),
    )
    parts = [PAIRS.to_frame()]
    for (delimiter,), part in numbered.group_by("delimiter", maintain_order=True):
        if len(parts) > _DELIMITERS_LIMIT:
            break
        parts.append(_placed(_marked(part["attributes"], _character(str(delimiter))), part))
    return pl.concat(parts).sort("row", maintain_order=True)


def _placed(marked: pl.Series, part: pl.DataFrame) -> pl.DataFrame:
    pairs = pairs_of(marked)
    return pairs.with_columns(part["line"].gather(pairs["row"]).alias("row")) if pairs.height else pairs


def _marked(attributes: pl.Series, delimiter: str) -> pl.Series:
    key = rf"{PAIR}\s*([^={PAIR}]+?)\s*="
    marked = (PAIR + attributes.str.replace_all(delimiter, PAIR, literal=True)).str.replace_all(
        key, f"{PAIR}${{1}}{MIDDLE}"
    )
    by_blanks = attributes.str.replace_all(_BLANK_KEY, f"{PAIR}${{1}}{MIDDLE}")
    if delimiter != "\t":
        return marked
    untabbed = ~attributes.str.contains("\t", literal=True)
    piped = untabbed & attributes.str.contains(_PIPED)
    by_pipes = _marked(attributes, "|") if piped.any() else marked
    return by_pipes.zip_with(piped, by_blanks.zip_with(untabbed, marked))


def _character(delimiter: str) -> str:
    """The character that a header's delimiter stands for; a tab where it names none."""
    if len(delimiter) > 1:
        code = int(delimiter.lower().lstrip("0").removeprefix("x"), 16)
        return chr(code) if 0 < code < 0xD800 else "\t"
    return delimiter or "\t"


def _times(found: pl.DataFrame) -> pl.Series:
    """The times whose format the event itself names."""
    times = pl.repeat(None, found.height, dtype=pl.Datetime("us", "UTC"), eager=True)
    formats = found["said.time_format"].drop_nulls().unique().to_list()[:_DELIMITERS_LIMIT]
    for pattern in formats:
        here = found["said.time_format"] == pattern
        read = java_times(found["said.time"], pattern)
        times = read.zip_with((here & times.is_null()).fill_null(value=False), times)
    return times
