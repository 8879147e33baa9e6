"""The grading file of `rules/dlp/`, read and checked: harm, floors, scale, derivation, triggers, trees of classes."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dlp.errors import PolicyError
from dlp.policy import GeneralGrade, Grade
from dlp.policy_files import shipped_text, validated

Direction = Literal["up", "down", "either"]
_STRICT = ConfigDict(extra="forbid", frozen=True)
_PERSONAL_GRADES = ("general-1", "general-2", "general-3", "general-4")


class Named(BaseModel):
    """Something that has a name in both languages."""

    model_config = _STRICT
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Impact(BaseModel):
    """GB/T 43697-2024 table 1: the level that follows from what is harmed and how badly."""

    model_config = _STRICT
    objects: dict[str, Named]
    degrees: dict[str, Named]
    matrix: dict[str, dict[str, Grade]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for harmed in self.objects:
            missing = [degree for degree in self.degrees if degree not in self.matrix.get(harmed, {})]
            if missing:
                raise ValueError(f"matrix.{harmed}: no level for {', '.join(missing)}")
        for rights in ("organisation_rights", "personal_rights"):
            above = [grade for grade in self.matrix.get(rights, {}).values() if grade not in _PERSONAL_GRADES]
            if above:
                raise ValueError(f"matrix.{rights}: {above[0]} is above general-4, which harm to it cannot give")
        return self

    def grade(self, harmed: str, degree: str) -> Grade:
        """The level of data whose loss would do this harm.

        Raises:
            PolicyError: the object or the degree is none of the policy's.
        """
        try:
            return self.matrix[harmed][degree]
        except KeyError as error:
            raise PolicyError(
                f"impact: {harmed}/{degree} is not in the matrix: use one of {', '.join(self.objects)} "
                f"with one of {', '.join(self.degrees)}"
            ) from error


class Floors(BaseModel):
    """GB/T 43697-2024 annex H.4: grades that data of a kind never goes below."""

    model_config = _STRICT
    sensitive_personal: GeneralGrade
    personal: GeneralGrade
    employees: GeneralGrade
    deidentified: GeneralGrade
    labels: GeneralGrade
    conditional_public: GeneralGrade
    forbidden_public: GeneralGrade


class Scale(BaseModel):
    """From how many persons, and from how many kinds of data about each, somebody looks again."""

    model_config = _STRICT
    review_persons: int = Field(ge=1)
    important_duties_persons: int = Field(ge=1)
    audit_persons: int = Field(ge=1)
    aggregated_types: int = Field(ge=2)
    city_persons: int = Field(ge=1)
    covering_share: float = Field(gt=0, le=1)


class Derivation(Named):
    """A way in which data is made from other data, and where that may take its grade."""

    direction: Direction


class Trigger(Named):
    """Something that asks for a new look at a confirmed grade; `factor` and `days` where it is measured."""

    factor: float | None = Field(default=None, gt=1)
    days: int | None = Field(default=None, ge=1)


class Finance(BaseModel):
    """JR/T 0197-2020: the levels of financial data."""

    model_config = _STRICT
    industries: tuple[str, ...]
    matrix: dict[str, dict[str, int]]
    important_data: int = Field(ge=1, le=5)
    masked: dict[int, int]
    fusion: dict[int, int]


class GradingPolicy(BaseModel):
    """Everything that decides how a data set is classified and graded."""

    model_config = _STRICT
    version: str
    impact: Impact
    floors: Floors
    scale: Scale
    derived: dict[str, Derivation]
    triggers: dict[str, Trigger]
    finance: Finance
    industries: dict[str, Named]
    objects: dict[str, Named]
    subjects: dict[str, Named]
    openness: dict[str, Named]
    important_factors: dict[str, Named]

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        strange = [name for name in self.finance.industries if name not in self.industries]
        if strange:
            raise ValueError(f"finance.industries: {strange[0]!r} is none of {', '.join(self.industries)}")
        if self.triggers["size_change"].factor is None or self.triggers["staleness"].days is None:
            raise ValueError("triggers: size_change needs a factor, staleness needs days")
        return self

    @property
    def resize_factor(self) -> float:
        """How many times larger or smaller a data set must have become."""
        return self.triggers["size_change"].factor or 2.0

    @property
    def stale_days(self) -> int:
        """After how many days a confirmed grade is looked at again."""
        return self.triggers["staleness"].days or 365


def load_grading(path: Path) -> GradingPolicy:
    """The grading policy in a YAML file.

    Raises:
        PolicyError: the file cannot be read, is not YAML, or says something that is not allowed.
    """
    try:
        return validated(GradingPolicy, path.read_text(encoding="utf-8"), where=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the grading policy cannot be read: {error}") from error


def grading_of(rules: Path) -> GradingPolicy:
    """The grading policy of a rules folder; what ships where the folder, an older copy, has none.

    Raises:
        PolicyError: the file says something that is not allowed.
    """
    path = rules / "dlp" / "grading.yml"
    return load_grading(path) if path.exists() else default_grading()


@cache
def default_grading() -> GradingPolicy:
    """The grading policy that ships with the product, `rules/dlp/grading.yml`."""
    text = shipped_text("grading.yml")
    return validated(GradingPolicy, text, where="rules/dlp/grading.yml")
