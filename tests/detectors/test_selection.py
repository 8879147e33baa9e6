"""Which rules run: by their own status and level; a withdrawn one is told of, and so is one beside its successor."""

from pathlib import Path

import pytest

from detectors.rule import RuleSet, Status
from detectors.ruleset import load_ruleset
from detectors.selection import IN_FORCE, RuleStatus, Selection, left_out, selected

ID = "5f1c1c0e-0000-4000-8000-00000000000"


def rule(number: int, **words: str) -> str:
    more = "".join(f"{key}: {value}\n" for key, value in words.items())
    return f"""title: Rule {number}
id: {ID}{number}
logsource: {{product: windows, category: process_creation}}
detection:
  s: {{Image|endswith: x{number}.exe}}
  condition: s
{more}"""


def correlation(number: int, base: str, **words: str) -> str:
    more = "".join(f"{key}: {value}\n" for key, value in words.items())
    return f"""title: Rule {number}
id: {ID}{number}
correlation:
  type: event_count
  rules: [{base}]
  timespan: 1m
  condition: {{gte: 3}}
{more}"""


def load(folder: Path, *texts: str) -> RuleSet:
    for number, text in enumerate(texts):
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return load_ruleset(folder)


def titles(ruleset: RuleSet) -> set[str]:
    return {head.title for head in ruleset.heads if head.id in ruleset.alerting_ids}


RULES = (
    rule(1, status="stable", level="critical"),
    rule(2, status="experimental", level="low"),
    rule(3, status="deprecated", level="high"),
    rule(4, status="unsupported", level="high"),
    rule(5, level="medium"),
)


@pytest.mark.parametrize(
    ("selection", "runs"),
    [
        (Selection(), {1, 2, 5}),
        (Selection((RuleStatus.stable,)), {1, 5}),
        (Selection((*IN_FORCE, RuleStatus.deprecated)), {1, 2, 3, 5}),
        (Selection(tuple(RuleStatus)), {1, 2, 3, 4, 5}),
        (Selection(minimum_level="medium"), {1, 5}),
        (Selection(minimum_level="critical"), {1}),
        (Selection(tuple(RuleStatus), "high"), {1, 3, 4}),
    ],
)
def test_status_and_level_decide(selection: Selection, runs: set[int], tmp_path: Path) -> None:
    everything = load(tmp_path, *RULES)
    chosen = selected(everything, selection)
    assert titles(chosen) == {f"Rule {number}" for number in runs}
    assert {head.title for head in left_out(everything, chosen)} == {f"Rule {n}" for n in {1, 2, 3, 4, 5} - runs}


def test_a_withdrawn_rule_is_told_of(tmp_path: Path) -> None:
    checks = {check.title: check for check in selected(load(tmp_path, *RULES), Selection()).checks}
    assert [checks[f"Rule {number}"].status for number in (1, 2, 3, 4, 5)] == [
        Status.USABLE, Status.USABLE, Status.WITHDRAWN, Status.WITHDRAWN, Status.USABLE,
    ]  # fmt: skip
    assert "--status deprecated" in checks["Rule 3"].reason
    assert "its own status is unsupported" in checks["Rule 4"].reason


def test_a_withdrawn_rule_is_told_of_even_where_nothing_supplies_its_log_source(tmp_path: Path) -> None:
    blind = rule(1, status="deprecated").replace("product: windows, category: process_creation", "product: toaster")
    (check,) = selected(load(tmp_path, blind), Selection()).checks
    assert (check.status, "deprecated" in check.reason) == (Status.WITHDRAWN, True)


def test_one_that_was_asked_for_is_as_good_as_any(tmp_path: Path) -> None:
    chosen = selected(load(tmp_path, *RULES), Selection(tuple(RuleStatus)))
    assert {check.status for check in chosen.checks} == {Status.USABLE}


def test_a_selection_that_leaves_nothing_out_changes_nothing(tmp_path: Path) -> None:
    everything = load(tmp_path, rule(1, status="test"), rule(2))
    assert selected(everything, Selection()) == everything


def test_another_selection_is_another_rule_set(tmp_path: Path) -> None:
    everything = load(tmp_path, *RULES)
    ids = {selected(everything, Selection(minimum_level=level)).ruleset_id for level in ("low", "medium", "high")}
    assert len(ids | {everything.ruleset_id}) == 4


def test_a_rule_serves_a_selected_correlation_whatever_its_own_level(tmp_path: Path) -> None:
    base = rule(1, name="base", level="low")
    many = correlation(2, "base", level="high").replace("timespan", "generate: true\n  timespan")
    chosen = selected(load(tmp_path, base, many, rule(3, level="low")), Selection(minimum_level="high"))
    assert titles(chosen) == {"Rule 2"}
    assert [each.head.title for each in chosen.rules] == ["Rule 1"]


def test_a_rule_whose_only_correlation_is_left_out_is_left_out_too(tmp_path: Path) -> None:
    base, many = rule(1, name="base", level="high"), correlation(2, "base", level="low")
    chosen = selected(load(tmp_path, base, many), Selection(minimum_level="high"))
    assert chosen.heads == ()


def test_a_correlation_of_correlations_keeps_what_it_rests_on(tmp_path: Path) -> None:
    texts = (
        rule(1, name="base"),
        correlation(2, "base", name="many", level="low"),
        correlation(3, "many", level="high"),
    )
    chosen = selected(load(tmp_path, *texts), Selection(minimum_level="high"))
    assert titles(chosen) == {"Rule 3"}
    assert {head.title for head in chosen.heads} == {"Rule 1", "Rule 2", "Rule 3"}


@pytest.mark.parametrize(
    ("old", "warns"),
    [
        (rule(1, status="stable"), True),
        (rule(1, status="deprecated"), False),
        (rule(3), False),
    ],
    ids=["both run", "the old one was withdrawn", "the old one is not there"],
)
def test_a_rule_that_replaces_another_warns_when_both_run(old: str, warns: bool, tmp_path: Path) -> None:
    new = rule(2, status="stable", related=f"[{{id: {ID}1, type: obsolete}}]")
    checks = {check.title: check for check in selected(load(tmp_path, old, new), Selection()).checks}
    assert ("and both run" in checks["Rule 2"].reason) is warns
    assert checks["Rule 2"].status is Status.USABLE
