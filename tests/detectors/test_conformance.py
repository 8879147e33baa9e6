"""The conformance cases: what they expect, what the oracle says and what ClickHouse finds are one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import yaml
from sigma.filters import SigmaFilter
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import ValueListPlaceholderTransformation
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend, log_source_of
from detectors.errors import UnsupportedRule
from detectors.pysigma_document import for_pysigma
from detectors.routing import routes
from store.client import Store
from store.migrate import migrate
from tests.detectors.oracle import SeenEvent, matches
from tests.rules.cases import store_events

FOLDER = Path(__file__).parent / "conformance"
CORRELATIONS = FOLDER / "correlations.yml"
LOG_SOURCE = {"product": "windows"}
RULE_ID = "5f1c1c0e-0000-4000-8000-00000000000a"


@dataclass(frozen=True)
class ConformanceCase:
    file: str
    why: str
    detection: Mapping[str, object]
    events: tuple[Mapping[str, str], ...]
    matches: tuple[int, ...]
    filtering: Mapping[str, object] | None = None
    placeholders: Mapping[str, list[str]] = field(default_factory=dict)
    may_refuse: str = ""

    def rule(self) -> SigmaRule:
        document: dict[str, object] = {"title": self.why, "id": RULE_ID, "logsource": LOG_SOURCE}
        rule = SigmaRule.from_dict(for_pysigma({**document, "detection": dict(self.detection)}))
        if self.filtering is not None:
            filtering = {"rules": [RULE_ID], **self.filtering}
            SigmaFilter.from_dict({"title": "f", "logsource": LOG_SOURCE, "filter": filtering}).apply_on_rule(rule)
        return rule

    def filled_rule(self) -> SigmaRule:
        """The rule with its placeholders filled in by pySigma, not by the engine."""
        rule = self.rule()
        pipeline = ProcessingPipeline(
            items=[ProcessingItem(ValueListPlaceholderTransformation())], vars=dict(self.placeholders)
        )
        return cast("SigmaRule", pipeline.apply(rule)) if self.placeholders else rule


def read_cases() -> list[ConformanceCase]:
    return [
        ConformanceCase(
            path.stem,
            each["why"],
            each["detection"],
            tuple({str(k): str(v) for k, v in event.items()} for event in each["events"]),
            tuple(each["matches"]),
            each.get("filter"),
            each.get("placeholders", {}),
            each.get("may_refuse", ""),
        )
        for path in sorted(FOLDER.glob("*.yml"))
        if path != CORRELATIONS
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


CASES = read_cases()
ANSWERED = [number for number, case in enumerate(CASES) if not case.may_refuse]


def seen(event: Mapping[str, str]) -> SeenEvent:
    return SeenEvent({key: value for key, value in event.items() if key != "_message"}, event.get("_message", ""))


def name(case: ConformanceCase) -> str:
    return f"{case.file}: {case.why}"


@pytest.fixture(scope="module")
def stored() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE conformance")
        store.execute("USE conformance")
        migrate(store)
        rows = [
            {
                "product": "windows",
                "event_id": f"{number}/{position}",
                "host": str(number),
                "message": event.get("_message", ""),
                "fields": {key: value for key, value in event.items() if key != "_message"},
            }
            for number, case in enumerate(CASES)
            for position, event in enumerate(case.events)
        ]
        store_events(store, rows)
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE conformance")


def test_there_are_enough_cases() -> None:
    several = yaml.safe_load(CORRELATIONS.read_text(encoding="utf-8"))
    assert len(CASES) + len(several) >= 250


def test_every_case_is_told_by_its_reason() -> None:
    reasons = [case.why for case in CASES]
    assert len(reasons) == len(set(reasons))


def test_every_case_tells_events_apart_or_says_that_none_matches() -> None:
    assert [name(case) for case in CASES if not case.events or max(case.matches, default=0) >= len(case.events)] == []


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_oracle_agrees_with_the_case(case: ConformanceCase) -> None:
    rule = case.filled_rule()
    found = tuple(position for position, event in enumerate(case.events) if matches(rule, seen(event)))
    assert found == case.matches


@pytest.mark.parametrize("number", ANSWERED, ids=[name(CASES[number]) for number in ANSWERED])
def test_the_engine_agrees_with_the_case(stored: Store, number: int) -> None:
    rule = CASES[number].rule()
    route = routes()[log_source_of(rule)]
    predicate = ClickHouseBackend(placeholders=CASES[number].placeholders).predicate(rule, route)
    sql = f"SELECT event_id FROM log_events WHERE host = {{host:String}} AND ({route.where}) AND {predicate}"
    found = sorted(int(str(row["event_id"]).split("/")[1]) for row in stored.rows(sql, {"host": str(number)}))
    assert tuple(found) == CASES[number].matches


@pytest.mark.parametrize("case", [case for case in CASES if case.may_refuse], ids=name)
def test_what_the_engine_cannot_answer_it_refuses_with_the_reason(case: ConformanceCase) -> None:
    rule = case.rule()
    with pytest.raises(UnsupportedRule, match=case.may_refuse):
        ClickHouseBackend(placeholders={}).predicate(rule, routes()[log_source_of(rule)])
