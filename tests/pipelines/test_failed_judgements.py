"""A rule whose query fails is told of and tried again, by itself, until it has judged what it missed."""

from pathlib import Path

import pytest

from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from pipelines.detect import DetectReport, detect
from pipelines.failed_judgements import MOST_ATTEMPTS
from store.client import Store
from tests.pipelines.password_rules import ACCEPTED, MANY, SINGLE, SUCCESS, alerts, failed
from tests.rules.cases import store_events

WIDE = "Failed password for 管理员"


@pytest.fixture
def too_long(tmp_path: Path) -> RuleSet:
    """A rule that asks in more words than ClickHouse reads by default, and another."""
    # Whether letters beyond ASCII are capital is for the database to say, and this asks it in more words than it takes.
    values = ", ".join(f"'{'x' * 40}{number}'" for number in range(9_000))
    values += f", '{WIDE}'"
    too_long = SINGLE.replace("0001", "0009").replace("name: wrong\n", "").replace("Failed}", f"[{values}]}}")
    (tmp_path / "long.yml").write_text(too_long.replace("message|contains", "message|cased"), encoding="utf-8")
    (tmp_path / "rule.yml").write_text(SINGLE, encoding="utf-8")
    return load_ruleset(tmp_path)


def told(report: DetectReport) -> list[tuple[str, str]]:
    return [(each["id"][-4:], each["reason"].rpartition("(")[2].rstrip(")")) for each in report.unusable]


def test_a_rule_whose_query_fails_is_reported_and_the_rest_run(store: Store, too_long: RuleSet) -> None:
    store_events(store, [failed(5, message=WIDE)])
    report = detect(store, too_long)
    assert report.alerts_new == 1
    assert "its query failed" in report.unusable[0]["reason"]
    assert told(report) == [("0009", "1 batches are asked about again on the next run")]


def test_what_a_rule_could_not_judge_is_judged_once_its_query_runs(store: Store, too_long: RuleSet) -> None:
    store_events(store, [failed(5, message=WIDE)])
    detect(store, too_long)
    limits = ("max_query_size", "max_ast_elements", "max_expanded_ast_elements")
    store.execute(f"SET {', '.join(f'{limit} = 10000000' for limit in limits)}")
    try:
        again = detect(store, too_long)
    finally:
        store.execute(f"SET {', '.join(f'{limit} = DEFAULT' for limit in limits)}")
    assert (again.alerts_new, told(again)) == (1, [])
    assert detect(store, too_long).unusable == []


def test_a_query_that_fails_every_time_is_given_up_and_stays_told_of(store: Store, too_long: RuleSet) -> None:
    store_events(store, [failed(5, message=WIDE)])
    for _ in range(MOST_ATTEMPTS + 1):
        report = detect(store, too_long)
    assert told(report) == [("0009", "1 batches were given up after 3 tries")]
    attempts = store.value("SELECT max(attempt) FROM failed_judgements")
    assert attempts == MOST_ATTEMPTS


def test_what_a_correlation_could_not_judge_is_judged_by_itself_once_its_query_runs(
    store: Store, too_long: RuleSet, tmp_path: Path
) -> None:
    assert too_long.problems == ()
    (tmp_path / "many.yml").write_text(
        MANY.replace("[wrong]", "[5f1c1c0e-0000-4000-8000-000000000009]"), encoding="utf-8"
    )
    ruleset = load_ruleset(tmp_path)
    store_events(store, [failed(second, message=WIDE) for second in range(3)])
    report = detect(store, ruleset)
    assert (report.alerts_new, told(report)) == (3, [("0002", "1 batches are asked about again on the next run")])
    limits = ("max_query_size", "max_ast_elements", "max_expanded_ast_elements")
    store.execute(f"SET {', '.join(f'{limit} = 10000000' for limit in limits)}")
    try:
        again = detect(store, ruleset)
    finally:
        store.execute(f"SET {', '.join(f'{limit} = DEFAULT' for limit in limits)}")
    assert (again.events, again.alerts_new, told(again)) == (0, 1, [])
    assert [each["rule_id"] for each in alerts(store) if each["level"] == "high"] == [
        "5f1c1c0e-0000-4000-8000-000000000002"
    ]
    assert detect(store, ruleset).alerts_new == 0


def test_a_correlation_alone_raises_no_alert_of_the_rules_that_it_rests_on(store: Store, tmp_path: Path) -> None:
    shown = MANY.replace("  type:", "  generate: true\n  type:")
    (tmp_path / "rules.yml").write_text("\n---\n".join([SINGLE, shown, ACCEPTED, SUCCESS]), encoding="utf-8")
    alone = load_ruleset(tmp_path).only(SUCCESS.split("id: ")[1].split(maxsplit=1)[0])
    store_events(store, [failed(0), failed(20), failed(40), failed(45, message="Accepted password for root")])
    assert detect(store, alone).alerts_new == 1
    assert [each["level"] for each in alerts(store)] == ["critical"]
