"""Roles that a file of grants declares beside them: read, checked for who approved and who imports, and stored."""

from collections.abc import Sequence
from pathlib import Path

from dlp.errors import GrantInvalid
from dlp.roles import DeclaredRole, declared_role
from pipelines.declared_files import declared
from pipelines.declaring import Declared, Importer, ImportReport, declare
from pipelines.roles import roles_of_files, write_roles
from store.client import Store

GRANTS, ROLES = "grants", "roles"
_ROLES = Declared[DeclaredRole](
    noun="roles",
    step=("roles.imported", "grants", "file", "grants import"),
    name=lambda one: one.name,
    write=lambda store, roles, removed, now: write_roles(store, roles, removed=removed, now=now),
)


def load_roles(path: Path) -> list[DeclaredRole]:
    """The roles of a file of grants, in its order; CSV declares none.

    Raises:
        GrantInvalid: with one line per problem: file, line, key and what is allowed.
    """
    if path.suffix.lower() == ".csv":
        return []
    return declared(path, ROLES, dict, declared_role, lambda one: one.name, GrantInvalid, beside=(GRANTS,))


def check_roles(path: Path, read: Sequence[DeclaredRole], actor: str) -> list[str]:
    """What is wrong with who approved the roles of a file, and with who imports them."""
    return [
        *(f"{path}: {one.role}: nobody approved it: approved_by is missing" for one in read if not one.approved_by),
        *(
            f"{path}: {one.role}: {actor} imports a role that {actor} holds: another one must"
            for one in read
            if actor in one.members
        ),
    ]


def import_roles(
    path: Path, store: Store, read: Sequence[DeclaredRole], *, remove_missing: bool, by: Importer
) -> ImportReport:
    """What changed when the roles of a file counted; importing a file again changes nothing."""
    return declare(store, path, _ROLES, read, roles_of_files(store), remove_missing=remove_missing, by=by)
