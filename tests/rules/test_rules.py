"""Every own rule is usable, says what a city needs to know of it, and proves itself on the real engine."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from detectors.placeholders import load_placeholders
from detectors.rule import RuleSet, Status
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from store.client import Store
from store.migrate import migrate
from tests.rules.cases import Case, read_cases, store_events

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


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_alerting_rule_has_a_chinese_title_false_positives_and_blind_spots(path: Path) -> None:
    rules = alerting(path)
    assert rules
    for rule in rules:
        assert any("\u4e00" <= character <= "\u9fff" for character in str(rule["title_zh"]))
        assert rule["falsepositives"]
        assert "Blind spots:" in str(rule["description"])


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
def fired() -> Iterator[set[tuple[str, str]]]:
    """Path of the rule and first event of each alert that all cases together raise, each case on days of its own."""
    database = "rule_cases"
    with Store.connect("chdb://memory") as store:
        store.execute(f"CREATE DATABASE {database}")
        store.execute(f"USE {database}")
        migrate(store)
        for number, case in enumerate(cases()):
            store_events(store, case.events, batch_id=f"case-{number}", shift=timedelta(days=3 * number))
        ruleset = load_ruleset(SIGMA, placeholders=load_placeholders(RULES / "placeholders.yml"))
        report = detect(store, ruleset)
        assert report.unusable == []
        rows = store.rows("SELECT rule_path, arrayJoin(event_ids) AS event_id FROM alert_matches")
        yield {(str(row["rule_path"]), str(row["event_id"]).rpartition("/")[0]) for row in rows}
        store.execute("USE default")
        store.execute(f"DROP DATABASE {database}")


@pytest.mark.parametrize(("number", "case"), list(enumerate(cases())), ids=[str(case) for case in cases()])
def test_a_rule_fires_exactly_where_its_cases_say(fired: set[tuple[str, str]], number: int, case: Case) -> None:
    assert ((str(case.rule), f"case-{number}") in fired) is case.fires
