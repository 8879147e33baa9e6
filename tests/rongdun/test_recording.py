"""What the tool itself does with data stands in the audit chain."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.dlp.masking import people
from tests.rongdun.command import Rongdun

_TABLE = people(30, seed=3).select("name", "phone")


def _steps(rongdun: Rongdun) -> list[dict[str, Any]]:
    rows = rongdun.rows(
        "SELECT actor, role, action, basis, details FROM audit_events WHERE action LIKE 'dlp.%' ORDER BY seq"
    )
    return [{**row, "details": json.loads(str(row["details"]))} for row in rows]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    _TABLE.write_csv(path)
    return path


def test_scans_checks_and_masked_copies_go_on_record(rongdun: Rongdun, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "masked.csv"
    rongdun.json("dlp", "scan", table, "--actor", "lin", "--basis", "ticket DP-7")
    rongdun.json("dlp", "check", table, "--actor", "chen")
    rongdun.json("dlp", "mask", table, "-o", out, "--purpose", "sharing", "--actor", "wu")
    scan, check, copy = _steps(rongdun)
    assert (scan["actor"], scan["role"], scan["action"], scan["basis"]) == (
        "lin",
        "engineer",
        "dlp.scan",
        "ticket DP-7",
    )
    assert scan["details"]["names"] == [str(table)]
    assert (scan["details"]["rows"], scan["details"]["unmasked"]) == (30, 2)
    assert (check["actor"], check["action"], check["details"]["rows"]) == ("chen", "dlp.check", 30)
    assert (copy["actor"], copy["action"], copy["details"]["purpose"]) == ("wu", "dlp.mask", "sharing")
    assert copy["details"]["holds"] is True
    assert copy["details"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    told = rongdun.json("audit", "verify")
    assert isinstance(told, dict)
    assert told["intact"] is True


def test_a_file_named_after_a_person_is_on_record_by_its_hash(rongdun: Rongdun, tmp_path: Path) -> None:
    path = tmp_path / "13900001234.csv"
    pl.DataFrame({"a": ["x"]}).write_csv(path)
    rongdun.json("dlp", "scan", path)
    (step,) = _steps(rongdun)
    assert step["details"]["names"] == []
    assert step["details"]["names_sha256"] == hashlib.sha256(str(path).encode()).hexdigest()
    assert "13900001234" not in json.dumps(step)


@pytest.mark.parametrize("said", [("--actor", " "), ("--basis", "")], ids=["nobody", "on no ground"])
def test_who_does_not_say_who_and_why_scans_nothing(rongdun: Rongdun, table: Path, said: tuple[str, str]) -> None:
    refused = rongdun.run("dlp", "scan", table, *said)
    assert refused.returncode == 2
    assert "say who does it, and on what ground" in refused.stderr
    assert rongdun.rows("SELECT dataset FROM pii_scans") == []
