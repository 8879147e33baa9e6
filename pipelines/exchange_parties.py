"""Organisations of the exchanges: as catalogue files declare them and as the inventory seats them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from dlp.errors import RegistrationInvalid
from dlp.exchange_policy import ExchangePolicy
from dlp.levels import Organisations, Party, Seated, party, shared_names
from pipelines.declared_files import declared
from pipelines.declaring import Declared, Importer, ImportReport, declare
from store.client import Store
from store.writes import append

DATASETS, PARTIES = "datasets", "parties"
_COLUMNS: SchemaDict = {
    "name": pl.String,
    "level": pl.String,
    "aliases": pl.List(pl.String),
    "removed": pl.Boolean,
    "updated_at": pl.Datetime("ms", "UTC"),
}
_STORED = "SELECT name, level, aliases FROM exchange_parties ORDER BY name"
_SEATED = "SELECT organisation, name, scope FROM monitored_assets WHERE organisation != '' ORDER BY asset_id"


def load_parties(path: Path) -> list[Party]:
    """The organisations of a catalogue file, in its order; CSV declares none.

    Raises:
        RegistrationInvalid: with one line per problem: file, line, key and what is allowed.
    """
    if path.suffix.lower() == ".csv":
        return []
    found = declared(path, PARTIES, dict, party, lambda one: one.name, RegistrationInvalid, beside=(DATASETS,))
    problems = shared_names(found)
    if problems:
        raise RegistrationInvalid([f"{path}: {problem}" for problem in problems])
    return found


def import_parties(
    path: Path, store: Store, read: Sequence[Party], *, remove_missing: bool, by: Importer
) -> ImportReport:
    """What changed when the organisations of a file counted; importing a file again changes nothing."""
    return declare(store, path, _PARTIES, read, stored_parties(store), remove_missing=remove_missing, by=by)


def stored_parties(store: Store) -> list[Party]:
    """The organisations that files declared, by name."""
    return [Party.model_validate({**row, "aliases": _texts(row["aliases"])}) for row in store.rows(_STORED)]


def organisations(store: Store, policy: ExchangePolicy) -> Organisations:
    """Who is who, as declared and as the inventory tells."""
    seated = [Seated(str(row["organisation"]), str(row["name"]), str(row["scope"])) for row in store.rows(_SEATED)]
    return Organisations(stored_parties(store), seated, policy.department_prefix)


def _write(store: Store, parties: Sequence[Party], *, removed: bool, now: datetime) -> None:
    rows = [
        {**one.model_dump(), "aliases": list(one.aliases), "removed": removed, "updated_at": now} for one in parties
    ]
    if rows:
        names = "\0".join(one.name for one in parties)
        token = hashlib.sha256(f"{now.isoformat()}:{removed}:{names}".encode()).hexdigest()
        append(store, "exchange_party_records", pl.DataFrame(rows, schema=_COLUMNS), token=f"parties:{token}")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


_PARTIES = Declared[Party](
    noun="parties",
    step=("parties.imported", "catalogue", "parties", "catalogue import"),
    name=lambda one: one.name,
    write=lambda store, parties, removed, now: _write(store, parties, removed=removed, now=now),
)
