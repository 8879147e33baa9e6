"""Rule cases as rows of the telemetry tables: what `tests/rules/cases/<path of the rule>.yml` says, written out.

A case has `why` and `events`. An event names columns (`host`, `source_ip`, ...), `fields`, and how often it happens:
`at_seconds`, `repeat`, `every_seconds`; `{n}` in a text is the number of the repetition, from 1.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import yaml

from pipelines.batch import SCHEMAS, Table
from store.client import Store
from store.writes import append

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

Event = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """Events, and whether the rule must fire on them."""

    rule: Path
    why: str
    fires: bool
    events: tuple[Event, ...]

    def __str__(self) -> str:
        return f"{self.rule.stem}: {self.why}"


def read_cases(path: Path, rule: Path) -> list[Case]:
    """The cases of one file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Case(rule, case["why"], kind == "fires", tuple(case["events"]))
        for kind in ("fires", "quiet")
        for case in content.get(kind) or ()
    ]


def store_events(store: Store, events: Sequence[Event], *, batch_id: str = "", shift: timedelta = timedelta()) -> None:
    """Put events into the telemetry tables as one arrived batch a table; their ids begin with the batch's."""
    batch_id = batch_id or uuid.uuid4().hex
    rows: dict[Table, list[dict[str, object]]] = {"log_events": [], "network_flows": []}
    for event in events:
        table: Table = "network_flows" if event.get("table") == "network_flows" else "log_events"
        rows[table] += _occurrences(event, batch_id, START + shift)
    for table, occurrences in rows.items():
        if occurrences:
            _store(store, table, occurrences, batch_id)


def _occurrences(event: Event, batch_id: str, start: datetime) -> Iterator[dict[str, object]]:
    control = {"table", "at_seconds", "repeat", "every_seconds"}
    first, every = float(str(event.get("at_seconds", 0))), float(str(event.get("every_seconds", 1)))
    for number in range(int(str(event.get("repeat", 1)))):
        row = {key: _numbered(value, number + 1) for key, value in event.items() if key not in control}
        row.setdefault("event_time", start + timedelta(seconds=first + number * every))
        row.setdefault("event_id", f"{batch_id}/{uuid.uuid4().hex}")
        row["source_offset"] = number
        yield row


def _numbered(value: object, number: int) -> object:
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, dict):
        return {str(key): _numbered(each, number) for key, each in value.items()}
    return value


def _store(store: Store, table: Table, rows: list[dict[str, object]], batch_id: str) -> None:
    schema = dict(SCHEMAS[table]) | {"event_id": pl.String, "asset_id": pl.String, "scope": pl.String}
    columns = {name: dtype for name, dtype in schema.items() if any(name in row for row in rows)}
    typed = [{name: _typed(row.get(name), dtype) for name, dtype in columns.items()} for row in rows]
    frame = pl.DataFrame(typed, schema=columns, orient="row").with_columns(pl.lit(batch_id).alias("batch_id"))
    append(store, table, frame, token=batch_id)
    arrived = pl.DataFrame(
        {"batch_id": [batch_id], "table_name": [table], "rows": pl.Series([len(rows)], dtype=pl.UInt64)}
    )
    append(store, "ingested_batches", arrived, token=batch_id)


def _typed(value: object, dtype: object) -> object:
    if dtype == pl.String:
        return "" if value is None else str(value)
    if isinstance(dtype, pl.Map):
        return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else {}
    if isinstance(value, datetime):
        return value
    return int(str(value)) if value is not None else 0
