"""What a rule set looks for in ATT&CK's words: per tactic, and as a layer of the Navigator's format 4.5."""

from pathlib import Path

import pytest

from detectors.coverage import Domain, TacticCoverage, navigator_layer, tactic_coverage, techniques_of
from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset

ID = "5f1c1c0e-0000-4000-8000-00000000000"


def rule(number: int, tags: str, **words: str) -> str:
    field, source = words.get("field", "Image"), words.get("source", "product: windows, category: process_creation")
    return f"""title: Rule {number}
id: {ID}{number}
logsource: {{{source}}}
detection:
  s: {{{field}: x}}
  condition: s
tags: [{tags}]
"""


COUNTED = rule(7, "attack.credential-access, attack.t1110") + "name: counted\n"
COUNTING = f"""title: Rule 8
id: {ID}8
correlation: {{type: event_count, rules: [counted], timespan: 1m, condition: {{gte: 3}}}}
tags: [attack.credential-access, attack.t1110.001]
"""
RULES = (
    rule(1, "attack.execution, attack.t1059.001, attack.s0154, car.2013-02-003"),
    rule(2, "attack.execution, attack.defense-evasion, attack.t1059, attack.t1059.001"),
    rule(3, "attack.execution, attack.t1059.001", field="Aura"),
    rule(4, "attack.defense_evasion, attack.t1070", source="product: toaster"),
    rule(5, "attack.execution, attack.t1047", field="'Image|re'").replace(" x}", " 'a(?=b)'}"),
    rule(6, "attack.impair-process-control, attack.t0855"),
    COUNTED,
    COUNTING,
    rule(9, "attack.a-tactic-of-tomorrow"),
)
MATCHES = {f"{ID}1": 5, f"{ID}2": 1, f"{ID}8": 2}


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    folder = tmp_path_factory.mktemp("rules")
    for number, text in enumerate(RULES):
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return load_ruleset(folder)


def test_every_tactic_of_a_tag_has_its_row_in_the_order_of_the_matrix(ruleset: RuleSet) -> None:
    assert tactic_coverage(ruleset, MATCHES) == [
        TacticCoverage("execution", usable=2, blind=1, unsupported=1, matched=2, matches=6),
        TacticCoverage("defense-evasion", usable=1, blind=1, unsupported=0, matched=1, matches=1),
        TacticCoverage("credential-access", usable=1, blind=0, unsupported=0, matched=1, matches=2),
        TacticCoverage("impair-process-control", usable=1, blind=0, unsupported=0, matched=0, matches=0),
        TacticCoverage("a-tactic-of-tomorrow", usable=1, blind=0, unsupported=0, matched=0, matches=0),
    ]


@pytest.mark.parametrize(
    ("domain", "techniques"),
    [
        (Domain.enterprise, {"T1059", "T1059.001", "T1070", "T1047", "T1110.001"}),
        (Domain.ics, {"T0855"}),
    ],
)
def test_techniques_are_told_apart_by_matrix(domain: Domain, techniques: set[str], ruleset: RuleSet) -> None:
    assert set(techniques_of(ruleset, domain)) == techniques


def test_a_layer_scores_a_technique_by_the_rules_that_can_find_it(ruleset: RuleSet) -> None:
    layer = navigator_layer(ruleset, MATCHES, domain=Domain.enterprise, name="n", described="d")
    techniques = {each["techniqueID"]: each for each in layer["techniques"]}  # type: ignore[attr-defined]  # a JSON value
    assert {key: each["score"] for key, each in techniques.items()} == {
        "T1047": 0, "T1059": 1, "T1059.001": 2, "T1070": 0, "T1110.001": 1,
    }  # fmt: skip
    assert techniques["T1059.001"]["comment"] == "Rule 1\nRule 2\nRule 3"
    assert {each["name"]: each["value"] for each in techniques["T1059.001"]["metadata"]} == {
        "usable": "2", "blind": "1", "matches": "6",
    }  # fmt: skip


def test_a_layer_has_what_the_format_demands(ruleset: RuleSet) -> None:
    layer = navigator_layer(ruleset, {}, domain=Domain.ics, name="n", described="d")
    assert layer["versions"] == {"navigator": "4.9.0", "layer": "4.5"}
    assert (layer["name"], layer["domain"]) == ("n", "ics-attack")
    assert layer["gradient"] == {"colors": ["#e8f4ea", "#1f7a3d"], "minValue": 0, "maxValue": 1}


def test_a_layer_of_nothing_is_still_a_layer(tmp_path: Path) -> None:
    layer = navigator_layer(load_ruleset(tmp_path), {}, domain=Domain.enterprise, name="n", described="d")
    assert layer["techniques"] == []
    assert layer["gradient"] == {"colors": ["#e8f4ea", "#1f7a3d"], "minValue": 0, "maxValue": 1}
