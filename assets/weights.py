"""How much each fact takes off an asset's score: `rules/thresholds.yml`, validated."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from assets.addresses import parse_range
from assets.errors import AddressInvalid, WeightsInvalid
from assets.strict_yaml import YamlRefused, read_yaml

LEVELS = ("critical", "high", "medium", "low", "informational")
OTHER_KEYS = ("risk",)  # of a thresholds file; who reads them validates them
KEYS = {"posture", *OTHER_KEYS}
GRADES = ("core", "important", "general-4", "general-3", "general-2", "general-1")

_STRICT = ConfigDict(extra="forbid")

Points = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Days = Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False)]


def _descending(names: tuple[str, ...]) -> AfterValidator:
    def check(points: Mapping[str, float]) -> Mapping[str, float]:
        if set(points) != set(names):
            raise ValueError(f"give points for each of {', '.join(names)}")
        values = [points[name] for name in names]
        if values != sorted(values, reverse=True):
            raise ValueError(f"points must not rise along {', '.join(names)}")
        return points

    return AfterValidator(check)


def _network(text: str) -> str:
    try:
        parse_range(text)
    except AddressInvalid as error:
        raise ValueError(str(error)) from error
    if "-" in text:
        raise ValueError(f"{text!r} is a first-last range: write a CIDR network")
    return text if "/" in text else f"{text}/{128 if ':' in text else 32}"


@dataclass(frozen=True, config=_STRICT)
class Bands:
    """The least score of each band; below `poor` is critical."""

    good: Points
    fair: Points
    poor: Points

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.good > self.fair > self.poor > 0:
            raise ValueError("bands must fall: good > fair > poor > 0")
        return self

    def of(self, score: float) -> str:
        """The band of a score: good, fair, poor or critical."""
        for name, least in (("good", self.good), ("fair", self.fair), ("poor", self.poor)):
            if score >= least:
                return name
        return "critical"


@dataclass(frozen=True, config=_STRICT)
class AlertWeights:
    """Points per open alert by level, halved every `half_life_days`."""

    points: Annotated[Mapping[str, Points], _descending(LEVELS)]
    half_life_days: Days
    cap: Points


@dataclass(frozen=True, config=_STRICT)
class PersonalDataWeights:
    """Points for the worst grade found unmasked, and for every further column."""

    points: Annotated[Mapping[str, Points], _descending(GRADES)]
    further_column: Points
    cap: Points


@dataclass(frozen=True, config=_STRICT)
class EncryptionWeights:
    """Points for weak TLS sessions: at least `any_weak`, at most `all_weak`, between them by share."""

    any_weak: Points
    all_weak: Points
    window_days: Days
    weak_versions: tuple[str, ...]
    weak_ciphers: tuple[str, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.any_weak > self.all_weak:
            raise ValueError("any_weak must not exceed all_weak")
        return self


@dataclass(frozen=True, config=_STRICT)
class SilenceWeights:
    """Points per expected source not heard for `after_minutes`."""

    points: Points
    cap: Points
    after_minutes: Annotated[float, Field(ge=10, le=525_600)]
    archive_lag_minutes: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.archive_lag_minutes > self.after_minutes:
            raise ValueError("archive_lag_minutes must not exceed after_minutes: a late feed would count as silent")
        return self


@dataclass(frozen=True, config=_STRICT)
class ExposureWeights:
    """Points per service that answered somebody outside of the internal networks."""

    points: Points
    cap: Points
    window_days: Days
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...]
    internal_networks: tuple[Annotated[str, AfterValidator(_network)], ...]


@dataclass(frozen=True, config=_STRICT)
class ComplianceWeights:
    """Points for what the inventory itself says is not as required."""

    assessment_overdue: Points
    assessment_days: Mapping[Annotated[int, Field(ge=1, le=4)], Annotated[int, Field(ge=1, le=3650)]]
    cii_below_level_3: Points
    cii_without_domestic: Points


@dataclass(frozen=True, config=_STRICT)
class RollUpWeights:
    """How far a group's score is pulled from its mean towards its worst asset."""

    worst_share: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=_STRICT)
class PostureWeights:
    """All weights of the posture score."""

    bands: Bands
    alerts: AlertWeights
    personal_data: PersonalDataWeights
    encryption: EncryptionWeights
    silence: SilenceWeights
    exposure: ExposureWeights
    compliance: ComplianceWeights
    roll_up: RollUpWeights


def thresholds_in(folder: Path) -> Path:
    """The thresholds file of a content folder, or the one that ships where the folder has none."""
    own = folder / "thresholds.yml"
    return own if own.is_file() else Path(str(files("rules").joinpath("thresholds.yml")))


def load_weights(path: Path) -> PostureWeights:
    """The weights under the key `posture` of a thresholds file.

    Raises:
        WeightsInvalid: with one line per problem: file, line, key and what is allowed.
    """
    try:
        document = read_yaml(path)
    except YamlRefused as error:
        raise WeightsInvalid([error.at(path)]) from error
    content = document.content
    if not isinstance(content, dict) or "posture" not in content or content.keys() - KEYS:
        raise WeightsInvalid([f"{path}:1: a thresholds file has the key posture, and may have {', '.join(OTHER_KEYS)}"])
    try:
        return TypeAdapter(PostureWeights).validate_python(content["posture"])
    except ValidationError as error:
        problems = [
            f"{path}:{document.line(('posture', *detail['loc']))}: "
            f"{'.'.join(str(part) for part in ('posture', *detail['loc']))}: {detail['msg']}"
            for detail in error.errors()
        ]
        raise WeightsInvalid(problems) from error
