"""Grants: who may use which data, on what ground, what for, until when, how much, approved by whom (R42, R97)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dlp.access_policy import AccessPolicy
from dlp.errors import GrantInvalid
from dlp.problem_lines import problem_lines
from dlp.registrations import Filled, Text


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs a time zone: write it as 2026-01-01T00:00:00+08:00")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class Grant(BaseModel):
    """What one account may do with some data.

    Attributes:
        subject: the account as the databases name it, `*` for any text.
        datasets: names or patterns of tables; `columns` of them, none named: all.
        valid_from, valid_until: UTC; the second is not part of it.
        rows_per_day: how many rows a day (UTC), None without a bound.
        export: whether the data may leave the database.
        unmasked: whether values may be seen that are not masked.
        requested_by, approved_by: who asked, and who let it: never the subject, never the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    grant_id: Identifier
    subject: Filled
    datasets: tuple[Filled, ...] = Field(min_length=1)
    columns: tuple[Filled, ...] = ()
    legal_basis: str
    purpose: Filled
    ticket: Text = ""
    valid_from: Moment
    valid_until: Moment
    rows_per_day: int | None = Field(default=None, ge=1)
    export: bool = False
    unmasked: bool = False
    requested_by: Filled
    approved_by: Text = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.valid_until <= self.valid_from:
            raise ValueError("valid_until is not after valid_from")
        if self.approved_by and self.approved_by in (self.subject, self.requested_by):
            raise ValueError(f"{self.approved_by} approves what they asked for or use themselves: another one must")
        return self

    def is_for(self, account: str, dataset: str) -> bool:
        """Whether the grant is about this account and this data set, whose letter case does not count."""
        return fnmatchcase(account, _literal(self.subject)) and self.is_about(dataset)

    def is_about(self, dataset: str) -> bool:
        """Whether the grant is about this data set."""
        return any(fnmatchcase(dataset.lower(), _literal(pattern.lower())) for pattern in self.datasets)

    def covers(self, columns: Iterable[str]) -> bool:
        """Whether all of these columns are granted; letter case does not count."""
        return not self.columns or {name.lower() for name in columns} <= {name.lower() for name in self.columns}

    def holds_at(self, moment: datetime) -> bool:
        """Whether the grant is valid at a moment, UTC."""
        return self.valid_from <= moment < self.valid_until


@dataclass(frozen=True)
class GrantUse:
    """A grant and when it was last used, UTC; None: never."""

    grant: Grant
    last_used: datetime | None = None


def grant(entry: object, policy: AccessPolicy) -> Grant:
    """The grant of a file's entry.

    Raises:
        GrantInvalid: with one line per problem.
    """
    try:
        found = Grant.model_validate(entry)
    except ValidationError as error:
        raise GrantInvalid(problem_lines(error)) from error
    if found.legal_basis not in policy.legal_bases:
        raise GrantInvalid([f"legal_basis: {found.legal_basis!r} is none of {', '.join(policy.legal_bases)}"])
    return found


def _literal(pattern: str) -> str:
    """A pattern in which nothing but `*` stands for anything else."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
