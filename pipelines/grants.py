"""Grants in the database: brought by a file, or proposed and approved at the desk; read back by whoever judges uses."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from assets.strict_yaml import YamlRefused
from dlp.access_policy import AccessPolicy
from dlp.errors import GrantInvalid
from dlp.grants import Grant, GrantUse, grant
from pipelines.alert_rows import utc
from pipelines.declared_files import checked_entries, declared_entries
from response.audit import record
from response.chain import AuditStep, Role
from store.client import Store
from store.writes import append

_COLUMNS: SchemaDict = {
    "grant_id": pl.String,
    "subject": pl.String,
    "datasets": pl.List(pl.String),
    "columns": pl.List(pl.String),
    **dict.fromkeys(("legal_basis", "purpose", "ticket"), pl.String),
    "valid_from": pl.Datetime("ms", "UTC"),
    "valid_until": pl.Datetime("ms", "UTC"),
    "rows_per_day": pl.UInt64,
    "export": pl.Boolean,
    "unmasked": pl.Boolean,
    **dict.fromkeys(("requested_by", "approved_by", "origin"), pl.String),
    "removed": pl.Boolean,
    "updated_at": pl.Datetime("ms", "UTC"),
}
_LISTS = ("datasets", "columns")
_STORED = "SELECT * FROM data_grants WHERE state IN {states:Array(String)} ORDER BY grant_id"
_LAST_USES = """
SELECT account, toString(dataset) AS dataset, groupUniqArrayArray(columns) AS columns, max(event_time) AS last_used
FROM data_accesses GROUP BY account, dataset
"""


@dataclass(frozen=True)
class GrantReport:
    """What an import changed."""

    path: Path
    grants: int
    added: int
    updated: int
    removed: int

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {**vars(self), "path": str(self.path)}


def import_grants(
    path: Path,
    store: Store,
    policy: AccessPolicy,
    *,
    remove_missing: bool = False,
    actor: str = "rongdun",
    role: Role = Role.SYSTEM,
    now: datetime | None = None,
) -> GrantReport:
    """What changed when the grants of a file counted; importing a file again changes nothing.

    Each must name who approved it; who imports must not be the one who is granted something. Grants that the file no
    longer names stay, unless `remove_missing`; those of the desk stay in any case.

    Raises:
        GrantInvalid: the file has problems; nothing was imported.
    """
    moment = now or datetime.now(UTC)
    read = load_grants(path, policy)
    _check_import(path, read, actor)
    stored = {found.grant_id: found for found in _stored(store, origin="file")}
    changed = [found for found in read if stored.get(found.grant_id) != found]
    named = {found.grant_id for found in read}
    gone = [found for name, found in stored.items() if name not in named] if remove_missing else []
    added = sum(found.grant_id not in stored for found in changed)
    report = GrantReport(path, len(read), added, len(changed) - added, len(gone))
    if changed or gone:
        write_grants(store, changed, origin="file", now=moment)
        write_grants(store, gone, origin="file", removed=True, now=moment)
        counts = {"grants": report.grants, "added": added, "updated": report.updated, "removed": report.removed}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        step = AuditStep(
            *(actor, role, "grants.imported", "grants", "file"),
            basis="grants import",
            details={**counts, "sha256": digest},
        )
        record(store, step, now=moment)
    return report


def write_grants(
    store: Store, grants: Iterable[Grant], *, origin: str, removed: bool = False, now: datetime | None = None
) -> None:
    """Store grants as they are; whether they count is on the record."""
    moment = now or datetime.now(UTC)
    rows = [
        {
            **found.model_dump(),
            **{name: list(getattr(found, name)) for name in _LISTS},
            "rows_per_day": found.rows_per_day or 0,
            "origin": origin,
            "removed": removed,
            "updated_at": moment,
        }
        for found in grants
    ]
    if rows:
        names = ",".join(str(row["grant_id"]) for row in rows)
        token = hashlib.sha256(f"{moment.isoformat()}:{removed}:{names}".encode()).hexdigest()
        append(store, "data_grant_records", pl.DataFrame(rows, schema=_COLUMNS), token=token)


def approved_grants(store: Store) -> list[Grant]:
    """The grants that somebody approved and nobody revoked, whether their time has come or not."""
    return [_grant(row) for row in store.rows(_STORED, {"states": ["approved"]})]


def grant_uses(store: Store) -> list[GrantUse]:
    """The approved grants, each with when it was last used, UTC."""
    uses = store.rows(_LAST_USES)
    found = []
    for known in approved_grants(store):
        times = [utc(row["last_used"]) for row in uses if known.is_for(str(row["account"]), str(row["dataset"]))]
        found.append(GrantUse(known, max(times, default=None)))
    return found


def load_grants(path: Path, policy: AccessPolicy) -> list[Grant]:
    """The grants of a file, in its order: YAML with the key `grants`, or CSV with lists separated by `;`.

    Raises:
        GrantInvalid: with one line per problem: file, line, key and what is allowed.
    """
    try:
        entries = declared_entries(path, "grants", _cells)
    except YamlRefused as error:
        raise GrantInvalid([error.at(path)]) from error
    found, problems = checked_entries(
        path, entries, lambda entry: grant(entry, policy), lambda one: one.grant_id, GrantInvalid
    )
    if problems:
        raise GrantInvalid(problems)
    return found


def _check_import(path: Path, read: Sequence[Grant], actor: str) -> None:
    problems = [
        f"{path}: {found.grant_id}: nobody approved it: approved_by is missing"
        for found in read
        if not found.approved_by
    ]
    problems += [
        f"{path}: {found.grant_id}: {actor} imports what {actor} is granted: another one must"
        for found in read
        if actor in (found.subject, found.requested_by)
    ]
    if problems:
        raise GrantInvalid(problems)


def _cells(row: dict[str, str | None]) -> dict[str, object]:
    filled = {str(key): value.strip() for key, value in row.items() if isinstance(value, str) and value.strip()}
    lists = {name: [part.strip() for part in filled[name].split(";")] for name in _LISTS if name in filled}
    return {**filled, **lists}


def _stored(store: Store, *, origin: str) -> list[Grant]:
    states = ["approved", "proposed", "refused", "revoked"]
    return [_grant(row) for row in store.rows(_STORED, {"states": states}) if row["origin"] == origin]


def _grant(row: dict[str, object]) -> Grant:
    plain = {name: row[name] for name in Grant.model_fields}
    times = {name: utc(row[name]) for name in ("valid_from", "valid_until")}
    return Grant.model_validate({**plain, **times, "rows_per_day": int(str(row["rows_per_day"])) or None})
