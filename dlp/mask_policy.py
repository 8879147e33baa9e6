"""The masking policy of `rules/dlp/masking.yml`, read and checked: how strong masks must be, and how they are made."""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from dlp.errors import PolicyError
from dlp.policy import default_policy
from dlp.policy_files import shipped_text, validated
from dlp.registry import ENTITY_TYPES

Sharing = Literal["public", "controlled", "enclave"]
Purpose = Literal["display", "test", "sharing"]
Declared = Literal["mask", "token", "hash"]
OperatorName = Literal[
    "keep",
    "mask",
    "redact",
    "replace",
    "token",
    "pseudonym",
    "hash",
    "encrypt",
    "year",
    "month",
    "age_band",
    "band",
    "district",
    "round",
]

_STRICT = ConfigDict(extra="forbid", frozen=True)
_DEFAULT = "default"
_TYPES = "types"  # under this name the context of validation holds those of the house


class Declaration(BaseModel):
    """What the house says of some columns: patterns of data set and column, and what they hold."""

    model_config = _STRICT
    dataset: str = "*"
    column: str
    holds: Declared = "mask"


class ChecksPolicy(BaseModel):
    """How strong a mask must be, and how much of a data set the checks look at."""

    model_config = _STRICT
    masked_words: tuple[str, ...]
    token_words: tuple[str, ...]
    cipher_words: tuple[str, ...] = ()
    declared: tuple[Declaration, ...] = ()
    least_coverage: float = Field(default=1.0, gt=0, le=1)
    least_hidden: dict[str, float]
    least_candidates: dict[str, int]
    broken_at_most: dict[str, int]
    sampled_rows: int = Field(default=2000, ge=1, le=100_000)
    joined_keys: int = Field(default=20_000, ge=1, le=1_000_000)
    digests_in_scan: int = Field(default=100_000, ge=0, le=100_000_000)
    digests_in_check: int = Field(default=1_000_000, ge=0, le=1_000_000_000)
    divisions: dict[str, str]
    birth_names: tuple[str, ...]
    gender_names: tuple[str, ...]
    division_names: tuple[str, ...]

    @field_validator("least_hidden", "least_candidates", "broken_at_most")
    @classmethod
    def _of_known_types(cls, bounds: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        _known_types(bounds, info)
        if _DEFAULT not in bounds or any(bound < 0 for bound in bounds.values()):
            raise ValueError("needs an entry `default`, and no number below 0")
        return bounds

    def candidates_wanted(self, entity_type: str) -> int:
        """How many values must still fit a mask of a type."""
        return self.least_candidates.get(entity_type, self.least_candidates[_DEFAULT])

    def candidates_broken(self, entity_type: str) -> int:
        """So many values that fit, or fewer, are no mask."""
        return self.broken_at_most.get(entity_type, self.broken_at_most[_DEFAULT])

    def hidden_wanted(self, entity_type: str) -> float:
        """The share of a value's characters that must be hidden."""
        return self.least_hidden.get(entity_type, self.least_hidden[_DEFAULT])


class SharingPolicy(BaseModel):
    """The thresholds of GB/T 42460-2023 by the way in which data is shared."""

    model_config = _STRICT
    thresholds: dict[Sharing, float]
    context_risk: dict[Sharing, float]
    overall_threshold: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, values in (("thresholds", self.thresholds), ("context_risk", self.context_risk)):
            missing = {"public", "controlled", "enclave"} - set(values)
            if missing or not all(0 < value <= 1 for value in values.values()):
                raise ValueError(f"{name}: a number above 0 and at most 1 for public, controlled and enclave")
        if self.context_risk["public"] != 1:
            raise ValueError("context_risk.public: what is published has the risk 1")
        return self


class Operator(BaseModel):
    """What is put in the place of a value."""

    model_config = _STRICT
    operator: OperatorName
    head: int = Field(default=0, ge=0, le=32)
    tail: int = Field(default=0, ge=0, le=32)
    value: str = "<masked>"
    width: int = Field(default=10, ge=2, le=1_000_000_000)
    decimals: int = Field(default=2, ge=0, le=4)


class Generalised(Operator):
    """What is put in the place of every value of columns that are called so."""

    names: tuple[str, ...] = Field(min_length=1)


class ColumnOperator(Operator):
    """What is put in the place of every value of a column."""

    column: str


class MaskingPolicy(BaseModel):
    """How `rongdun dlp mask` masks."""

    model_config = _STRICT
    key: str = Field(default="masking", pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    purposes: dict[Purpose, dict[str, Operator]]
    generalised: tuple[Generalised, ...] = ()
    columns: tuple[ColumnOperator, ...] = ()
    text_names: Literal["presidio", "patterns"] = "presidio"

    @field_validator("purposes")
    @classmethod
    def _each_with_a_default(
        cls, purposes: dict[Purpose, dict[str, Operator]], info: ValidationInfo
    ) -> dict[Purpose, dict[str, Operator]]:
        for name, operators in purposes.items():
            _known_types(operators, info)
            if _DEFAULT not in operators:
                raise ValueError(f"{name}: needs an entry `default` for the types that are not listed")
        return purposes

    def operator(self, entity_type: str, purpose: Purpose) -> Operator:
        """The operator for a type; the purpose's `default` for one that is not listed."""
        operators = self.purposes[purpose]
        return operators.get(entity_type, operators[_DEFAULT])


class MaskPolicy(BaseModel):
    """The whole file."""

    model_config = _STRICT
    version: str
    checks: ChecksPolicy
    sharing: SharingPolicy
    masking: MaskingPolicy


def load_mask_policy(path: Path, types: Collection[str] = ()) -> MaskPolicy:
    """The masking policy in a YAML file; `types` are those of the house besides those that ship.

    Raises:
        PolicyError: the file cannot be read, is not YAML, or says something that is not allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the masking policy cannot be read: {error}") from error
    return validated(MaskPolicy, text, where=str(path), context={_TYPES: types})


@cache
def default_mask_policy() -> MaskPolicy:
    """The policy that ships with the product, `rules/dlp/masking.yml`."""
    return validated(MaskPolicy, shipped_text("masking.yml"), where="rules/dlp/masking.yml")


def _known_types(names: Collection[str], info: ValidationInfo) -> None:
    house = (info.context or {}).get(_TYPES, ())
    known = {_DEFAULT, *ENTITY_TYPES, *default_policy().entities, *house}
    strangers = [name for name in names if name not in known]
    if strangers:
        raise ValueError(f"{', '.join(strangers)}: no such type of personal data")
