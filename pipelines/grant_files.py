"""Files of grants: read, checked for who approved and who imports, and brought into the database."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dlp.access_policy import AccessPolicy
from dlp.errors import GrantInvalid
from dlp.grants import Grant, grant
from dlp.roles import DeclaredRole
from pipelines.declared_files import declared
from pipelines.declaring import Declared, Importer, ImportReport, declare
from pipelines.grants import grants_of_files, write_grants
from pipelines.role_files import GRANTS, ROLES, check_roles, import_roles, load_roles
from response.chain import Role
from store.client import Store

_LISTS = ("datasets", "columns")
_GRANTS = Declared[Grant](
    noun="grants",
    step=("grants.imported", "grants", "file", "grants import"),
    name=lambda one: one.grant_id,
    write=lambda store, grants, removed, now: write_grants(store, grants, origin="file", removed=removed, now=now),
)


def import_grants(
    path: Path,
    store: Store,
    policy: AccessPolicy,
    *,
    remove_missing: bool = False,
    actor: str = "rongdun",
    role: Role = Role.SYSTEM,
    now: datetime | None = None,
) -> ImportReport:
    """What changed when the grants of a file counted; importing a file again changes nothing.

    Each must name who approved it; who imports must not be the one who is granted something. Grants that the file no
    longer names stay, unless `remove_missing`; those of the desk stay in any case. The roles that the file declares
    count with them.

    Raises:
        GrantInvalid: the file has problems; nothing was imported.
    """
    read, roles = load_grants(path, policy), load_roles(path)
    _check_import(path, read, roles, actor)
    by = Importer(actor, role, now)
    import_roles(path, store, roles, remove_missing=remove_missing, by=by)
    return declare(store, path, _GRANTS, read, grants_of_files(store), remove_missing=remove_missing, by=by)


def load_grants(path: Path, policy: AccessPolicy) -> list[Grant]:
    """The grants of a file, in its order: YAML with the key `grants`, or CSV with lists separated by `;`.

    Raises:
        GrantInvalid: with one line per problem: file, line, key and what is allowed.
    """
    return declared(
        path,
        GRANTS,
        _cells,
        lambda entry: grant(entry, policy),
        lambda one: one.grant_id,
        GrantInvalid,
        beside=(ROLES,),
    )


def _check_import(path: Path, read: Sequence[Grant], roles: Sequence[DeclaredRole], actor: str) -> None:
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
    problems += check_roles(path, roles, actor)
    if problems:
        raise GrantInvalid(problems)


def _cells(row: dict[str, str | None]) -> dict[str, object]:
    filled = {str(key): value.strip() for key, value in row.items() if isinstance(value, str) and value.strip()}
    lists = {name: [part.strip() for part in filled[name].split(";")] for name in _LISTS if name in filled}
    return {**filled, **lists}
