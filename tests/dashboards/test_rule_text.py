"""What a rule says about itself, in the reader's language where it speaks it."""

from pathlib import Path

import pytest

from dashboards.rule_text import RuleText, rule_text
from dashboards.translation import Language

BOTH = """id: r-1
description: English words.
description_zh: 中文说明。
falsepositives: [One thing.]
falsepositives_zh: [一种情形。]
"""
ENGLISH = "id: r-2\ndescription: English only.\nfalsepositives: One thing.\n"


@pytest.mark.parametrize(
    ("rule_id", "language", "told"),
    [
        pytest.param("r-1", "zh", RuleText("中文说明。", ("一种情形。",)), id="Chinese"),
        pytest.param("r-1", "en", RuleText("English words.", ("One thing.",)), id="English"),
        pytest.param("r-2", "zh", RuleText("English only.", ("One thing.",)), id="a rule without Chinese"),
        pytest.param("r-3", "zh", RuleText(), id="no such rule"),
    ],
)
def test_a_rule_speaks_the_readers_language(tmp_path: Path, rule_id: str, language: Language, told: RuleText) -> None:
    (tmp_path / "rules.yml").write_text(f"{BOTH}---\n{ENGLISH}", encoding="utf-8")
    assert rule_text(tmp_path, "rules.yml", rule_id, language) == told
    assert rule_text(tmp_path / "elsewhere", "../rules.yml", rule_id, language) == RuleText()
