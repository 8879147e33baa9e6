"""Every own rule is usable, says what a city needs to know of it, and proves itself on the real engine."""

from functools import cache
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
import yaml

from detectors.placeholders import load_placeholders
from detectors.rule import RuleSet, Status
from detectors.ruleset import load_ruleset
from pipelines.rule_cases import Case, read_cases
from pipelines.rule_tests import CaseResult, cases_of, run_cases
from store.scratch import scratch_store

RULES = Path(__file__).parents[2] / "rules"
SIGMA = RULES / "sigma"
CASES = Path(__file__).parent / "cases"
PATHS = sorted(SIGMA.rglob("*.yml"))
FOLDERS = {"linux", "windows", "network", "dns", "tls", "web", "ics", "cloud"}
EVENT_CLASSES = ("MP", "NA", "DS", "IC", "DE", "RO", "SHE", "AB", "FOC", "OTH")


@cache
def loaded(path: Path) -> RuleSet:
    return load_ruleset(path, placeholders=load_placeholders(RULES / "placeholders.yml"))


@cache
def cases() -> list[Case]:
    return [case for path in PATHS for case in read_cases(CASES / path.relative_to(SIGMA), path)]


def alerting(path: Path) -> list[dict[str, object]]:
    ids = loaded(path).alerting_ids
    documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return [document for document in documents if str(document["id"]) in ids]


def chinese(text: object) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in str(text))


def test_there_are_at_least_thirty_alerting_rules() -> None:
    assert sum(len(alerting(path)) for path in PATHS) >= 30


def test_rules_cover_every_folder_a_city_needs() -> None:
    assert {path.relative_to(SIGMA).parts[0] for path in PATHS} == FOLDERS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_rule_is_usable(path: Path) -> None:
    assert [check for check in loaded(path).checks if check.status is not Status.USABLE] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_rule_says_what_it_is(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        assert UUID(document["id"]).version == 4
        assert document["title"]
        assert document["description"]
        assert document["level"]
        assert document["event_class"].startswith(EVENT_CLASSES)
        assert any(tag.startswith("attack.t") for tag in document["tags"])
        assert chinese(document["title_zh"])
        assert chinese(document["description_zh"])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_alerting_rule_has_false_positives_and_blind_spots_in_both_languages(path: Path) -> None:
    rules = alerting(path)
    assert rules
    for rule in rules:
        notes, translated = cast("list[str]", rule["falsepositives"]), cast("list[str]", rule["falsepositives_zh"])
        assert len(notes) == len(translated) > 0
        assert all(map(chinese, translated))
        assert not any(map(chinese, notes))
        assert "Blind spots:" in str(rule["description"])
        assert "盲区：" in str(rule["description_zh"])


def test_no_two_rules_share_an_id_or_a_name() -> None:
    documents = [document for path in PATHS for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    for key in ("id", "name"):
        found = [document[key] for document in documents if key in document]
        assert len(found) == len(set(found))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_rule_has_a_case_that_fires_and_one_that_stays_quiet(path: Path) -> None:
    assert {case.fires for case in cases() if case.rule == path} == {True, False}


def test_no_case_lacks_its_rule() -> None:
    assert {path.relative_to(CASES) for path in CASES.rglob("*.yml")} == {path.relative_to(SIGMA) for path in PATHS}


@pytest.fixture(scope="module")
def results() -> list[CaseResult]:
    """What all cases together show, judged by all rules at once."""
    ruleset = load_ruleset(SIGMA, placeholders=load_placeholders(RULES / "placeholders.yml"))
    with scratch_store() as store:
        return run_cases(store, ruleset, cases())


@pytest.mark.parametrize("number", range(len(cases())), ids=[str(case) for case in cases()])
def test_a_rule_fires_exactly_where_its_cases_say(results: list[CaseResult], number: int) -> None:
    assert results[number].problem == ""


def test_the_command_finds_the_cases_of_every_rule() -> None:
    assert cases_of([SIGMA]) == {path: CASES / path.relative_to(SIGMA) for path in PATHS}
