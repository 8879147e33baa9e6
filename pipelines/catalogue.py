"""The catalogue of data assets in the database: imported from a file, and given to whoever grades a data set (R36)."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from dlp.errors import RegistrationInvalid
from dlp.grading_policy import GradingPolicy
from dlp.registrations import Harm, Registration, Sharing, registration
from pipelines.declared_files import declared
from pipelines.declaring import Declared, Importer, ImportReport, declare
from pipelines.exchange_parties import DATASETS, PARTIES, import_parties, load_parties
from response.chain import Role
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


def import_catalogue(
    path: Path,
    store: Store,
    grading: GradingPolicy,
    *,
    remove_missing: bool = False,
    actor: str = "rongdun",
    role: Role = Role.SYSTEM,
    now: datetime | None = None,
) -> ImportReport:
    """What changed when the entries of a file became the catalogue's; importing a file again changes nothing.

    A YAML file has the key `datasets`, a list of entries, and perhaps `parties`, organisations with their level and
    other names, which count with them; a CSV file has one entry a row, lists separated by `;`. Entries that the file no
    longer names stay, unless `remove_missing`.

    Raises:
        RegistrationInvalid: the file has problems; nothing was imported.
    """
    entries, parties, stored = load_catalogue(path, grading), load_parties(path), registered_datasets(store)
    by = Importer(actor, role, now)
    import_parties(path, store, parties, remove_missing=remove_missing, by=by)
    return declare(store, path, _ENTRIES, entries, stored, remove_missing=remove_missing, by=by)


def write_entries(
    store: Store, entries: Sequence[Registration], *, removed: bool = False, now: datetime | None = None
) -> None:
    """Store entries as they are, or as removed, at a time (UTC)."""
    if entries:
        moment = now or datetime.now(UTC)
        frame = _frame(entries, removed=removed, now=moment)
        names = "\0".join(entry.dataset for entry in entries)
        token = hashlib.sha256(f"{moment.isoformat()}:{removed}:{names}".encode()).hexdigest()
        append(store, "dataset_registration_records", frame, token=f"catalogue:{token}")


def registered_datasets(store: Store) -> tuple[Registration, ...]:
    """The entries of the catalogue, by the name or pattern of their data set."""
    return tuple(_registration(row) for row in store.rows(_STORED))


_ENTRIES = Declared[Registration](
    noun="entries",
    step=("catalogue.imported", "catalogue", "datasets", "catalogue import"),
    name=lambda entry: entry.dataset,
    write=lambda store, entries, removed, now: write_entries(store, entries, removed=removed, now=now),
)


def load_catalogue(path: Path, grading: GradingPolicy) -> list[Registration]:
    """The entries of a catalogue file, in its order.

    Raises:
        RegistrationInvalid: with one line per problem: file, line, key and what is allowed.
    """
    return declared(
        path,
        DATASETS,
        _row_entry,
        lambda entry: registration(entry, grading),
        lambda one: one.dataset,
        RegistrationInvalid,
        beside=(PARTIES,),
    )


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
