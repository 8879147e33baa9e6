"""The conformance cases: what they expect, what the oracle says and what ClickHouse finds are one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend, log_source_of
from detectors.routing import routes
from store.client import Store
from store.migrate import migrate
from tests.detectors.oracle import SeenEvent, matches
from tests.rules.cases import store_events

FOLDER = Path(__file__).parent / "conformance"


@dataclass(frozen=True)
class ConformanceCase:
    file: str
    why: str
    detection: Mapping[str, object]
    events: tuple[Mapping[str, str], ...]
    matches: tuple[int, ...]

    def rule(self) -> SigmaRule:
        return SigmaRule.from_dict(
            {"title": self.why, "logsource": {"product": "windows"}, "detection": dict(self.detection)}
        )


def read_cases() -> list[ConformanceCase]:
    return [
        ConformanceCase(
            path.stem,
            each["why"],
            each["detection"],
            tuple({str(k): str(v) for k, v in event.items()} for event in each["events"]),
            tuple(each["matches"]),
        )
        for path in sorted(FOLDER.glob("*.yml"))
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


CASES = read_cases()


def seen(event: Mapping[str, str]) -> SeenEvent:
    return SeenEvent({key: value for key, value in event.items() if key != "_message"}, event.get("_message", ""))


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
    assert len(CASES) >= 100


def test_every_case_is_told_by_its_reason() -> None:
    reasons = [case.why for case in CASES]
    assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file}: {case.why}" for case in CASES])
def test_the_oracle_agrees_with_the_case(case: ConformanceCase) -> None:
    rule = case.rule()
    found = tuple(position for position, event in enumerate(case.events) if matches(rule, seen(event)))
    assert found == case.matches


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case.file}: {case.why}" for case in CASES])
def test_the_engine_agrees_with_the_case(stored: Store, number: int) -> None:
    rule = CASES[number].rule()
    route = routes()[log_source_of(rule)]
    predicate = ClickHouseBackend(placeholders={}).predicate(rule, route)
    sql = f"SELECT event_id FROM log_events WHERE host = {{host:String}} AND ({route.where}) AND {predicate}"
    found = sorted(int(str(row["event_id"]).split("/")[1]) for row in stored.rows(sql, {"host": str(number)}))
    assert tuple(found) == CASES[number].matches
