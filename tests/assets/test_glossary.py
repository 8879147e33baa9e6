"""The glossary names every code that people meet, with the words that the screen shows."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from assets.monitored import DataGrade, Sector
from assets.weights import GRADES, LEVELS
from response.chain import Role
from response.lifecycle import AlertState, Verdict

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "glossary.md"


def _words(language: str, section: str) -> dict[str, str]:
    labels = yaml.safe_load((ROOT / "dashboards" / "locale" / f"{language}.yml").read_text(encoding="utf-8"))
    return dict(labels[section])


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        pytest.param("sector", Sector, id="sectors"),
        pytest.param("state", AlertState, id="alert-states"),
        pytest.param("verdict", Verdict, id="verdicts"),
        pytest.param("role", Role, id="roles"),
        pytest.param("level", LEVELS, id="levels"),
        pytest.param("grade", GRADES, id="grades"),
        pytest.param("band", ("good", "fair", "poor", "critical"), id="bands"),
    ],
)
def test_every_code_has_the_words_of_the_screen(section: str, codes: Iterable[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    english, chinese = _words("en", section), _words("zh", section)
    rows = [f"| `{code}` | {english[code]} | {chinese[code]} |" for code in codes]
    assert [row for row in rows if row not in text] == []


def test_the_grades_of_assets_and_of_weights_are_the_same() -> None:
    assert tuple(grade.value for grade in DataGrade if grade.value) == GRADES
