"""What analysts and rule writers ask of their rules, as they type it."""

import json
from pathlib import Path

import pytest

from tests.rongdun.command import Rongdun

FAILED = "Mar  1 08:00:{second:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"

RULE = """title: Refused
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  s: {message|startswith: fail}
  condition: s
"""
CASES = """fires:
  - why: a refusal
    events: [{product: linux, service: sshd, message: failure}]
quiet:
  - why: a login
    events: [{product: linux, service: sshd, message: Accepted}]
"""


@pytest.fixture(scope="module")
def home(shared_rongdun: Rongdun, tmp_path_factory: pytest.TempPathFactory) -> Rongdun:
    """A home in which somebody guessed passwords."""
    log = tmp_path_factory.mktemp("logs") / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    shared_rongdun.json("ingest", log)
    shared_rongdun.json("detect")
    return shared_rongdun


def first_event(home: Rongdun) -> str:
    return str(home.rows("SELECT event_id FROM log_events ORDER BY event_time LIMIT 1")[0]["event_id"])


def test_an_explanation_is_a_tree_with_what_each_leaf_saw(home: Rongdun) -> None:
    told = home.run("detect", "--explain", "SSH password refused", "--event", first_event(home))
    assert told.returncode == 0, told.stderr
    assert "SSH password refused: matches (the condition holds)" in told.stdout
    assert "\x1b" not in told.stdout
    assert "true  message contains 'Failed ' - saw 'Failed password for root" in told.stdout


def test_an_explanation_of_a_correlation_tells_what_was_counted(home: Rongdun) -> None:
    told = home.json("detect", "--explain", "SSH brute force", "--event", first_event(home))
    assert isinstance(told, dict)
    assert told["matches"]
    assert told["bases"][0]["matches"]
    assert sum(match["is_event"] for match in told["counted"]) == 1


def rule_with_cases(folder: Path, outcome: str = "failure") -> Path:
    """A rule of the site's own, and cases beside it."""
    rule = folder / "refused.yml"
    rule.write_text(RULE, encoding="utf-8")
    (folder / "refused.cases.yml").write_text(CASES.replace("failure", outcome), encoding="utf-8")
    return rule


@pytest.mark.parametrize("where", [[], ["--on-server"]], ids=["in process", "on the server"])
def test_rules_are_proved_by_their_cases(where: list[str], home: Rongdun, tmp_path: Path) -> None:
    rule, report = rule_with_cases(tmp_path), tmp_path / "out.xml"
    told = home.json("rules", "test", rule, "--junit", report, *where)
    assert isinstance(told, dict)
    assert [(case["kind"], case["passed"]) for case in told["cases"]] == [("fires", True), ("quiet", True)]
    assert report.read_text(encoding="utf-8").startswith("<?xml")
    assert home.rows("SELECT count() AS scratch FROM system.databases WHERE name LIKE 'scratch%'") == [{"scratch": 0}]


def test_a_case_that_fails_is_exit_code_1(home: Rongdun, tmp_path: Path) -> None:
    failed = home.run("rules", "test", rule_with_cases(tmp_path, outcome="success"))
    assert failed.returncode == 1
    assert "it must fire and stayed quiet" in failed.stdout
    assert "1 of 2 cases hold" in failed.stdout


def test_settings_select_rules_and_words_on_the_line_come_first(home: Rongdun) -> None:
    urgent = Rongdun(home.home, {"RONGDUN_MIN_LEVEL": "critical"})
    few, all_of_them = urgent.json("detect"), urgent.json("detect", "--min-level", "informational")
    assert isinstance(few, dict)
    assert isinstance(all_of_them, dict)
    assert few["rules"] < all_of_them["rules"]
    assert few["left_out"] > all_of_them["left_out"] == 0


def test_a_rule_beside_the_one_that_replaces_it_is_told_of(home: Rongdun, tmp_path: Path) -> None:
    quiet = RULE.replace("fail", "no such word")
    (tmp_path / "old.yml").write_text(quiet, encoding="utf-8")
    related = "related: [{id: 5f1c1c0e-0000-4000-8000-000000000001, type: obsolete}]\n"
    newer = quiet.replace("Refused", "Newer").replace("000001", "000002") + related
    (tmp_path / "new.yml").write_text(newer, encoding="utf-8")
    (tmp_path / "gone.yml").write_text(quiet.replace("000001", "000003") + "status: deprecated\n", encoding="utf-8")
    told = home.json("detect", "--rules", tmp_path)
    assert isinstance(told, dict)
    assert ["and both run" in warning for warning in told["warnings"]] == [True]
    assert ["status is deprecated" in rule["reason"] for rule in told["unusable"]] == [True]
    assert "and both run" in home.run("rules", "check", tmp_path).stdout


@pytest.mark.parametrize(("setting", "value"), [("RONGDUN_MIN_LEVEL", "severe"), ("RONGDUN_RULE_STATUS", '["ripe"]')])
def test_a_wrong_setting_is_named(setting: str, value: str, home: Rongdun) -> None:
    finished = Rongdun(home.home, {setting: value}).run("detect")
    assert finished.returncode == 2
    assert setting in finished.stderr
    assert "Traceback" not in finished.stderr


def test_rules_that_were_added_judge_beside_those_that_ship(home: Rongdun, tmp_path: Path) -> None:
    told = home.json("rules", "add", rule_with_cases(tmp_path), "--level", "low", "--product", "linux")
    assert isinstance(told, dict)
    assert [(rule["title"], rule["decision"]) for rule in told["rules"]] == [("Refused", "taken")]
    (home.home / "rules" / "sigma" / "refused.yml").write_text(RULE.replace("fail", "Failed"), encoding="utf-8")
    home.json("detect")
    assert home.rows("SELECT count() AS alerts FROM alerts WHERE rule_title = 'Refused'") == [{"alerts": 30}]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    blocked = Rongdun(tmp_path / "home")
    blocked.home.mkdir()
    (blocked.home / "rules").touch()
    finished = blocked.run("rules", "add", rule_with_cases(tmp_path))
    assert finished.returncode == 2
    assert str(blocked.home / "rules") in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_backtest_counts_and_tells_the_cost_and_writes_nothing(home: Rongdun, tmp_path: Path) -> None:
    before = home.rows("SELECT count() AS alerts FROM alert_matches")
    told = home.json("rules", "backtest", rule_with_cases(tmp_path), "--since", "2020-01-01")
    assert isinstance(told, dict)
    assert (told["matches"], list(told["per_day"].values())) == (30, [30])
    assert told["cost"]["rows_read"] >= 30
    assert told["cost"]["memory_bytes"] > 0
    shown = home.run("rules", "backtest", "SSH brute force", "--since", "2020-01-01").stdout
    assert "1 matches of 'SSH brute force'" in shown
    assert "192.0.2.7" in shown
    assert home.rows("SELECT count() AS alerts FROM alert_matches") == before


def test_a_profile_tells_the_dearest_rules(home: Rongdun) -> None:
    told = home.json("rules", "profile", "--since", "2020-01-01", "--top", "3")
    assert isinstance(told, dict)
    assert len(told["rules"]) == 3
    assert told["measured"] > 30
    assert all(rule["cost"]["memory_bytes"] for rule in told["rules"])
    spent = [rule["cost"]["processor_seconds"] for rule in told["rules"]]
    assert spent == sorted(spent, reverse=True)
    assert "slowest of" in home.run("rules", "profile", "--since", "2020-01-01").stdout


def test_coverage_is_a_table_and_a_layer(home: Rongdun, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    told = home.json("rules", "coverage", "--navigator", out)
    assert isinstance(told, dict)
    tactics = {row["tactic"]: row for row in told["tactics"]}
    assert tactics["credential-access"]["matches"] >= 1
    layer = json.loads(out.read_text(encoding="utf-8"))
    assert layer["versions"]["layer"] == "4.5"
    assert "T1110.001" in {technique["techniqueID"] for technique in layer["techniques"]}
    assert "credential-access" in home.run("rules", "coverage").stdout


def test_what_the_rules_cannot_see_is_told(home: Rongdun) -> None:
    told = home.json("rules", "blind", "--since", "7d")
    assert isinstance(told, dict)
    absent = {source for each in told["log_sources"] for source in each["log_sources"]}
    assert "category ics, service modbus" in absent
    assert not any("sshd" in source for source in absent)
    assert "SSH brute force" not in {rule["title"] for rule in told["never_matched"]}
    assert "log sources without an event" in home.run("rules", "blind").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["rules", "coverage", "--navigator", "/proc/no/out.json"], "/proc/no"),
        (["rules", "coverage", "--domain", "mars"], "mars"),
        (["rules", "coverage", "--rules", "nowhere"], "nowhere"),
        (["rules", "blind", "--since", "14"], "14"),
        (["rules", "backtest", "no such rule"], "no such rule"),
        (["rules", "backtest", "{tmp}/broken.cases.yml"], "cannot be used"),
        (["rules", "backtest", "SSH brute force", "--since", "yesterday"], "yesterday"),
        (["rules", "profile", "--since", "0001-01-01T00:00+14:00"], "0001"),
        (["rules", "profile", "--top", "0"], "--top"),
        (["rules", "add", "nowhere"], "nowhere"),
        (["rules", "add", "{tmp}", "--level", "severe"], "severe"),
        (["rules", "test", "nowhere"], "nowhere"),
        (["rules", "test", "{tmp}"], "no cases"),
        (["rules", "test", "{tmp}/broken.cases.yml"], "not valid YAML"),
        (["rules", "test", "{tmp}/lonely.cases.yml"], "there is no rule"),
        (["rules", "test", "{tmp}/good.yml", "--junit", "/proc/no/out.xml"], "/proc/no"),
        (["detect", "--explain", "no such rule", "--event", "x"], "no such rule"),
        (["detect", "--explain", "SSH", "--event", "x"], "means"),
        (["detect", "--explain", "SSH brute force", "--event", "no-such-event"], "no-such-event"),
        (["detect", "--explain", "SSH brute force"], "--event"),
        (["detect", "--event", "x"], "--explain"),
        (["detect", "--status", "ripe"], "ripe"),
        (["detect", "--min-level", "severe"], "severe"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(words: list[str], says: str, home: Rongdun, tmp_path: Path) -> None:
    (tmp_path / "broken.cases.yml").write_text("fires: [", encoding="utf-8")
    (tmp_path / "lonely.cases.yml").write_text(CASES, encoding="utf-8")
    if "good.yml" in words[2]:
        rule_with_cases(tmp_path).rename(tmp_path / "good.yml")
        (tmp_path / "refused.cases.yml").rename(tmp_path / "good.cases.yml")
    finished = home.run(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert finished.returncode == 2, finished.stdout
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
