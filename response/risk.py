"""How much risk an entity carries, and when that becomes an incident: arithmetic over its alerts, nothing else.

At a moment t, with criticality c of the entity and h the half life,

    score(t) = (1 + s·(c - 1)) · Σ over rules Σ over k = 0..15 of r^k · v_k(t)

where v_0 >= v_1 >= ... are the values of one rule's alerts, each p(level) · 2^(-(t - time)/h), and 0 once an alert is
older than four half lives. With repeat r < 1 a rule that fires without end adds no more than p / (1 - r).

An episode begins with the alert that lifts the score to the threshold while the alerts that count span enough ATT&CK
tactics; it ends when the score has fallen below half of the threshold. Two episodes of one entity begin more than one
half life apart.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass as value
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

LEVELS = ("critical", "high", "medium", "low", "informational")
HALF_LIVES = 4  # an alert counts so long: then a sixteenth of it is left
_MOST_OF_A_RULE = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class RiskWeights:
    """What an alert adds, how long it counts, and where an incident begins.

    Attributes:
        points: of an alert by its level.
        repeat: what a rule's next alert adds, as a share of what the one before adds.
        per_criticality: how much each step of criticality above 1 adds to the factor.
        least_tactics: how many ATT&CK tactics the alerts of an incident span at least.
    """

    points: Mapping[str, Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]]
    half_life_hours: Annotated[float, Field(gt=0, le=24 * 365, allow_inf_nan=False)]
    repeat: Annotated[float, Field(ge=0, le=0.9)]
    per_criticality: Annotated[float, Field(ge=0, le=10)]
    threshold: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
    least_tactics: Annotated[int, Field(ge=1, le=20)]

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if set(self.points) != set(LEVELS):
            raise ValueError(f"give points for each of {', '.join(LEVELS)}")
        return self

    @property
    def half_life(self) -> timedelta:
        """After how long an alert counts half."""
        return timedelta(hours=self.half_life_hours)

    @property
    def reach(self) -> timedelta:
        """After how long an alert counts no more."""
        return HALF_LIVES * self.half_life

    def factor(self, criticality: float) -> float:
        """What the score of an entity of this criticality (1: the least) is multiplied by."""
        return 1 + self.per_criticality * (criticality - 1)

    def most_of_one_rule(self, criticality: float) -> float:
        """What a single rule, however often it fires, adds to an entity's score at most."""
        return self.factor(criticality) * max(self.points.values()) / (1 - self.repeat)


@value(frozen=True)
class RiskAlert:
    """An alert as far as risk goes; its time is that of its last event, UTC."""

    alert_id: str
    rule_id: str
    level: str
    tactics: frozenset[str]
    time: datetime


@value(frozen=True)
class RiskEpisode:
    """A stretch of time in which an entity carried too much risk.

    Attributes:
        began: time of the alert that reached the threshold, UTC.
        until: time of the last alert within.
        score: when it began.
        tactics: of the alerts that counted then, sorted.
        alert_ids: what counted then, oldest first.
    """

    began: datetime
    until: datetime
    score: float
    tactics: tuple[str, ...]
    alert_ids: tuple[str, ...]


def risk_score(alerts: Iterable[RiskAlert], *, criticality: float, weights: RiskWeights, now: datetime) -> float:
    """The score at a moment (UTC); an alert from the future counts as one of this moment."""
    return _standing(alerts, weights, now).score(now) * weights.factor(criticality)


def risk_tactics(alerts: Iterable[RiskAlert], *, weights: RiskWeights, now: datetime) -> list[str]:
    """The tactics of the alerts that count at a moment (UTC), sorted."""
    return _standing(alerts, weights, now).tactics


def risk_episodes(alerts: Iterable[RiskAlert], *, criticality: float, weights: RiskWeights) -> list[RiskEpisode]:
    """The episodes of an entity, oldest first, whatever the order of its alerts; each alert id counts once."""
    distinct = {alert.alert_id: alert for alert in alerts}
    ordered = sorted(distinct.values(), key=lambda alert: (alert.time, alert.alert_id))
    standing, factor = _Standing(weights), weights.factor(criticality)
    found: list[RiskEpisode] = []
    on, earliest = False, _EPOCH
    for alert in ordered:
        standing.forget_before(alert.time - weights.reach)
        on = on and standing.score(alert.time) * factor >= weights.threshold / 2
        standing.add(alert)
        score = standing.score(alert.time) * factor
        if on:
            last = found[-1]
            found[-1] = RiskEpisode(last.began, alert.time, last.score, last.tactics, last.alert_ids)
        elif score >= weights.threshold and len(standing.tactics) >= weights.least_tactics and alert.time > earliest:
            on, earliest = True, alert.time + weights.half_life
            found.append(RiskEpisode(alert.time, alert.time, score, tuple(standing.tactics), standing.alert_ids))
    return found


def _standing(alerts: Iterable[RiskAlert], weights: RiskWeights, now: datetime) -> "_Standing":
    standing = _Standing(weights)
    for alert in sorted(alerts, key=lambda alert: (alert.time, alert.alert_id)):
        standing.add(RiskAlert(alert.alert_id, alert.rule_id, alert.level, alert.tactics, min(alert.time, now)))
    standing.forget_before(now - weights.reach)
    return standing


class _Standing:
    """The alerts that count, added oldest first.

    All values of a rule fall by the same factor as time goes by, so their order never changes: -(log2 p + time/h)
    sorts them once and for all, the heaviest first.
    """

    def __init__(self, weights: RiskWeights) -> None:
        self._weights = weights
        self._rules: dict[str, list[float]] = {}
        self._alerts: deque[tuple[RiskAlert, float]] = deque()

    def add(self, alert: RiskAlert) -> None:
        points = self._weights.points.get(alert.level, 0.0)
        if not points:
            return
        rank = -(math.log2(points) + self._lives(alert.time))
        insort(self._rules.setdefault(alert.rule_id, []), rank)
        self._alerts.append((alert, rank))

    def forget_before(self, moment: datetime) -> None:
        while self._alerts and self._alerts[0][0].time < moment:
            alert, rank = self._alerts.popleft()
            ranks = self._rules[alert.rule_id]
            del ranks[bisect_left(ranks, rank)]
            if not ranks:
                del self._rules[alert.rule_id]

    def score(self, now: datetime) -> float:
        """Of an entity of the least criticality."""
        lives, repeat = self._lives(now), self._weights.repeat
        return math.fsum(
            repeat**place * 2 ** (-rank - lives)
            for ranks in self._rules.values()
            for place, rank in enumerate(islice(ranks, _MOST_OF_A_RULE))
        )

    @property
    def tactics(self) -> list[str]:
        return sorted({tactic for alert, _ in self._alerts for tactic in alert.tactics})

    @property
    def alert_ids(self) -> tuple[str, ...]:
        return tuple(alert.alert_id for alert, _ in self._alerts)

    def _lives(self, moment: datetime) -> float:
        return (moment - _EPOCH) / self._weights.half_life
