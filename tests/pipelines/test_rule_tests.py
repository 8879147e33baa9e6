"""Rules proved by cases that users write: what is found, what fails and why, and what a broken file says."""

from pathlib import Path

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from detectors.ruleset import load_ruleset
from pipelines.errors import CasesBroken
from pipelines.rule_cases import Case, read_cases
from pipelines.rule_tests import CaseResult, CasesReport, cases_of, junit, proved
from store.scratch import scratch_store

RULE = """title: Failed
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  s: {outcome: failure}
  condition: s
"""
OTHER = RULE.replace("0001", "0002").replace("Failed", "Passed").replace("failure", "success")
LOGIN = "{product: linux, service: sshd, outcome: %s}"
CASES = f"""fires:
  - why: a refusal
    events: [{LOGIN % "failure"}]
quiet:
  - why: a login
    events: [{LOGIN % "success"}]
"""


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def report_of(folder: Path) -> CasesReport:
    found = cases_of([folder])
    with scratch_store() as store:
        return proved(store, load_ruleset(folder), found)


def test_cases_are_found_beside_the_rule_in_a_named_folder_and_in_the_folder_beside(tmp_path: Path) -> None:
    put(tmp_path, sigma__a_yml=RULE, sigma__a_cases_yml=CASES)
    put(tmp_path, sigma__linux__b_yml=RULE, cases__linux__b_yml=CASES, sigma__c_yml=RULE, named__d_yml=CASES)
    put(tmp_path, sigma__d_yml=RULE)
    sigma, cases = tmp_path / "sigma", tmp_path / "cases"
    assert cases_of([sigma], cases=tmp_path / "named") == {
        sigma / "a.yml": sigma / "a.cases.yml",
        sigma / "c.yml": None,
        sigma / "d.yml": tmp_path / "named" / "d.yml",
        sigma / "linux" / "b.yml": cases / "linux" / "b.yml",
    }


def test_a_file_of_cases_stands_for_its_rule(tmp_path: Path) -> None:
    put(tmp_path, rules__a_yml=RULE, mine__a_cases_yml=f"rule: ../rules/a.yml\n{CASES}", b_yml=RULE, b_cases_yml=CASES)
    beside, named = tmp_path / "b.cases.yml", tmp_path / "mine" / "a.cases.yml"
    found = {rule.resolve(): file for rule, file in cases_of([beside, named]).items()}
    assert found == {tmp_path / "b.yml": beside, tmp_path / "rules" / "a.yml": named}


def test_cases_are_not_taken_for_rules(tmp_path: Path) -> None:
    put(tmp_path, a_yml=RULE, a_cases_yml=CASES)
    assert [check.path.name for check in load_ruleset(tmp_path).checks] == ["a.yml"]


def test_what_holds_what_fails_and_what_has_no_cases(tmp_path: Path) -> None:
    put(tmp_path, a_yml=RULE, a_cases_yml=CASES)
    put(tmp_path, b_yml=OTHER, b_cases_yml=CASES, c_yml=RULE.replace("0001", "0003"))
    report = report_of(tmp_path)
    assert [(each.case.rule.name, each.case.why, each.problem) for each in report.results] == [
        ("a.yml", "a refusal", ""),
        ("a.yml", "a login", ""),
        ("b.yml", "a refusal", "it must fire and stayed quiet"),
        ("b.yml", "a login", "it must stay quiet and fired"),
    ]
    assert [path.name for path in report.untested] == ["c.yml"]


def test_the_cases_of_a_rule_that_cannot_be_used_fail_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path, a_yml=RULE.replace("outcome: failure", "outcome|re: '(['"), a_cases_yml=CASES)
    assert all("invalid" in result.problem for result in report_of(tmp_path).results)


def test_a_correlation_is_proved_by_repeated_events(tmp_path: Path) -> None:
    many = """title: Many
id: 5f1c1c0e-0000-4000-8000-000000000009
correlation: {type: event_count, rules: [failed], group-by: [host], timespan: 7d, condition: {gte: 5}}
"""
    event = "{product: linux, service: sshd, outcome: failure, host: h, repeat: %d, every_seconds: 86400}"
    cases = f"fires:\n  - why: five\n    events: [{event % 5}]\nquiet:\n  - why: four\n    events: [{event % 4}]\n"
    put(tmp_path, a_yml=f"{RULE}name: failed\n---\n{many}", a_cases_yml=cases)
    assert [result.problem for result in report_of(tmp_path).results] == ["", ""]


def test_the_junit_report_has_a_suite_a_rule_and_a_test_a_case(tmp_path: Path) -> None:
    put(tmp_path, a_yml=RULE, a_cases_yml=CASES.replace("a login", "'a <login> \\x01 & more'"))
    put(tmp_path, b_yml=OTHER, b_cases_yml=CASES, c_yml=RULE.replace("0001", "0003"))
    root = ElementTree.fromstring(junit(report_of(tmp_path)))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "4", "2")
    suites = {Path(str(suite.get("name"))).name: suite for suite in root}
    assert [len(suites[name].findall("testcase/failure")) for name in ("a.yml", "b.yml", "c.yml")] == [0, 2, 0]
    assert len(suites["c.yml"].findall("testcase/skipped")) == 1
    assert suites["a.yml"][0].get("name") == "fires: a refusal"


@given(st.text(), st.text())
def test_the_junit_report_can_be_read_whatever_a_case_says(why: str, problem: str) -> None:
    case = Case(Path("a.yml"), why, True, ())
    report = CasesReport((CaseResult(case, problem or "it failed"),), (), 0.5)
    root = ElementTree.fromstring(junit(report).encode("utf-8"))
    assert len(root.findall("testsuite/testcase/failure")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fires: [", "not valid YAML"),
        ("- fires\n", "must have `fires:`"),
        ("", "must have `fires:`"),
        ("fire: []\n", "fire"),
        ("fires: [{why: x}]\n", "fires.0.events"),
        ("fires: [{why: x, events: []}]\n", "fires.0.events"),
        ("fires: [{events: [{host: a}]}]\n", "fires.0.why"),
        ("fires: [{why: x, events: [{hostname: a}]}]\n", "hostname: no column of log_events"),
        ("quiet: [{why: x, events: [{table: network_flows, host: a}]}]\n", "host: no column of network_flows"),
        ("fires: [{why: x, events: [{table: flows}]}]\n", "table"),
        ("fires: [{why: x, events: [{source_port: http}]}]\n", "fires.0.events"),
        ("fires: [{why: x, events: [{source_port: 70000}]}]\n", "does not fit"),
        ("fires: [{why: x, events: [{event_time: noon}]}]\n", "fires.0.events"),
        ("fires: [{why: x, events: [{repeat: 100000000}]}]\n", "repeat"),
        ("rule: [a]\n", "rule"),
        ("a: &a [*a]\n", ""),
    ],
)
def test_a_broken_file_of_cases_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cases.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CasesBroken) as raised:
        read_cases(path, tmp_path / "a.yml")
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert says in message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 3_000_000], ids=["no text", "too large"])
def test_bytes_that_are_no_file_of_cases_are_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.cases.yml"
    path.write_bytes(content)
    with pytest.raises(CasesBroken):
        read_cases(path, tmp_path / "a.yml")


def test_cases_without_their_rule_are_told(tmp_path: Path) -> None:
    put(tmp_path, a_cases_yml=CASES)
    with pytest.raises(CasesBroken, match="there is no rule"):
        cases_of([tmp_path / "a.cases.yml"])
