"""Stored telemetry as blocks of columns: what a screen of rules is held against."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from detectors.backend import KEYWORD_VALUES
from detectors.block import EventBlock, columns_of
from detectors.routing import Table
from detectors.rowsets import NO_ROWS, Rows
from detectors.sql_text import array, literal
from pipelines.event_pieces import Piece
from store.client import Store
from store.errors import QueryFailed

# What an alert shows of an event; a flow has no host and no user.
ENVELOPE: Mapping[Table, str] = {
    "log_events": "source, scope, asset_id, host, user, source_ip, destination_ip, ingested_at",
    "network_flows": "source, scope, asset_id, '' AS host, '' AS user, source_ip, destination_ip, ingested_at",
}

# UNSUPPORTED_METHOD, SUPPORT_IS_DISABLED, FUNCTION_NOT_ALLOWED, HYPERSCAN_CANNOT_SCAN_TEXT
_NO_VECTORSCAN = frozenset({1, 344, 446, 447})

# Every row is searched for hundreds of texts: worth a thread of its own from two granules on, which ClickHouse only
# gives to much more.
SIDE_BY_SIDE = "merge_tree_min_rows_for_concurrent_read = 16384, merge_tree_min_bytes_for_concurrent_read = 4194304"

# Statements stay below what ClickHouse parses by default (256 KiB); of keywords, those that find room are searched for.
_MOST_SQL = 120_000
_MOST_KEYWORD_SQL = 60_000


@dataclass(frozen=True)
class Reading:
    """What is read of a table, and for whom.

    Attributes:
        routes: the conditions of the log sources, in the order of `EventBlock.members`.
        keys: the keys of `fields` that are looked at.
        texts: the SQL texts that are looked at, each with the routes that need it.
        keywords: lower-cased texts that may be in any value, each with the routes that need it.
    """

    table: Table
    routes: Sequence[str]
    keys: Sequence[str]
    texts: Mapping[str, frozenset[int]]
    keywords: Mapping[str, frozenset[int]]

    @property
    def patterns(self) -> dict[str, str]:
        """The keywords that are searched for, each with the SQL literal of the expression that matches it alone."""
        found: dict[str, str] = {}
        size = 0
        for text in self.keywords:
            pattern = _exactly(text)
            size += len(pattern) + 2
            if size > _MOST_KEYWORD_SQL:
                break
            found[text] = pattern
        return found


@dataclass(frozen=True)
class ReadBlock:
    """Events of one table: a row each with what alerts show of it, and their values by place."""

    rows: pl.DataFrame
    events: EventBlock


def read_block(store: Store, reading: Reading, piece: Piece) -> ReadBlock:
    """The events of a piece that belong to some route.

    Raises:
        QueryFailed: ClickHouse refused the statement.
    """
    try:
        frame = store.frame(_statement(reading, piece)).with_row_index("row")
    except QueryFailed as error:
        # A server built or set up without Vectorscan: without the search, rules by keyword are all left open.
        if error.code not in _NO_VECTORSCAN or not reading.keywords:
            raise
        return read_block(store, replace(reading, keywords={}), piece)
    pairs = pl.concat([_of_fields(frame, reading.keys), _of_texts(frame, list(reading.texts))])
    events = EventBlock(
        height=frame.height,
        columns=columns_of(pairs, lambda texts: folded_by(store, texts)),
        members=_members(frame, len(reading.routes)),
        heard=_heard(frame, reading.patterns),
    )
    return ReadBlock(frame.drop("row", "routes", "keys", "vals", "texts", "heard"), events)


def folded_by(store: Store, texts: Sequence[str]) -> list[str]:
    """The texts as the database lower-cases them."""
    found: list[str] = []
    for chunk in _chunks([literal(text) for text in texts]):
        # A row each: one array of them all would be one constant, and as long in every error message.
        rows = store.frame(f"SELECT lowerUTF8(arrayJoin({array(chunk)})) AS text")
        found += rows["text"].to_list()
    return found


def _statement(reading: Reading, piece: Piece) -> str:
    routes = array([f"if({where}, {number}, 0)" for number, where in enumerate(reading.routes, start=1)])
    texts = array([f"if({_on(wanting)}, toString({text}), '')" for text, wanting in reading.texts.items()])
    return (
        f"SELECT event_id, event_time, {ENVELOPE[reading.table]}, routes, "  # noqa: S608 - the Sigma compiler
        f"mapKeys(fields) AS keys, mapValues(fields) AS vals, "
        f"{texts}::Array(String) AS texts, {_searched(reading)}::Array(UInt32) AS heard FROM ("
        f"SELECT *, arrayFilter(route -> route > 0, {routes})::Array(UInt16) AS routes FROM {piece.source} "
        f"WHERE {piece.condition}) WHERE notEmpty(routes) "
        # Plain texts are never dear, but many of them look so to Vectorscan.
        f"SETTINGS reject_expensive_hyperscan_regexps = 0, {SIDE_BY_SIDE}"
    )


def _on(routes: frozenset[int]) -> str:
    return f"hasAny(routes, {array([str(route + 1) for route in sorted(routes)])})"


def _searched(reading: Reading) -> str:
    """The keywords, by number from 1, that each event holds in any value: Vectorscan finds all of them in one pass."""
    patterns = reading.patterns
    if not patterns:
        return "[]"
    values = f"lowerUTF8(arrayStringConcat({KEYWORD_VALUES[reading.table]}, '\\n'))"
    wanting = frozenset().union(*(reading.keywords[text] for text in patterns))
    return f"if({_on(wanting)}, multiMatchAllIndices({values}, {array(list(patterns.values()))}), [])"


def _exactly(text: str) -> str:
    """An SQL literal of the expression that matches this text."""
    return literal("".join(each if each.isalnum() or each > "~" else f"\\x{ord(each):02x}" for each in text))


def _heard(frame: pl.DataFrame, keywords: Iterable[str]) -> dict[str, Rows]:
    """For every keyword the rows that hold it."""
    each = frame.select("row", pl.col("heard").alias("keyword")).explode("keyword").drop_nulls().sort("keyword", "row")
    grouped = each.group_by("keyword", maintain_order=True).agg(pl.col("row"))
    found = {int(number): rows.to_numpy() for number, rows in zip(grouped["keyword"], grouped["row"], strict=True)}
    return {text: found.get(number, NO_ROWS) for number, text in enumerate(keywords, start=1)}


def _of_fields(numbered: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    names = pl.Series("name", keys, dtype=pl.String)
    wanted = pl.DataFrame({"name": names, "place": "k:" + names}, schema={"name": pl.String, "place": pl.String})
    pairs = numbered.select("row", pl.col("keys").alias("name"), pl.col("vals").alias("value"))
    pairs = pairs.filter(pl.col("name").list.len() > 0).explode("name", "value")
    return (
        pairs.with_columns(pl.col("name").cast(pl.String))
        .join(wanted, on="name", maintain_order="left")
        .select("place", "value", "row")
    )


def _of_texts(numbered: pl.DataFrame, texts: Sequence[str]) -> pl.DataFrame:
    """Columns and expressions: what is empty is absent."""
    schema = {"place": pl.String, "value": pl.String, "row": pl.UInt32}
    if not texts:
        return pl.DataFrame(schema=schema)
    found = []
    for at, text in enumerate(texts):
        values = numbered.select(pl.lit(f"s:{text}").alias("place"), pl.col("texts").list.get(at).alias("value"), "row")
        found.append(values.filter(pl.col("value") != ""))
    return pl.concat(found)


def _members(numbered: pl.DataFrame, routes: int) -> list[Rows]:
    each = numbered.select("row", pl.col("routes").alias("route")).explode("route").sort("route", "row")
    grouped = each.group_by("route", maintain_order=True).agg(pl.col("row"))
    found = {int(route) - 1: rows.to_numpy() for route, rows in zip(grouped["route"], grouped["row"], strict=True)}
    return [found.get(number, NO_ROWS) for number in range(routes)]


def _chunks(parts: Sequence[str]) -> Iterator[list[str]]:
    together: list[str] = []
    size = 0
    for part in parts:
        if together and size + len(part) > _MOST_SQL:
            yield together
            together, size = [], 0
        together.append(part)
        size += len(part) + 2
    if together:
        yield together
