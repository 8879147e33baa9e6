"""Which rule a person means: by id, file or title, and what is said when none or several are meant."""

from pathlib import Path

import pytest

from detectors.errors import RuleUnknown
from detectors.rule import RuleSet
from detectors.rule_choice import chosen_rule
from detectors.ruleset import load_ruleset

ID = "5f1c1c0e-0000-4000-8000-00000000000"


def rule(number: int, title: str, more: str = "") -> str:
    return f"""title: {title}
id: {ID}{number}
logsource: {{product: windows, category: process_creation}}
detection:
  s: {{Image: x{number}}}
  condition: s
{more}"""


COUNTING = f"""title: Many refusals
id: {ID}5
correlation: {{type: event_count, rules: [refusal], timespan: 1m, condition: {{gte: 3}}}}
"""


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "linux").mkdir()
    files = {
        "a.yml": rule(1, "Shell started", "title_zh: 启动了命令解释器\n"),
        "linux/b.yml": rule(2, "Shell started by a web server"),
        "c.yml": rule(3, "Tool", "name: refusal\n") + "---\n" + COUNTING,
        "d.yml": rule(6, "Broken").replace("Image: x6", "'Image|re': 'a(?=b)'"),
        "e.yml": rule(7, "Nowhere").replace("product: windows, category: process_creation", "product: toaster"),
        "f.yml": "title: [",
        "g.yml": rule(8, "Twin"),
        "h.yml": rule(9, "Twin"),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_ruleset(folder)


def folder_of(ruleset: RuleSet) -> Path:
    return next(check.path.parent for check in ruleset.checks if check.path.name == "a.yml")


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        (f"{ID}2", 2),
        ("Shell started", 1),
        ("shell STARTED", 1),
        ("启动了命令解释器", 1),
        ("by a web", 2),
        ("b.yml", 2),
        ("linux/b.yml", 2),
        ("{folder}/a.yml", 1),
        ("c.yml", 5),
        ("Tool", 3),
    ],
)
def test_a_rule_is_known_by_id_file_title_or_a_part_of_it(asked: str, number: int, ruleset: RuleSet) -> None:
    assert chosen_rule(ruleset, asked.replace("{folder}", str(folder_of(ruleset)))).id == f"{ID}{number}"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("Twin", "means 2 rules"),
        ("shell", "means 2 rules"),
        ("nothing of the kind", "no rule has the id, path or title"),
        ("", "no rule has"),
        ("z.yml", "no rule has"),
        ("Broken", "Broken cannot be used: "),
        (f"{ID}6", "lookahead"),
        ("Nowhere", "no source supplies product toaster"),
        ("{folder}/f.yml", "not valid YAML"),
    ],
)
def test_what_is_said_when_no_rule_or_several_are_meant(asked: str, says: str, ruleset: RuleSet) -> None:
    with pytest.raises(RuleUnknown) as raised:
        chosen_rule(ruleset, asked.replace("{folder}", str(folder_of(ruleset))))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
