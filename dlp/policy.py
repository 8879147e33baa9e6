"""The policy file of `rules/dlp/`, read and checked: what each type is, its grade, and what its columns are called."""

from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dlp.errors import PolicyError
from dlp.policy_files import shipped_text, validated
from dlp.registry import ENTITY_TYPES

Grade = Literal["general-1", "general-2", "general-3", "general-4", "important", "core"]
GRADES: tuple[Grade, ...] = ("general-1", "general-2", "general-3", "general-4", "important", "core")
GeneralGrade = Literal["general-1", "general-2", "general-3", "general-4"]

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Standard(BaseModel):
    """A standard that the policy follows, and since when it counts."""

    model_config = _STRICT
    title: str
    effective: date


class Standards(BaseModel):
    """The standards by the short names the rest of the policy uses."""

    model_config = _STRICT
    gbt_35273: Standard
    gbt_45574: Standard
    gbt_43697: Standard
    jrt_0197: Standard


class Combination(BaseModel):
    """When several direct identifiers in one data set raise its grade."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    direct_identifiers: int = Field(ge=2)
    below: GeneralGrade = Field(alias="from")
    to: GeneralGrade


class House(BaseModel):
    """What this house decided where the standards leave a choice."""

    model_config = _STRICT
    id_number_is_sensitive: bool
    combination: Combination
    masked_grade: GeneralGrade
    review_rows: int = Field(ge=1)


class Masks(BaseModel):
    """How strong a mask must be, and who lives here."""

    model_config = _STRICT
    broken_at_most: int = Field(ge=0)
    weak_below: int = Field(ge=1)
    local_divisions: tuple[str, ...]
    divisions_per_hidden_pair: int = Field(ge=1)
    birth_years: tuple[int, int]
    mobile_prefixes: tuple[str, ...] = ()
    local_mobile_segments: tuple[str, ...] = ()
    card_prefixes: tuple[str, ...] = ()
    surnames: int = Field(default=400, ge=1)
    name_characters: int = Field(default=3000, ge=1)
    mail_providers: int = Field(default=20, ge=1)

    @field_validator("mobile_prefixes", "local_mobile_segments")
    @classmethod
    def _equally_long(cls, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        if len({len(prefix) for prefix in prefixes}) > 1 or not all(prefix.isdigit() for prefix in prefixes):
            raise ValueError("beginnings of numbers: digits, all equally many")
        return prefixes


class TextPolicy(BaseModel):
    """How much of a column of sentences the text engine reads, and what it must see."""

    model_config = _STRICT
    values: int = Field(default=200, ge=0)
    characters: int = Field(default=500, ge=1)
    least_share: float = Field(default=0.05, ge=0, le=1)
    least_score: float = Field(default=0.3, ge=0, le=1)
    least_names: float = Field(default=0.1, ge=0, le=1)
    hint_confidence: float = Field(default=0.3, gt=0, lt=0.5)
    confirmed_values: int = Field(default=20, ge=0)


class Category(BaseModel):
    """A branch of the personal-information tree of GB/T 43697-2024 annex B.1."""

    model_config = _STRICT
    zh: str
    en: str


class EntityPolicy(BaseModel):
    """What one type of personal data is, its lowest grade, and what its columns are called."""

    model_config = _STRICT
    zh: str
    en: str
    category: str
    direct_identifier: bool = False
    identity_number: bool = False
    sensitive_35273: bool
    sensitive_45574: bool
    grade: GeneralGrade  # important and core are a person's decision
    jrt_level: int = Field(ge=1, le=5)
    column_names: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    vague_names: tuple[str, ...] = ()  # may name other things as well: the values must speak too
    role_endings: tuple[str, ...] = ()  # the last character of such words
    not_roles: tuple[str, ...] = ()  # words that end so and are nobody: 水管, 预警
    role_names: tuple[str, ...] = ()  # what somebody is: such values are enough, however often they repeat
    values: tuple[str, ...] = ()  # all that a value may be, in small letters
    values_alone: bool = False  # whether they tell the type without the name of the column


class Policy(BaseModel):
    """Everything that decides how found personal data is called, graded and judged."""

    model_config = _STRICT
    version: str
    standards: Standards
    house: House
    masks: Masks
    text: TextPolicy = TextPolicy()
    categories: dict[str, Category]
    entities: dict[str, EntityPolicy]
    about_words: tuple[str, ...]
    about_last_words: tuple[str, ...] = ()
    document_names: tuple[str, ...] = ()
    vague_document_names: tuple[str, ...] = ()
    machine_words: tuple[str, ...]
    hash_words: tuple[str, ...]
    keyed_words: tuple[str, ...]
    null_words: tuple[str, ...] = ()

    @cached_property
    def vocabulary(self) -> dict[str, tuple[str, ...]]:
        """For each word that a closed list holds, the types it may be a value of."""
        types: dict[str, tuple[str, ...]] = {}
        for name, entity in self.entities.items():
            for word in entity.values:
                types[word] = (*types.get(word, ()), name)
        return types

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        for name, entity in self.entities.items():
            if entity.category not in self.categories:
                raise ValueError(
                    f"entities.{name}.category: {entity.category!r} is none of {', '.join(self.categories)}"
                )
        missing = [name for name in ENTITY_TYPES if name not in self.entities]
        if missing:
            raise ValueError(f"entities: {', '.join(missing)} are recognized but have no entry")
        return self


def load_policy(path: Path) -> Policy:
    """The policy in a YAML file.

    Raises:
        PolicyError: the file cannot be read, is not YAML, or says something that is not allowed.
    """
    try:
        return validated(Policy, path.read_text(encoding="utf-8"), where=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the data-protection policy cannot be read: {error}") from error


@cache
def default_policy() -> Policy:
    """The policy that ships with the product, `rules/dlp/policy.yml`."""
    text = shipped_text("policy.yml")
    return validated(Policy, text, where="rules/dlp/policy.yml")
