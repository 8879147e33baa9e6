"""What a masking check reports: counts, rates and positions, without any field that could hold a value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from dlp.chance import interval

Severity = Literal["informational", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("informational", "low", "medium", "high", "critical")

Evidence = Mapping[str, object]  # what JSON can hold


class MaskCheck(StrEnum):
    """The eleven ways in which a mask fails."""

    raw_value = "raw_value"
    coverage = "coverage"
    residual = "residual"
    partial = "partial"
    windows = "windows"
    digest = "digest"
    encoding = "encoding"
    beside = "beside"
    stand_in = "stand_in"
    derived = "derived"
    equivalence = "equivalence"


@dataclass(frozen=True)
class MaskFinding:
    """One mask that fails, or that cannot be told to hold.

    Attributes:
        columns: the columns it is about; one of another data set as `data set: column`.
        entity_type: the type of personal data, or ''.
        evidence: counts, rates with their 95 % interval, positions, a masked sample.
        mend: which words say how to mend it.
    """

    check: MaskCheck
    columns: tuple[str, ...]
    severity: Severity
    entity_type: str = ""
    evidence: Evidence = field(default_factory=dict)
    mend: str = ""

    @property
    def mend_key(self) -> str:
        """The key of the words on how to mend it."""
        return self.mend or self.check.value

    def as_json(self) -> dict[str, object]:
        """The finding as values that `json.dumps` takes."""
        return {
            "check": self.check.value,
            "columns": list(self.columns),
            "severity": self.severity,
            "entity_type": self.entity_type,
            "evidence": dict(self.evidence),
            "mend": self.mend_key,
        }

    def evidence_json(self) -> str:
        """The evidence as canonical JSON: sorted keys, no spaces, UTF-8 unescaped."""
        return json.dumps(dict(self.evidence), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def rate(hits: int, total: int) -> dict[str, float]:
    """A share with its 95 % interval (Wilson), as evidence holds it."""
    low, high = interval(hits, total)
    return {"rate": round(hits / max(1, total), 6), "rate_low": round(low, 6), "rate_high": round(high, 6)}


def worst(findings: list[MaskFinding]) -> Severity | None:
    """The highest severity of all, or None where there is no finding."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default=None)
