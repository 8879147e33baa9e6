"""The mappings that a site writes: YAML files that say how a log of its own is recognised and read.

Each file of a folder is one mapping; every problem in them is told, with file, line and key.
"""

import difflib
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from assets.strict_yaml import Place, Value, YamlDocument, YamlRefused, read_yaml

_GROUP = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_PATTERN_LIMIT = 10_000
_COLUMN_LIMIT = 500

Column = Literal[
    "host", "source_ip", "source_port", "destination_ip", "destination_port", "user", "action", "message", "outcome"
]
Constant = Literal["product", "category", "service", "host", "action", "outcome"]


def _regular_expression(text: str) -> str:
    if len(text) > _PATTERN_LIMIT:
        raise ValueError(f"longer than {_PATTERN_LIMIT} characters")
    try:
        pl.Series([""]).str.contains(text)
    except pl.exceptions.PolarsError as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"no regular expression that is run here (RE2's, without look-around): {reason}") from error
    return text


def _zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no time zone: write a name such as Asia/Shanghai or UTC") from error
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Pattern = Annotated[str, AfterValidator(_regular_expression)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recognition(_Strict):
    """What tells a file of this kind: names that it must have, or a pattern that one of its first lines must fit."""

    columns: tuple[Text, ...] = ()
    pattern: Pattern | None = None


class Time(_Strict):
    """Where the time stands and how it is written: strftime's letters, or nothing for ISO 8601 and epochs."""

    column: Text
    format: Text | None = None
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"


class Outcomes(_Strict):
    """Which values of a column mean that it worked, and which that it did not; compared without regard to case."""

    column: Text
    success: tuple[Text, ...] = ()
    failure: tuple[Text, ...] = ()


class MappingFile(_Strict):
    """A mapping as it is written.

    Attributes:
        columns: typed column to the file's name for it.
        fields: a field's name to the file's name for it; what is not named here keeps the file's name.
    """

    format: Literal["pattern", "json", "csv"]
    recognise: Recognition = Recognition()
    pattern: Pattern | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Annotated[str, StringConstraints(max_length=1)] = '"'
    header: Annotated[tuple[Text, ...], Field(max_length=_COLUMN_LIMIT)] = ()
    time: Time
    columns: Mapping[Column, Text] = {}
    outcomes: Outcomes | None = None
    severities: Mapping[Text, Annotated[int, Field(ge=0, le=6)]] = {}
    severity_column: Text | None = None
    constants: Mapping[Constant, Text] = {}
    fields: Mapping[Text, Text] = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.format == "pattern" and self.pattern is None:
            raise ValueError("a mapping of format pattern needs the key pattern")
        if self.format == "pattern" and (unknown := set(self.used) - set(self.groups)):
            raise ValueError(f"the pattern has no group called {', '.join(sorted(unknown))}")
        return self

    @property
    def too_wide(self) -> str:
        """Why files cannot be told by this mapping, and must be named to it; '' where they can."""
        if self.format != "pattern" and not self.recognise.columns and self.recognise.pattern is None:
            return "recognise needs columns or a pattern, else every file of the format would be taken"
        if self.format == "csv" and self.header and self.recognise.pattern is None:
            return "without a header in the file, recognise needs a pattern for its first lines"
        return ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the pattern's groups, in order."""
        return tuple(dict.fromkeys(_GROUP.findall(self.pattern or "")))

    @property
    def used(self) -> tuple[str, ...]:
        """The file's names that the mapping speaks of."""
        named = [self.time.column, *self.columns.values(), *self.fields.values()]
        named += [self.outcomes.column] if self.outcomes else []
        return tuple(dict.fromkeys([*named, *([self.severity_column] if self.severity_column else [])]))


@dataclass(frozen=True)
class NamedMapping:
    """A mapping and its name, which is its file's."""

    name: str
    mapping: MappingFile


def load_mapping_files(folder: Path) -> tuple[list[NamedMapping], list[str]]:
    """The mappings of a folder by name, and one line for each problem in them: file, line, key, what to do."""
    found, problems = list[NamedMapping](), list[str]()
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]) if folder.is_dir() else ():
        named, told = load_mapping_file(path)
        if named is not None and named.mapping.too_wide:
            problems.append(f"{path}:1: {named.mapping.too_wide}")
        elif named is not None:
            found.append(named)
        problems += told
    return found, problems


def load_mapping_file(path: Path) -> tuple[NamedMapping | None, list[str]]:
    """The mapping of one file, for files that are named to it; else one line for each problem in it."""
    try:
        document = read_yaml(path)
        return NamedMapping(path.stem, _read(document)), []
    except YamlRefused as error:
        return None, [error.at(path)]
    except ValidationError as error:
        return None, list(_told(path, document, error))


def _read(document: YamlDocument) -> MappingFile:
    content = document.content
    given = (
        {key: value for key, value in content.items() if value is not None} if isinstance(content, dict) else content
    )
    return MappingFile.model_validate(given)


def _told(path: Path, document: YamlDocument, error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        place: Place = tuple(part for part in detail["loc"] if not str(part).startswith("function-"))
        key = ".".join(map(str, place))
        yield f"{path}:{document.line(place)}: {key + ': ' if key else ''}{_message(detail)}"


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "extra_forbidden":
        key = str(detail["loc"][-1])
        close = difflib.get_close_matches(key, list(MappingFile.model_fields), n=1)
        return f"unknown key {key!r}" + (f": did you mean {close[0]}?" if close else "")
    message = detail["msg"].removeprefix("Value error, ")
    given: Value = detail["input"]
    return message if not isinstance(given, str) else f"{message}, not {given[:60]!r}"
