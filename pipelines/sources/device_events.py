"""What security devices say, by whatever format, under the columns and words that all of them share."""

from collections.abc import Sequence

import polars as pl

from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, joined_fields, rejected
from pipelines.sources.device_times import device_times
from pipelines.sources.pairs import fields_of_pairs

# OCSF's severity_id of what CEF (0 to 10, or a word), LEEF (1 to 10) and FortiOS (a word) say.
_SEVERITIES = {
    "0": 1,
    "1": 2,
    "2": 2,
    "3": 2,
    "4": 3,
    "5": 3,
    "6": 3,
    "7": 4,
    "8": 4,
    "9": 5,
    "10": 5,
    "debug": 1,
    "info": 1,
    "information": 1,
    "notice": 2,
    "notification": 2,
    "warning": 3,
    "error": 4,
    "alert": 5,
    "emergency": 6,
    "informational": 1,
    "low": 2,
    "medium": 3,
    "high": 4,
    "very-high": 5,
    "critical": 5,
}
_FIREWALL = r"(?i)firewall|\bngfw\b|\butm\b|防火墙|fortigate|pan-os|\basa\b|\busg\d*\b"

# Words for what was done to traffic, as one vendor or another writes them.
_PASSED = r"(?i)(?:\b|_)(?:accept(?:ed)?|allow(?:ed)?|permit(?:ted)?|pass(?:ed)?|forward(?:ed)?)(?:\b|_)|放行|允许"
_STOPPED = (
    r"(?i)(?:\b|_)(?:drop(?:ped)?|den(?:y|ied)|block(?:ed)?|reject(?:ed)?|discard(?:ed)?|reset(?:-\w+)?|quarantined?"
    r"|prevent(?:ed)?|ban(?:ned)?)(?:\b|_)|阻断|拒绝|丢弃"
)
_NOT_STOPPED = r"(?i)\bnot[ _-](?:block|drop|den|reject|reset)\w*|未阻断"
_WORKED = r"(?i)\b(?:success(?:ful|fully)?|succeeded|ok)\b|成功"
_FAILED = r"(?i)\b(?:fail(?:ed|ure)?|error|unsuccessful)\b|失败"
_SLUG_LIMIT = 64
_ADDED = {"decode_error": "decode_flag", "clock_skew_seconds": "clock_skew"}
_SKEW_SECONDS = 300  # clocks of devices that keep time at all are closer


def device_rows(
    said: pl.DataFrame, pairs: pl.DataFrame, names: Sequence[str], unshaped: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `log_events`, and rejects, from what events say (`said.<column>`) and all their names and values.

    Args:
        said: a line each: `offset`, `text`, `message`, `decode_error`, `event_time` and `host` of the header (null
            where it has none), and the columns in `names`, null where the line is no event.
        pairs: the names and values of the lines, which become `fields`.
        names: columns that become fields too.
        unshaped: the reason why a line whose `deviceVendor` is null is rejected.
    """
    shaped = said["deviceVendor"].is_not_null()
    own = said["own_time"] if "own_time" in said.columns else pl.repeat(None, said.height, eager=True)
    times = pl.select(
        pl.coalesce(own.cast(pl.Datetime("us", "UTC")), device_times(said["said.time"]), said["event_time"])
    ).to_series()
    rejects = [
        rejected(said.filter(~shaped), unshaped),
        rejected(said.filter(shaped & times.is_null()), "no time: neither the event nor a header before it says when"),
    ]
    skew = _skew(times, said["event_time"])
    rows = _rows(said.with_columns(times.alias("event_time"), skew), pairs, names)
    return rows.filter(shaped & times.is_not_null()), pl.concat(rejects)


def _rows(said: pl.DataFrame, pairs: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    source, destination = canonical_addresses(said["said.source_ip"]), canonical_addresses(said["said.destination_ip"])
    both = (source != "") & (destination != "")
    placed = said.with_columns(
        pl.when(pl.col("decode_error")).then(pl.lit("true")).alias("decode_flag"),
        source.alias("source_ip"),
        destination.alias("destination_ip"),
    )
    pairs = pairs.filter(~pl.col("key").is_in([*names, *_ADDED]))
    own = fields_of_columns(placed, {**{name: name for name in names}, **_ADDED})
    fields = joined_fields(own, fields_of_pairs(pairs, said.height))
    web = pl.col("said.url").is_not_null() & pl.col("said.method").is_not_null()
    firewall = (
        pl.lit(both) | pl.col("deviceProduct").str.contains(_FIREWALL) | pl.col("said.kind").str.contains(_FIREWALL)
    )
    return complete(
        placed.with_columns(
            pl.col("offset").alias("source_offset"),
            slug(pl.col("deviceVendor")).alias("product"),
            slug(pl.col("deviceProduct")).alias("service"),
            pl.when(web)
            .then(pl.lit("proxy"))
            .when(firewall)
            .then(pl.lit("firewall"))
            .otherwise(pl.lit(""))
            .alias("category"),
            _host(said).alias("host"),
            *(pl.col(f"said.{name}").alias(name) for name in ("source_port", "destination_port", "user")),
            pl.coalesce("said.action", "name").alias("action"),
            device_outcome(pl.col("said.outcome"), pl.col("said.action")).alias("outcome"),
            pl.col("severity").str.to_lowercase().replace_strict(_SEVERITIES, default=0, return_dtype=pl.UInt8),
            fields,
        ),
        "log_events",
    )


def _host(said: pl.DataFrame) -> pl.Expr:
    """The name that a device gives itself, else what the header says, which may be of a collector's making."""
    own = [pl.col("said.own_host").replace({"": None})] if "said.own_host" in said.columns else []
    return pl.coalesce(*own, "host", "said.host")


def _skew(said: pl.Series, arrived: pl.Series) -> pl.Series:
    """By how many seconds the device's clock is ahead of whoever wrote the header, null up to five minutes."""
    seconds = (said - arrived).dt.total_seconds()
    wide = (seconds.abs() > _SKEW_SECONDS).fill_null(value=False)
    return seconds.cast(pl.String).set(~wide, None).alias("clock_skew")


def device_outcome(outcome: pl.Expr, action: pl.Expr) -> pl.Expr:
    """`success` or `failure` by what a device says of the outcome, else by what it did; else `unknown`."""
    return (
        pl.when(outcome.str.contains(_FAILED))
        .then(pl.lit("failure"))
        .when(outcome.str.contains(_WORKED))
        .then(pl.lit("success"))
        .when(action.str.contains(_NOT_STOPPED))
        .then(pl.lit("success"))
        .when(action.str.contains(_STOPPED))
        .then(pl.lit("failure"))
        .when(action.str.contains(_FAILED))
        .then(pl.lit("failure"))
        .when(action.str.contains(_PASSED))
        .then(pl.lit("success"))
        .otherwise(pl.lit("unknown"))
    )


def slug(name: pl.Expr) -> pl.Expr:
    """A vendor's or a product's name as one word: lower case, hyphens for what is neither letter nor digit."""
    return (
        name.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "-").str.strip_chars("-").str.slice(0, _SLUG_LIMIT)
    )
