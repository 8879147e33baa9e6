"""The catalogue of data assets in the database: imported from a file, and given to whoever grades a data set (R36)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from assets.strict_yaml import YamlRefused
from dlp.errors import RegistrationInvalid
from dlp.grading_policy import GradingPolicy
from dlp.registrations import Harm, Registration, Sharing, registration
from pipelines.declared_files import checked_entries, declared_entries
from response.audit import record
from response.chain import AuditStep, Role
from store.client import Store
from store.writes import append

_TEXTS = pl.List(pl.String)
_LISTS = ("derived_from", "harm", "important_factors", "masked_columns")
_SHARED = ("share_recipients", "share_bases", "share_untils")
_COLUMNS: SchemaDict = {
    **dict.fromkeys(
        ("dataset", "title", "organisation", "owner", "cdo", "industry", "object", "subject", "purpose", "legal_basis"),
        pl.String,
    ),
    "openness": pl.String,
    "persons": pl.UInt64,
    "employees_only": pl.Boolean,
    "derivation": pl.String,
    **dict.fromkeys(_LISTS, _TEXTS),
    "assessment": pl.String,
    "retention_days": pl.UInt32,
    "destroyed_on": pl.Date,
    "backed_up_on": pl.Date,
    "encrypted": pl.Boolean,
    **dict.fromkeys(_SHARED, _TEXTS),
    "removed": pl.Boolean,
    "updated_at": pl.Datetime("ms", "UTC"),
}
_STORED = "SELECT * EXCEPT (updated_at) FROM dataset_registrations ORDER BY dataset"
_SEPARATOR = ";"


@dataclass(frozen=True)
class CatalogueReport:
    """What an import changed."""

    path: Path
    entries: int
    added: int
    updated: int
    removed: int

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {**vars(self), "path": str(self.path)}


def import_catalogue(
    path: Path,
    store: Store,
    grading: GradingPolicy,
    *,
    remove_missing: bool = False,
    actor: str = "rongdun",
    role: Role = Role.SYSTEM,
    now: datetime | None = None,
) -> CatalogueReport:
    """What changed when the entries of a file became the catalogue's; importing a file again changes nothing.

    A YAML file has the key `datasets`, a list of entries; a CSV file one entry a row, lists separated by `;`.
    Entries that the file no longer names stay, unless `remove_missing`.

    Raises:
        RegistrationInvalid: the file has problems; nothing was imported.
    """
    moment = now or datetime.now(UTC)
    entries = load_catalogue(path, grading)
    before = {entry.dataset: entry for entry in registered_datasets(store)}
    changed = [entry for entry in entries if before.get(entry.dataset) != entry]
    named = {entry.dataset for entry in entries}
    gone = [entry for name, entry in before.items() if name not in named] if remove_missing else []
    added = sum(entry.dataset not in before for entry in changed)
    report = CatalogueReport(path, len(entries), added, len(changed) - added, len(gone))
    if changed or gone:
        frame = pl.concat([_frame(changed, removed=False, now=moment), _frame(gone, removed=True, now=moment)])
        append(store, "dataset_registration_records", frame, token=f"catalogue:{moment.isoformat()}:{frame.height}")
        counts = {"entries": report.entries, "added": added, "updated": report.updated, "removed": report.removed}
        step = AuditStep(
            actor, role, "catalogue.imported", "catalogue", "datasets", basis="catalogue import", details=counts
        )
        record(store, step)
    return report


def registered_datasets(store: Store) -> tuple[Registration, ...]:
    """The entries of the catalogue, by the name or pattern of their data set."""
    return tuple(_registration(row) for row in store.rows(_STORED))


def load_catalogue(path: Path, grading: GradingPolicy) -> list[Registration]:
    """The entries of a catalogue file, in its order.

    Raises:
        RegistrationInvalid: with one line per problem: file, line, key and what is allowed.
    """
    try:
        entries = declared_entries(path, "datasets", _row_entry)
    except YamlRefused as error:
        raise RegistrationInvalid([error.at(path)]) from error
    found, problems = checked_entries(
        path, entries, lambda entry: registration(entry, grading), lambda entry: entry.dataset, RegistrationInvalid
    )
    if problems:
        raise RegistrationInvalid(problems)
    return found


def _row_entry(row: dict[str, str | None]) -> dict[str, object]:
    entry: dict[str, object] = {}
    for key, value in row.items():
        if not value or not value.strip():
            continue
        parts = [part.strip() for part in value.split(_SEPARATOR) if part.strip()]
        if key == "harm":
            entry[key] = [dict(zip(("object", "degree"), part.split("/", 1), strict=False)) for part in parts]
        elif key == "sharing":
            entry[key] = [dict(zip(("recipient", "basis", "until"), part.split("|"), strict=False)) for part in parts]
        else:
            entry[str(key)] = parts if key in _LISTS else value
    return entry


def _frame(entries: Iterable[Registration], *, removed: bool, now: datetime) -> pl.DataFrame:
    rows = [{**_columns(entry), "removed": removed, "updated_at": now} for entry in entries]
    return pl.DataFrame(rows, schema=_COLUMNS)


def _columns(entry: Registration) -> dict[str, object]:
    plain = {name: getattr(entry, name) for name in _COLUMNS if hasattr(entry, name)}
    return {
        **plain,
        "persons": entry.persons or 0,
        "retention_days": entry.retention_days or 0,
        "derived_from": list(entry.derived_from),
        "harm": [f"{harm.object}/{harm.degree}" for harm in entry.harm],
        "important_factors": list(entry.important_factors),
        "masked_columns": list(entry.masked_columns),
        "share_recipients": [share.recipient for share in entry.sharing],
        "share_bases": [share.basis for share in entry.sharing],
        "share_untils": [share.until.isoformat() if share.until else "" for share in entry.sharing],
    }


def _registration(row: dict[str, object]) -> Registration:
    texts = {name: _texts(row[name]) for name in (*_LISTS, *_SHARED)}
    plain = {name: row[name] for name in Registration.model_fields if name in row and name not in texts}
    return Registration.model_validate(
        {
            **plain,
            **{name: tuple(texts[name]) for name in ("derived_from", "important_factors", "masked_columns")},
            "harm": tuple(_harms(texts["harm"])),
            "sharing": tuple(_shares(texts)),
            "persons": int(str(row["persons"])) or None,
            "retention_days": int(str(row["retention_days"])) or None,
        }
    )


def _harms(texts: Iterable[str]) -> Iterator[Harm]:
    for text in texts:
        harmed, _, degree = text.partition("/")
        yield Harm(object=harmed, degree=degree)


def _shares(texts: dict[str, list[str]]) -> Iterator[Sharing]:
    for recipient, basis, until in zip(*(texts[name] for name in _SHARED), strict=True):
        yield Sharing(recipient=recipient, basis=basis, until=date.fromisoformat(until) if until else None)


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, Sequence) else []
