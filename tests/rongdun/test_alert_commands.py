"""`rongdun alerts`: the queue by groups, suppressions, and a group closed at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rongdun.command import Rongdun

FAILED = "<34>1 {at:%Y-%m-%dT%H:%M:%S}Z {host} sshd 811 - - Failed password for root from 192.0.2.7 port 50000 ssh2\n"
RULE = """\
title: Failed password
id: 6f3e2d1c-1111-4000-8000-000000000001
status: stable
level: medium
logsource: {product: linux, service: sshd}
detection:
    selection: {message|contains: Failed password}
    condition: selection
"""


@pytest.fixture
def judged(rongdun: Rongdun, tmp_path: Path) -> Rongdun:
    """A home with three alerts on one host within the hour, and one on another."""
    return _with_alerts(rongdun, tmp_path)


@pytest.fixture(scope="module")
def standing(shared_rongdun: Rongdun, tmp_path_factory: pytest.TempPathFactory) -> Rongdun:
    """Such a home for all tests that are refused: they leave it as it is."""
    return _with_alerts(shared_rongdun, tmp_path_factory.mktemp("telemetry"))


def _with_alerts(rongdun: Rongdun, folder: Path) -> Rongdun:
    now = datetime.now(UTC) - timedelta(hours=1)
    lines = [FAILED.format(at=now + timedelta(minutes=minute), host="web-1") for minute in range(3)]
    log, rules = folder / "auth.log", folder / "rules"
    log.write_text("".join([*lines, FAILED.format(at=now, host="web-2")]), encoding="utf-8")
    rules.mkdir()
    (rules / "failed.yml").write_text(RULE, encoding="utf-8")
    rongdun.json("ingest", log)
    rongdun.json("detect", "--rules", rules)
    return rongdun


def _told(rongdun: Rongdun, *words: str) -> dict[str, Any]:
    told = rongdun.json(*words)
    assert isinstance(told, dict)
    return told


def _queue(rongdun: Rongdun, *options: str) -> list[tuple[str, int]]:
    rows = _told(rongdun, "alerts", "list", *options)["alerts"]
    return sorted((row["host"], row["alerts"]) for row in rows)


def test_a_suppression_is_previewed_made_listed_and_ended(judged: Rongdun) -> None:
    assert _queue(judged) == [("web-1", 3), ("web-2", 1)]
    alert = next(row["alert_id"] for row in _told(judged, "alerts", "list")["alerts"] if row["host"] == "web-1")
    told = judged.json("alerts", "suppress", alert, "--by", "host,user", "--preview")
    assert told == {"days": 30, "hidden": 3, "open": 3, "more_severe": 0, "assets": 0}
    made = judged.run(
        *("alerts", "suppress", alert, "--by", "host,user", "--until", "7d", "--reason", "planned scan"),
        *("--actor", "lin"),
    )
    assert "on record as step 1" in made.stdout
    assert _queue(judged) == [("web-2", 1)]
    assert _queue(judged, "--suppressed") == [("web-1", 3), ("web-2", 1)]
    assert "3 open alerts are suppressed" in judged.run("alerts", "list").stdout
    (found,) = _told(judged, "alerts", "suppressions")["suppressions"]
    assert (found["standing"], found["owner"], found["hidden"], found["field_values"]) == (
        "active",
        "lin",
        3,
        ["web-1", "root"],
    )
    judged.run("alerts", "unsuppress", found["suppression_id"], "--reason", "the scan is over")
    assert _queue(judged) == [("web-1", 3), ("web-2", 1)]
    assert "ended" in judged.run("alerts", "suppressions").stdout
    assert _told(judged, "audit", "verify")["intact"]


def test_a_group_is_opened_and_closed_at_once(judged: Rongdun) -> None:
    alert = next(row["alert_id"] for row in _told(judged, "alerts", "list")["alerts"] if row["host"] == "web-1")
    assert len(_told(judged, "alerts", "list", "--group", alert)["alerts"]) == 3
    closed = judged.run("alerts", "close", alert, "--group", "--verdict", "benign", "--reason", "planned scan")
    assert "closed 3 alerts, on record in 6 steps" in closed.stdout
    assert _queue(judged) == [("web-2", 1)]
    assert _queue(judged, "--state", "closed") == [("web-1", 3)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--by", "host"], "--until", id="no-end"),
        pytest.param(["--by", "host", "--until", "7d"], "--reason", id="no-reason"),
        pytest.param(["--by", "asset_id", "--until", "7d", "--reason", "x"], "has no value of asset_id", id="no-value"),
        pytest.param(["--by", "host", "--until", "2020-01-01", "--reason", "x"], "is past", id="past"),
        pytest.param(["--by", "host", "--until", "400d", "--reason", "x"], "more than 366 days", id="for-good"),
        pytest.param(["--by", "host", "--until", "soon", "--reason", "x"], "is no time", id="no-time"),
    ],
)
def test_a_suppression_that_cannot_be_is_refused_in_one_line(standing: Rongdun, options: list[str], said: str) -> None:
    alert = _told(standing, "alerts", "list")["alerts"][0]["alert_id"]
    refused = standing.run("alerts", "suppress", alert, *options)
    assert (refused.returncode, said in refused.stderr, "Traceback" in refused.stderr) == (2, True, False)
    assert _told(standing, "alerts", "suppressions")["suppressions"] == []
