"""Cases of a rule, as people write them: events on which it must fire, and on which it must stay quiet.

A case has `why` and `events`. An event names columns (`host`, `source_ip`, ...), `fields`, and how often it happens:
`at_seconds`, `repeat`, `every_seconds`; `{n}` in a text is the number of the repetition, from 1.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import yaml
from polars._typing import SchemaDict
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipelines.batch import SCHEMAS, STORED_IN, Table
from pipelines.errors import CasesBroken
from store.client import Store
from store.writes import append

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

Event = Mapping[str, object]

_LARGEST_FILE = 2 * 1024 * 1024
_MOST_REPETITIONS = 100_000
# Columns that the ingestion adds; a case may name them as well.
_IDENTITY: SchemaDict = {
    "event_id": pl.String, "asset_id": pl.String, "scope": pl.String, "source": pl.String, "source_type": pl.String,
    "sensor": pl.String, "source_asset_id": pl.String, "destination_asset_id": pl.String,
}  # fmt: skip
_ONLY_FLOWS = frozenset({"source_asset_id", "destination_asset_id"})
_CONTROL = frozenset({"table", "at_seconds", "repeat", "every_seconds"})


@dataclass(frozen=True)
class Case:
    """Events, and whether the rule must fire on them."""

    rule: Path
    why: str
    fires: bool
    events: tuple[Event, ...]

    def __str__(self) -> str:
        return f"{self.rule.stem}: {self.why}"


def _fitting(event: dict[str, object]) -> dict[str, object]:
    schema = _schema(_table(event))
    unknown = sorted(set(map(str, event)) - schema.keys() - _CONTROL)
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no column of {_table(event)}; a source's own names go into `fields`")
    try:
        _frame(_table(event), list(islice(_occurrences(event, "", START), 1)))
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise ValueError(f"a value does not fit its column: {error}") from error
    return event


class _Timing(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    table: Literal["log_events", "network_flows"] = "log_events"
    at_seconds: float = 0
    repeat: int = Field(default=1, ge=1, le=_MOST_REPETITIONS)
    every_seconds: float = 1


class _CaseModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    why: str = Field(min_length=1)
    events: list[Annotated[dict[str, object], AfterValidator(_fitting)]] = Field(min_length=1)


class _FileModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: str = ""
    fires: list[_CaseModel] = []
    quiet: list[_CaseModel] = []


def read_cases(path: Path, rule: Path) -> list[Case]:
    """The cases of one file for a rule.

    Raises:
        CasesBroken: it cannot be read, or is no file of cases.
    """
    content = _content(path)
    kinds = ((True, content.fires), (False, content.quiet))
    return [Case(rule, case.why, fires, tuple(case.events)) for fires, cases in kinds for case in cases]


def rule_named_in(path: Path) -> Path | None:
    """The rule that a file of cases names itself, relative to where it stands.

    Raises:
        CasesBroken: it cannot be read, or is no file of cases.
    """
    named = _content(path).rule
    return path.parent / named if named else None


def store_events(store: Store, events: Sequence[Event], *, batch_id: str = "", shift: timedelta = timedelta()) -> None:
    """Put events into the telemetry tables as one arrived batch a table; their ids begin with the batch's."""
    batch_id = batch_id or uuid.uuid4().hex
    rows: dict[Table, list[dict[str, object]]] = {"log_events": [], "network_flows": []}
    for event in events:
        rows[_table(event)] += _occurrences(event, batch_id, START + shift)
    for table, occurrences in rows.items():
        if occurrences:
            _store(store, table, occurrences, batch_id)


def _content(path: Path) -> _FileModel:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise CasesBroken(f"{path}: larger than {_LARGEST_FILE >> 20} MiB, which no file of cases needs")
        content = yaml.load(text.decode(), Loader=yaml.CSafeLoader)
        return _FileModel.model_validate(content)
    except OSError as error:
        raise CasesBroken(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise CasesBroken(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise CasesBroken(f"{path}: {_problem(error)}") from error
    except (ValueError, RecursionError) as error:
        raise CasesBroken(f"{path}: cannot be read: {error}") from error


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong, with its place in the file."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return (
        f"{where}: {first['msg']}"
        if where
        else f"must have `fires:` and `quiet:`, each a list of cases: {first['msg']}"
    )


def _table(event: Event) -> Table:
    return "network_flows" if event.get("table") == "network_flows" else "log_events"


def _schema(table: Table) -> SchemaDict:
    known = {name: dtype for name, dtype in _IDENTITY.items() if table == "network_flows" or name not in _ONLY_FLOWS}
    return {**SCHEMAS[table], **known}


def _occurrences(event: Event, batch_id: str, start: datetime) -> Iterator[dict[str, object]]:
    timing = _Timing.model_validate(dict(event))
    for number in range(timing.repeat):
        row = {key: _numbered(value, number + 1) for key, value in event.items() if key not in _CONTROL}
        row.setdefault("event_time", start + timedelta(seconds=timing.at_seconds + number * timing.every_seconds))
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
    frame = _frame(table, rows).with_columns(pl.lit(batch_id).alias("batch_id"))
    append(store, STORED_IN[table], frame, token=batch_id)
    arrived = pl.DataFrame(
        {"batch_id": [batch_id], "table_name": [table], "rows": pl.Series([len(rows)], dtype=pl.UInt64)}
    )
    append(store, "ingested_batches", arrived, token=batch_id)


def _frame(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    columns = {name: dtype for name, dtype in _schema(table).items() if any(name in row for row in rows)}
    typed = [{name: _typed(row.get(name), dtype) for name, dtype in columns.items()} for row in rows]
    return pl.DataFrame(typed, schema=columns, orient="row")


def _typed(value: object, dtype: object) -> object:
    if dtype == pl.String:
        return "" if value is None else str(value)
    if isinstance(dtype, pl.Map):
        return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else {}
    if isinstance(dtype, pl.Datetime):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(str(value)) if value is not None else 0
