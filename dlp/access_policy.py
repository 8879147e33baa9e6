"""The access file of `rules/dlp/`, read and checked: legal bases, thresholds, and how tickets are written."""

import re
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dlp.errors import PolicyError
from dlp.exchange_policy import ExchangePolicy
from dlp.grading_policy import Named
from dlp.policy import GRADES, Grade
from dlp.policy_files import shipped_text, validated


def _shipped_limits() -> ExchangePolicy:
    return default_access_policy().exchange


class AccessPolicy(BaseModel):
    """On what grounds data may be used, and which uses are told of.

    Attributes:
        legal_bases: the grounds by name.
        protected_from: the grade from which a use needs a grant.
        bulk_rows: rows of one data set within an hour that are bulk.
        dormant_days: after how many days an unused grant is dormant.
        own_accounts: database accounts of the platform itself.
        ticket_pattern, purpose_pattern: what they look like in a statement's comment; the first group counts.
        exchange: what exchanges between levels are judged by; what ships, where an older file says nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    legal_bases: dict[str, Named]
    protected_from: Grade
    bulk_rows: int = Field(ge=1)
    dormant_days: int = Field(ge=1)
    own_accounts: tuple[str, ...] = ()
    ticket_pattern: str
    purpose_pattern: str
    exchange: ExchangePolicy = Field(default_factory=_shipped_limits)

    @model_validator(mode="after")
    def _patterns(self) -> Self:
        for name in ("ticket_pattern", "purpose_pattern"):
            try:
                pattern = re.compile(getattr(self, name))
            except re.error as error:
                raise ValueError(f"{name}: not a regular expression: {error}") from error
            if pattern.groups != 1:
                raise ValueError(f"{name}: needs exactly one group, has {pattern.groups}")
        return self

    def protects(self, grade: str) -> bool:
        """Whether data of this grade is used with a grant only; '' is no grade."""
        return grade in GRADES and GRADES.index(grade) >= GRADES.index(self.protected_from)


def access_policy_of(rules: Path) -> AccessPolicy:
    """The access policy of a rules folder; what ships where the folder, an older copy, has none.

    Raises:
        PolicyError: the file cannot be read, or says something that is not allowed.
    """
    path = rules / "dlp" / "access.yml"
    if not path.exists():
        return default_access_policy()
    try:
        return validated(AccessPolicy, path.read_text(encoding="utf-8"), where=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the access policy cannot be read: {error}") from error


@cache
def default_access_policy() -> AccessPolicy:
    """The access policy that ships with the product, `rules/dlp/access.yml`."""
    text = shipped_text("access.yml")
    return validated(AccessPolicy, text, where="rules/dlp/access.yml")
