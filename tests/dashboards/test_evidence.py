"""The evidence of a factor: every word of it in the reader's language, whatever the scoring writes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assets.posture import AssetFacts, OpenAlerts, UnmaskedData, score_asset
from assets.weights import load_weights
from dashboards.evidence import evidence_text
from dashboards.translation import words_in
from tests.assets.sample import asset

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WEIGHTS = load_weights(Path(__file__).parents[2] / "rules" / "thresholds.yml")


@pytest.mark.parametrize(
    ("evidence", "english", "chinese"),
    [
        pytest.param(
            {"open": 3, "by_level": {"critical": 1, "high": 2}},
            "open 3 · of which Critical 1, High 2",
            "未关闭 3 · 其中 严重 1、高 2",
            id="counts per level",
        ),
        pytest.param({"missing": ["cpu", "os"]}, "missing CPU, operating system", "缺少 处理器、操作系统", id="codes"),
        pytest.param({"share": 0.125}, "share 12.5%", "占比 12.5%", id="a share"),
        pytest.param({"last_assessed_on": "never"}, "last assessed never", "上次测评 从未", id="never"),
        pytest.param({"never_heard": [], "sources": ["syslog"]}, "sources syslog", "来源 syslog", id="nothing empty"),
        pytest.param({"datasets": ["a\x1b.csv"]}, r"data sets a\x1b.csv", r"数据集 a\x1b.csv", id="hostile text"),
        pytest.param("not a mapping", "", "", id="no mapping"),
    ],
)
def test_evidence_is_told_in_the_readers_language(evidence: object, english: str, chinese: str) -> None:
    assert evidence_text(words_in("en"), evidence) == english
    assert evidence_text(words_in("zh"), evidence) == chinese


def test_every_key_that_the_scoring_writes_has_a_label() -> None:
    poor = replace(
        asset(), is_cii=True, mlps_level=2, expected_sources=("syslog", "evtx"), last_assessed_on=date(2020, 1, 1)
    )
    facts = AssetFacts(
        asset=poor,
        open_alerts=(OpenAlerts("high", 0, 2),),
        unmasked=(UnmaskedData("people", "general-4", 2),),
        tls_sessions=4,
        weak_tls_sessions=1,
        last_heard=(("syslog", NOW - timedelta(days=3)),),
        exposed_ports=(3389,),
    )
    never = replace(facts, asset=replace(poor, mlps_level=3, last_assessed_on=None))
    late = replace(facts, asset=replace(poor, mlps_level=3))
    factors = [factor for each in (facts, never, late) for factor in score_asset(each, WEIGHTS, now=NOW).factors]
    assert len({factor.factor for factor in factors}) == 8
    told = [evidence_text(words_in("zh"), factor.evidence) for factor in factors]
    assert not [text for text in told if re.search(r"[a-z]+_[a-z]+|never|critical|high|middleware", text)]
