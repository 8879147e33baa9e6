"""Database roles in the database: as files declare them, as the databases log them, and who holds which and when."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import polars as pl
from polars._typing import SchemaDict

from dlp.role_statements import RoleStep, role_steps
from dlp.roles import DeclaredRole, LoggedStep, Membership, memberships
from pipelines.alert_rows import utc
from store.client import Store
from store.writes import append

_DECLARED: SchemaDict = {
    "role": pl.String,
    "members": pl.List(pl.String),
    "valid_from": pl.Datetime("ms", "UTC"),
    "valid_until": pl.Datetime("ms", "UTC"),
    "as_logged": pl.Boolean,
    "approved_by": pl.String,
    "removed": pl.Boolean,
    "updated_at": pl.Datetime("ms", "UTC"),
}
_STEPS: SchemaDict = {
    **dict.fromkeys(("role", "member", "step"), pl.String),
    "event_time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("account", "service", "event_id", "scope", "asset_id"), pl.String),
}
_OF_FILES = "SELECT * FROM role_records FINAL WHERE NOT removed ORDER BY role, valid_from"
# One that left its file counted until it did.
_IN_TIME = """
SELECT
    role, members, valid_from, if(removed, least(valid_until, updated_at), valid_until) AS until, as_logged, approved_by
FROM role_records FINAL WHERE valid_from < until ORDER BY role, valid_from
"""
_LOGGED = "SELECT role, member, step, event_time, account FROM role_steps FINAL ORDER BY event_time, event_id"
_TELLS = r"(?i)\b(?:grant|revoke|role|group|user)\b"


def write_roles(store: Store, roles: Iterable[DeclaredRole], *, removed: bool = False, now: datetime) -> None:
    """Store what a file declares of roles."""
    rows = [{**one.model_dump(), "members": list(one.members), "removed": removed, "updated_at": now} for one in roles]
    if rows:
        names = ",".join(f"{row['role']}:{row['valid_from']}" for row in rows)
        token = hashlib.sha256(f"{now.isoformat()}:{removed}:{names}".encode()).hexdigest()
        append(store, "role_records", pl.DataFrame(rows, schema=_DECLARED), token=token)


def roles_of_files(store: Store) -> list[DeclaredRole]:
    """The roles that files declare."""
    return [_role(row, "valid_until") for row in store.rows(_OF_FILES)]


def role_memberships(store: Store) -> list[Membership]:
    """Who holds which role and when, or did; UTC."""
    declared = [_role(row, "until") for row in store.rows(_IN_TIME)]
    if not any(one.as_logged for one in declared):
        return memberships(declared, ())
    return memberships(declared, map(_logged, store.rows(_LOGGED)))


def write_role_steps(store: Store, page: pl.DataFrame) -> None:
    """Store what events of databases say of roles; doing it again changes nothing.

    Args:
        store: where to.
        page: columns `event_id`, `event_time`, `user`, `service`, `category`, `scope`, `asset_id`, `statement` and
            `used_roles`.
    """
    told = page.filter(
        (pl.col("category") == "database")
        & (pl.col("statement").str.contains(_TELLS) | (pl.col("used_roles").str.len_chars() > 0))
    )
    rows: dict[object, dict[str, object]] = {}
    for event in told.iter_rows(named=True):
        at = utc(event["event_time"])
        for said in _said(event):
            # A role in use is noted once an hour.
            hour = at.replace(minute=0, second=0, microsecond=0) if said.step == "held" else event["event_id"]
            rows[said, hour] = {
                **vars(said),
                "event_time": at,
                "account": event["user"],
                **{name: event[name] for name in ("service", "event_id", "scope", "asset_id")},
            }
    if rows:
        frame = pl.DataFrame(list(rows.values()), schema=_STEPS)
        append(store, "role_steps", frame, token=f"roles:{frame.height}:{frame['event_id'].hash(seed=7).sum()}")


def _said(event: Mapping[str, object]) -> Iterator[RoleStep]:
    account = str(event["user"])
    yield from role_steps(str(event["statement"]), account, folds=str(event["service"]).startswith("postgres"))
    # ClickHouse writes which roles a query used; an array is joined by commas, or as it writes arrays in CSV.
    for name in re.findall(r"[^\s,\[\]'\"]+", str(event["used_roles"])):
        yield RoleStep(name, account, "held")


def _role(row: Mapping[str, object], until: str) -> DeclaredRole:
    members = row["members"]
    return DeclaredRole(
        role=str(row["role"]),
        members=tuple(map(str, members)) if isinstance(members, list) else (),
        valid_from=utc(row["valid_from"]),
        valid_until=utc(row[until]),
        as_logged=bool(row["as_logged"]),
        approved_by=str(row["approved_by"]),
    )


def _logged(row: Mapping[str, object]) -> LoggedStep:
    said = RoleStep(str(row["role"]), str(row["member"]), str(row["step"]))  # type: ignore[arg-type]
    return LoggedStep(said, utc(row["event_time"]).astimezone(UTC), str(row["account"]))
