"""Loading rules: every rule is accounted for, and a broken one never hides the others."""

import os
from pathlib import Path

import pytest

from detectors.check import check_rows, status_counts
from detectors.errors import ContentError
from detectors.rule import RuleSet, Status
from detectors.ruleset import load_ruleset

GOOD = """title: Good
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
detection:
  s: {Image|endswith: x.exe}
  condition: s
level: high
tags: [attack.credential-access, attack.t1003]
"""
BASE = GOOD.replace("Good", "Base").replace("0001", "0002") + "name: base\n"
CORRELATION = """title: Many
id: 5f1c1c0e-0000-4000-8000-000000000003
correlation:
  type: event_count
  rules: [base]
  timespan: 1m
  condition: {gte: 3}
"""


def load(folder: Path, **files: str) -> RuleSet:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_ruleset(folder)


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join([*lines, "title: laughs", "detection: {s: *a8, condition: s}"])


BROKEN = {
    "no YAML": ("title: [", "not valid YAML"),
    "a duplicate key": (GOOD + "title: again\n", "Duplicate key"),
    "not a mapping": ("- 1\n- 2\n", "not a mapping"),
    "not a rule": ("title: a recipe\n", "it has no detection"),
    "nothing": ("", "no document"),
    "aliases that explode": (laughs(), "aliases expand"),
    "endless nesting": ("a: " + "[" * 5000, "nested deeper"),
    "compact nesting": ("- " * 5000 + "x", "nested deeper"),
    "too many values": ("a: [" + "x, " * 150_000 + "x]", "values"),
    "a control character": ("title: \x01", "not valid YAML"),
    "an unknown level": (GOOD + "level: x' OR 1=1 --\n", "level"),
    "a level that is a number": (GOOD + "level: 5\n", "level"),
    "no condition": (GOOD.replace("  condition: s\n", ""), "condition"),
    "an unknown modifier": (GOOD.replace("endswith", "sounds_like"), "modifier"),
    "an unknown detection": (GOOD.replace("condition: s", "condition: t"), "not defined"),
    "a pattern that selects nothing": (GOOD.replace("condition: s", "condition: s and 1 of t*"), "does not define"),
    "a bad expression": (GOOD.replace("Image|endswith: x.exe", "Image|re: '(['"), "invalid"),
    "a lookahead": (GOOD.replace("Image|endswith: x.exe", "Image|re: 'a(?!b)'"), "lookahead"),
    "a back-reference": (GOOD.replace("Image|endswith: x.exe", r"Image|re: '(a)\1'"), "back-reference"),
    "a bad network": (GOOD.replace("Image|endswith: x.exe", "Image|cidr: 10.0.0.1/8"), "CIDR"),
    "a name that YAML reads as a boolean": (
        GOOD.replace("condition: s", "off: {Image: y}\n  condition: s and off"),
        "off",
    ),
    "an old pipe": (GOOD.replace("condition: s", "condition: s | count() > 5"), "pipe"),
    "endless negation": (GOOD.replace("condition: s", "condition: " + "not " * 4000 + "s"), ""),
    "a correlation without its rule": (CORRELATION, "no usable rule"),
    "a correlation of an unknown type": (CORRELATION.replace("event_count", "value_guess"), "correlation type"),
    "a percentile of nothing": (
        BASE + "---\n" + CORRELATION.replace("event_count", "value_percentile").replace("3}", "3, field: Image}"),
        "needs the percentile",
    ),
    "bounds that exclude each other": (BASE + "---\n" + CORRELATION.replace("{gte: 3}", "{gt: 3, lt: 3}"), "bounds"),
    "a field that is a number": (
        BASE + "---\n" + CORRELATION.replace("event_count", "value_sum").replace("{gte: 3}", "{gte: 3, field: [5, 6]}"),
        "one field",
    ),
    "a bound that is no number": (BASE + "---\n" + CORRELATION.replace("{gte: 3}", "{gte: 3, lt: many}"), "no number"),
    "a condition over rules that are not there": (
        BASE + "---\n" + CORRELATION.replace("event_count", "temporal").replace("{gte: 3}", "base and ghost"),
        "ghost",
    ),
    "an alias of no rule": (
        BASE + "---\n" + CORRELATION.replace("timespan", "aliases: {who: {ghost: User}}\n  timespan"),
        "alias who names ghost",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_reported_and_the_others_run(tmp_path: Path, text: str, reason: str) -> None:
    ruleset = load(tmp_path, a_broken=text, good=GOOD.replace("0001", "0009"))
    assert "Good" in [rule.head.title for rule in ruleset.rules]
    broken = [check for check in ruleset.problems if check.path.name == "a_broken.yml"]
    assert [check.status for check in broken] == [Status.UNSUPPORTED]
    assert reason in broken[0].reason
    assert broken[0].line >= 1


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00title")
    assert "not UTF-8" in load(tmp_path, good=GOOD).problems[0].reason


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    ruleset = load(tmp_path, good=GOOD)
    assert [check.reason for check in ruleset.problems] == ["not a regular file"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no such file or folder"):
        load_ruleset(tmp_path / "nowhere")


def test_a_second_rule_with_an_id_is_refused_with_the_path_of_the_first(tmp_path: Path) -> None:
    ruleset = load(tmp_path, one=GOOD, two=GOOD)
    assert len(ruleset.rules) == 1
    assert "one.yml" in ruleset.problems[0].reason


def test_a_log_source_that_nothing_supplies_makes_a_rule_blind(tmp_path: Path) -> None:
    ruleset = load(tmp_path, rule=GOOD.replace("product: windows, category: process_creation", "product: toaster"))
    assert [(check.status, check.reason) for check in ruleset.problems] == [
        (Status.BLIND, "no source supplies product toaster")
    ]


def test_a_field_that_nothing_supplies_makes_a_rule_blind_and_names_it(tmp_path: Path) -> None:
    ruleset = load(tmp_path, rule=GOOD.replace("Image|endswith", "Aura|endswith"))
    assert [(check.status, check.fields, check.line) for check in ruleset.problems] == [(Status.BLIND, ("Aura",), 5)]
    assert len(ruleset.rules) == 1


def test_a_placeholder_without_a_value_makes_a_rule_blind(tmp_path: Path) -> None:
    ruleset = load(tmp_path, rule=GOOD.replace("Image|endswith: x.exe", "Image|expand: '%tools%'"))
    assert "%tools%" in ruleset.problems[0].reason


def test_the_line_of_an_unsupported_expression_is_told(tmp_path: Path) -> None:
    ruleset = load(tmp_path, rule=GOOD.replace("Image|endswith: x.exe", "Image|re: 'a(?=b)'"))
    assert ruleset.problems[0].line == 5


def test_a_rule_that_only_serves_a_correlation_raises_no_alert(tmp_path: Path) -> None:
    ruleset = load(tmp_path, both=BASE + "---\n" + CORRELATION)
    assert ruleset.alerting_ids == {"5f1c1c0e-0000-4000-8000-000000000003"}


def test_generate_lets_the_base_rule_raise_alerts_too(tmp_path: Path) -> None:
    ruleset = load(tmp_path, both=BASE + "---\n" + CORRELATION.replace("timespan", "generate: true\n  timespan"))
    assert len(ruleset.alerting_ids) == 2


def test_a_range_fractions_and_the_words_of_conditions_are_read_as_the_specification_writes_them(
    tmp_path: Path,
) -> None:
    ranged = BASE + "---\n" + CORRELATION.replace("{gte: 3}", "{gte: 2.5, lt: 7}")
    (rule,) = load(tmp_path, rule=ranged).correlations
    assert [(each.operator, str(each.value)) for each in rule.bounds] == [("lt", "7"), ("gte", "2.5")]
    worded = BASE + "---\n" + CORRELATION.replace("event_count", "temporal").replace("{gte: 3}", "base OR NOT base")
    assert load(tmp_path, rule=worded).correlations[0].expression is not None


def test_a_correlation_over_what_another_does_not_group_by_is_blind(tmp_path: Path) -> None:
    inner = CORRELATION.replace("title: Many", "title: Inner\nname: inner").replace("0003", "0004")
    outer = CORRELATION.replace("[base]", "[inner]").replace("timespan", "group-by: [User]\n  timespan")
    ruleset = load(tmp_path, all="---\n".join([BASE, inner, outer]))
    assert [(check.status, check.fields) for check in ruleset.problems] == [(Status.BLIND, ("User",))]


def test_an_alias_may_call_a_rule_by_its_name_where_the_list_has_its_id(tmp_path: Path) -> None:
    text = CORRELATION.replace("[base]", "[5f1c1c0e-0000-4000-8000-000000000002]")
    text = text.replace("timespan", "group-by: [who]\n  aliases: {who: {base: User}}\n  timespan")
    (rule,) = load(tmp_path, all=BASE + "---\n" + text).correlations
    assert list(rule.group_fields.values()) == [("User",)]


def test_correlations_in_a_circle_are_refused(tmp_path: Path) -> None:
    one = CORRELATION.replace("[base]", "[two]").replace("title: Many", "title: One\nname: one")
    two = CORRELATION.replace("[base]", "[one]").replace("title: Many", "title: Two\nname: two").replace("0003", "0004")
    assert ["circle" in check.reason for check in load(tmp_path, a=one, b=two).problems] == [True, True]


def test_the_rule_set_has_another_id_when_a_rule_changes(tmp_path: Path) -> None:
    first = load(tmp_path, rule=GOOD).ruleset_id
    assert load(tmp_path, rule=GOOD).ruleset_id == first
    assert load(tmp_path, rule=GOOD.replace("x.exe", "y.exe")).ruleset_id != first


@pytest.mark.parametrize(
    "line",
    [
        "description: said better",
        "title_zh: 更好的标题",
        "description_zh: 更好的说明",
        "falsepositives_zh: [一种情形]",
        "author: Somebody",
        "modified: 2026-03-01",
        "falsepositives: [Backups]",
    ],
)
def test_better_words_leave_a_rule_what_it_was(line: str, tmp_path: Path) -> None:
    before, after = load(tmp_path, rule=GOOD), load(tmp_path, rule=f"{GOOD.rstrip()}\n{line}\n")
    assert after.rules[0].head.version == before.rules[0].head.version
    assert after.ruleset_id == before.ruleset_id


def test_a_correlation_has_another_version_when_its_base_rule_changes(tmp_path: Path) -> None:
    first = load(tmp_path, both=BASE + "---\n" + CORRELATION).correlations[0].head.version
    changed = load(tmp_path, both=BASE.replace("x.exe", "y.exe") + "---\n" + CORRELATION)
    assert changed.correlations[0].head.version != first


def test_a_sigma_filter_narrows_the_rules_it_names(tmp_path: Path) -> None:
    filtering = """title: Not on test machines
id: 5f1c1c0e-0000-4000-8000-000000000007
logsource: {product: windows, category: process_creation}
filter:
  rules: [5f1c1c0e-0000-4000-8000-000000000001]
  test: {Computer|startswith: test-}
  condition: not test
"""
    ruleset = load(tmp_path, rule=GOOD, filter=filtering)
    assert "test-" in ruleset.rules[0].predicate
    assert status_counts(ruleset) == {"usable": 2, "unsupported": 0, "blind": 0, "withdrawn": 0}


def test_the_account_has_a_row_for_every_rule(tmp_path: Path) -> None:
    rows = check_rows(load(tmp_path, good=GOOD, bad="title: [", both=BASE + "---\n" + CORRELATION))
    assert [(row["title"], row["status"]) for row in rows] == [
        ("", "unsupported"),
        ("Base", "usable"),
        ("Many", "usable"),
        ("Good", "usable"),
    ]
    assert set(rows[0]) == {"id", "path", "title", "status", "reason", "line", "fields"}


def test_every_public_rule_is_accounted_for(shared_data: Path) -> None:
    folder = shared_data / "sigmahq" / "rules" / "linux"
    ruleset = load_ruleset(folder)
    assert len(ruleset.checks) == len(list(folder.rglob("*.yml")))
    assert status_counts(ruleset)["unsupported"] == 0
