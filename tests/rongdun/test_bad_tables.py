"""Tables that nobody should have written, as a person scans them: one clear line each, and nothing else is lost."""

import gzip
import resource
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rongdun.command import Rongdun

pytestmark = pytest.mark.slow

RULES = Path(__file__).parents[2] / "rules"
GIB = 1024**3
ROWS = "".join(f"{at},138{at:08},陈小明\n" for at in range(300))
HEADER = "id,phone,name\n"


@pytest.fixture(scope="module")
def rongdun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rongdun]:
    command = Rongdun(tmp_path_factory.mktemp("bad") / "home")
    yield command
    command.run("stop")


def _line_of_10_gib(path: Path) -> None:
    path.write_text(HEADER + ROWS, encoding="utf-8")
    with path.open("r+b") as file:
        file.truncate(10 * GIB)  # a line of NUL, of which no disk is full


def _packed_line_of_1_gib(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write((HEADER + ROWS).encode())
        for _ in range(128):
            file.write(b"a" * (8 * 1024 * 1024))


def _json_line_of_1_gib(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(f'{{"phone": "138{at:08}"}}\n'.encode() for at in range(300))
        file.write(b'{"phone": "')
        for _ in range(128):
            file.write(b"1" * (8 * 1024 * 1024))


def _zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", b"0" * (96 * 1024 * 1024))


def _stray_quote(path: Path) -> None:
    lines = (HEADER + ROWS).splitlines()
    lines[10] = lines[10].replace("陈", '"陈')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _two_encodings(path: Path) -> None:
    half = (HEADER + ROWS).encode()
    path.write_bytes(half + ROWS.encode("gb18030"))


def _nul_bytes(path: Path) -> None:
    path.write_bytes((HEADER + ROWS).encode().replace(b"138", b"13\x008"))


@pytest.mark.parametrize(
    ("name", "write", "rows", "rejected", "says"),
    [
        ("line.csv", _line_of_10_gib, None, 0, "a line of more than 64 MiB"),
        ("line.csv.gz", _packed_line_of_1_gib, None, 0, "a line of more than 64 MiB"),
        ("line.jsonl.gz", _json_line_of_1_gib, 300, 1, "a line of more than 64 MiB"),
        ("bomb.zip", _zip_bomb, 0, 0, "zip bomb"),
        ("stray.csv", _stray_quote, 299, 1, ""),
        ("mixed.csv", _two_encodings, 600, 0, ""),
        ("nul.csv", _nul_bytes, 300, 0, ""),
    ],
)
def test_a_bad_table_is_one_line_and_the_good_one_beside_it_is_scanned(
    rongdun: Rongdun,
    tmp_path: Path,
    name: str,
    write: Callable[[Path], None],
    rows: int | None,
    rejected: int,
    says: str,
) -> None:
    write(tmp_path / name)
    (tmp_path / "z.csv").write_text(HEADER + ROWS, encoding="utf-8")
    scanned: Any = rongdun.json("dlp", "scan", tmp_path)
    bad, good = scanned["datasets"]
    assert says in bad["reason"]
    assert bool(bad["reason"]) is bool(says)
    assert "\n" not in bad["reason"]
    assert rows is None or (bad["rows"], bad["rejected"]) == (rows, rejected)
    if bad["rows"]:
        assert "PHONE_NUMBER" in {one["entity_type"] for one in bad["findings"]}
    assert (good["reason"], good["rows"]) == ("", 300)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1.5 * 1024**2  # KiB


def test_a_stray_quote_is_told_with_its_line(rongdun: Rongdun, tmp_path: Path) -> None:
    _stray_quote(tmp_path / "a.csv")
    scanned: Any = rongdun.json("dlp", "scan", tmp_path / "a.csv")
    assert "a quote that is never closed (first in line 11)" in scanned["datasets"][0]["method"]


def test_a_locked_file_is_one_line(rongdun: Rongdun, tmp_path: Path) -> None:
    path = tmp_path / "base.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (mail TEXT)")
    holder.execute("BEGIN EXCLUSIVE")
    ended = rongdun.run("dlp", "scan", path)
    holder.close()
    assert ended.returncode == 2
    assert "locked by another program" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_policy_with_a_wrong_grade_is_told_with_file_and_key_before_anything_is_read(
    rongdun: Rongdun, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    policy = rules / "dlp" / "policy.yml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("grade: general-4", "grade: general-9", 1), "utf-8")
    (tmp_path / "a.csv").write_text(HEADER + ROWS, encoding="utf-8")
    wrong = Rongdun(rongdun.home, {"RONGDUN_RULES": str(rules)})
    for words in (("scan", "a.csv"), ("check", "a.csv"), ("mask", "a.csv", "-o", "out.csv")):
        ended = wrong.run("dlp", words[0], *(tmp_path / each if "." in each else each for each in words[1:]))
        assert ended.returncode == 2
        assert "policy.yml" in ended.stderr
        assert "grade" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out.csv").exists()
