import re
from pathlib import Path

import pytest

from rongdun.demo.city import City
from rongdun.demo.stories.story import AlertExpected

ROOT = Path(__file__).parents[2]
STORIES = sorted((ROOT / "rongdun/demo/stories").glob("*.py"))


def _rule_ids() -> set[str]:
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "rules").rglob("*.yml"))
    return {found for text in texts for found in re.findall(r"^id: (\S+)$", text, re.MULTILINE)}


def test_every_rule_that_a_story_names_exists(city: City) -> None:
    expected = [step for story in city.stories for step in story.expects if isinstance(step, AlertExpected)]
    assert all(step.rule_ids for step in expected)
    assert {rule_id for step in expected for rule_id in step.rule_ids} <= _rule_ids()


@pytest.mark.parametrize("story", STORIES, ids=[story.stem for story in STORIES])
def test_a_rule_named_by_its_file_has_the_id_beside_it(story: Path) -> None:
    named = re.findall(r'"([0-9a-f-]{36})"\S*  # (rules/\S+\.yml)', story.read_text(encoding="utf-8"))
    for rule_id, path in named:
        assert f"id: {rule_id}\n" in (ROOT / path).read_text(encoding="utf-8")
