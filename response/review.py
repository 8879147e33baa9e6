"""Decisions about suggested grades: accepted, rejected, corrected or appealed, each on the audit chain (R38, R39).

A tool suggests and a person decides. A decision names the evidence it rests on; when that changes, the finding is open
again. Who appeals does not decide the appeal, and who merged data does not sign its grade alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from response.audit import record_decided
from response.chain import AuditEvent, AuditStep, Detail, Role
from response.errors import ReviewRefused
from store.client import Store


class Decision(StrEnum):
    """What a person makes of a suggestion; `demanded` opens it again on an authority's word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CORRECTED = "corrected"
    APPEALED = "appealed"
    DEMANDED = "demanded"


class Reviewed(StrEnum):
    """What is decided on: a type in a column, or the grade of a data set."""

    FINDING = "finding"
    DATASET = "dataset"


GRADES = ("general-1", "general-2", "general-3", "general-4", "important", "core")
_HIGHEST_OF_A_COLUMN = "general-4"


@dataclass(frozen=True)
class Correction:
    """What stands instead of the suggestion; '' leaves a part as it was suggested."""

    grade: str = ""
    entity_type: str = ""
    category: str = ""


_SUGGESTED: Mapping[Reviewed, str] = {
    Reviewed.FINDING: """
SELECT grade, evidence, scan_id FROM pii_findings WHERE finding_id = {id:String} LIMIT 1
""",
    Reviewed.DATASET: """
SELECT grade, evidence, scan_id FROM pii_scans WHERE dataset = {id:String} ORDER BY finished_at DESC LIMIT 1
""",
}
_LAST = """
SELECT audit_events.state AS decided, actor FROM audit_events
WHERE object_type = {kind:String} AND object_id = {id:String} AND audit_events.state != ''
ORDER BY seq DESC LIMIT 1
"""


def decide(
    store: Store,
    reviewed: Reviewed,
    wanted: str,
    decision: Decision,
    *,
    actor: str,
    reason: str,
    correction: Correction | None = None,
    role: Role = Role.REVIEWER,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that somebody decided on a suggestion.

    Args:
        store: where suggestions and the record are.
        reviewed: what kind of thing is decided on.
        wanted: the id of a finding, or the name of a data set.
        decision: what is decided.
        actor: who decides.
        reason: why; goes on record.
        correction: what stands instead, for `corrected` and as the wish of an `appealed`.
        role: in what capacity.
        now: the time to record, UTC; the present when not given.

    Raises:
        ReviewRefused: there is no such suggestion, the correction is missing or wrong, or the appellant decides.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    _check(reviewed, decision, correction)

    def step() -> AuditStep:
        suggested = _suggestion(store, reviewed, wanted)
        _check_turn(store, reviewed, wanted, decision, " ".join(actor.split()))
        return AuditStep(
            actor=" ".join(actor.split()),
            role=role,
            action=f"review.{decision}",
            object_type=reviewed,
            object_id=wanted,
            basis=" ".join(reason.split()),
            state=decision,
            details={**suggested, **_changed(correction)},
        )

    return record_decided(store, step, now=now)


def _suggestion(store: Store, reviewed: Reviewed, wanted: str) -> dict[str, Detail]:
    for row in store.rows(_SUGGESTED[reviewed], {"id": wanted}):
        return {name: str(row[name]) for name in ("grade", "evidence", "scan_id")}
    where = "`rongdun dlp review list` shows the ids" if reviewed is Reviewed.FINDING else "scan it first"
    raise ReviewRefused(f"no {reviewed} {wanted[:200]!r} has a suggested grade: {where}")


def _changed(correction: Correction | None) -> dict[str, Detail]:
    given = vars(correction) if correction else {}
    return {f"corrected_{name}": value for name, value in given.items() if value}


def _check(reviewed: Reviewed, decision: Decision, correction: Correction | None) -> None:
    corrected = correction is not None and any(vars(correction).values())
    if decision is Decision.CORRECTED and not corrected:
        raise ReviewRefused("a correction says what stands instead: give a grade, a type or a category")
    if corrected and decision not in (Decision.CORRECTED, Decision.APPEALED):
        raise ReviewRefused(f"{decision} takes the suggestion as it is: correct it, or appeal, to change it")
    grade = correction.grade if correction else ""
    if grade and grade not in GRADES:
        raise ReviewRefused(f"{grade!r} is no grade: use one of {', '.join(GRADES)}")
    if grade and reviewed is Reviewed.FINDING and GRADES.index(grade) > GRADES.index(_HIGHEST_OF_A_COLUMN):
        raise ReviewRefused(f"{grade} is the grade of a data set as a whole: decide on the data set")


def _check_turn(store: Store, reviewed: Reviewed, wanted: str, decision: Decision, actor: str) -> None:
    last = store.rows(_LAST, {"kind": str(reviewed), "id": wanted})
    if not last or last[0]["decided"] != Decision.APPEALED:
        return
    if decision is Decision.APPEALED:
        raise ReviewRefused(f"{last[0]['actor']} has appealed already: it waits for a decision")
    if decision is not Decision.DEMANDED and last[0]["actor"] == actor:
        raise ReviewRefused(f"{actor} appealed and so does not decide: another reviewer does")
