"""The file `rules/dlp/catalogue.yml`, read and checked: how fresh entries must be, and how much each drift matters."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dlp.errors import PolicyError
from dlp.policy import GRADES, Grade
from dlp.policy_files import shipped_text, validated

_STRICT = ConfigDict(extra="forbid", frozen=True)

DriftKind = Literal[
    "no_entry",
    "never_met",
    "gone",
    "scan_overdue",
    "entry_overdue",
    "columns_changed",
    "regraded",
    "persons_differ",
]
DRIFT_KINDS: tuple[DriftKind, ...] = (
    *("no_entry", "never_met", "gone", "scan_overdue"),
    *("entry_overdue", "columns_changed", "regraded", "persons_differ"),
)
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


class Period(BaseModel):
    """After how many days an entry is to be confirmed, and its data set scanned."""

    model_config = _STRICT
    entry_days: int = Field(ge=1)
    scan_days: int = Field(ge=1)


class FreshnessPolicy(BaseModel):
    """What the catalogue is held against.

    Attributes:
        periods: by grade; `ungraded` of data sets without one.
        persons_factor: by how much persons counted and declared may differ.
        warn_from: the severity from which the daily check warns.
    """

    model_config = _STRICT
    version: str
    periods: dict[Grade, Period]
    ungraded: Period
    persons_factor: float = Field(gt=1, allow_inf_nan=False)
    severities: dict[DriftKind, Severity]
    warn_from: Severity

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for key, known, needed in (
            ("periods", set(self.periods), GRADES),
            ("severities", set(self.severities), DRIFT_KINDS),
        ):
            missing = [name for name in needed if name not in known]
            if missing:
                raise ValueError(f"{key}: nothing is said of {', '.join(missing)}")
        return self

    def period(self, grade: str) -> Period:
        """The period of a grade; '' is none."""
        return next((period for known, period in self.periods.items() if known == grade), self.ungraded)

    def is_at_least(self, kind: DriftKind, severity: str) -> bool:
        """Whether a drift matters as much as that, or more."""
        return SEVERITIES.index(self.severities[kind]) >= [*SEVERITIES].index(severity)  # type: ignore[arg-type]


def freshness_policy_of(rules: Path) -> FreshnessPolicy:
    """The freshness policy of a rules folder; what ships where the folder, an older copy, has none.

    Raises:
        PolicyError: the file cannot be read, or says something that is not allowed.
    """
    path = rules / "dlp" / "catalogue.yml"
    if not path.exists():
        return default_freshness_policy()
    try:
        return validated(FreshnessPolicy, path.read_text(encoding="utf-8"), where=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the freshness policy cannot be read: {error}") from error


@cache
def default_freshness_policy() -> FreshnessPolicy:
    """The freshness policy that ships with the product, `rules/dlp/catalogue.yml`."""
    return validated(FreshnessPolicy, shipped_text("catalogue.yml"), where="rules/dlp/catalogue.yml")
