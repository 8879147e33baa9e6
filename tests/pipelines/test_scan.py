"""Scans end to end: files and tables in, masked findings out, on the real engine."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.matching import AddressBook
from dlp.policy import default_policy
from pipelines.scan import known_targets, scan
from pipelines.scan_report import ScanReport
from pipelines.scan_telemetry import TELEMETRY
from store.client import Store
from tests.assets.sample import asset

KEY = b"a key for tests only, 32 bytes.."

# Made up; the check digits are right.
NAMES = ["张小明", "王芳芳", "李国强", "陈丽娟", "赵云飞", "林志远"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
PHONES = ["13800138000", "13912345678", "15012345678", "18612345678", "17712345678", "19912345678"]
TABLE = pl.DataFrame(
    {
        "姓名": NAMES * 10,
        "身份证号": IDENTITIES * 30,
        "手机号": PHONES * 10,
        "备注": ["无"] * 59 + ["请致电13800138000"],
        "amount": list(range(60)),
    }
)
EXPECTED = {("姓名", "PERSON"), ("身份证号", "CN_RESIDENT_ID"), ("手机号", "PHONE_NUMBER"), ("备注", "PHONE_NUMBER")}
CANARIES = (*IDENTITIES, *PHONES, "canary.person@example.org", "6222021234567890128")


def scanned(store: Store, target: Path | str) -> list[ScanReport]:
    return scan(target, store, key=KEY, scope="fuzhou", policy=default_policy())


def found(report: ScanReport) -> set[tuple[str, str]]:
    return {(finding.column, finding.entity_type) for finding in report.findings}


def _csv(path: Path) -> None:
    path.write_text(TABLE.write_csv(), encoding="utf-8")


def _quoted(path: Path) -> None:
    path.write_text(TABLE.write_csv(quote_style="always", line_terminator="\r\n"), encoding="utf-8-sig")


def _gb18030(path: Path) -> None:
    path.write_bytes(TABLE.write_csv(separator=";").encode("gb18030"))


def _utf16(path: Path) -> None:
    path.write_text(TABLE.write_csv(separator="\t"), encoding="utf-16")


def _gz(path: Path) -> None:
    path.write_bytes(gzip.compress(TABLE.write_csv().encode()))


def _json_lines(path: Path) -> None:
    TABLE.write_ndjson(path)


def _json_array(path: Path) -> None:
    path.write_text(json.dumps(TABLE.to_dicts(), ensure_ascii=False), encoding="utf-8")


def _ragged(path: Path) -> None:
    path.write_text(TABLE.write_csv() + '一,"unfinished,2\nx,y,z,1,2,3,4,5,6\n\x00\x00\n', encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("plain.csv", _csv),
        ("quoted.csv", _quoted),
        ("gb18030.csv", _gb18030),
        ("utf16.tsv", _utf16),
        ("packed.csv.gz", _gz),
        ("table.parquet", TABLE.write_parquet),
        ("lines.jsonl", _json_lines),
        ("array.json", _json_array),
        ("ragged.csv", _ragged),
    ],
)
def test_every_format_gives_the_same_findings(
    store: Store, tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    (report,) = scanned(store, tmp_path / name)
    assert report.reason == ""
    assert found(report) == EXPECTED
    assert report.grade == "general-4"
    assert report.dataset == str((tmp_path / name).resolve())


def test_a_file_without_a_header_is_scanned_under_numbered_columns(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text(TABLE.write_csv(include_header=False), encoding="utf-8")
    (report,) = scanned(store, path)
    assert report.rows == 60
    assert {("column_1", "PERSON"), ("column_2", "CN_RESIDENT_ID"), ("column_3", "PHONE_NUMBER")} <= found(report)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "empty"),
        ("binary.csv", bytes(range(256)) * 50, "not a text table"),
        ("cut.parquet", b"PAR1" + bytes(100), "Parquet"),
        ("wrong.parquet", b"a,b\n1,2\n", "Parquet"),
        ("cut.csv.gz", gzip.compress(b"a,b\n" * 9000, mtime=0)[:-20], ""),
        ("sheet.csv", b"PK\x03\x04" + bytes(64), "zip"),
        ("broken.json", b'[{"a": 1', "JSON"),
        ("broken.jsonl", b"{nothing\n{here\n", "JSON"),
        ("one_cell.csv", b"A" * 3_000_000, "no row"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_stops_no_other(
    store: Store, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    _csv(tmp_path / "z.csv")
    broken, good = scanned(store, tmp_path)
    assert broken.reason
    assert broken.rows > 0 or broken.grade == ""
    assert says in broken.reason
    assert found(good) == EXPECTED


def test_a_missing_path_and_a_missing_table_are_named(store: Store) -> None:
    assert "no such file" in scanned(store, "nowhere.csv")[0].reason
    assert "no_such_table" in scanned(store, "table:no_such_table")[0].reason
    assert store.value("SELECT count() FROM pii_scans") == 0


def test_a_table_is_scanned_with_its_map_and_its_text(store: Store) -> None:
    store.execute(
        "CREATE TABLE people (a Nullable(String), m Map(String, String), n UInt64) ENGINE = MergeTree ORDER BY n"
    )
    store.execute("""
        INSERT INTO people SELECT if(number = 3, NULL, concat('用户', '11010519491231002X', '登录')),
        map('phone', toString(13800138000 + number * 7654321), 'n', 'x'), number FROM numbers(50)
    """)
    (report,) = scanned(store, "table:people")
    assert report.dataset == "people"
    assert report.rows == 50
    assert found(report) == {("a", "CN_RESIDENT_ID"), ("m.phone", "PHONE_NUMBER")}


def test_a_second_scan_replaces_the_first(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    _csv(path)
    scanned(store, path)
    scan(path, store, key=KEY, scope="fuzhou", policy=default_policy(), again=True)
    assert store.value("SELECT count() FROM pii_findings") == len(EXPECTED)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    scanned(store, path)
    assert store.value("SELECT count() FROM pii_findings") == 0
    assert store.value("SELECT count() FROM pii_scans") == 3


def test_what_is_stored_is_what_is_reported(store: Store, tmp_path: Path) -> None:
    _csv(tmp_path / "people.csv")
    (report,) = scanned(store, tmp_path)
    rows = store.rows("SELECT column, entity_type, rows, hits, grade, masked, masked_sample, review FROM pii_findings")
    assert {(row["column"], row["entity_type"]) for row in rows} == found(report)
    assert {row["rows"] for row in rows} == {60}
    assert json.loads(json.dumps(report.as_json()))["grade"] == "general-4"


def test_progress_goes_from_nothing_to_all(store: Store, tmp_path: Path) -> None:
    seen: list[float] = []
    _csv(tmp_path / "a.csv")
    _csv(tmp_path / "b.csv")
    scan(tmp_path, store, key=KEY, scope="s", policy=default_policy(), progress=lambda share, _: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_no_value_leaves_the_scan(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    canaries = pl.DataFrame({"a": list(CANARIES), "b": [f"文本{value}结束" for value in CANARIES]})
    canaries.write_csv(tmp_path / "canaries.csv")
    canaries.write_ndjson(tmp_path / "canaries.jsonl")
    (tmp_path / "cut.json").write_text('[{"a": "' + '", "b": "'.join(CANARIES), encoding="utf-8")
    reports = scanned(store, tmp_path)
    tables = [row["name"] for row in store.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")]
    dumped = [str(store.rows("SELECT * FROM {table:Identifier}", {"table": table})) for table in tables]
    written = "\n".join(
        [*dumped, *map(repr, reports), json.dumps([r.as_json() for r in reports]), caplog.text, *capfd.readouterr()]
    )
    assert [canary for canary in CANARIES if canary in written] == []
    assert any(report.findings for report in reports)


def test_a_key_that_is_a_telephone_is_masked_where_it_names_a_column(store: Store, tmp_path: Path) -> None:
    lines = [json.dumps({phone: {"mail": "canary.person@example.org"}}) for phone in PHONES]
    (tmp_path / "keys.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (report,) = scanned(store, tmp_path)
    assert {finding.column for finding in report.findings} == {phone[:3] + "********.mail" for phone in PHONES}


def test_a_stored_finding_depends_on_the_key(store: Store, tmp_path: Path) -> None:
    _csv(tmp_path / "people.csv")
    policy = default_policy()
    (one,) = scan(tmp_path, store, key=KEY, scope="s", policy=policy)
    (other,) = scan(tmp_path, store, key=KEY[::-1], scope="s", policy=policy)
    assert one.findings[0].fingerprint != other.findings[0].fingerprint
    assert replace(one.findings[0], fingerprint="", masked_sample="") == replace(
        other.findings[0], fingerprint="", masked_sample=""
    )


def test_findings_count_for_the_asset_that_claims_the_data_set(store: Store, tmp_path: Path) -> None:
    office = asset("civil-affairs", scope="fuzhou/dept-civil")
    book = AddressBook.of([replace(office, datasets=(f"{tmp_path.resolve()}/dept-civil/*",))])
    for folder in ("dept-civil", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "people.csv").write_text("mail\n" + "lin@example.org\n" * 9, encoding="utf-8")
    scan(tmp_path, store, key=KEY, scope="fuzhou", policy=default_policy(), address_book=book)
    rows = store.rows("SELECT asset_id, scope FROM pii_findings ORDER BY dataset")
    assert rows == [
        {"asset_id": "civil-affairs", "scope": "fuzhou/dept-civil"},
        {"asset_id": "", "scope": "fuzhou"},
    ]


def test_without_a_target_what_was_scanned_before_is_scanned_again(store: Store, tmp_path: Path) -> None:
    inbox, kept, gone = tmp_path / "inbox", tmp_path / "kept.csv", tmp_path / "gone.csv"
    inbox.mkdir()
    for file in (kept, gone, inbox / "dropped.csv"):
        file.write_text("mail\n" + f"{file.stem}@example.org\n" * 9, encoding="utf-8")
        scan(file, store, key=KEY, scope="fuzhou", policy=default_policy())
    scan("table:rejects", store, key=KEY, scope="fuzhou", policy=default_policy())
    gone.unlink()
    assert known_targets(store, inbox.resolve()) == [
        str(inbox.resolve()),
        *(f"table:{name}" for name in TELEMETRY),
        "table:rejects",
        str(kept.resolve()),
    ]


def test_a_table_of_another_database_is_named_with_it(store: Store) -> None:
    (report,) = scanned(store, "table:system.one")
    assert (report.reason, report.rows) == ("", 1)


def test_a_name_that_is_no_text_is_shown_as_its_bytes(store: Store, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.csv")
    _csv(path)
    (report,) = scanned(store, path)
    assert report.dataset.endswith(r"bad\xff.csv")
    assert found(report) == EXPECTED


def test_every_column_of_a_wide_table_is_looked_at(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"a{at}" for at in range(2_500)) + ",phone\n" + "1," * 2_500 + "13800138000\n")
    (report,) = scanned(store, path)
    assert report.columns == 2_501
    assert found(report) == {("phone", "PHONE_NUMBER")}


MESSAGES = [f"您好，我是{name}，关于上周的申请请尽快回复，谢谢" for name in NAMES] * 5
TALK = pl.DataFrame({"留言": [*MESSAGES, "请回电13800138000，谢谢您的帮助"], "手机号": (PHONES * 6)[:31]})


def test_sentences_are_read_by_presidio_whose_guessed_names_are_hints(store: Store, tmp_path: Path) -> None:
    TALK.write_csv(tmp_path / "talk.csv")
    (report,) = scanned(store, tmp_path)
    talk = {finding.entity_type: finding for finding in report.findings if finding.column == "留言"}
    assert set(talk) == {"PHONE_NUMBER", "PERSON"}
    assert talk["PHONE_NUMBER"].hits == 1
    assert talk["PERSON"].confidence == default_policy().text.hint_confidence
    assert "a hint to look at" in talk["PERSON"].review
    assert talk["PERSON"].grade == "general-2"
    assert "7 texts analysed by Presidio" in report.method
    assert "手机号: Presidio sees PHONE_NUMBER in 6 of 6 values (mobile)" in report.method


def test_two_scans_of_the_same_sentences_say_the_same(store: Store, tmp_path: Path) -> None:
    for name, frame in (("a.csv", TALK), ("b.csv", TALK.reverse())):
        frame.write_csv(tmp_path / name)
    one, other = scanned(store, tmp_path)
    assert set(one.findings) == set(other.findings)
    assert one.method == other.method


def test_a_table_without_sentences_is_scanned_without_presidio(tmp_path: Path) -> None:
    _csv(tmp_path / "people.csv")
    code = """
import sys
from pathlib import Path
from dlp.policy import default_policy
from pipelines.scan_dataset import scanned_file
from pipelines.scan_reading import Reading
from pipelines.scan_sampling import Sampling
from pipelines.scan_sources import data_sets, targets_of
(found,) = data_sets(*targets_of(Path(sys.argv[1])))
assert scanned_file(found, Reading(bytes(32), default_policy()), Sampling(), lambda _: None).findings
sys.exit("presidio_analyzer" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "people.csv"], check=False).returncode == 0
