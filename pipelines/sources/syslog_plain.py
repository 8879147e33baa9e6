"""Headers of syslog lines as most hosts write them, found by where their parts stand.

What RFC 3164 and RFC 5424 lay out for machines needs no expression to be taken apart, which costs several times as
much. A line that is not laid out so exactly is left to the expressions of `syslog_header`.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sources.syslog_years import month_numbers

_HEAD = 24  # `<191>Mar  1 10:00:00 h`
_CLOCK = (7, 8, 10, 11, 13, 14)
_OPENS, _CLOSES, _BLANK, _COLON, _DASH, _T = b"<> :-T"
_SECOND = 1_000_000

# Checked as a whole only: which part is which shows by blanks, a colon and a bracket.
_ISO = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?$"
_HOST = r"^\S*[^\s:\]]$"
_TAG = r"^[^\s:\[\]]+(?:\[[^\]\s]*\])?$"
_LONGEST_PROGRAM = 128
_VERSIONED = r"^<\d{1,3}>[1-9]\d{0,2} (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ (?:-(?: |$)|\[)"
_STRUCTURED = (
    r'(?s)^(?P<structured>(?:\[[^\s=\]"]+(?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<message>.*))?$'
)

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


def plain_headers(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of RFC 3164, or with ISO times in its place, whose parts could be told, and the other lines.

    Columns: `priority`, `month`, `day`, `of_day` (microseconds, null where there is no such time), `iso`, `host`,
    `program`, `process`, `message`.
    """
    long = pl.col("text").str.len_bytes() >= _HEAD
    whole = lines.filter(long)
    if not whole.height:
        return _nothing(whole), lines
    begun = _begun(whole)
    split = _split(begun.filter("begun").drop("begun"))
    told = split.filter("told").drop("told", "head", "rest", "tail", "tag", "blank", "colon", "bracket", "tagged")
    if told.height == lines.height:
        return told, lines.clear()
    return told, lines.join(told.select("offset"), on="offset", how="anti", maintain_order="left")


def versioned_headers(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of RFC 5424 whose parts could be told, and the other lines.

    Columns: `priority`, `iso`, `host`, `program`, `process`, `message_id`, `structured`, `message`.
    """
    split = lines.filter(pl.col("text").str.contains(_VERSIONED)).with_columns(
        _after("text", 1, pl.col("text").str.find(">", literal=True).cast(pl.Int64) - 1).alias("priority"),
        _text_after("text", pl.col("text").str.find(" ", literal=True) + 1).alias("rest"),
    )
    for name in ("iso", "host", "program", "process", "message_id"):
        blank = pl.col("rest").str.find(" ", literal=True)
        split = split.with_columns(_after("rest", 0, blank).alias(name), _text_after("rest", blank + 1).alias("rest"))
    said = _text_after("rest", 2).str.strip_prefix("\ufeff")
    dashed = pl.col("rest").str.starts_with("-")
    parts = pl.when(~dashed).then("rest").str.extract_groups(_STRUCTURED).struct
    told = split.with_columns(
        pl.when(dashed).then(pl.lit("-")).otherwise(parts.field("structured")).alias("structured"),
        pl.when(dashed).then(said).otherwise(parts.field("message")).alias("message"),
    )
    told = told.filter(pl.col("structured").is_not_null()).drop("rest")
    if told.height == lines.height:
        return told, lines.clear()
    return told, lines.join(told.select("offset"), on="offset", how="anti", maintain_order="left")


def _nothing(lines: pl.DataFrame) -> pl.DataFrame:
    texts = ("priority", "iso", "host", "program", "process", "message")
    numbers = {"month": pl.Int8, "day": pl.Int8, "of_day": pl.Int64}
    return lines.with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in texts),
        *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in numbers.items()),
    )


def _begun(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with their times, with `head`, how long priority and time are, and `begun`: whether there is a time."""
    flat = _flat_heads(lines["text"])
    begins = np.arange(lines.height) * _HEAD
    width, well = _priority_widths(flat, begins)
    byte = [flat[begins + width + place] for place in range(17)]
    digit = [each - np.uint8(ord("0")) for each in byte]
    month = month_numbers(byte[0], byte[1], byte[2])
    stamped = (month > 0) & (byte[3] == _BLANK) & ((byte[4] == _BLANK) | (digit[4] < 10)) & (digit[5] < 10)
    stamped &= (byte[6] == _BLANK) & (byte[9] == _COLON) & (byte[12] == _COLON) & (byte[15] == _BLANK)
    for place in _CLOCK:
        stamped &= digit[place] < 10
    dated = (digit[0] < 10) & (byte[4] == _DASH) & (byte[10] == _T)
    hour, minute, second = (digit[at].astype(np.int64) * 10 + digit[at + 1] for at in (7, 10, 13))
    of_day = ((hour * 60 + minute) * 60 + np.minimum(second, 59)) * _SECOND  # a leap second is the one before it
    day = np.where(digit[4] < 10, digit[4] * np.uint8(10), np.uint8(0)) + digit[5]
    clock = (hour < 24) & (minute < 60) & (second < 61)
    found = lines.with_columns(
        pl.Series("month", month.astype(np.int8)),
        pl.Series("day", day.astype(np.int8)),
        pl.when(pl.Series(clock)).then(pl.Series(of_day)).alias("of_day"),
        _after("text", 1, pl.Series(np.maximum(width - 2, 0))).alias("priority"),
        pl.Series("head", width + 15),
    )
    found = found.with_columns(pl.lit(None, dtype=pl.String).alias("iso"), pl.Series("begun", stamped & well))
    if not (width == 0).any() and not dated.any():
        return found
    found = found.with_columns(pl.when(pl.Series(width > 0)).then("priority").alias("priority"))
    return _with_iso(found, pl.Series(width), pl.Series(dated & well)) if dated.any() else found


def _with_iso(found: pl.DataFrame, width: pl.Series, dated: pl.Series) -> pl.DataFrame:
    """The same where the time may stand as RFC 3339 has it."""
    rest = found.select(pl.when(dated).then(_text_after("text", width)).alias("rest"))
    blank = rest.select(pl.col("rest").str.find(" ", literal=True).cast(pl.Int64).alias("blank"))["blank"]
    stamp = rest.select(_after("rest", 0, blank).alias("iso"))["iso"]
    iso = pl.select(pl.when(stamp.str.contains(_ISO)).then(stamp).alias("iso"))["iso"]
    is_iso = iso.is_not_null()
    none = pl.when(~is_iso)
    return found.with_columns(
        iso,
        pl.when(is_iso).then(width + blank).otherwise("head").alias("head"),
        pl.col("begun") | is_iso,
        *(none.then(name).alias(name) for name in ("month", "day", "of_day")),
    )


def _split(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with host, program, process and message, and `told`: whether that is beyond doubt."""
    split = lines.with_columns(_text_after("text", pl.col("head") + 1).alias("rest"))
    split = split.with_columns(pl.col("rest").str.find(" ", literal=True).cast(pl.Int64).alias("blank"))
    split = split.with_columns(
        _after("rest", 0, pl.col("blank")).alias("host"), _text_after("rest", pl.col("blank") + 1).alias("tail")
    )
    split = split.with_columns(pl.col("tail").str.find(":", literal=True).cast(pl.Int64).alias("colon"))
    split = split.with_columns(_after("tail", 0, pl.col("colon")).alias("tag"))
    split = split.with_columns(
        pl.col("tag").str.find("[", literal=True).cast(pl.Int64).alias("bracket"),
        (pl.col("tag").str.contains(_TAG) & (pl.col("tag").str.len_chars() <= _LONGEST_PROGRAM)).alias("tagged"),
    )
    behind = pl.col("tail").cast(pl.Binary).bin.slice(pl.col("colon") + 1, 1).is_in([b"", b" "])
    ends = pl.col("tagged") & behind
    inner = pl.col("tag").str.len_bytes().cast(pl.Int64) - pl.col("bracket") - 2
    process = _after("tag", pl.col("bracket") + 1, pl.when("tagged").then(inner).otherwise(0))
    return split.with_columns(
        pl.when(ends).then(_after("tag", 0, pl.coalesce("bracket", "colon"))).alias("program"),
        pl.when(ends).then(process).alias("process"),
        _text_after("tail", pl.when(ends).then(pl.col("colon") + 2).otherwise(0)).alias("message"),
        (
            pl.col("host").str.contains(_HOST)
            & ~pl.col("tail").str.starts_with(" ")
            & (pl.col("tagged") | pl.col("bracket").is_null())
        )
        .fill_null(value=False)
        .alias("told"),
    )


def _flat_heads(texts: pl.Series) -> Bytes:
    """The first bytes of texts that are that long, one behind the other."""
    heads = texts.to_frame().select(pl.col(texts.name).cast(pl.Binary).bin.slice(0, _HEAD)).to_series()
    buffers = heads.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    return np.frombuffer(buffers[2], dtype=np.uint8)


def _priority_widths(flat: Bytes, begins: Places) -> tuple[Places, npt.NDArray[np.bool_]]:
    """How long the priority is with its brackets, 0 where there is none, and whether what opens is one."""
    opens = flat[begins] == _OPENS
    width = np.zeros(len(begins), dtype=np.int64)
    digits = opens
    for long in (3, 4, 5):
        digits = digits & (flat[begins + long - 2] - np.uint8(ord("0")) < 10)
        width[digits & (flat[begins + long - 1] == _CLOSES)] = long
    return width, ~opens | (width > 0)


def _after(name: str, begin: pl.Expr | int, size: pl.Expr | pl.Series | int) -> pl.Expr:
    """So many bytes of a text; they begin and end beside a byte of ASCII, so that no character is cut."""
    return pl.col(name).cast(pl.Binary).bin.slice(begin, size).cast(pl.String)


def _text_after(name: str, begin: pl.Expr | pl.Series | int) -> pl.Expr:
    return pl.col(name).cast(pl.Binary).bin.slice(begin).cast(pl.String)
