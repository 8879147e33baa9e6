"""Who holds which database role, and when: a grant to a role is one to each account that holds it at the time.

What a file declares counts for the time it names. What the databases' logs say counts for roles of which the house says
so (`as_logged`): a member may otherwise be made by whoever runs the database. Nobody is covered by a role that they
gave themselves, or by a grant that they approved.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dlp.errors import GrantInvalid
from dlp.grants import Grant, Moment
from dlp.problem_lines import problem_lines
from dlp.registrations import Filled, Text
from dlp.role_statements import RoleStep

_DEEPEST = 8  # roles within roles
_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class DeclaredRole(BaseModel):
    """A role as a file of grants declares it.

    Attributes:
        members: accounts, or roles, that hold it; none where only the logs say.
        valid_from, valid_until: UTC; the second is not part of it.
        as_logged: whether those count as members too of whom the databases' logs say so.
        approved_by: who let them have it: none of the members.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    role: Filled
    members: tuple[Filled, ...] = ()
    valid_from: Moment
    valid_until: Moment
    as_logged: bool = False
    approved_by: Text = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.valid_until <= self.valid_from:
            raise ValueError("valid_until is not after valid_from")
        if not self.members and not self.as_logged:
            raise ValueError("neither members nor as_logged: nobody would hold it")
        if "*" in self.role or any("*" in member for member in self.members):
            raise ValueError("roles and members are names, not patterns")
        if self.approved_by in self.members:
            raise ValueError(f"{self.approved_by} approves what they hold themselves: another one must")
        return self

    @property
    def name(self) -> str:
        """By what two entries are the same: the role and when they begin to hold it."""
        return f"{self.role} from {self.valid_from.isoformat()}"


@dataclass(frozen=True)
class LoggedStep:
    """What a log said of a role: `at` UTC, by whom."""

    said: RoleStep
    at: datetime
    account: str


@dataclass(frozen=True)
class Membership:
    """An account, or a role, holds a role from one moment to another, UTC; the second is not part of it."""

    role: str
    member: str
    valid_from: datetime
    valid_until: datetime


def declared_role(entry: object) -> DeclaredRole:
    """The role of a file's entry.

    Raises:
        GrantInvalid: with one line per problem.
    """
    try:
        return DeclaredRole.model_validate(entry)
    except ValidationError as error:
        raise GrantInvalid(problem_lines(error)) from error


def memberships(declared: Iterable[DeclaredRole], logged: Iterable[LoggedStep]) -> list[Membership]:
    """Who holds which role and when, by files and by logs."""
    known = list(declared)
    found = [Membership(one.role, member, one.valid_from, one.valid_until) for one in known for member in one.members]
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in known:
        if one.as_logged:
            spans[one.role].append((one.valid_from, one.valid_until))
    for held in _logged(logged):
        for begin, end in spans.get(held.role, ()):
            clipped = _clipped(held, begin, end)
            found += [clipped] if clipped else []
    return list(dict.fromkeys(found))


def granted_to_members(grants: Sequence[Grant], held: Iterable[Membership]) -> list[Grant]:
    """The grants, and for each one to a role those that its members have by it: the time is what both have."""
    by_role: dict[str, list[Membership]] = defaultdict(list)
    for one in held:
        by_role[one.role].append(one)
    if not by_role:
        return list(grants)
    found = list(grants)
    for grant in grants:
        for member in _members(grant.subject, by_role):
            begin, end = max(grant.valid_from, member.valid_from), min(grant.valid_until, member.valid_until)
            if begin < end and member.member != grant.approved_by:
                found.append(
                    grant.model_copy(update={"subject": member.member, "valid_from": begin, "valid_until": end})
                )
    return found


def _members(role: str, by_role: dict[str, list[Membership]]) -> list[Membership]:
    """All who hold a role, by themselves or through other roles, each with the time that the whole way holds."""
    found: dict[Membership, None] = {}
    reached = list(by_role.get(role, ()))
    for _ in range(_DEEPEST):
        fresh = [one for one in reached if one not in found]
        found.update(dict.fromkeys(fresh))
        reached = [
            clipped
            for one in fresh
            for inner in by_role.get(one.member, ())
            if inner.member != role and (clipped := _clipped(inner, one.valid_from, one.valid_until))
        ]
    return list(found)


def _clipped(one: Membership, begin: datetime, end: datetime) -> Membership | None:
    first, last = max(one.valid_from, begin), min(one.valid_until, end)
    return Membership(one.role, one.member, first, last) if first < last else None


def _logged(steps: Iterable[LoggedStep]) -> Iterator[Membership]:
    """What the logs make of it: from the giving to the taking; a role seen in use, for that day (UTC)."""
    ordered = sorted(steps, key=lambda step: step.at)
    pairs: dict[tuple[str, str], list[LoggedStep]] = defaultdict(list)
    whole = [step for step in ordered if not (step.said.role and step.said.member)]  # a role, or an account, is gone
    for step in ordered:
        if step.said.role and step.said.member:
            pairs[step.said.role, step.said.member].append(step)
    for (role, member), own in pairs.items():
        own += [step for step in whole if step.said.role in ("", role) and step.said.member in ("", member)]
        own.sort(key=lambda step: step.at)
    for (role, member), own in pairs.items():
        for begin, end in _spans(own, member):
            yield Membership(role, member, begin, end)


def _spans(steps: Sequence[LoggedStep], member: str) -> Iterator[tuple[datetime, datetime]]:
    since: datetime | None = None
    taken = datetime(1, 1, 1, tzinfo=UTC)
    days: dict[datetime, datetime] = {}  # when a day of use begins, or the role came back in it, to its end
    for step in steps:
        if step.said.step == "given" and step.account != member:
            since = since or step.at
        elif step.said.step == "held":
            day = datetime.combine(step.at.date(), time(), UTC)
            days[max(day, taken)] = day + _DAY
        elif step.said.step == "taken":
            if since is not None:
                yield since, step.at
            since, taken = None, step.at
            days = {begin: min(end, step.at) if begin < step.at else end for begin, end in days.items()}
    if since is not None:
        yield since, _ALWAYS
    yield from days.items()
