"""Log sources that fell silent: steady for long enough to be missed, then nothing while others went on (R64, R103).

A rule of its own kind, in `rules/detections/silent_source.yml`: it looks at what did not arrive, as no Sigma rule can.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detectors.errors import ContentError
from detectors.rule import RuleHead


@dataclass(frozen=True)
class SourceActivity:
    """When one log source of one host was heard.

    Attributes:
        buckets: starts of the five-minute spans of event time in which it said something, UTC, in order.
        expected: whether the host's asset names it as a source that must not fall silent.
    """

    host: str
    source_type: str
    scope: str
    asset_id: str
    buckets: tuple[datetime, ...]
    expected: bool = False


@dataclass(frozen=True)
class SilenceRule:
    """How steady a source must have been, and how long it must be missing.

    Attributes:
        baseline_hours: how far back the rhythm is learnt.
        minimum_hours: how long a source must have been heard to have a rhythm.
        minimum_coverage: share of the five-minute spans of that time in which it was heard.
        silent_minutes: shortest silence that counts.
        times_longest_gap: the silence must also be so many times its longest usual gap.
    """

    head: RuleHead
    baseline_hours: int
    minimum_hours: float
    minimum_coverage: float
    silent_minutes: int
    times_longest_gap: float


@dataclass(frozen=True)
class Silence:
    """A source that fell silent."""

    source: SourceActivity
    last_heard: datetime
    longest_gap: timedelta
    silent_for: timedelta


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    baseline_hours: int = Field(ge=1, le=24 * 31)
    minimum_hours: float = Field(gt=0)
    minimum_coverage: float = Field(ge=0, le=1)
    silent_minutes: int = Field(ge=5)
    times_longest_gap: float = Field(ge=1)


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


def silences(rule: SilenceRule, activity: Iterable[SourceActivity], *, horizon: datetime) -> list[Silence]:
    """The sources that were steady before and are silent at the horizon, longest silence first.

    Args:
        rule: how steady is steady, and how long is silent.
        activity: every source, heard or not.
        horizon: the latest moment any source was heard, UTC: silence is measured against the others, not the clock.
    """
    found = [silence for source in activity if (silence := _silence(rule, source, horizon))]
    return sorted(found, key=lambda silence: (-silence.silent_for, silence.source.host, silence.source.source_type))


def _silence(rule: SilenceRule, source: SourceActivity, horizon: datetime) -> Silence | None:
    since = horizon - timedelta(hours=rule.baseline_hours)
    heard = sorted({bucket for bucket in source.buckets if since <= bucket <= horizon})
    if len(heard) < 2:
        return None
    silent_for = horizon - heard[-1]
    longest_gap = max(later - earlier for earlier, later in pairwise(heard))
    shortest = max(timedelta(minutes=rule.silent_minutes), longest_gap * rule.times_longest_gap)
    if silent_for < shortest or not (source.expected or _steady(rule, heard)):
        return None
    return Silence(source, heard[-1], longest_gap, silent_for)


def _steady(rule: SilenceRule, heard: list[datetime]) -> bool:
    lasted = heard[-1] - heard[0]
    spans = lasted / timedelta(minutes=5) + 1
    return lasted >= timedelta(hours=rule.minimum_hours) and len(heard) / spans >= rule.minimum_coverage
