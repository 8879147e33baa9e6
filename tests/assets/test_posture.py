"""The posture score: what each fact costs, and that more that is bad never raises it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.monitored import MonitoredAsset
from assets.posture import AssetFacts, Evidence, OpenAlerts, UnmaskedData, score_asset
from assets.weights import GRADES, LEVELS, load_weights
from tests.assets.sample import asset

WEIGHTS = load_weights(Path(__file__).parents[2] / "rules" / "thresholds.yml")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLAIN = asset()
HEARD = replace(PLAIN, expected_sources=("syslog", "zeek_conn"))
DOMESTIC = replace(
    PLAIN, is_cii=True, mlps_level=3, last_assessed_on=date(2026, 1, 1), domestic_cpu=True, domestic_os=True
)
BEST = replace(DOMESTIC, domestic_database=True, domestic_middleware=True)


def _ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("facts", "factor", "points", "evidence"),
    [
        pytest.param(
            AssetFacts(PLAIN, open_alerts=(OpenAlerts("high", 0, 1), OpenAlerts("low", 0, 2))),
            "open_alerts",
            -23,
            {"open": 3, "by_level": {"high": 1, "low": 2}},
            id="alerts-add-up",
        ),
        pytest.param(
            AssetFacts(PLAIN, open_alerts=(OpenAlerts("critical", 30, 1),)),
            "open_alerts",
            -20,
            {"open": 1, "by_level": {"critical": 1}},
            id="an-alert-of-one-half-life-counts-half",
        ),
        pytest.param(
            AssetFacts(PLAIN, open_alerts=(OpenAlerts("critical", 0, 1000),)),
            "open_alerts",
            -70,
            {"open": 1000, "by_level": {"critical": 1000}},
            id="alerts-are-capped",
        ),
        pytest.param(
            AssetFacts(PLAIN, unmasked=(UnmaskedData("b", "general-2", 2), UnmaskedData("a", "general-4", 1))),
            "unmasked_personal_data",
            -27,
            {"datasets": ["a", "b"], "columns": 3, "worst_grade": "general-4"},
            id="the-worst-grade-and-one-a-further-column",
        ),
        pytest.param(
            AssetFacts(PLAIN, tls_sessions=1000, weak_tls_sessions=1),
            "weak_encryption",
            -8.017,
            {"weak_sessions": 1, "sessions": 1000, "share": 0.001},
            id="one-weak-session",
        ),
        pytest.param(
            AssetFacts(PLAIN, tls_sessions=4, weak_tls_sessions=4),
            "weak_encryption",
            -25,
            {"weak_sessions": 4, "sessions": 4, "share": 1.0},
            id="only-weak-sessions",
        ),
        pytest.param(
            AssetFacts(HEARD, last_heard=(("syslog", _ago(300)), ("zeek_conn", _ago(119)))),
            "silent_sources",
            -10,
            {"sources": ["syslog"], "never_heard": [], "minutes_silent": {"syslog": 300}},
            id="one-source-silent",
        ),
        pytest.param(
            AssetFacts(HEARD, last_heard=(("syslog", _ago(1)), ("auditd", _ago(900)))),
            "silent_sources",
            -10,
            {"sources": ["zeek_conn"], "never_heard": ["zeek_conn"]},
            id="one-never-heard-and-one-not-expected",
        ),
        pytest.param(
            AssetFacts(PLAIN, exposed_ports=(3389, 23, 23)),
            "exposed_services",
            -16,
            {"ports": [23, 3389]},
            id="exposed-services",
        ),
        pytest.param(
            AssetFacts(replace(PLAIN, mlps_level=3, last_assessed_on=date(2025, 2, 28))),
            "assessment_overdue",
            -10,
            {"mlps_level": 3, "last_assessed_on": "2025-02-28", "days_overdue": 1},
            id="assessed-a-year-and-a-day-ago",
        ),
        pytest.param(
            AssetFacts(replace(PLAIN, mlps_level=4)),
            "assessment_overdue",
            -10,
            {"mlps_level": 4, "last_assessed_on": "never"},
            id="never-assessed",
        ),
        pytest.param(
            AssetFacts(replace(BEST, mlps_level=2)), "cii_below_level_3", -12, {"mlps_level": 2}, id="cii-at-level-2"
        ),
        pytest.param(
            AssetFacts(DOMESTIC),
            "cii_without_domestic_technology",
            -6,
            {"missing": ["database", "middleware"]},
            id="cii-with-foreign-database-and-middleware",
        ),
    ],
)
def test_a_fact_costs_its_points_and_shows_its_evidence(
    facts: AssetFacts, factor: str, points: float, evidence: Evidence
) -> None:
    scored = score_asset(facts, WEIGHTS, now=NOW)
    (found,) = scored.factors
    assert (found.factor, found.evidence) == (factor, evidence)
    assert found.points == pytest.approx(points)
    assert scored.score == pytest.approx(100 + points, abs=0.06)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(AssetFacts(PLAIN), id="nothing-known"),
        pytest.param(AssetFacts(BEST), id="cii-as-required"),
        pytest.param(AssetFacts(replace(PLAIN, mlps_level=2)), id="level-2-is-not-assessed-yearly"),
        pytest.param(
            AssetFacts(replace(PLAIN, mlps_level=3, last_assessed_on=date(2025, 3, 1))), id="assessed-a-year-ago"
        ),
        pytest.param(AssetFacts(PLAIN, tls_sessions=50), id="only-good-sessions"),
        pytest.param(AssetFacts(PLAIN, open_alerts=(OpenAlerts("informational", 0, 9),)), id="informational-alerts"),
        pytest.param(AssetFacts(HEARD, last_heard=(("syslog", NOW), ("zeek_conn", _ago(120)))), id="all-heard"),
    ],
)
def test_what_is_as_it_should_be_costs_nothing(facts: AssetFacts) -> None:
    scored = score_asset(facts, WEIGHTS, now=NOW)
    assert (scored.score, scored.band, scored.factors) == (100.0, "good", ())


def test_the_costliest_factor_comes_first_and_names_the_reason() -> None:
    facts = AssetFacts(DOMESTIC, open_alerts=(OpenAlerts("high", 0, 1), OpenAlerts("low", 0, 1)), exposed_ports=(23,))
    scored = score_asset(facts, WEIGHTS, now=NOW)
    assert scored.because == "open_alerts -21.5, exposed_services -8, cii_without_domestic_technology -6"
    assert (scored.score, scored.band, scored.open_alerts, scored.worst_level) == (64.5, "poor", 2, "high")


def test_a_code_nobody_knows_costs_nothing_and_breaks_nothing() -> None:
    odd = AssetFacts(PLAIN, open_alerts=(OpenAlerts("weird", 0, 1),), unmasked=(UnmaskedData("d", "", 1),))
    assert score_asset(odd, WEIGHTS, now=NOW).score == 100.0


_ALERTS = st.builds(OpenAlerts, st.sampled_from(LEVELS), st.floats(0, 400), st.integers(0, 50))
_UNMASKED = st.builds(UnmaskedData, st.sampled_from(["a", "b"]), st.sampled_from(GRADES), st.integers(0, 30))
_ASSETS: st.SearchStrategy[MonitoredAsset] = st.builds(
    lambda level, cii, day, cpu: replace(
        HEARD, mlps_level=level, is_cii=cii, last_assessed_on=day, domestic_cpu=cpu, domestic_os=cpu
    ),
    st.integers(0, 4),
    st.booleans(),
    st.none() | st.dates(date(2020, 1, 1), date(2026, 3, 1)),
    st.booleans(),
)
_FACTS = st.builds(
    lambda asset, alerts, unmasked, sessions, weak, heard, ports: AssetFacts(
        asset=asset,
        open_alerts=tuple(alerts),
        unmasked=tuple(unmasked),
        tls_sessions=sessions + weak,
        weak_tls_sessions=weak,
        last_heard=(("syslog", _ago(heard)),),
        exposed_ports=tuple(ports),
    ),
    _ASSETS,
    st.lists(_ALERTS, max_size=5),
    st.lists(_UNMASKED, max_size=4),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.floats(0, 10_000),
    st.lists(st.integers(1, 65535), max_size=4),
)

_WORSE: Mapping[str, Callable[[AssetFacts], AssetFacts]] = {
    "one more alert": lambda f: replace(f, open_alerts=(*f.open_alerts, OpenAlerts("low", 3, 1))),
    "alerts a level up": lambda f: replace(
        f,
        open_alerts=tuple(replace(a, level=LEVELS[max(0, LEVELS.index(a.level) - 1)]) for a in f.open_alerts),
    ),
    "alerts younger": lambda f: replace(
        f, open_alerts=tuple(replace(a, age_days=a.age_days / 2) for a in f.open_alerts)
    ),
    "one more unmasked column": lambda f: replace(f, unmasked=(*f.unmasked, UnmaskedData("c", "general-1", 1))),
    "data a grade up": lambda f: replace(
        f, unmasked=tuple(replace(u, grade=GRADES[max(0, GRADES.index(u.grade) - 1)]) for u in f.unmasked)
    ),
    "one more weak session": lambda f: replace(
        f, tls_sessions=f.tls_sessions + 1, weak_tls_sessions=f.weak_tls_sessions + 1
    ),
    "a good session turns weak": lambda f: replace(f, weak_tls_sessions=min(f.tls_sessions, f.weak_tls_sessions + 1)),
    "a source silent for longer": lambda f: replace(
        f, last_heard=tuple((source, heard - timedelta(hours=1)) for source, heard in f.last_heard)
    ),
    "a source never heard": lambda f: replace(f, last_heard=()),
    "one more port": lambda f: replace(f, exposed_ports=(*f.exposed_ports, 23)),
    "declared critical": lambda f: replace(f, asset=replace(f.asset, is_cii=True)),
    "never assessed": lambda f: replace(f, asset=replace(f.asset, last_assessed_on=None)),
    "foreign technology": lambda f: replace(f, asset=replace(f.asset, domestic_cpu=False)),
}


@pytest.mark.parametrize("worse", _WORSE.values(), ids=[name.replace(" ", "-") for name in _WORSE])
@given(facts=_FACTS)
def test_more_that_is_bad_never_raises_the_score(worse: Callable[[AssetFacts], AssetFacts], facts: AssetFacts) -> None:
    before, after = score_asset(facts, WEIGHTS, now=NOW), score_asset(worse(facts), WEIGHTS, now=NOW)
    assert 0 <= after.score <= before.score <= 100


@given(_FACTS)
def test_the_factors_explain_the_whole_score(facts: AssetFacts) -> None:
    scored = score_asset(facts, WEIGHTS, now=NOW)
    assert all(factor.points < 0 for factor in scored.factors)
    assert scored.score == pytest.approx(max(0.0, 100 + sum(factor.points for factor in scored.factors)), abs=0.051)
