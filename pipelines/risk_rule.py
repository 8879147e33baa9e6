"""The rule behind risk incidents: its text from `detections/entity_risk.yml`, its numbers from `thresholds.yml`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assets.rollup import weight_of
from assets.strict_yaml import YamlRefused, read_yaml
from detectors.errors import ContentError
from detectors.rule import RuleHead
from response.risk import RiskWeights

MOST_CRITICAL = weight_of(4, True, "core")


@dataclass(frozen=True)
class RiskRule:
    """What an incident is called, and when there is one."""

    head: RuleHead
    weights: RiskWeights


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    title: str
    title_zh: str = ""
    level: Literal["informational", "low", "medium", "high", "critical"]
    event_class: str = "NAOTH"


def load_risk_rule(path: Path, *, thresholds: Path, shipped: Path) -> RiskRule:
    """The rule in a file, with the weights of a thresholds file; of those that ship where that one has none.

    Raises:
        ContentError: one of them cannot be read or is out of range, or one rule alone could make an incident.
    """
    try:
        content = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise ContentError(path, f"not a rule for risk incidents: {error}") from error
    weights = _weights(thresholds) or _weights(shipped)
    if weights is None:
        raise ContentError(shipped, "the key risk is missing")
    version = hashlib.sha256(TypeAdapter(RiskWeights).dump_json(weights)).hexdigest()[:32]
    head = RuleHead(
        id=content.id,
        version=version,
        title=content.title,
        path=path,
        level=content.level,
        event_class=content.event_class,
        title_zh=content.title_zh,
    )
    return RiskRule(head, weights)


def _weights(path: Path) -> RiskWeights | None:
    try:
        document = read_yaml(path)
    except YamlRefused as error:
        raise ContentError(path, str(error)) from error
    if not isinstance(document.content, dict) or "risk" not in document.content:
        return None
    try:
        weights = TypeAdapter(RiskWeights).validate_python(document.content["risk"])
    except ValidationError as error:
        first = error.errors()[0]
        place = ("risk", *first["loc"])
        raise ContentError(path, f"{'.'.join(map(str, place))}: {first['msg']}", line=document.line(place)) from error
    alone = weights.most_of_one_rule(MOST_CRITICAL)
    if alone >= weights.threshold:
        told = f"risk.threshold: one rule alone reaches {alone:g}, set it higher"
        raise ContentError(path, told, line=document.line(("risk", "threshold")))
    return weights
