"""The conformance cases about several events: brute force and the pipeline on ClickHouse say what they expect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest
import yaml
from sigma.rule import SigmaRule

from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from store.client import Store
from store.migrate import migrate
from tests.detectors.correlation_oracle import Correlation, Hit, found_episodes
from tests.detectors.oracle import SeenEvent, matches
from tests.rules.cases import START, store_events

FILE = Path(__file__).parent / "conformance" / "correlations.yml"
LOG_SOURCE = {"product": "windows"}


@dataclass(frozen=True)
class CorrelationCase:
    why: str
    rules: Mapping[str, Mapping[str, object]]
    correlations: Mapping[str, Correlation]
    events: tuple[Mapping[str, object], ...]
    episodes: tuple[Mapping[str, object], ...]
    unsupported: str

    @property
    def name(self) -> str:
        """The correlation that is judged."""
        return list(self.correlations)[-1]

    def documents(self) -> list[Mapping[str, object]]:
        base = [
            {"title": name, "name": name, "logsource": LOG_SOURCE, "detection": dict(detection)}
            for name, detection in self.rules.items()
        ]
        return [
            *base,
            *({"title": name, "name": name, "correlation": each} for name, each in self.correlations.items()),
        ]

    def texts(self, position: int) -> dict[str, str]:
        return {str(k): str(v) for k, v in self.events[position].items() if not str(k).startswith("_")}


CASES = [
    CorrelationCase(
        each["why"],
        each["rules"],
        each["correlations"],
        tuple(each["events"]),
        tuple(each.get("episodes", ())),
        each.get("unsupported", ""),
    )
    for each in yaml.safe_load(FILE.read_text(encoding="utf-8"))
]
ANSWERED = [case for case in CASES if not case.unsupported]


def why(case: CorrelationCase) -> str:
    return case.why


def told(case: CorrelationCase, found: Mapping[str, object]) -> dict[str, object]:
    """Of an episode, what the case's episode of that time tells."""
    wanted = [each for each in case.episodes if each["at"] == found["at"] and each["group"] == found["group"]]
    return {key: value for key, value in found.items() if not wanted or key in wanted[0]}


def number(value: object) -> float | int:
    measured = Fraction(str(value))
    return int(measured) if measured.denominator == 1 else float(measured)


def ruleset(case: CorrelationCase, folder: Path) -> RuleSet:
    (folder / "rules.yml").write_text(yaml.safe_dump_all(case.documents()), encoding="utf-8")
    return load_ruleset(folder)


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE correlation_cases")
        store.execute("USE correlation_cases")
        migrate(store)
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE correlation_cases")


def test_every_case_is_told_by_its_reason() -> None:
    assert len({case.why for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", ANSWERED, ids=why)
def test_brute_force_agrees_with_the_case(case: CorrelationCase) -> None:
    rules = {
        name: SigmaRule.from_dict({"title": name, "logsource": LOG_SOURCE, "detection": dict(detection)})
        for name, detection in case.rules.items()
    }
    hits = [
        Hit(name, Fraction(str(event["_at"])), frozenset({str(position)}), case.texts(position))
        for position, event in enumerate(case.events)
        for name, rule in rules.items()
        if matches(rule, SeenEvent(case.texts(position)))
    ]
    found = [
        told(
            case,
            {
                "group": list(each.group),
                "at": number(each.at),
                "until": number(each.until),
                "measured": number(each.measured),
                "events": sorted(int(event) for event in each.events),
            },
        )
        for each in found_episodes(case.name, case.correlations, hits)
    ]
    assert found == [dict(each) for each in case.episodes]


@pytest.mark.parametrize("case", ANSWERED, ids=why)
def test_the_pipeline_agrees_with_the_case(case: CorrelationCase, engine: Store, tmp_path: Path) -> None:
    for table in ("log_event_records", "ingested_batches", "judged_batches", "alert_matches"):
        engine.execute(f"TRUNCATE TABLE {table}")
    rows = [
        {"product": "windows", "event_id": str(position), "at_seconds": event["_at"], "fields": case.texts(position)}
        for position, event in enumerate(case.events)
        for _ in range(2 if event.get("_twice") else 1)
    ]
    store_events(engine, rows)
    detect(engine, ruleset(case, tmp_path))
    sql = "SELECT matched_fields, last_seen, event_ids FROM alert_matches ORDER BY last_seen, alert_id"
    group_by = cast("list[str]", case.correlations[case.name].get("group-by", []))
    found = []
    for row in engine.rows(sql):
        fields = dict(cast("Mapping[str, str]", row["matched_fields"]))
        after = cast("datetime", row["last_seen"]).replace(tzinfo=UTC) - START
        group = [fields.pop(name) for name in group_by]
        (measured,) = fields.values()
        at = Fraction(after // timedelta(microseconds=1), 1_000_000)
        events = sorted(int(event) for event in cast("Sequence[str]", row["event_ids"]))
        found.append(told(case, {"group": group, "at": number(at), "measured": number(measured), "events": events}))
    assert found == [{key: value for key, value in each.items() if key != "until"} for each in case.episodes]


@pytest.mark.parametrize("case", [case for case in CASES if case.unsupported], ids=why)
def test_what_cannot_be_meant_is_refused(case: CorrelationCase, tmp_path: Path) -> None:
    assert [case.unsupported in check.reason for check in ruleset(case, tmp_path).problems] == [True]
