"""No raw value anywhere: unique values are planted, and everything the tool wrote is searched for them (R103)."""

import base64
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rongdun.command import Rongdun

# Made up, each found nowhere else; the identity numbers and the card pass their check digits.
CANARIES = {
    "身份证号": ["350102199003074610", "350103198511235678"],
    "手机号": ["13955514207", "18855514208"],
    "银行卡号": ["6222021234567890128"],
    "邮箱": ["quenby.canary@example.org", "zebulon.canary@example.net"],
    "姓名": ["欧阳雀灵", "司徒雀影"],
    "备注": ["请回电13955514207联系欧阳雀灵", "邮件quenby.canary@example.org已退回"],
}
SOUGHT = sorted({value for values in CANARIES.values() for value in values if len(value) < 26})
DAMAGED = b'{"\xe8\xba\xab": "350102199003074610", "x": [}\n'


@pytest.fixture
def planted(rongdun: Rongdun, tmp_path: Path) -> Path:
    """Tables that hold canaries, a damaged one too, outside of the home."""
    folder = tmp_path / "tables"
    folder.mkdir()
    rows = [",".join(f'"{values[at % len(values)]}"' for values in CANARIES.values()) for at in range(60)]
    (folder / "people.csv").write_text("\n".join([",".join(CANARIES), *rows]) + "\n", encoding="utf-8")
    masked = "\n".join(f"{number[:6]}********{number[14:]}" for number in CANARIES["身份证号"] * 30)
    (folder / "masked.csv").write_text(f"身份证号\n{masked}\n", encoding="utf-8")
    (folder / "cut.jsonl").write_bytes(DAMAGED * 3)
    (folder / "cut.parquet").write_bytes(b"PAR1" + "".join(SOUGHT).encode() * 5)
    return folder


@pytest.mark.slow
def test_no_raw_value_is_anywhere_that_the_tool_writes(rongdun: Rongdun, planted: Path, tmp_path: Path) -> None:
    told = [rongdun.run("dlp", "scan", planted), rongdun.run("dlp", "scan", planted, "--json")]
    told.append(rongdun.run("dlp", "review", "list", "--json"))
    told.append(rongdun.run("dlp", "check", planted, "--quasi", "姓名", "--json"))
    told += [
        rongdun.run("dlp", "mask", planted / "people.csv", "-o", tmp_path / f"{purpose}.csv", "--purpose", purpose)
        for purpose in ("display", "test", "sharing")
    ]
    told += [
        rongdun.run("dlp", "report", "--format", kind, "-o", tmp_path / f"out.{kind}")
        for kind in ("html", "xlsx", "pdf", "json")
    ]
    assert [done.returncode for done in told] == [0] * len(told), [done.stderr for done in told]
    everything = {
        **{f"output of call {at}": (done.stdout + done.stderr).encode() for at, done in enumerate(told)},
        **dict(_files(rongdun.home)),
        **dict(_reports(tmp_path)),
        **dict(_tables(rongdun)),
        **{name: (tmp_path / f"{name}.csv").read_bytes() for name in ("display", "test", "sharing")},
    }
    outputs = [text.decode("utf-8", "replace") for name, text in everything.items() if name.startswith("output of")]
    assert any("people.csv" in text for text in outputs)
    assert not [(name, value) for name, text in everything.items() for value in SOUGHT if _holds(text, value)]


def test_the_search_itself_finds_a_canary(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text(f"… {SOUGHT[0]} …", encoding="utf-8")
    found = dict(_files(tmp_path))
    assert any(_holds(text, SOUGHT[0]) for text in found.values())


def _holds(text: bytes, value: str) -> bool:
    return any(form in text for form in (value.encode(), value.encode("utf-16-be"), value.encode("utf-16-le")))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the home but the database's own, whose tables are read by questions."""
    for path in folder.rglob("*"):
        if path.is_file() and "clickhouse" not in path.parts and path.suffix != ".bin":
            yield str(path), path.read_bytes()
            if path.suffix == ".db":
                yield f"{path} as SQL", "\n".join(sqlite3.connect(path).iterdump()).encode()


def _reports(folder: Path) -> Iterator[tuple[str, bytes]]:
    yield "html", (folder / "out.html").read_bytes()
    yield "json", (folder / "out.json").read_bytes()
    with zipfile.ZipFile(folder / "out.xlsx") as book:
        yield from ((f"xlsx {name}", book.read(name)) for name in book.namelist())
    content = (folder / "out.pdf").read_bytes()
    for at, stream in enumerate(re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)):
        yield f"pdf stream {at}", _unpacked(stream)


def _unpacked(stream: bytes) -> bytes:
    packed = stream.strip()
    plain = zlib.decompress(base64.a85decode(packed.removesuffix(b"~>")) if packed.endswith(b"~>") else packed)
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), plain)


def _tables(rongdun: Rongdun) -> Iterator[tuple[str, bytes]]:
    names = rongdun.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
    )
    assert len(names) > 10
    for row in names:
        yield str(row["name"]), str(rongdun.rows(f"SELECT * FROM {row['name']} LIMIT 10000")).encode()
