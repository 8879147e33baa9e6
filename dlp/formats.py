"""The formats of `rules/dlp/formats.yml`: what identifiers begin with and look like, each with its source and mark.

Read once when the recognizers are imported: they are patterns of the program that a reader may check and correct
without reading code.
"""

from functools import cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from dlp.errors import PolicyError
from dlp.policy_files import shipped_text


class Format(BaseModel):
    """How one sort of identifier is written, where that is known from, and how surely."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mark: Literal["C", "S", "K"]
    source: str
    patterns: tuple[str, ...]


def pattern_of(*names: str) -> str:
    """The alternatives of these formats as one pattern.

    Raises:
        PolicyError: the file that ships with the product is damaged, or has no such format.
    """
    known = formats()
    missing = [name for name in names if name not in known]
    if missing:
        raise PolicyError(f"rules/dlp/formats.yml: {', '.join(missing)} is missing; recognizers rest on it")
    return "|".join(pattern for name in names for pattern in known[name].patterns)


@cache
def formats() -> dict[str, Format]:
    """Every format by its name.

    Raises:
        PolicyError: the file that ships with the product is damaged.
    """
    text = shipped_text("formats.yml")
    try:
        return TypeAdapter(dict[str, Format]).validate_python(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise PolicyError(f"rules/dlp/formats.yml: {error}") from error
