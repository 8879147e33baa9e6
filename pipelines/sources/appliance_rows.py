"""What appliances without mnemonics say, under the columns of all events: each format tells, this makes rows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.sources.columns import canonical_addresses, complete
from pipelines.sources.device_events import device_outcome
from pipelines.sources.pairs import PAIRS, columns_of, fields_of_pairs

_ENDS = ("source_port", "destination_port", "user", "action")
_HEADER = {"facility": "facility", "severity": "severity_name", "program": "program", "decode_error": "decode_flag"}
_LEVELS = {"informational": 1, "info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_LEVELS |= {"信息": 1, "低": 2, "低危": 2, "中": 3, "中危": 3, "高": 4, "高危": 4, "严重": 5, "致命": 5, "紧急": 5}
_NOBODY = ("", "-", "-@-", "N/A", "(null)", "UNKNOWN", "unknown")


# An address as devices write it, IPv6 in brackets where a port follows.
ADDRESS: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:])"


@dataclass(frozen=True)
class Told:
    """What the lines of one appliance's format say, a row each.

    Attributes:
        columns: text columns, null where a line says nothing, some of `source_ip`, `source_port`, `destination_ip`,
            `destination_port`, `user`, `action`, `outcome` (the words for it), `severity` (the word for it), `host`,
            `service`, `category`, `product`; and `event_time` where the line says it better than its header.
        pairs: all names and values, which become `fields`.
    """

    columns: pl.DataFrame
    pairs: pl.DataFrame


def appliance_rows(lines: pl.DataFrame, told: Told, product: str) -> pl.DataFrame:
    """Rows of `log_events` from lines of syslog (with the columns of one) and what they say."""
    known = told.columns.with_columns(_absent(told.columns))
    source, destination = canonical_addresses(known["source_ip"]), canonical_addresses(known["destination_ip"])
    both = (source != "") & (destination != "")
    own = pairs_of_columns(lines.select(pl.col(column).alias(name) for name, column in _HEADER.items()))
    pairs = pl.concat([own, told.pairs]).unique(["row", "key"], keep="last", maintain_order=True)
    said = known.select(pl.all().name.prefix("said."))
    user = pl.col("said.user").str.strip_chars()
    level = pl.col("said.severity").str.strip_chars().str.to_lowercase()
    return complete(
        pl.concat([lines, said], how="horizontal").with_columns(
            pl.coalesce("said.product", pl.lit(product)).alias("product"),
            pl.coalesce("said.category", pl.when(pl.lit(both)).then(pl.lit("firewall"))).alias("category"),
            pl.col("said.service").alias("service"),
            pl.coalesce(pl.col("said.host").replace({"": None}), "host").alias("host"),
            pl.coalesce("said.event_time", "event_time").alias("event_time"),
            pl.col("offset").alias("source_offset"),
            source.alias("source_ip"),
            destination.alias("destination_ip"),
            *(pl.col(f"said.{name}").alias(name) for name in _ENDS if name != "user"),
            pl.when(~user.is_in(_NOBODY)).then(user).alias("user"),
            device_outcome(pl.col("said.outcome"), pl.col("said.action")).alias("outcome"),
            pl.coalesce(level.replace_strict(_LEVELS, default=None, return_dtype=pl.UInt8), "severity").alias(
                "severity"
            ),
            fields_of_pairs(pairs, lines.height).alias("fields"),
        ),
        "log_events",
    )


def pairs_of_columns(columns: pl.DataFrame) -> pl.DataFrame:
    """The names and values of text columns, row by row; what is null or empty is no pair."""
    texts = columns.select(pl.all().cast(pl.String)).with_row_index("row")
    pairs = texts.unpivot(index="row", variable_name="key", value_name="value").filter(pl.col("value") != "")
    return pairs.sort("row", maintain_order=True).cast(PAIRS)


def wanted_of_pairs(
    pairs: pl.DataFrame, wanted: Mapping[str, Sequence[str]], height: int, nothing: Sequence[str] = ("",)
) -> pl.DataFrame:
    """A text column for each that is wanted: the first of its names that a row has, and whose value says anything.

    Args:
        pairs: names and values, row by row.
        wanted: column to the names that may hold it, the most telling first.
        height: how many rows there are.
        nothing: values that say nothing.
    """
    named = columns_of(pairs, [name for names in wanted.values() for name in names], height)
    told = pl.all().replace(dict.fromkeys(nothing))
    return named.select(told).select(
        pl.coalesce(f"@{name}" for name in names).alias(column) for column, names in wanted.items()
    )


def _absent(columns: pl.DataFrame) -> list[pl.Expr]:
    names = ("source_ip", "destination_ip", *_ENDS, "outcome", "severity", "host", "service", "category", "product")
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in columns.columns]
    if "event_time" not in columns.columns:
        nothing.append(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("event_time"))
    return nothing
