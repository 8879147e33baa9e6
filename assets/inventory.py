"""The inventory of protected infrastructure: read from YAML, with every problem told at once."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from assets.conflicts import conflicts
from assets.errors import InventoryInvalid
from assets.monitored import CloudMigration, DataGrade, MonitoredAsset, Sector
from assets.strict_yaml import Place, Value, YamlDocument, YamlRefused, read_yaml

_MOST_PROBLEMS = 200
_SCOPE_PART = r"[a-z0-9][a-z0-9_-]*"


@dataclass(frozen=True)
class Inventory:
    """The monitored assets that one file declares, in its order."""

    path: Path
    assets: tuple[MonitoredAsset, ...]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_printable)
]
OptionalText = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_printable)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
HostName = Annotated[str, StringConstraints(pattern=r"^[^\s/:@]+$", max_length=253)]
Scope = Annotated[str, StringConstraints(pattern=rf"^{_SCOPE_PART}(/{_SCOPE_PART}){{0,2}}$", max_length=120)]


class _Entry(BaseModel):
    """One asset as written; keys are the columns of `monitored_asset_records`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset_id: Identifier
    name: Text
    sector: Sector
    scope: Scope
    organisation: Text
    owner: Text
    operator: Text
    kind: OptionalText = ""
    outsourcing_provider: OptionalText = ""
    mlps_level: int = Field(default=0, ge=0, le=4)
    is_cii: bool = False
    domestic_cpu: bool = False
    domestic_os: bool = False
    domestic_database: bool = False
    domestic_middleware: bool = False
    cloud_migration: CloudMigration = CloudMigration.NOT_SAID
    data_grade: DataGrade = DataGrade.NONE
    addresses: tuple[Text, ...] = ()
    hosts: tuple[HostName, ...] = ()
    datasets: tuple[Text, ...] = ()
    expected_sources: tuple[Word, ...] = ()
    last_assessed_on: date | None = None


def load_inventory(path: Path) -> Inventory:
    """The assets of an inventory file.

    Raises:
        InventoryInvalid: with one line per problem: file, line, asset, key and what is allowed.
    """
    try:
        document = read_yaml(path)
    except YamlRefused as error:
        raise InventoryInvalid([error.at(path)]) from error
    entries = _entries_of(path, document)
    read = [_read(index, entry) for index, entry in enumerate(entries)]
    assets = {index: asset for index, asset in enumerate(read) if isinstance(asset, MonitoredAsset)}
    problems = [problem for found in read if not isinstance(found, MonitoredAsset) for problem in found]
    problems += [(("assets", index, key), message) for index, key, message in conflicts(assets)]
    if problems:
        raise InventoryInvalid(list(_told(path, document, problems)))
    return Inventory(path, tuple(assets.values()))


_Problem = tuple[Place, str]


def _entries_of(path: Path, document: YamlDocument) -> list[Value]:
    content = document.content
    entries = content.get("assets") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(entries, list) or not entries:
        raise InventoryInvalid(
            [f"{path}:1: an inventory is a mapping with the key assets, a list of at least one asset"]
        )
    unknown = [f"{path}:{document.line((key,))}: {_unknown(key, ['assets'])}" for key in content if key != "assets"]
    if unknown:
        raise InventoryInvalid(unknown)
    return entries


def _read(index: int, entry: Value) -> MonitoredAsset | list[_Problem]:
    if not isinstance(entry, dict):
        return [(("assets", index), "an asset is a mapping of keys such as asset_id, name, sector")]
    given = {key: value for key, value in entry.items() if value is not None}
    try:
        return MonitoredAsset(**vars(_Entry.model_validate(given)))
    except ValidationError as error:
        return [(("assets", index, *detail["loc"]), _message(detail)) for detail in error.errors()]


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "extra_forbidden":
        return _unknown(str(detail["loc"][-1]), list(_Entry.model_fields))
    given = repr(detail["input"])
    return f"{detail['msg']}, not {given if len(given) <= 60 else given[:57] + '...'}"


def _unknown(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"unknown key {key!r}: " + (f"did you mean {close[0]}?" if close else f"use {', '.join(known)}")


def _told(path: Path, document: YamlDocument, problems: list[_Problem]) -> Iterator[str]:
    located = sorted((document.line(place), _where(document, place), message) for place, message in problems)
    for line, where, message in located[:_MOST_PROBLEMS]:
        yield f"{path}:{line}: {where}: {message}"
    if len(located) > _MOST_PROBLEMS:
        yield f"{path}: and {len(located) - _MOST_PROBLEMS} more problems"


def _where(document: YamlDocument, place: Place) -> str:
    """Which asset, by id where it has one, and which key: `assets[3] (pump-7) addresses[0]`."""
    _, index, *rest = place
    entries = document.content["assets"] if isinstance(document.content, dict) else None
    entry = entries[int(index)] if isinstance(entries, list) else None
    name = entry.get("asset_id") if isinstance(entry, dict) else None
    keys = "".join(f"[{part}]" if isinstance(part, int) else f" {part}" for part in rest)
    return f"assets[{index}]" + (f" ({name})" if isinstance(name, str) else "") + keys
