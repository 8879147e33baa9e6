"""Entity risk: what adds up to how much, when an episode begins and ends, and what can never happen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from response.risk import LEVELS, RiskAlert, RiskWeights, risk_episodes, risk_score, risk_tactics

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POINTS = {"critical": 40.0, "high": 20.0, "medium": 6.0, "low": 1.5, "informational": 0.0}
WEIGHTS = RiskWeights(
    points=POINTS, half_life_hours=24, repeat=0.2, per_criticality=0.125, threshold=100, least_tactics=3
)


def alert(rule: str, level: str, hours_ago: float = 0.0, *tactics: str) -> RiskAlert:
    time = NOON - timedelta(hours=hours_ago)
    return RiskAlert(f"{rule} {level} {hours_ago} {tactics}", rule, level, frozenset(tactics), time)


def score(alerts: Sequence[RiskAlert], *, criticality: float = 1, now: datetime = NOON) -> float:
    return risk_score(alerts, criticality=criticality, weights=WEIGHTS, now=now)


@pytest.mark.parametrize(
    ("alerts", "criticality", "expected"),
    [
        pytest.param([], 8, 0, id="nothing"),
        pytest.param([alert("a", "high")], 1, 20, id="one alert, just now"),
        pytest.param([alert("a", "high", 24)], 1, 10, id="one half life old"),
        pytest.param([alert("a", "high", 96)], 1, 1.25, id="four half lives old"),
        pytest.param([alert("a", "high", 96.1)], 1, 0, id="older than four half lives"),
        pytest.param([alert("a", "high", -5)], 1, 20, id="from the future"),
        pytest.param([alert("a", "high")], 8, 37.5, id="the most critical asset"),
        pytest.param([alert("a", "high"), alert("b", "high")], 1, 40, id="two rules"),
        pytest.param([alert("a", "high"), alert("a", "high", 0, "x")], 1, 24, id="one rule twice"),
        pytest.param(
            [alert("a", "medium"), alert("a", "critical", 24)], 1, 20 + 1.2, id="the heavier one counts whole"
        ),
        pytest.param([alert("a", "informational")], 1, 0, id="a level without points"),
        pytest.param([alert("a", "unheard-of")], 1, 0, id="a level that nobody knows"),
    ],
)
def test_the_score_is_the_sum_of_what_the_alerts_add(
    alerts: list[RiskAlert], criticality: float, expected: float
) -> None:
    assert score(alerts, criticality=criticality) == pytest.approx(expected)


ATTACK = [
    alert("scan", "medium", 5, "discovery"),
    alert("guess", "high", 4, "credential-access"),
    alert("login", "critical", 3, "initial-access"),
    alert("shell", "critical", 2, "execution"),
    alert("dump", "high", 1, "collection"),
]


@pytest.mark.parametrize(
    ("alerts", "criticality", "begins"),
    [
        pytest.param(ATTACK, 1, [2], id="an attack, when its score is reached"),
        pytest.param(ATTACK, 7, [3], id="sooner on an asset that matters more"),
        pytest.param(ATTACK[:3], 1, [], id="half an attack"),
        pytest.param([alert(f"r{n}", "critical", n, "impact") for n in range(9)], 8, [], id="a single tactic"),
        pytest.param(
            [alert("r", "critical", n / 9, "a", "b", "c") for n in range(99)], 8, [], id="a single noisy rule"
        ),
        pytest.param(
            [*ATTACK, *(alert(f"r{n}", "critical", -24 - n, "impact") for n in range(4))], 1, [2], id="one long attack"
        ),
        pytest.param(
            [*ATTACK, *(alert(each.rule_id, each.level, -120, *each.tactics) for each in ATTACK)],
            1,
            [2, -120],
            id="a second one after a rest",
        ),
    ],
)
def test_an_episode_begins_where_the_threshold_is_reached_over_several_tactics(
    alerts: list[RiskAlert], criticality: float, begins: list[float]
) -> None:
    found = risk_episodes(alerts, criticality=criticality, weights=WEIGHTS)
    assert [(NOON - each.began) / timedelta(hours=1) for each in found] == begins


def test_an_episode_tells_what_counted_when_it_began() -> None:
    [episode] = risk_episodes(ATTACK, criticality=1, weights=WEIGHTS)
    assert episode.alert_ids == tuple(each.alert_id for each in ATTACK[:4])
    assert episode.tactics == ("credential-access", "discovery", "execution", "initial-access")
    assert episode.score == pytest.approx(score(ATTACK[:4], now=NOON - timedelta(hours=2)))
    assert episode.until == ATTACK[-1].time


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("repeat", 1.0),
        ("half_life_hours", 0),
        ("threshold", float("nan")),
        ("least_tactics", 0),
        ("points", {"high": 3}),
        ("points", POINTS | {"high": -1}),
    ],
)
def test_weights_that_mean_nothing_are_refused(name: str, wrong: object) -> None:
    right = {"points": POINTS, "half_life_hours": 24, "repeat": 0.2, "per_criticality": 0.1}
    right |= {"threshold": 9, "least_tactics": 3}
    with pytest.raises(ValidationError):
        RiskWeights(**(right | {name: wrong}))  # type: ignore[arg-type] # what is refused


_ALERTS = st.lists(
    st.builds(
        alert,
        st.sampled_from("abcd"),
        st.sampled_from(LEVELS),
        st.floats(0, 200),
        st.sampled_from(["discovery", "impact", "execution", "collection"]),
    ),
    max_size=40,
    unique_by=lambda each: each.alert_id,
)
_HOURS = st.floats(0, 500)


@given(_ALERTS, _ALERTS)
def test_more_alerts_never_lower_the_score(some: list[RiskAlert], more: list[RiskAlert]) -> None:
    assert score([*some, *more]) >= score(some) * (1 - 1e-9)


@given(_ALERTS, _HOURS, _HOURS)
def test_time_never_raises_the_score(alerts: list[RiskAlert], sooner: float, further: float) -> None:
    first = NOON + timedelta(hours=sooner)
    assert score(alerts, now=first + timedelta(hours=further)) <= score(alerts, now=first) * (1 + 1e-9)


@given(_ALERTS, st.integers(1, 8))
def test_the_score_scales_by_criticality(alerts: list[RiskAlert], criticality: int) -> None:
    assert score(alerts, criticality=criticality) == pytest.approx(score(alerts) * (1 + 0.125 * (criticality - 1)))


@given(_ALERTS, st.randoms())
def test_order_does_not_matter(alerts: list[RiskAlert], random: object) -> None:
    shuffled = list(alerts)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own random
    assert score(shuffled) == score(alerts)
    assert risk_episodes(shuffled, criticality=8, weights=WEIGHTS) == risk_episodes(
        alerts, criticality=8, weights=WEIGHTS
    )


@given(st.integers(1, 60), st.sampled_from(LEVELS), st.integers(1, 8))
def test_one_rule_alone_never_reaches_the_threshold(times: int, level: str, criticality: int) -> None:
    alerts = [alert("noisy", level, n / 60, "a", "b", "c", "d") for n in range(times)]
    assert score(alerts, criticality=criticality) <= WEIGHTS.most_of_one_rule(criticality) < WEIGHTS.threshold
    assert risk_episodes(alerts, criticality=criticality, weights=WEIGHTS) == []


@given(_ALERTS, st.integers(1, 8))
def test_episodes_begin_more_than_a_half_life_apart_and_above_the_threshold(
    alerts: list[RiskAlert], criticality: int
) -> None:
    found = risk_episodes(alerts, criticality=criticality, weights=WEIGHTS)
    assert all(each.score >= WEIGHTS.threshold and len(each.tactics) >= WEIGHTS.least_tactics for each in found)
    pairs = pairwise(found)
    assert all(
        earlier.until < later.began and later.began - earlier.began > WEIGHTS.half_life for earlier, later in pairs
    )


@given(_ALERTS)
def test_what_counts_no_more_has_no_tactic(alerts: list[RiskAlert]) -> None:
    assert risk_tactics(alerts, weights=WEIGHTS, now=NOON + WEIGHTS.reach + timedelta(seconds=1)) == []
