"""An answer of any length goes out as it comes in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.rongdun.command import Rongdun

ROWS = 3_000_000
QUESTION = f"SELECT number, concat('row ', toString(number)) AS text FROM numbers({ROWS})"
BOUND = 400 << 20  # held in memory, as dictionaries, these rows take more than 1 GB


def _asked(rongdun: Rongdun, sql: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "rongdun", "db", "query", sql, "--json"],
        env={**os.environ, "RONGDUN_HOME": str(rongdun.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_millions_of_rows_are_one_document_and_never_in_memory_at_once(rongdun: Rongdun, tmp_path: Path) -> None:
    rongdun.run("db", "start")
    most = 0
    with _asked(rongdun, QUESTION) as asked, (tmp_path / "answer.json").open("wb") as file:
        assert asked.stdout is not None
        process = psutil.Process(asked.pid)
        while piece := asked.stdout.read(1 << 20):
            most = max(most, process.memory_info().rss)
            file.write(piece)
    assert asked.returncode == 0
    assert most < BOUND
    answer = json.loads((tmp_path / "answer.json").read_bytes())
    assert len(answer) == ROWS
    assert answer[-1] == {"number": ROWS - 1, "text": f"row {ROWS - 1}"}


def test_a_reader_who_has_seen_enough_hears_no_complaint(rongdun: Rongdun) -> None:
    with _asked(rongdun, QUESTION) as asked:
        assert asked.stdout is not None
        assert asked.stderr is not None
        assert asked.stdout.read(12) == b'[{"number": '
        asked.stdout.close()
        assert asked.stderr.read() == b""


def test_a_question_that_fails_half_way_is_a_failure(rongdun: Rongdun) -> None:
    finished = rongdun.run("db", "query", "SELECT throwIf(number = 1000000, 'too far') FROM numbers(2000000)", "--json")
    assert finished.returncode == 2
    assert "too far" in finished.stderr
    with pytest.raises(json.JSONDecodeError):
        json.loads(finished.stdout)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 1 AS a WHERE 0", []),
        ("SELECT 1 AS a, NULL AS b", [{"a": 1, "b": None}]),
        ("EXISTS TABLE nothing", [{"result": 0}]),
        ("SHOW TABLES LIKE 'alerts'", [{"name": "alerts"}]),
    ],
)
def test_every_kind_of_question_is_answered_with_a_list(
    shared_rongdun: Rongdun, sql: str, rows: list[dict[str, object]]
) -> None:
    assert shared_rongdun.rows(sql) == rows
