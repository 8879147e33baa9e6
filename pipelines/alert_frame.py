"""Matches of single events as rows of `alert_matches`, a block at a time and column by column."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from detectors.block import EventBlock
from detectors.routing import Table
from detectors.rowsets import Rows
from detectors.rule import CompiledRule, RuleHead
from pipelines.alert_rows import COLUMNS, rule_columns
from pipelines.event_blocks import ReadBlock

_SEEN = pl.Map(pl.String, pl.String)


class AlertFrames:
    """The rules over one table, as what their alerts say of them."""

    def __init__(self, rules: Sequence[CompiledRule], table: Table) -> None:
        self._rules = rules
        self._table = table

    def of_block(self, block: ReadBlock, matched: Mapping[int, Rows]) -> pl.DataFrame:
        """An alert for each rule, by its position, and each row of the block that it matches."""
        if not matched:
            return pl.DataFrame(schema=COLUMNS)
        positions = np.repeat(list(matched), [len(rows) for rows in matched.values()])
        rows = np.concatenate(list(matched.values()))
        events = block.rows[rows]
        told = self._told(list(matched))[np.repeat(np.arange(len(matched)), [len(rows) for rows in matched.values()])]
        seen = self._seen(block.events, matched)
        frame = pl.concat([told, events], how="horizontal").with_columns(
            pl.Series("alert_id", self._alert_ids(positions.tolist(), events["event_id"].to_list())),
            pl.lit(self._table).alias("event_table"),
            pl.concat_list("event_id").alias("event_ids"),
            seen.alias("matched_fields"),
            pl.col("event_time").alias("first_seen"),
            pl.col("event_time").alias("last_seen"),
            pl.col("ingested_at").alias("arrived_at"),
        )
        return frame.select(_as_stored(name) for name in COLUMNS)

    def _told(self, positions: Sequence[int]) -> pl.DataFrame:
        """A row for each of these rules."""
        return pl.DataFrame([rule_columns(self._rules[each].head) for each in positions], schema_overrides=COLUMNS)

    def _alert_ids(self, positions: Sequence[int], event_ids: Sequence[str]) -> list[str]:
        begun = {position: _begun(self._rules[position].head) for position in set(positions)}
        found = []
        for position, event_id in zip(positions, event_ids, strict=True):
            digest = begun[position].copy()
            digest.update(event_id.encode())
            found.append(digest.hexdigest()[:32])
        return found

    def _seen(self, events: EventBlock, matched: Mapping[int, Rows]) -> pl.Series:
        """For each match the values of the fields that its rule looks at, those that are not empty."""
        wanted: dict[tuple[str, ...], list[tuple[str, int, Rows]]] = defaultdict(list)
        first = 0
        for position, rows in matched.items():
            for name, places in self._rules[position].places.items():
                wanted[places].append((name, first, rows))
            first += len(rows)
        parts = [_told(events, places, asking) for places, asking in wanted.items()]
        every = pl.DataFrame({"match": pl.int_range(first, dtype=pl.UInt32, eager=True)})
        if not parts:
            return pl.Series("seen", [{}] * first, dtype=_SEEN)
        told = (
            pl.concat(parts)
            .filter(pl.col("value") != "")
            .group_by("match")
            .agg(pl.struct("key", "value").alias("seen"))
        )
        joined = every.join(told, on="match", how="left", maintain_order="left")
        return joined["seen"].fill_null(pl.Series([[]], dtype=told.schema["seen"]).first()).cast(_SEEN)


def _told(events: EventBlock, places: Sequence[str], asking: Sequence[tuple[str, int, Rows]]) -> pl.DataFrame:
    """What these places hold, for each match that asks, under the name by which it does."""
    sizes = [len(rows) for _, _, rows in asking]
    matches = [np.arange(first, first + len(rows), dtype=np.uint32) for _, first, rows in asking]
    return pl.DataFrame(
        {
            "match": np.concatenate(matches),
            "key": pl.Series([name for name, _, _ in asking]).gather(np.repeat(np.arange(len(asking)), sizes)),
            "value": text_of(events, places, np.concatenate([rows for _, _, rows in asking])),
        }
    )


def text_of(events: EventBlock, places: Sequence[str], rows: Rows) -> pl.Series:
    """The text that each row holds in the first of these places that it has, '' where it has none."""
    columns = [events.columns[place] for place in places if place in events.columns]
    texts = pl.Series("value", [None] * len(rows), dtype=pl.String)
    for column in columns:
        texts = texts.zip_with(texts.is_not_null(), column.text_at(rows))
    return texts.fill_null("")


def _begun(head: RuleHead) -> "hashlib._Hash":
    return hashlib.sha256(f"{head.id}\0{head.version}\0".encode())


def _as_stored(name: str) -> pl.Expr:
    kind = COLUMNS[name]
    if isinstance(kind, pl.Datetime):  # the store gives UTC without saying so
        return pl.col(name).dt.replace_time_zone("UTC").dt.cast_time_unit("ms" if kind.time_unit == "ms" else "us")
    return pl.col(name).cast(kind)
