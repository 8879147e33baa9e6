"""Detection follows arrival, and running it any number of times changes nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from detectors.silence_rule import load_silence_rule
from pipelines.detect import detect
from store.client import Store
from store.errors import QueryFailed
from store.writes import append
from tests.pipelines.password_rules import ACCEPTED, MANY, SINGLE, SUCCESS, alerts, failed
from tests.rules.cases import START, store_events

SILENT = Path(__file__).parents[2] / "rules" / "detections" / "silent_source.yml"


@pytest.fixture
def single(tmp_path: Path) -> RuleSet:
    (tmp_path / "rule.yml").write_text(SINGLE, encoding="utf-8")
    return load_ruleset(tmp_path)


@pytest.fixture
def many(tmp_path: Path) -> RuleSet:
    (tmp_path / "rules.yml").write_text(f"{SINGLE}---\n{MANY}", encoding="utf-8")
    return load_ruleset(tmp_path)


def test_an_alert_says_what_was_seen_where_and_when(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(5, asset_id="a-1", scope="fuzhou/gulou", event_id="e1")])
    report = detect(store, single)
    assert (report.events, report.rules, report.alerts_new, report.unusable) == (1, 1, 1, [])
    (alert,) = alerts(store)
    assert alert["rule_id"] == "5f1c1c0e-0000-4000-8000-000000000001"
    assert (alert["level"], alert["severity"], alert["event_class"]) == ("low", 2, "NACRED")
    assert alert["event_ids"] == ["e1"]
    assert (alert["host"], alert["source_ip"]) == ("app-1", "203.0.113.9")
    assert (alert["event_table"], alert["state"]) == ("log_events", "new")
    assert alert["matched_fields"] == {"message": "Failed password for root"}
    assert alert["first_seen"] == (START + timedelta(seconds=5)).replace(tzinfo=None)
    assert alert["arrived_at"] == store.value("SELECT ingested_at FROM log_events")


def test_a_second_run_judges_nothing_and_adds_nothing(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(5), failed(6)])
    detect(store, single)
    again = detect(store, single)
    assert (again.events, again.alerts_new) == (0, 0)
    assert len(alerts(store)) == 2


def test_a_run_that_broke_off_before_it_marked_the_batch_is_repeated_without_doubles(
    store: Store, single: RuleSet
) -> None:
    store_events(store, [failed(5), failed(6)])
    detect(store, single)
    store.execute("TRUNCATE TABLE judged_batches")
    again = detect(store, single)
    assert (again.events, again.alerts_new) == (2, 0)
    assert store.value("SELECT count() FROM alert_matches") == 2


def test_late_events_are_judged_when_they_arrive(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(500)])
    detect(store, single)
    store_events(store, [failed(5)])
    assert detect(store, single).alerts_new == 1


def test_a_changed_rule_set_judges_everything_anew(store: Store, single: RuleSet, many: RuleSet) -> None:
    store_events(store, [failed(5)])
    detect(store, single)
    assert detect(store, many).events == 1


def test_a_correlation_finds_its_events_across_arrivals(store: Store, many: RuleSet) -> None:
    store_events(store, [failed(0, event_id="e0"), failed(20, event_id="e20")])
    assert detect(store, many).alerts_new == 0
    store_events(store, [failed(40, event_id="e40")])
    assert detect(store, many).alerts_new == 1
    (alert,) = alerts(store)
    assert alert["event_ids"] == ["e0", "e20", "e40"]
    assert alert["matched_fields"] == {"source_ip": "203.0.113.9", "event_count": "3"}
    assert alert["level"] == "high"


def test_a_correlation_records_what_it_asked_and_what_its_base_rule_saw(store: Store, many: RuleSet) -> None:
    store_events(store, [failed(0), failed(20), failed(40, message="Failed password for admin")])
    detect(store, many)
    grounds = json.loads(str(store.value("SELECT grounds FROM alert_grounds JOIN alert_matches USING alert_id")))
    assert grounds["conditions"] == [
        {
            "title": "Many wrong passwords",
            "title_zh": "",
            "type": "event_count",
            "bounds": [{"operator": "gte", "value": "3"}],
            "expression": None,
            "percentile": None,
            "span_seconds": 60,
            "group_by": ["source_ip"],
            "values": [],
            "rules": [{"title": "Wrong password", "title_zh": ""}],
        }
    ]
    assert (grounds["group"], grounds["count"]) == ({"source_ip": "203.0.113.9"}, "3")
    (base,) = grounds["rules"]
    assert (base["title"], base["events"]) == ("Wrong password", [0, 1, 2])
    assert base["seen"] == {
        "source_ip": {"values": [["203.0.113.9", 3]], "others": 0},
        "message": {"values": [["Failed password for root", 2], ["Failed password for admin", 1]], "others": 0},
    }


def test_a_correlation_over_another_records_both_conditions_and_every_base_rule(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("\n---\n".join([SINGLE, MANY, ACCEPTED, SUCCESS]), encoding="utf-8")
    store_events(store, [failed(0), failed(20), failed(40), failed(45, message="Accepted password for root")])
    detect(store, load_ruleset(tmp_path))
    grounds = json.loads(str(store.value("SELECT grounds FROM alert_grounds WHERE grounds LIKE '%Right%'")))
    assert [(each["title"], each["type"]) for each in grounds["conditions"]] == [
        ("In after many wrong passwords", "temporal_ordered"),
        ("Many wrong passwords", "event_count"),
    ]
    assert [(each["title"], each["events"]) for each in grounds["rules"]] == [
        ("Wrong password", [0, 1, 2]),
        ("Right password", [3]),
    ]


@pytest.mark.parametrize(
    ("asks", "told", "values", "count"),
    [
        (
            "{type: value_sum, rules: [wrong], timespan: 1m, condition: {gte: 4.5, lt: 1000, field: size}}",
            {"bounds": [{"operator": "lt", "value": "1000"}, {"operator": "gte", "value": "4.5"}]},
            ["size"],
            "4.5",
        ),
        (
            "{type: value_percentile, rules: [wrong], timespan: 1m, condition: {gt: 2, field: size, percentile: 99.5}}",
            {"bounds": [{"operator": "gt", "value": "2"}], "percentile": "99.5"},
            ["size"],
            "2.4975",
        ),
        (
            "{type: temporal, timespan: 1m, condition: wrong and not right}",
            {
                "bounds": [],
                "expression": {
                    "and": [
                        {"rule": {"title": "Wrong password", "title_zh": ""}},
                        {"not": {"rule": {"title": "Right password", "title_zh": ""}}},
                    ]
                },
            },
            [],
            "1",
        ),
    ],
)
def test_every_form_of_a_condition_is_recorded(
    asks: str, told: dict[str, object], values: list[str], count: str, store: Store, tmp_path: Path
) -> None:
    correlation = f"title: Many wrong passwords\ncorrelation: {asks}\n"
    (tmp_path / "rules.yml").write_text("\n---\n".join([SINGLE, ACCEPTED, correlation]), encoding="utf-8")
    store_events(store, [failed(second, fields={"size": size}) for second, size in enumerate(["2", "2.5", "none"])])
    ruleset = load_ruleset(tmp_path)
    assert ruleset.problems == ()
    detect(store, ruleset)
    grounds = json.loads(str(store.value("SELECT grounds FROM alert_grounds WHERE grounds LIKE '%Many%'")))
    (condition,) = grounds["conditions"]
    assert {name: condition[name] for name in told} == told
    assert (condition["values"], grounds["count"]) == (values, count)


def test_a_rule_over_single_events_needs_no_grounds(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(5)])
    detect(store, single)
    assert store.value("SELECT count() FROM alert_grounds") == 0


def test_a_late_event_completes_a_correlation_in_the_past(store: Store, many: RuleSet) -> None:
    store_events(store, [failed(0), failed(40), failed(86_400)])
    assert detect(store, many).alerts_new == 0
    store_events(store, [failed(20)])
    assert detect(store, many).alerts_new == 1


@pytest.mark.parametrize("late", [-10, 10, 30, 45], ids=["before", "early within", "late within", "after"])
def test_an_event_that_comes_late_into_an_episode_raises_no_second_alert(
    late: int, store: Store, many: RuleSet
) -> None:
    store_events(store, [failed(0), failed(20), failed(40)])
    assert detect(store, many).alerts_new == 1
    store_events(store, [failed(late)])
    assert detect(store, many).alerts_new == 0


def test_an_episode_that_goes_on_over_many_arrivals_is_one_alert(store: Store, many: RuleSet) -> None:
    for minute in range(6):
        store_events(store, [failed(minute * 60 + second) for second in range(0, 60, 10)])
        detect(store, many)
    assert len(alerts(store)) == 1


def test_rules_that_cannot_run_are_reported_on_every_run(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(
        SINGLE.replace("message|contains: Failed", "message|re: 'a(?=b)'"), encoding="utf-8"
    )
    report = detect(store, load_ruleset(tmp_path))
    assert report.unusable[0]["reason"].startswith("unsupported: ")


def test_every_run_is_recorded(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(5)])
    detect(store, single)
    detect(store, single)
    rows = store.rows("SELECT events, rules, alerts_new FROM detection_runs ORDER BY started_at, events DESC")
    assert [tuple(row.values()) for row in rows] == [(1, 1, 1), (0, 1, 0)]


def test_progress_is_told_in_events(store: Store, single: RuleSet) -> None:
    store_events(store, [failed(5), failed(6)])
    told: list[tuple[int, int]] = []
    detect(store, single, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]


def test_an_empty_database_has_nothing_to_judge(store: Store, single: RuleSet) -> None:
    assert detect(store, single, silence_rule=load_silence_rule(SILENT)).alerts_new == 0


def test_without_tables_the_failure_is_the_stores_own(single: RuleSet) -> None:
    with Store.connect("chdb://memory") as bare, pytest.raises(QueryFailed):
        detect(bare, single)


def test_a_source_that_falls_silent_while_another_goes_on_is_an_alert(store: Store, single: RuleSet) -> None:
    steady = {"product": "linux", "service": "cron", "message": "tick", "every_seconds": 240}
    talkative = {**steady, "host": "goes-on", "repeat": 360}
    silent = {**steady, "host": "falls-silent", "repeat": 290, "asset_id": "a-1", "scope": "fuzhou"}
    store_events(store, [talkative, silent])
    rule = load_silence_rule(SILENT)
    now = datetime(2026, 3, 10, tzinfo=UTC)
    assert detect(store, single, now=now, silence_rule=rule).alerts_new == 1
    assert detect(store, single, now=now, silence_rule=rule).alerts_new == 0
    (alert,) = alerts(store)
    assert (alert["rule_id"], alert["host"], alert["asset_id"]) == (rule.head.id, "falls-silent", "a-1")
    assert alert["last_seen"] == (START + timedelta(seconds=289 * 240)).replace(tzinfo=None)
    assert alert["event_class"] == "SHECONFIG"


def _heard(store: Store, scope: str, *, first: datetime, last: datetime, late: timedelta) -> None:
    """The cron of host `web-1` of a scope, every five minutes, as it arrived."""
    moments = pl.datetime_range(first, last, "5m", eager=True, time_unit="us")
    frame = pl.DataFrame({"event_time": moments}).with_columns(
        (pl.col("event_time") + late).cast(pl.Datetime("ms", "UTC")).alias("ingested_at"),
        pl.format("{}-{}", pl.lit(scope), pl.int_range(pl.len())).alias("event_id"),
        pl.lit(scope).alias("scope"),
        pl.lit("web-1").alias("host"),
        pl.lit("syslog").alias("source_type"),
    )
    append(store, "log_event_records", frame, token=f"{scope} {last}")


def _listened(store: Store, single: RuleSet, *, until: datetime, minutes: int) -> None:
    for ago in range(minutes, 0, -10):
        detect(store, single, now=until - timedelta(minutes=ago))


def test_hosts_of_one_name_in_two_counties_do_not_hide_each_other(store: Store, single: RuleSet) -> None:
    end = START + timedelta(hours=12)
    _heard(store, "fuzhou/gulou", first=START, last=end, late=timedelta(minutes=1))
    _heard(store, "fuzhou/luoyuan", first=START, last=end - timedelta(hours=3), late=timedelta(minutes=1))
    assert detect(store, single, now=end, silence_rule=load_silence_rule(SILENT)).alerts_new == 1
    (alert,) = alerts(store)
    assert (alert["host"], alert["scope"]) == ("web-1", "fuzhou/luoyuan")
    assert alert["event_ids"] == [f"fuzhou/luoyuan-{9 * 12}"]


@pytest.mark.parametrize(
    ("late", "listened", "found"),
    [
        pytest.param(timedelta(minutes=1), 120, 2, id="all that was heard as it spoke is silent"),
        pytest.param(timedelta(minutes=1), 60, 0, id="listened to for too short a time to tell"),
        pytest.param(timedelta(minutes=1), 0, 0, id="nobody listens"),
        pytest.param(timedelta(days=1), 120, 0, id="all was read from a folder of yesterday"),
    ],
)
def test_when_everything_falls_silent_the_clock_tells(
    store: Store, single: RuleSet, late: timedelta, listened: int, found: int
) -> None:
    end = START + timedelta(hours=12)
    for scope in ("fuzhou/gulou", "fuzhou/luoyuan"):
        _heard(store, scope, first=START, last=end - timedelta(hours=2), late=late)
    _listened(store, single, until=end, minutes=listened)
    assert detect(store, single, now=end, silence_rule=load_silence_rule(SILENT)).alerts_new == found
