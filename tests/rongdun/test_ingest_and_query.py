"""From a file to rows to alerts, as a script does it."""

import json
from pathlib import Path

from tests.rongdun.command import Rongdun

FAILED = "Mar  1 08:00:{second:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"


def test_a_file_becomes_rows_once(rongdun: Rongdun, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    first, second = rongdun.json("ingest", log), rongdun.json("ingest", log)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert [(entry["format"], entry["rows"], entry["rejected"]) for entry in first["files"]] == [("syslog", 30, 0)]
    assert [entry["already_ingested"] for entry in second["files"]] == [True]
    assert rongdun.rows("SELECT count() AS rows, uniqExact(event_id) AS ids FROM log_events") == [
        {"rows": 30, "ids": 30}
    ]


def test_unreadable_files_are_told_apart_and_stop_nothing(rongdun: Rongdun, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.log").touch()
    (folder / "noise.pcap").write_bytes(bytes(range(256)) * 8)
    (folder / "z-good.log").write_text(FAILED.format(second=1), encoding="utf-8")
    report = rongdun.json("ingest", folder)
    assert isinstance(report, dict)
    rows = {Path(entry["path"]).name: (entry["rows"], bool(entry["reason"])) for entry in report["files"]}
    assert rows == {"empty.log": (0, True), "noise.pcap": (0, True), "z-good.log": (1, False)}


def test_a_missing_file_is_named_and_stops_nothing(rongdun: Rongdun, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text(FAILED.format(second=1), encoding="utf-8")
    finished = rongdun.run("ingest", tmp_path / "gone.log", log, "--json")
    assert finished.returncode == 2
    assert "gone.log" in finished.stderr
    assert [file["rows"] for file in json.loads(finished.stdout)["files"]] == [1]


def test_detection_exits_with_1_only_on_what_fail_on_asks_for(rongdun: Rongdun, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    rongdun.json("ingest", log)
    assert rongdun.run("detect", "--fail-on", "medium").returncode == 1
    assert rongdun.rows("SELECT rule_title, level FROM alerts") == [
        {"rule_title": "SSH brute force", "level": "medium"}
    ]
    assert rongdun.run("detect", "--fail-on", "medium").returncode == 0  # nothing new


def test_detection_tells_its_delay_and_who_carries_risk(rongdun: Rongdun, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    rongdun.json("detect")
    rongdun.json("ingest", log)
    report = rongdun.json("detect")
    assert isinstance(report, dict)
    assert (report["delay"]["alerts"], report["delay"]["in_time"], report["delay"]["found_later"]) == (1, 1, 0)
    risk = rongdun.json("alerts", "risk")
    assert isinstance(risk, dict)
    [entity] = risk["entities"]
    assert (risk["threshold"], entity["alerts"], entity["tactics"]) == (100, 1, ["credential-access"])
    assert entity["entity"] in rongdun.run("alerts", "risk").stdout


def test_a_record_whose_end_was_cut_off_fails_against_a_head_kept_elsewhere(rongdun: Rongdun, tmp_path: Path) -> None:
    whole = rongdun.json("audit", "verify")
    assert isinstance(whole, dict)
    lost = rongdun.run("audit", "verify", "--anchor", f"7:{'0' * 64}")
    assert (whole["intact"], lost.returncode) == (True, 1)
    assert "no longer there" in lost.stdout
    assert rongdun.run("audit", "verify", "--anchor", "seven").returncode == 2


def test_the_record_is_verified_against_the_head_kept_in_the_home(rongdun: Rongdun, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    rongdun.json("ingest", log)
    rongdun.json("detect")
    assert "no head was kept so far" in rongdun.run("audit", "verify").stdout
    (alert,) = rongdun.rows("SELECT alert_id FROM alerts")
    assert "step 1" in rongdun.run("alerts", "acknowledge", str(alert["alert_id"])).stdout
    heads = rongdun.home / "audit" / "heads"
    assert f"checked against step 1, kept in {heads}" in rongdun.run("audit", "verify").stdout.replace("\n", " ")
    heads.write_text(f"{heads.read_text()}2026-03-01T08:00:00Z 2:{'0' * 64}\n")
    cut = rongdun.run("audit", "verify")
    assert (cut.returncode, "event 2 with hash" in cut.stdout) == (1, True)


def test_two_homes_do_not_see_each_other(rongdun: Rongdun, tmp_path: Path) -> None:
    other = Rongdun(tmp_path / "other")
    log = tmp_path / "auth.log"
    log.write_text(FAILED.format(second=1), encoding="utf-8")
    try:
        rongdun.json("ingest", log)
        assert other.rows("SELECT count() AS rows FROM log_events") == [{"rows": 0}]
        assert rongdun.rows("SELECT count() AS rows FROM log_events") == [{"rows": 1}]
    finally:
        other.run("stop")


def test_status_and_stop_tell_the_truth(rongdun: Rongdun) -> None:
    before = rongdun.json("status")
    rongdun.run("db", "start")
    during = rongdun.json("status")
    assert rongdun.run("stop").stdout.strip() == "stopped: the database"
    after = rongdun.json("status")
    assert isinstance(before, dict)
    assert isinstance(during, dict)
    assert isinstance(after, dict)
    assert (before["database"], after["database"]) == (None, None)
    assert str(during["database"]).startswith("http://127.0.0.1:")


def test_files_are_read_by_a_mapping_that_is_named(rongdun: Rongdun, tmp_path: Path) -> None:
    mapping, log = tmp_path / "ours.yml", tmp_path / "ours.log"
    mapping.write_text("format: json\ntime: {column: at}\ncolumns: {user: who}\n")
    log.write_text('{"at": "2026-03-01T10:00:00Z", "who": "alice", "pump": 7}\n{"who": "bob"}\n')
    report = rongdun.json("ingest", log, "--mapping", mapping)
    assert isinstance(report, dict)
    (file,) = report["files"]
    assert (file["format"], file["rows"], file["rejected"]) == ("mapping:ours", 1, 1)
    mapping.write_text("format: json\ntiem: {column: at}\n")
    finished = rongdun.run("ingest", log, "--mapping", mapping)
    assert finished.returncode == 2
    assert "ours.yml:2: tiem: unknown key 'tiem': did you mean time?" in " ".join(finished.stderr.split())
    finished = rongdun.run("ingest", log, "--mapping", tmp_path / "absent.yml")
    assert finished.returncode == 2
    assert "absent.yml" in finished.stderr
