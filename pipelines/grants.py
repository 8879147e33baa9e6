"""Grants in the database: stored as a file or the desk gives them, read back by whoever judges uses."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl
from polars._typing import SchemaDict

from dlp.grants import Grant, GrantUse
from dlp.roles import granted_to_members
from pipelines.alert_rows import utc
from pipelines.roles import role_memberships
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
_APPROVED = "SELECT * FROM data_grants WHERE state = 'approved' ORDER BY grant_id"
_OF_FILES = "SELECT * FROM data_grants WHERE origin = 'file' ORDER BY grant_id"
_IN_TIME = "SELECT * FROM data_grant_times WHERE valid_from < valid_until ORDER BY grant_id"
_LAST_USES = """
SELECT account, toString(dataset) AS dataset, groupUniqArrayArray(columns) AS columns, max(event_time) AS last_used
FROM data_accesses GROUP BY account, dataset
"""


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
    return [_grant(row) for row in store.rows(_APPROVED)]


def grants_in_time(store: Store) -> list[Grant]:
    """The grants that count, or did, each for the time in which it did: until it was revoked, from its approval.

    A grant to a role is there once more for each account that held the role, for the time in which it did.
    """
    return granted_to_members([_grant(row) for row in store.rows(_IN_TIME)], role_memberships(store))


def grants_of_files(store: Store) -> list[Grant]:
    """The grants that files brought, whatever became of them at the desk."""
    return [_grant(row) for row in store.rows(_OF_FILES)]


def grant_uses(store: Store) -> list[GrantUse]:
    """The approved grants, each with when it was last used, UTC."""
    uses, held = store.rows(_LAST_USES), role_memberships(store)
    found = []
    for known in approved_grants(store):
        of_members = granted_to_members([known], held)
        times = [
            utc(row["last_used"])
            for row in uses
            if any(each.is_for(str(row["account"]), str(row["dataset"])) for each in of_members)
        ]
        found.append(GrantUse(known, max(times, default=None)))
    return found


def _grant(row: dict[str, object]) -> Grant:
    plain = {name: row[name] for name in Grant.model_fields}
    times = {name: utc(row[name]) for name in ("valid_from", "valid_until")}
    return Grant.model_validate({**plain, **times, "rows_per_day": int(str(row["rows_per_day"])) or None})
