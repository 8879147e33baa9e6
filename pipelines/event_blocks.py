"""Stored telemetry as blocks of columns: what a screen of rules is held against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from detectors.block import EventBlock, columns_of
from detectors.condition_sql import KEYWORD_VALUES
from detectors.routing import Table
from detectors.sql_text import array, literal
from pipelines.coded_texts import by_number, coded
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

# Arrow carries it as a dictionary: each text once, however many events hold it.
_DICTIONARY = "Array(LowCardinality(String))"

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
        table = store.arrow(_statement(reading, piece))
    except QueryFailed as error:
        # A server built or set up without Vectorscan: without the search, rules by keyword are all left open.
        if error.code not in _NO_VECTORSCAN or not reading.keywords:
            raise
        return read_block(store, replace(reading, keywords={}), piece)
    rows = pl.DataFrame(table.drop_columns(["keys", "vals", "texts", "routes", "heard"]))
    rows = rows.with_columns(pl.col(pl.Categorical).cast(pl.String))
    places = [*(f"k:{key}" for key in reading.keys), *(f"s:{text}" for text in reading.texts)]
    held, texts = _held(table, reading)
    events = EventBlock(
        height=rows.height,
        columns=columns_of(held, places, texts, lambda wide: folded_by(store, wide)),
        members=by_number(table["routes"], range(1, len(reading.routes) + 1)),
        heard=dict(zip(reading.patterns, by_number(table["heard"], range(1, len(reading.patterns) + 1)), strict=True)),
    )
    return ReadBlock(rows, events)


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
        f"WITH {_asked(reading.keys)} AS asked "  # noqa: S608 - the Sigma compiler
        f"SELECT event_id, event_time, {ENVELOPE[reading.table]}, routes, "
        f"mapKeys(asked)::{_DICTIONARY} AS keys, mapValues(asked)::{_DICTIONARY} AS vals, "
        f"{texts}::{_DICTIONARY} AS texts, {_searched(reading)}::Array(UInt32) AS heard FROM ("
        f"SELECT *, arrayFilter(route -> route > 0, {routes})::Array(UInt16) AS routes FROM {piece.source} "
        f"WHERE {piece.condition}) WHERE notEmpty(routes) "
        # Plain texts are never dear, but many of them look so to Vectorscan.
        f"SETTINGS reject_expensive_hyperscan_regexps = 0, {SIDE_BY_SIDE}"
    )


def _asked(keys: Sequence[str]) -> str:
    """What of `fields` is looked at."""
    wanted = array([literal(key) for key in keys])
    return f"mapFilter((key, value) -> has({wanted}::Array(String), key), fields)"


def _on(routes: frozenset[int]) -> str:
    return f"hasAny(routes, {array([str(route + 1) for route in sorted(routes)])})"


def _searched(reading: Reading) -> str:
    """The keywords, by number from 1, that each event holds in any value: Vectorscan finds all of them in one pass."""
    patterns = reading.patterns
    if not patterns:
        return "[]"
    values = _lowered(f"arrayStringConcat({KEYWORD_VALUES[reading.table]}, '\\n')", plain="".join(patterns).isascii())
    wanting = frozenset().union(*(reading.keywords[text] for text in patterns))
    return f"if({_on(wanting)}, multiMatchAllIndices({values}, {array(list(patterns.values()))}), [])"


def _lowered(text: str, *, plain: bool) -> str:
    """The SQL of a text in which a search finds what it finds in `lowerUTF8` of it; `plain`: a search for ASCII.

    Only two letters beyond ASCII have ASCII in their lower case. To lower every other letter of one text makes
    ClickHouse take a slow way for all texts around it.
    """
    if not plain:
        return f"lowerUTF8({text})"
    for letter in ("\u212a", "\u0130"):
        text = f"replaceAll({text}, {literal(letter)}, {literal(letter.lower())})"
    return f"lower({text})"


def _exactly(text: str) -> str:
    """An SQL literal of the expression that matches this text."""
    return literal("".join(each if each.isalnum() or each > "~" else f"\\x{ord(each):02x}" for each in text))


def _held(table: pa.Table, reading: Reading) -> tuple[pl.DataFrame, pl.Series]:
    """What each row holds where, as positions among the places that are looked at and in the texts that come along."""
    keys, vals, texts = (coded(table[name]) for name in ("keys", "vals", "texts"))
    places = {key: number for number, key in enumerate(reading.keys)}
    place_of = np.array([places.get(key, 0) for key in keys.texts], np.uint32)  # 0: for what no row holds
    # Columns and expressions: what is empty is absent.
    present = (texts.texts != "").to_numpy()[texts.numbers]
    expressions = np.tile(np.arange(len(reading.texts), dtype=np.uint32), table.num_rows)
    held = {
        "place": np.concatenate([place_of[keys.numbers], expressions[present] + np.uint32(len(reading.keys))]),
        "value": np.concatenate([vals.numbers, texts.numbers[present] + np.uint32(len(vals.texts))]),
        "row": np.concatenate([vals.rows, texts.rows[present]]),
    }
    return pl.DataFrame(held), pl.concat([vals.texts, texts.texts])


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
