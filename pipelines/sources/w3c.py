"""Logs in W3C's extended format (IIS, proxies, gateways): `#Fields` names the columns, as often as it likes."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch, Table
from pipelines.sources.columns import canonical_addresses, complete, only_rejects, rejected
from pipelines.sources.headed import beyond, headed
from pipelines.sources.lines import first_lines, line_blocks
from pipelines.sources.times import utc_times
from pipelines.sources.web_outcome import outcome_of_status

NAME = "w3c"

_TELLING = re.compile(r"^#Fields:\s+\S+", re.IGNORECASE)
_NAMED = re.compile(
    r"^(?:date|time|gmttime|localtime|timestamp|(?:c|s|r|cs|sc|sr|rs|x)[-(].*|time-taken|duration|bytes|cached)$"
)
_COLUMN_LIMIT = 500

# The prefixes say whose a header is: cs(User-Agent) is what the client sent to the server.
_HEADER = re.compile(r"^(cs|sc|rs|sr)\(([\w-]+)\)$")
_BLANKS_AS_PLUS = frozenset({"cs-user-agent", "cs-referer", "cs-cookie"})
_SENT_BY_PROXY = frozenset({"s-action", "r-ip", "r-host", "s-hierarchy", "sc-filter-result", "x-bluecoat-proxy-via"})
_ENVELOPE = {
    "source_ip": ("c-ip", "c-dns"),
    "source_port": ("c-port",),
    "destination_ip": ("s-ip", "r-ip"),
    "destination_port": ("s-port", "r-port", "cs-uri-port"),
    "user": ("cs-username", "cs-auth-user", "c-username"),
    "host": ("s-computername", "cs-host"),
}


def recognises(head: bytes) -> bool:
    """Whether one of the first lines names the columns, most of them W3C's."""
    fields = next((line.split()[1:] for line in first_lines(head) if _TELLING.match(line)), [])
    return sum(bool(_NAMED.match(name.lower())) for name in fields) * 2 > len(fields)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch for each set of names in a block."""
    heading = _Heading()
    for block in line_blocks(stream):
        if block.rejects.height:
            yield only_rejects(block.rejects)
        rows, headings = headed(block.lines, heading, _heading_after)
        heading = headings[-1]
        known = {names: number for number, names in enumerate(dict.fromkeys(one.names for one in headings))}
        days = pl.Series("day", [one.day for one in headings], pl.String).gather(rows["heading"])
        numbers = pl.Series("names", [known[one.names] for one in headings], pl.UInt32).gather(rows["heading"])
        rows, lost = beyond(rows.drop("heading").with_columns(days, numbers), "names")
        if lost.height:
            yield only_rejects(lost)
        for part in rows.partition_by("names", maintain_order=True):
            yield _batch(list(known)[part["names"][0]], part.drop("names"))


@dataclass(frozen=True)
class _Heading:
    """What the `#` lines before a row say: the names of the columns, and the day of rows that only have a time."""

    names: tuple[str, ...] = ()
    day: str = ""


def _heading_after(heading: _Heading, line: str) -> _Heading:
    if _TELLING.match(line):
        return replace(heading, names=_names(line))
    return replace(heading, day=line[6:].strip()[:10]) if line.lower().startswith("#date:") else heading


@lru_cache(256)
def _names(line: str) -> tuple[str, ...]:
    """The names of a `#Fields` line in lower case, `cs(User-Agent)` as `cs-user-agent`; a repeated one is numbered."""
    found = list[str]()
    for given in line.split()[1 : _COLUMN_LIMIT + 1]:
        header = _HEADER.match(given)
        name = (f"{header[1]}-{header[2]}" if header else given).lower()
        seen = sum(known == name or known.startswith(f"{name}.") for known in found)
        found.append(f"{name}.{seen + 1}" if seen else name)
    return tuple(found)


def _batch(names: Sequence[str], lines: pl.DataFrame) -> Batch:
    if not names:
        return only_rejects(rejected(lines, "a row before any #Fields line"))
    parts = _parts(lines)
    fits = parts.list.len() == len(names)
    split = lines.filter(fits).with_columns(parts.filter(fits).alias("parts"))
    named = split.with_columns(_value(name, at) for at, name in enumerate(names))
    times = _times(named)
    timed = named.with_columns(times.alias("event_time")).filter(times.is_not_null())
    rejects = [
        rejected(lines.filter(~fits), f"#Fields names {len(names)} columns, the row has another number"),
        rejected(named.filter(times.is_null()), "no time: neither date and time nor a column that holds both"),
    ]
    table: Table = "http_requests" if _is_web(names) else "log_events"
    return Batch(table, _rows(timed, names, table), pl.concat(rejects))


def _is_web(names: Collection[str]) -> bool:
    asks = any(name.startswith(("cs-method", "cs-uri", "sc-status")) for name in names)
    return asks or not _SENT_BY_PROXY.isdisjoint(names)


def _parts(lines: pl.DataFrame) -> pl.Series:
    """The values of each line: between blanks or tabs, a text in quotation marks as one (quotes inside are doubled)."""
    text = pl.col("text").str.strip_chars(" \t")
    plain = text.str.replace_all(r"\s+", " ").str.split(" ")
    if not lines["text"].str.contains('"', literal=True).any():
        return lines.select(plain.alias("parts"))["parts"]
    quoted = text.str.extract_all(r'"(?:[^"]|"")*"(?:\s|$)|\S+').list.eval(
        pl.when(pl.element().str.starts_with('"'))
        .then(
            pl.element()
            .str.strip_chars_end(" \t")
            .str.strip_prefix('"')
            .str.strip_suffix('"')
            .str.replace_all('""', '"', literal=True)
        )
        .otherwise(pl.element())
    )
    both = pl.when(text.str.contains('"', literal=True)).then(quoted).otherwise(plain)
    return lines.select(both.alias("parts"))["parts"]


def _value(name: str, at: int) -> pl.Expr:
    value = pl.col("parts").list.get(at)
    read = value.str.replace_all("+", " ", literal=True) if name in _BLANKS_AS_PLUS else value
    return pl.when((value != "-") & (value != "")).then(read).alias(f"@{name}")


def _times(named: pl.DataFrame) -> pl.Series:
    """UTC, as the format demands; what a server writes in its own zone cannot be told from it."""

    def text(*names: str) -> pl.Expr:
        return pl.coalesce(
            [f"@{name}" for name in names if f"@{name}" in named.columns] + [pl.lit(None, dtype=pl.String)]
        )

    clock = text("time", "gmttime", "timestamp", "x-timestamp", "date-time", "localtime")
    joined = pl.coalesce(text("date"), pl.col("day")) + "T" + clock
    written = named.with_columns(clock.str.strip_chars("[]").alias("whole"), joined.alias("joined"))
    return pl.select(pl.coalesce(utc_times(written["joined"]), utc_times(written["whole"]))).to_series()


def _rows(timed: pl.DataFrame, names: Sequence[str], table: Table) -> pl.DataFrame:
    def said(column: str) -> pl.Expr:
        given = [pl.col(f"@{name}") for name in _ENVELOPE[column] if name in names]
        return pl.coalesce(*given, pl.lit(None, dtype=pl.String)).alias(column)

    absent = [
        pl.lit(None, dtype=pl.String).alias(f"@{n}")
        for n in ("cs-uri-stem", "cs-uri-query", "sc-status")
        if n not in names
    ]
    uri = (
        pl.when(pl.col("@cs-uri-query").is_null())
        .then("@cs-uri-stem")
        .otherwise(pl.format("{}?{}", "@cs-uri-stem", "@cs-uri-query"))
    )
    told = timed.with_columns(*absent).with_columns(
        *(said(column) for column in _ENVELOPE), pl.when("decode_error").then(pl.lit("true")).alias("decode_flag")
    )
    told = told if "cs-uri" in names else told.with_columns(uri.alias("@cs-uri"))
    is_proxy = not _SENT_BY_PROXY.isdisjoint(names)
    is_web = _is_web(names)
    fields = {name: f"@{name}" for name in (*names, "cs-uri")} | {"decode_error": "decode_flag"}
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit("proxy" if is_proxy else "webserver" if is_web else "").alias("category"),
            pl.lit("proxy" if is_proxy else "iis" if is_web else "w3c").alias("service"),
            canonical_addresses(told["source_ip"]).alias("source_ip"),
            canonical_addresses(told["destination_ip"]).alias("destination_ip"),
            pl.lit("request" if is_web else "").alias("action"),
            outcome_of_status(pl.col("@sc-status")).alias("outcome"),
            pl.lit(1, dtype=pl.UInt8).alias("severity"),
            pl.col("text").alias("message"),
        ),
        table,
        fields,
    )
