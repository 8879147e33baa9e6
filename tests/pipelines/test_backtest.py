"""What a rule would have found, and what rules cost: counted on the real engine, nothing written."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from detectors.rule_choice import chosen_rule
from pipelines.backtest import Backtest, Seen, backtest
from pipelines.rule_costs import rule_costs
from store.client import Store
from store.scratch import scratch_store
from tests.pipelines.test_explaining import content_of
from tests.pipelines.test_explaining_correlations import FAILED, MANY, PASSED
from tests.rules.cases import START, store_events

DAY = 86_400
FLOWS = """title: Telnet
id: 5f1c1c0e-0000-4000-8000-000000000005
logsource: {category: network_flow}
detection:
  s: {destination_port: 23}
  condition: s
"""
EVERYTHING = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


def login(at: int, source: str, asset: str, outcome: str = "failure") -> dict[str, object]:
    event = {"product": "linux", "service": "sshd", "action": "login", "outcome": outcome}
    return {**event, "source_ip": source, "asset_id": asset, "at_seconds": at}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with scratch_store() as db:
        events = [login(second, "192.0.2.1", "web") for second in range(4)]
        events += [login(DAY + second, "192.0.2.1", "web") for second in range(3)]
        events += [login(DAY + second, "192.0.2.2", "mail") for second in range(2)]
        events += [login(10, "192.0.2.3", "", "success")]
        events += [{"table": "network_flows", "destination_port": 23, "asset_id": "plc"}]
        store_events(db, events)
        yield db


def found(store: Store, folder: Path, asked: str, since: datetime | None = None) -> Backtest:
    content = content_of(folder, FAILED, PASSED, MANY, FLOWS)
    head = chosen_rule(content.ruleset, asked)
    return backtest(store, content, head.id, since=since or EVERYTHING[0], until=EVERYTHING[1])


@pytest.mark.parametrize(
    ("rule", "events", "per_day", "per_asset"),
    [
        ("Failed", 10, {date(2026, 3, 2): 4, date(2026, 3, 3): 5}, {"web": 7, "mail": 2}),
        ("Passed", 10, {date(2026, 3, 2): 1}, {"": 1}),
        ("Many", 10, {date(2026, 3, 2): 1, date(2026, 3, 3): 1}, {"web": 2}),
        ("Telnet", 1, {date(2026, 3, 2): 1}, {"plc": 1}),
    ],
)
def test_matches_are_counted_by_day_and_asset(
    rule: str, events: int, per_day: dict[date, int], per_asset: dict[str, int], store: Store, tmp_path: Path
) -> None:
    told = found(store, tmp_path, rule)
    assert told.events == events
    assert (told.per_day, told.per_asset, told.matches) == (per_day, per_asset, sum(per_day.values()))
    assert told.cost.seconds > 0


def test_only_what_happened_since_counts(store: Store, tmp_path: Path) -> None:
    assert found(store, tmp_path, "Failed", START + timedelta(days=1)).matches == 5
    assert found(store, tmp_path, "Many", START + timedelta(days=1)).matches == 1
    assert found(store, tmp_path, "Failed", START + timedelta(days=9)).per_day == {}


def test_an_episode_that_began_before_is_not_cut_in_two(store: Store, tmp_path: Path) -> None:
    assert found(store, tmp_path, "Many", START + timedelta(seconds=2)).matches == 2
    assert found(store, tmp_path, "Many", START + timedelta(seconds=3)).matches == 1


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("Failed", (Seen("action", "login", 9), Seen("outcome", "failure", 9))),
        ("Many", (Seen("src_ip", "192.0.2.1", 2),)),
        ("Telnet", (Seen("destination_port", "23", 1),)),
    ],
)
def test_the_values_that_were_seen_most_are_told(
    rule: str, values: tuple[Seen, ...], store: Store, tmp_path: Path
) -> None:
    assert found(store, tmp_path, rule).values == values


def test_nothing_is_written(store: Store, tmp_path: Path) -> None:
    found(store, tmp_path, "Many")
    assert store.value("SELECT count() FROM alert_matches") == 0
    assert store.value("SELECT count() FROM judged_batches") == 0


def test_every_rule_over_single_events_has_its_cost_dearest_first(store: Store, tmp_path: Path) -> None:
    ruleset = content_of(tmp_path, FAILED, PASSED, MANY, FLOWS).ruleset
    costs = rule_costs(store, ruleset, since=EVERYTHING[0], until=EVERYTHING[1])
    assert {each.rule.title: each.matches for each in costs} == {"Failed": 9, "Passed": 1, "Telnet": 1}
    seconds = [each.cost.seconds for each in costs]
    assert seconds == sorted(seconds, reverse=True)
    assert min(seconds) > 0
