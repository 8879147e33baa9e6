"""Which of the planted stories the platform found, by which alert or finding, after how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rongdun.demo.city import City
from rongdun.demo.stories.story import AlertExpected, Expected, FindingExpected, Story, UseExpected
from store.client import Store

# An alert counts when one of the story's rules raised it, on the story's ground, in the story's time.
_ALERT = """
    SELECT
        rule_title,
        alert_id,
        dateDiff('millisecond', {starts_at:DateTime64(6, 'UTC')}, last_seen) / 1000
            + 60 * toFloat64OrZero(matched_fields['silent_minutes']) AS story_seconds,
        dateDiff('millisecond', arrived_at, detected_at) / 1000 AS work_seconds
    FROM alerts
    WHERE rule_id IN {rule_ids:Array(String)}
      AND last_seen BETWEEN {starts_at:DateTime64(6, 'UTC')} AND {ends_at:DateTime64(6, 'UTC')}
      AND (
          asset_id IN {asset_ids:Array(String)}
          OR source_ip IN {addresses:Array(String)}
          OR destination_ip IN {addresses:Array(String)}
      )
    ORDER BY last_seen, alert_id
    LIMIT 1
"""
_FINDINGS = """
    SELECT entity_type, any(finding_id) AS finding_id, sum(hits) AS found_in_rows
    FROM pii_findings
    WHERE dataset = {dataset:String} AND NOT masked
    GROUP BY entity_type
    HAVING found_in_rows > 0
    ORDER BY entity_type
"""
# A grant that lies unused is told of when it is judged, not within the day.
_USE = """
    SELECT
        rule_title,
        alert_id,
        if({grant:String} = '', dateDiff('millisecond', {starts_at:DateTime64(6, 'UTC')}, last_seen) / 1000, NULL)
            AS story_seconds,
        dateDiff('millisecond', arrived_at, detected_at) / 1000 AS work_seconds
    FROM alerts
    WHERE source = 'data_access' AND matched_fields['check'] = {check:String}
      AND if({grant:String} = '', user = {account:String}, matched_fields['grant_id'] = {grant:String})
      AND (
          {grant:String} != ''
          OR last_seen BETWEEN {starts_at:DateTime64(6, 'UTC')} AND {ends_at:DateTime64(6, 'UTC')}
      )
    ORDER BY last_seen, alert_id
    LIMIT 1
"""
_SCAN_SECONDS = """
    SELECT dateDiff('millisecond', started_at, finished_at) / 1000
    FROM pii_scans
    WHERE dataset = {dataset:String}
    ORDER BY finished_at DESC
    LIMIT 1
"""


@dataclass(frozen=True)
class StepResult:
    """One step of a story, and what found it.

    Attributes:
        found_by: the title of the rule, or the types of personal data; '' when nothing did.
        evidence: the id of the alert or finding.
        story_seconds: event time from the story's start to the last event the alert needed, for silence how long it had
            lasted when it was judged; None for data at rest.
        work_seconds: measured, from the arrival of that event to the alert, or of the scan of that data set.
    """

    step: str
    found_by: str = ""
    evidence: str = ""
    story_seconds: float | None = None
    work_seconds: float | None = None

    @property
    def found(self) -> bool:
        """Whether something found it."""
        return bool(self.found_by)


@dataclass(frozen=True)
class StoryResult:
    """One story and its steps; it is found when each of them is."""

    story_id: str
    title_en: str
    title_zh: str
    steps: tuple[StepResult, ...]

    @property
    def found(self) -> bool:
        """Whether every step of the story was found."""
        return all(step.found for step in self.steps)

    @property
    def first(self) -> StepResult | None:
        """The step that was found first in the story's own time."""
        found = [step for step in self.steps if step.found]
        return min(found, key=lambda step: step.story_seconds or 0.0, default=None)

    def as_row(self) -> dict[str, object]:
        """The result as one row of a table: found or not, by what, how far into the story, after how much work."""
        first = self.first
        return {
            "story": self.title_en,
            "found": self.found,
            "by": "; ".join(step.found_by for step in self.steps if step.found) or "nothing",
            "into_the_story": _spoken(first.story_seconds if first else None),
            "work_seconds": round(first.work_seconds, 1) if first and first.work_seconds is not None else "-",
            "missed": "; ".join(step.step for step in self.steps if not step.found) or "-",
        }


def stories_found(city: City, store: Store) -> list[StoryResult]:
    """One result per story of the city, in its order.

    Raises:
        StoreError: the database cannot be asked.
    """
    return [_story_result(city, story, store) for story in city.stories]


def _story_result(city: City, story: Story, store: Store) -> StoryResult:
    steps = tuple(_step(city, story, expected, store) for expected in story.expects)
    return StoryResult(story.story_id, story.title_en, story.title_zh, steps)


def _step(city: City, story: Story, expected: Expected, store: Store) -> StepResult:
    if isinstance(expected, FindingExpected):
        return _finding_step(city, expected, store)
    if isinstance(expected, UseExpected):
        return _use_step(story, expected, store)
    return _alert_step(story, expected, store)


def _alert_step(story: Story, expected: AlertExpected, store: Store) -> StepResult:
    parameters = {
        "rule_ids": sorted(expected.rule_ids),
        "starts_at": _bound(story.starts_at),
        "ends_at": _bound(story.ends_at),
        "asset_ids": sorted(story.asset_ids),
        "addresses": sorted(story.addresses),
    }
    for alert in store.rows(_ALERT, parameters):
        return _found_by_alert(expected, alert)
    return StepResult(expected.step)


def _use_step(story: Story, expected: UseExpected, store: Store) -> StepResult:
    parameters = {
        "check": expected.check,
        "account": expected.account,
        "grant": expected.grant_id,
        "starts_at": _bound(story.starts_at),
        "ends_at": _bound(story.ends_at),
    }
    for alert in store.rows(_USE, parameters):
        return _found_by_alert(expected, alert)
    return StepResult(expected.step)


def _found_by_alert(expected: AlertExpected | UseExpected, alert: Mapping[str, object]) -> StepResult:
    return StepResult(
        step=expected.step,
        found_by=str(alert["rule_title"]),
        evidence=str(alert["alert_id"]),
        story_seconds=None if alert["story_seconds"] is None else float(str(alert["story_seconds"])),
        work_seconds=float(str(alert["work_seconds"])),
    )


def _finding_step(city: City, expected: FindingExpected, store: Store) -> StepResult:
    dataset = {"dataset": str((city.folder / expected.dataset).resolve())}
    found = {str(row["entity_type"]): str(row["finding_id"]) for row in store.rows(_FINDINGS, dataset)}
    if not expected.entity_types <= found.keys():
        return StepResult(expected.step)
    types = sorted(expected.entity_types)
    seconds = store.value(_SCAN_SECONDS, dataset)
    return StepResult(
        step=expected.step,
        found_by=f"unmasked {', '.join(types)}",
        evidence=found[types[0]],
        work_seconds=float(str(seconds)) if seconds is not None else None,
    )


def _bound(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _spoken(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
