"""Category and grade of what was found: the highest item wins, and what combines to a person is raised.

GB/T 43697-2024 (6.6, annexes B.1 and H.4), GB/T 35273-2020 annex B, GB/T 45574-2025 annex A.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dlp.findings import PiiFinding
from dlp.policy import GRADES, EntityPolicy, Grade, Policy
from dlp.verdicts import Verdict


def graded(column: str, verdict: Verdict, policy: Policy, *, on: date) -> PiiFinding:
    """A verdict on a column as a finding, with category, grade and both lists of sensitive information on that day."""
    entity = policy.entities[verdict.entity_type]
    return PiiFinding(
        column=column,
        entity_type=verdict.entity_type,
        rows=verdict.rows,
        hits=verdict.hits,
        confidence=verdict.confidence,
        category=entity.category,
        grade=_grade(entity, policy, masked=verdict.masked, on=on),
        sensitive_35273=entity.sensitive_35273 and not verdict.masked,
        sensitive_45574=entity.sensitive_45574 and not verdict.masked and on >= policy.standards.gbt_45574.effective,
        masked=verdict.masked,
        masked_sample=verdict.masked_sample,
        fingerprint=verdict.fingerprint,
        review=verdict.review,
        distinct_hits=verdict.distinct,
        jrt_level=entity.jrt_level,
    )


def combined(findings: Sequence[PiiFinding], policy: Policy) -> list[PiiFinding]:
    """The findings of one data set, raised where several unmasked direct identifiers stand side by side.

    A masked finding and a mere hint raise nothing and are not raised.
    """
    rule = policy.house.combination
    sure = [finding for finding in findings if not finding.masked and finding.confidence > policy.text.hint_confidence]
    direct = {finding.entity_type for finding in sure if policy.entities[finding.entity_type].direct_identifier}
    if len(direct) < rule.direct_identifiers:
        return list(findings)
    raised = {finding for finding in sure if finding.entity_type in direct and finding.grade == rule.below}
    return [replace(finding, grade=rule.to) if finding in raised else finding for finding in findings]


def highest(grades: Iterable[str]) -> Grade:
    """The highest of some grades; general-1, what harms nobody, when there are none."""
    present = set(grades)
    return max((grade for grade in GRADES if grade in present), key=GRADES.index, default="general-1")


def _grade(entity: EntityPolicy, policy: Policy, *, masked: bool, on: date) -> str:
    if masked:
        return min(policy.house.masked_grade, entity.grade, key=GRADES.index)
    listed = entity.sensitive_45574 if on >= policy.standards.gbt_45574.effective else entity.sensitive_35273
    if entity.identity_number and not listed and not policy.house.id_number_is_sensitive:
        return "general-2"
    return entity.grade
