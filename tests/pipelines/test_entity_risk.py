"""Risk of entities from stored alerts: who they are, what counts, and incidents that are written once."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars._typing import SchemaDict

from assets.weights import thresholds_in
from detectors.errors import ContentError
from detectors.ruleset import load_ruleset
from pipelines.batch import FIELDS
from pipelines.content import risk_rule_of
from pipelines.detect import detect
from pipelines.entity_risk import entity_risks, tactics_of
from pipelines.risk_rule import RiskRule, load_risk_rule
from response.lifecycle import Verdict, acknowledge, close, reopen
from response.suppressing import suppress, unsuppress
from response.suppression import suppression_id
from store.client import Store
from store.writes import append

RULES = Path(__file__).parents[2] / "rules"
NOW = datetime.now(UTC).replace(microsecond=0)
ATTACK = (
    ("scan", "medium", "discovery"),
    ("guess", "high", "credential-access"),
    ("login", "critical", "initial-access"),
    ("shell", "critical", "execution"),
    ("dump", "high", "collection"),
)
_SEVERITY = {"medium": 3, "high": 4, "critical": 5}
_INCIDENTS = "SELECT * FROM alerts WHERE rule_id = {rule:String} ORDER BY last_seen"


@pytest.fixture(scope="module")
def rule() -> RiskRule:
    found = risk_rule_of(RULES)
    assert found is not None
    return found


def alert_id(number: int, about: str) -> str:
    return hashlib.sha256(f"{number} {about}".encode()).hexdigest()[:32]


def alerts(
    store: Store, about: Mapping[str, str], *, hours_ago: float = 3, which: range = range(5), **changed: object
) -> None:
    """The alerts of an attack on an entity, minutes apart."""
    rows = []
    for number in which:
        rule_id, level, tactic = ATTACK[number]
        seen = NOW - timedelta(hours=hours_ago) + timedelta(minutes=number)
        row = {
            "alert_id": alert_id(number, f"{about}{hours_ago}"),
            "rule_id": rule_id,
            "rule_version": "v1",
            "rule_title": rule_id,
            "level": level,
            "severity": _SEVERITY[level],
            "tags": [f"attack.{tactic}", "attack.t1059"],
            "event_table": "network_flows" if number == 0 else "log_events",
            "event_ids": [f"e{number}"],
            "matched_fields": {"a": "b"},
            "scope": "fuzhou/gulou",
            "first_seen": seen,
            "last_seen": seen,
            "arrived_at": seen,
            **about,
            **changed,
        }
        rows.append(row)
    times: SchemaDict = {"arrived_at": pl.Datetime("ms", "UTC"), "severity": pl.UInt8, "matched_fields": FIELDS}
    append(store, "alert_matches", pl.DataFrame(rows, schema_overrides=times), token=f"{about}{hours_ago}{which}")


def run(store: Store, rule: RiskRule, folder: Path) -> int:
    (folder / "none").mkdir(exist_ok=True)
    return detect(store, load_ruleset(folder / "none"), risk_rule=rule).alerts_new


def incidents(store: Store, rule: RiskRule) -> list[dict[str, object]]:
    return store.rows(_INCIDENTS, {"rule": rule.head.id})


@pytest.mark.parametrize(
    ("about", "kind", "name"),
    [
        ({"asset_id": "a-1", "host": "h", "user": "u", "source_ip": "192.0.2.1"}, "asset", "a-1"),
        ({"host": "h", "user": "u", "source_ip": "192.0.2.1"}, "host", "h"),
        ({"user": "u", "source_ip": "192.0.2.1"}, "user", "u@192.0.2.1"),
        ({"source_ip": "192.0.2.1"}, "address", "192.0.2.1"),
    ],
)
def test_an_entity_is_the_asset_else_the_host_else_the_account_else_the_address(
    store: Store, rule: RiskRule, tmp_path: Path, about: Mapping[str, str], kind: str, name: str
) -> None:
    alerts(store, about)
    [risk] = entity_risks(store, rule, now=NOW)
    assert (risk.entity.kind, risk.entity.name, risk.alerts, risk.rules) == (kind, name, 5, 5)
    assert run(store, rule, tmp_path) == 1
    [incident] = incidents(store, rule)
    told = incident["matched_fields"]
    assert isinstance(told, dict)
    assert (told["entity_kind"], told["entity"]) == (kind, name)
    assert all(incident[column] == value for column, value in about.items())


def test_nothing_that_tells_who_makes_no_entity(store: Store, rule: RiskRule) -> None:
    alerts(store, {"destination_ip": "192.0.2.1"})
    assert entity_risks(store, rule, now=NOW) == []


def test_hosts_of_one_name_in_two_scopes_are_two_entities(store: Store, rule: RiskRule) -> None:
    alerts(store, {"host": "h"}, which=range(2))
    alerts(store, {"host": "h", "scope": "fuzhou/minhou"}, which=range(2, 4))
    assert [(risk.scope, risk.alerts) for risk in entity_risks(store, rule, now=NOW)] == [
        ("fuzhou/minhou", 2),
        ("fuzhou/gulou", 2),
    ]


def test_an_incident_tells_what_led_to_it(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    alerts(store, {"host": "h"})
    run(store, rule, tmp_path)
    [incident] = incidents(store, rule)
    assert incident["event_ids"] == ["e0", "e1", "e2", "e3"]
    assert incident["tags"] == [f"attack.{each}" for each in sorted(tactic for _, _, tactic in ATTACK[:4])]
    assert (incident["level"], incident["rule_title_zh"]) == ("critical", "实体遭受多战术攻击")
    told = incident["matched_fields"]
    assert isinstance(told, dict)
    assert told["alerts"].split() == [alert_id(number, "{'host': 'h'}3") for number in range(4)]
    assert float(told["score"]) >= float(told["threshold"]) == 100


@pytest.mark.parametrize("times", [2, 3])
def test_an_incident_is_written_once_however_often_it_is_looked_for(
    store: Store, rule: RiskRule, tmp_path: Path, times: int
) -> None:
    alerts(store, {"host": "h"})
    assert [run(store, rule, tmp_path) for _ in range(times)] == [1] + [0] * (times - 1)


def test_a_run_that_broke_off_before_it_is_made_good(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    alerts(store, {"host": "h"})
    detect(store, load_ruleset(tmp_path / "none"))  # as if it had broken off before it looked at risk
    assert run(store, rule, tmp_path) == 1


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [pytest.param(3.2, 1, id="late alerts of the same attack"), pytest.param(90, 2, id="another attack")],
)
def test_what_arrives_late_makes_a_second_incident_only_of_a_second_attack(
    store: Store, rule: RiskRule, tmp_path: Path, earlier: float, expected: int
) -> None:
    alerts(store, {"host": "h"})
    run(store, rule, tmp_path)
    alerts(store, {"host": "h"}, hours_ago=earlier)
    run(store, rule, tmp_path)
    assert len(incidents(store, rule)) == expected


def test_other_numbers_do_not_tell_an_episode_again(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    alerts(store, {"host": "h"})
    run(store, rule, tmp_path)
    changed = replace(rule, head=replace(rule.head, version="other"))
    assert run(store, changed, tmp_path) == 0


@pytest.mark.parametrize(
    ("verdict", "expected"), [(Verdict.FALSE_POSITIVE, 0), (Verdict.BENIGN, 0), (Verdict.TRUE_POSITIVE, 1)]
)
def test_alerts_closed_as_false_or_benign_do_not_count(
    store: Store, rule: RiskRule, tmp_path: Path, verdict: Verdict, expected: int
) -> None:
    alerts(store, {"host": "h"})
    for number in (2, 3):
        known = alert_id(number, "{'host': 'h'}3")
        acknowledge(store, known, actor="Lin Example")
        close(store, known, verdict, actor="Lin Example", reason="a drill")
    run(store, rule, tmp_path)
    assert len(incidents(store, rule)) == expected
    reopen(store, known, actor="Lin Example", reason="after all")
    assert entity_risks(store, rule, now=NOW)[0].alerts == (4 if expected == 0 else 5)


def test_a_suppressed_alert_adds_no_risk_but_a_more_severe_match_and_one_after_the_suppression_do(
    store: Store, rule: RiskRule
) -> None:
    about, seen = {"host": "h"}, {"matched_fields": {"Image": "scanner"}}
    alerts(store, about, which=range(2), **seen)  # type: ignore[arg-type]  # what is changed has many types
    first, second = (alert_id(number, f"{about}3") for number in range(2))
    both = entity_risks(store, rule, now=NOW)[0]
    until = datetime.now(UTC) + timedelta(days=1)
    suppress(store, second, ["host", "Image"], until=until, actor="Lin Example", reason="our own scanner")
    [left] = entity_risks(store, rule, now=NOW)
    assert (left.alerts, left.score < both.score) == (1, True)

    # The same rule with the same values, and worse than what was hidden.
    alerts(store, about, which=range(1, 2), hours_ago=2, level="critical", severity=5, **seen)
    [worse] = entity_risks(store, rule, now=NOW)
    assert (worse.alerts, worse.score > both.score) == (2, True)

    suppress(store, first, ["host"], until=until, actor="Lin Example", reason="our own scanner")
    unsuppress(store, suppression_id(second, ["host", "Image"]), actor="Lin Example", reason="it was not ours")
    assert entity_risks(store, rule, now=NOW)[0].alerts == 2  # the scan is hidden now, both guesses count


def test_suppressed_alerts_make_no_incident(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    alerts(store, {"host": "h"})
    until = datetime.now(UTC) + timedelta(days=1)
    for number in (2, 3):
        known = alert_id(number, "{'host': 'h'}3")
        suppress(store, known, ["host"], until=until, actor="Lin Example", reason="a drill")
    run(store, rule, tmp_path)
    assert incidents(store, rule) == []


def test_a_critical_asset_carries_more(store: Store, rule: RiskRule) -> None:
    frame = pl.DataFrame(
        [{"asset_id": "a-1", "name": "A", "sector": "cloud", "kind": "server", "scope": "fuzhou", "organisation": "o",
          "owner": "o", "operator": "o", "mlps_level": 3, "is_cii": True, "data_grade": "important"}],
        schema_overrides={"mlps_level": pl.UInt8},
    )  # fmt: skip
    append(store, "monitored_asset_records", frame, token="a-1")
    alerts(store, {"asset_id": "a-1"}, which=range(1, 2))
    alerts(store, {"asset_id": "a-2"}, which=range(1, 2))
    known, unknown = entity_risks(store, rule, now=NOW)
    assert known.entity.name == "a-1"
    assert known.score == pytest.approx(unknown.score * 1.75)


def test_an_incident_does_not_add_to_the_risk_it_tells_of(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    alerts(store, {"host": "h"})
    before = entity_risks(store, rule, now=NOW)
    run(store, rule, tmp_path)
    assert incidents(store, rule)
    assert entity_risks(store, rule, now=NOW) == before


def test_the_scores_of_a_run_are_kept_one_an_hour(store: Store, rule: RiskRule, tmp_path: Path) -> None:
    alerts(store, {"host": "h"})
    run(store, rule, tmp_path)
    run(store, rule, tmp_path)
    rows = store.rows("SELECT entity, score, alerts, tactics FROM entity_risk_history FINAL ORDER BY hour")
    assert 1 <= len(rows) <= 2  # the hour may turn between the runs
    assert (rows[0]["entity"], rows[0]["alerts"], len(rows[0]["tactics"])) == ("h", 5, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "tactics"),
    [
        (["attack.initial-access", "attack.t1078", "attack.t1078.004"], {"initial-access"}),
        (["attack.credential_access", "attack.Impact"], {"credential-access", "impact"}),
        (["attack.g0016", "attack.s0002", "cve.2021-44228", "detection.threat-hunting"], set()),
    ],
)
def test_tactics_are_told_from_techniques_groups_and_software(tags: list[str], tactics: set[str]) -> None:
    assert tactics_of(tuple(tags)) == tactics


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("threshold: 100", "threshold: 90", r":\d+: .*one rule alone reaches 93.75"),
        ("repeat: 0.2", "repeat: 1", r":\d+: risk.repeat"),
        ("\nrisk:", "\nrisk: [", "no YAML"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (RULES / "thresholds.yml").read_text(encoding="utf-8")
    assert old in text
    own = tmp_path / "thresholds.yml"
    own.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=said):
        load_risk_rule(RULES / "detections" / "entity_risk.yml", thresholds=own, shipped=own)


def test_a_city_whose_thresholds_say_nothing_of_risk_goes_by_those_that_ship(tmp_path: Path, rule: RiskRule) -> None:
    text = (RULES / "thresholds.yml").read_text(encoding="utf-8")
    (tmp_path / "thresholds.yml").write_text(text.split("\nrisk:")[0], encoding="utf-8")
    path = RULES / "detections" / "entity_risk.yml"
    assert load_risk_rule(path, thresholds=thresholds_in(tmp_path), shipped=RULES / "thresholds.yml") == rule
