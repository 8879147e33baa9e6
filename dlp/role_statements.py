"""What statements say of database roles: who was given one, who lost one, who acts under one.

PostgreSQL, MySQL, MariaDB and ClickHouse; roles in the sense of SQL:1999 (GRANT role TO grantee). Only names are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Step = Literal["given", "taken", "held"]

_LONGEST = 8 * 1024
_MOST_NAMES = 64
_NAME = r"""(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|'(?:[^']|'')+'|[^\s,;"'`()@]+)"""
_HOST = rf"(?:\s*@\s*{_NAME})?"
_NAMES = rf"{_NAME}{_HOST}(?:\s*,\s*{_NAME}{_HOST})*"
_ONE = re.compile(rf"(?P<name>{_NAME}){_HOST}")
_COMMENTS = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_WRITTEN: tuple[tuple[str, Step], ...] = (
    # GRANT licence_readers TO lin, chen WITH ADMIN OPTION; a grant of rights has ON and is none of these
    (rf"GRANT\s+(?:ON\s+CLUSTER\s+\S+\s+)?(?P<roles>{_NAMES})\s+TO\s+(?P<members>{_NAMES})", "given"),
    (
        rf"REVOKE\s+(?:ON\s+CLUSTER\s+\S+\s+)?(?:IF\s+EXISTS\s+)?(?P<roles>{_NAMES})\s+FROM\s+(?P<members>{_NAMES})",
        "taken",
    ),
    (rf"ALTER\s+GROUP\s+(?P<roles>{_NAME})\s+ADD\s+USER\s+(?P<members>{_NAMES})", "given"),
    (rf"ALTER\s+GROUP\s+(?P<roles>{_NAME})\s+DROP\s+USER\s+(?P<members>{_NAMES})", "taken"),
    (rf"CREATE\s+(?:ROLE|USER)\s+(?P<members>{_NAME})\s.*?\bIN\s+(?:ROLE|GROUP)\s+(?P<roles>{_NAMES})", "given"),
    (rf"DROP\s+(?:ROLE|GROUP)\s+(?:IF\s+EXISTS\s+)?(?P<roles>{_NAMES})", "taken"),
    (rf"DROP\s+(?:ROLE|USER)\s+(?:IF\s+EXISTS\s+)?(?P<members>{_NAMES})", "taken"),
    (rf"SET\s+(?:(?:SESSION|LOCAL)\s+)?ROLE\s+(?:=\s*|TO\s+)?(?P<roles>{_NAMES})\s*;?\s*$", "held"),
)
_FORMS = tuple((re.compile(rf"^\s*{form}", re.IGNORECASE | re.DOTALL), step) for form, step in _WRITTEN)
_NO_ROLES = frozenset({"none", "all", "default"})  # SET ROLE NONE, SET ROLE ALL EXCEPT ...
_NO_MEMBERS = frozenset({"current_user", "current_role", "session_user"})


@dataclass(frozen=True)
class RoleStep:
    """One thing said of a role.

    Attributes:
        role: its name, '' for every role that the member has.
        member: who was given it or lost it, '' for every member that the role has.
        step: given, taken, or held: somebody acts under it.
    """

    role: str
    member: str
    step: Step


def role_steps(statement: str, account: str, *, folds: bool = False) -> list[RoleStep]:
    """What a statement that an account ran says of roles; nothing for all others.

    Args:
        statement: one statement as the log has it.
        account: who ran it; whoever acts under a role is meant by that.
        folds: whether the database keeps names without quotes in small letters, as PostgreSQL does.
    """
    text = _COMMENTS.sub(" ", statement[:_LONGEST])
    steps: list[RoleStep] = []
    for form, step in _FORMS:
        found = form.match(text)
        if found is not None:
            steps += _steps(found.groupdict(), step, account, folds=folds)
    return list(dict.fromkeys(steps))


def _steps(found: dict[str, str], step: Step, account: str, *, folds: bool) -> Iterator[RoleStep]:
    roles = _names(found["roles"], folds=folds) if "roles" in found else [""]
    members = [account] if step == "held" else _names(found["members"], folds=folds) if "members" in found else [""]
    for role in roles:
        for member in members:
            who = account if member.lower() in _NO_MEMBERS else member
            if role.lower() not in _NO_ROLES:
                yield RoleStep(role, who, step)


def _names(text: str, *, folds: bool) -> list[str]:
    return [_plain(found["name"], folds=folds) for found in _ONE.finditer(text)][:_MOST_NAMES]


def _plain(name: str, *, folds: bool) -> str:
    quote = name[0]
    if quote in "\"'`":
        return name[1:-1].replace(quote * 2, quote)
    return name.lower() if folds else name
