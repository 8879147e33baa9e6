"""Which telemetry a rule's log source means, and which column or key holds each of its fields.

Read from `field_mappings/*.yml`: a route names the log sources it serves, the table, the condition that picks their
events, and for each Sigma field where it may be found, best first: `Name` is a key of `fields`, `$name` a typed
column, `=name` an expression of the same file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from detectors.errors import MappingError
from detectors.sql_text import literal

Table = Literal["network_flows", "log_events"]
Place = Annotated[str, StringConstraints(min_length=1)]

_COUNTERS = frozenset({"packets_out", "packets_in", "bytes_out", "bytes_in", "ip_bytes_out", "ip_bytes_in"})
_INTEGER_COLUMNS = _COUNTERS | {"duration_ms", "severity", "source_offset"}
# Zero stands for absent in these.
_OPTIONAL_INTEGER_COLUMNS = frozenset({"source_port", "destination_port", "vlan_id"})


@dataclass(frozen=True)
class LogSource:
    """Product, category and service of a rule, '' where it names none."""

    product: str = ""
    category: str = ""
    service: str = ""

    def __str__(self) -> str:
        named = {"product": self.product, "category": self.category, "service": self.service}
        return ", ".join(f"{key} {value}" for key, value in named.items() if value) or "no log source"


@dataclass(frozen=True)
class FieldPlace:
    """Where a field's value is: an SQL expression for its text ('' when absent) and one for its presence (0 or 1)."""

    text: str
    present: str


@dataclass(frozen=True)
class Route:
    """The telemetry that a log source means.

    Attributes:
        table: where the events are.
        where: SQL condition that picks them; constant text of a mapping file.
        fields: Sigma field to the places that may hold it, best first.
        known: every field that the source can supply, or None when it may supply any.
    """

    table: Table
    where: str
    fields: Mapping[str, tuple[str, ...]]
    expressions: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] | None = None

    def supplies(self, name: str) -> bool:
        """Whether any event of this source can hold the field."""
        return self.known is None or name in self.fields or name in self.known

    def place(self, name: str) -> FieldPlace:
        """Where the field's value is found."""
        # Only a mapping says where to look; a name that a rule brings along is a key, whatever it begins with.
        places = [self._one(where) for where in self.fields.get(name, ())] or [_key(name)]
        if len(places) == 1:
            return places[0]
        branches = ", ".join(f"{place.present}, {place.text}" for place in places[:-1])
        present = " OR ".join(place.present for place in places)
        return FieldPlace(f"multiIf({branches}, {places[-1].text})", f"({present})")

    def where_of(self, name: str) -> tuple[str, ...]:
        """Where the field may be, best first: `k:` and a key of `fields`, or `s:` and the SQL of its text."""
        names = self.fields.get(name)
        if names is None:
            return (f"k:{name}",)
        return tuple(f"k:{where}" if _is_key(where) else f"s:{self._one(where).text}" for where in names)

    def _one(self, where: str) -> FieldPlace:
        if where.startswith("="):
            expression = self.expressions[where[1:]]
            return FieldPlace(f"({expression})", f"notEmpty({expression})")
        if where.startswith("$"):
            return _column(where[1:])
        return _key(where)


def _is_key(where: str) -> bool:
    return not where.startswith(("=", "$"))


def _key(name: str) -> FieldPlace:
    key = literal(name)
    return FieldPlace(f"fields[{key}]", f"mapContains(fields, {key})")


@cache
def routes() -> Mapping[LogSource, Route]:
    """Every route of the field mappings.

    Raises:
        MappingError: a mapping file is wrong, or two of them serve one log source.
    """
    found: dict[LogSource, Route] = {}
    for name, text in mapping_texts():
        for log_source, route in _read(name, text):
            if log_source in found:
                raise MappingError(f"{name}: {log_source} is already served by another route")
            found[log_source] = route
    return found


@cache
def mapping_texts() -> tuple[tuple[str, str], ...]:
    """Name and content of every mapping file, in order."""
    folder = files("detectors") / "field_mappings"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yml"))
    return tuple((name, (folder / name).read_text(encoding="utf-8")) for name in names)


class _LogSourceModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    product: str = ""
    category: str = ""
    service: str = ""


class _RouteModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    logsources: list[_LogSourceModel] = Field(min_length=1)
    where: str = ""
    channel: str | list[str] | None = None
    event_id: int | list[int] | None = None
    use: list[str] = []
    fields: dict[str, Place | list[Place]] = {}
    known: list[str] | None = None


class _FileModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    table: Table
    where: str
    expressions: dict[str, str] = {}
    field_sets: dict[str, dict[str, Place | list[Place]]] = {}
    routes: list[_RouteModel]


def _read(name: str, text: str) -> list[tuple[LogSource, Route]]:
    try:
        content = _FileModel.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise MappingError(f"{name}: {error}") from error
    return [
        (LogSource(source.product, source.category, source.service), _route(name, content, entry))
        for entry in content.routes
        for source in entry.logsources
    ]


def _route(name: str, content: _FileModel, entry: _RouteModel) -> Route:
    fields: dict[str, Place | list[Place]] = {}
    for used in entry.use:
        if used not in content.field_sets:
            raise MappingError(f"{name}: no field set is called {used}")
        fields |= content.field_sets[used]
    fields |= entry.fields
    places = {key: tuple([where] if isinstance(where, str) else where) for key, where in fields.items()}
    return Route(
        table=content.table,
        where=_where(content, entry),
        fields=places,
        expressions=content.expressions,
        known=None if entry.known is None else frozenset(entry.known),
    )


def _where(content: _FileModel, entry: _RouteModel) -> str:
    conditions = [content.where, entry.where]
    for key, wanted in (("Channel", entry.channel), ("EventID", entry.event_id)):
        if wanted is not None:
            values = wanted if isinstance(wanted, list) else [wanted]
            conditions.append(f"fields['{key}'] IN ({', '.join(literal(str(value)) for value in values)})")
    return " AND ".join(f"({condition})" for condition in conditions if condition) or "1"


def _column(name: str) -> FieldPlace:
    if not re.fullmatch(r"[a-z_]+", name):
        raise MappingError(f"{name!r} is not a column name")
    if name in _OPTIONAL_INTEGER_COLUMNS:
        return FieldPlace(f"if({name} = 0, '', toString({name}))", f"({name} != 0)")
    if name in _INTEGER_COLUMNS:
        return FieldPlace(f"toString({name})", "1")
    return FieldPlace(f"toString({name})", f"notEmpty(toString({name}))")
