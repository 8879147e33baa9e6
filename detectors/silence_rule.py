"""The rule for silent sources: how steady a source must have been, and how long it must be missing (R64, R103).

A rule of its own kind, in `rules/detections/silent_source.yml`: it looks at what did not arrive, as no Sigma rule can.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detectors.errors import ContentError
from detectors.rule import RuleHead


@dataclass(frozen=True)
class SilenceRule:
    """How steady a source must have been, and how long it must be missing.

    Attributes:
        baseline_hours: how far back the rhythm is learnt.
        minimum_hours: how long a source must have been heard to have a rhythm.
        minimum_coverage: share of the five-minute spans of that time in which it was heard.
        silent_minutes: shortest silence that counts.
        times_longest_gap: the silence must also be so many times its longest usual gap.
        archive_lag_minutes: a source whose newest event arrived later than this was read from an archive; what arrived
            no further apart was read together.
    """

    head: RuleHead
    baseline_hours: int
    minimum_hours: float
    minimum_coverage: float
    silent_minutes: int
    times_longest_gap: float
    archive_lag_minutes: int


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    baseline_hours: int = Field(ge=1, le=24 * 31)
    minimum_hours: float = Field(gt=0)
    minimum_coverage: float = Field(ge=0, le=1)
    silent_minutes: int = Field(ge=5)
    times_longest_gap: float = Field(ge=1)
    archive_lag_minutes: int = Field(ge=5)


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    title: str
    title_zh: str = ""
    level: Literal["informational", "low", "medium", "high", "critical"]
    event_class: str = "SHECONFIG"
    tags: list[str] = []
    parameters: _Parameters


def load_silence_rule(path: Path) -> SilenceRule:
    """The rule in a file.

    Raises:
        ContentError: it cannot be read, or a parameter is missing or out of range.
    """
    try:
        content = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise ContentError(path, f"not a rule for silent sources: {error}") from error
    version = hashlib.sha256(content.parameters.model_dump_json().encode()).hexdigest()[:32]
    head = RuleHead(
        id=content.id,
        version=version,
        title=content.title,
        path=path,
        level=content.level,
        tags=tuple(content.tags),
        event_class=content.event_class,
        title_zh=content.title_zh,
    )
    return SilenceRule(head, **content.parameters.model_dump())
