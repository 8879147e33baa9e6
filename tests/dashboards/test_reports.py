"""Reports on data protection: what they say, in both languages and four formats, and that they execute nothing."""

import base64
import io
import json
import re
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboards.reports.content import Report, gathered
from dashboards.reports.writing import FORMATS, write_whole
from dashboards.translation import LANGUAGES, Language, words_in
from dlp.grading_policy import default_grading
from dlp.registrations import registration
from pipelines.catalogue import write_entries
from response.audit import record
from response.chain import AuditStep, Role
from store.client import Store
from tests.dashboards.city import ELSEWHERE, HERE, ROOT, fill

NOW = datetime.now(UTC).replace(microsecond=0)
HOSTILE = '=HYPERLINK("http://192.0.2.1")<script>alert(1)</script>'


def _report(store: Store, *, scope: str = ROOT, language: Language = "zh", now: datetime = NOW) -> Report:
    return gathered(store, words_in(language), scope=scope, root=ROOT, now=now)


@pytest.fixture
def city(store: Store) -> Store:
    fill(store, ends=NOW - timedelta(minutes=5))
    return store


def _section(report: Report, key: str) -> list[dict[str, object]]:
    return next([dict(row) for row in section.rows] for section in report.sections if section.key == key)


def test_what_is_found_is_counted_by_organisation_and_grade(city: Store) -> None:
    inventory = _section(_report(city), "inventory")
    assert [(row["grade"], row["datasets"], row["exposed"]) for row in inventory] == [
        ("important", 1, 2),
        ("general-4", 1, 0),
        ("", 1, 0),
    ]


def test_a_report_of_one_place_says_nothing_of_another(city: Store) -> None:
    for scope, foreign in ((HERE, "clinics"), (ELSEWHERE, "residents")):
        told = str(_report(city, scope=scope).sections)
        assert foreign not in told


def test_the_first_report_tells_everything_as_new_and_the_next_only_what_changed(city: Store) -> None:
    first = _report(city)
    assert first.since is None
    assert {row["change"] for row in _section(first, "changes")} == {"new"}
    step = AuditStep("lin", Role.REVIEWER, "report.made", "report", ROOT, "review")
    record(city, step, now=NOW)
    second = _report(city, now=NOW + timedelta(hours=1))
    assert second.since is not None
    assert abs(second.since - NOW) < timedelta(seconds=1)
    assert _section(second, "changes") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(FORMATS))
def test_every_format_holds_every_section_in_one_language(city: Store, kind: str, language: Language) -> None:
    words = words_in(language)
    report = _report(city, language=language)
    text = _text(kind, FORMATS[kind](report, words))
    missing = [section.title for section in report.sections if section.title not in text]
    assert not missing or kind == "xlsx"
    if kind == "xlsx":
        assert not [section.title for section in report.sections if section.title[:31] not in text]
    other = words_in("en" if language == "zh" else "zh")
    assert other("report.section.exposed") not in text


@pytest.mark.parametrize("kind", list(FORMATS))
def test_text_from_outside_is_text(city: Store, kind: str) -> None:
    row = f"'{HOSTILE.replace(chr(39), chr(39) * 2)}'"
    city.execute(f"INSERT INTO pii_scans (scan_id, dataset, grade, scope) VALUES ('x', {row}, 'general-4', 'fuzhou')")
    content = FORMATS[kind](_report(city), words_in("zh"))
    text = _text(kind, content)
    assert "HYPERLINK" in re.sub(r"\s", "", text)
    if kind == "html":
        assert "<script>" not in text
        assert "&lt;script&gt;" in text
        assert not re.search(r"(?:src|href)=[\"']?https?:", text)
    if kind == "xlsx":
        assert "<f>" not in text


def test_the_six_protections_are_told_with_what_shows_them(city: Store) -> None:
    rows = {str(row["dataset"]).rsplit("/", 1)[-1]: row for row in _section(_report(city), "protections")}
    assert (rows["residents.csv"]["masking"], rows["clinics.parquet"]["masking"]) == ("fails", "holds")
    assert {row[name] for row in rows.values() for name in ("tampering", "backup", "encryption")} == {"unknown"}


def test_flows_between_levels_are_told_with_their_grade_and_drawn(city: Store) -> None:
    report = _report(city)
    keys = ("sender_level", "receiver_level", "direction", "grade", "exchanges", "rows", "failing")
    assert [tuple(row[key] for key in keys) for row in _section(report, "flows")] == [
        ("department", "province", "up", "general-2", 1, 3600, 0),
        ("county", "province", "up", "general-4", 1, 1200, 0),
        ("county", "township", "down", "important", 1, 2400, 1),
    ]
    assert _section(report, "exchanges")[0]["breaches"] == [
        *("exchange_without_basis", "exchange_grade_forbidden"),
    ]
    page = FORMATS["html"](report, words_in("zh")).decode()
    assert page.count('aria-label="层级间数据流向"') == 1
    assert 'aria-label="层级间数据流向"' not in FORMATS["json"](report, words_in("zh")).decode()


def test_flows_are_of_a_month_and_longer_where_the_last_report_is_older(city: Store) -> None:
    later = NOW + timedelta(days=40)
    assert _section(_report(city, now=later), "flows") == []
    words = words_in("zh")
    told = gathered(city, words, scope=ROOT, root=ROOT, now=later, since=NOW - timedelta(days=1))
    assert len(_section(told, "flows")) == 3


def test_where_the_catalogue_is_not_fresh_is_told_most_severe_first(city: Store) -> None:
    told = {"dataset": "civil.never", "organisation": "Civil affairs", "owner": "Data section"}
    write_entries(city, [registration(told, default_grading())])
    rows = _section(_report(city, language="en"), "freshness")
    assert [(row["severity"], row["drift"]) for row in rows] == [*[("medium", "no_entry")] * 3, ("low", "never_met")]
    assert [row["dataset"] for row in rows if row["owner"]] == ["civil.never"]


def test_json_keeps_the_stored_codes(city: Store) -> None:
    told = json.loads(FORMATS["json"](_report(city), words_in("en")))
    assert {row["entity_type"] for row in told["sections"]["exposed"]} == {"CN_RESIDENT_ID", "PHONE_NUMBER"}


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    with pytest.raises(OSError, match="No such file"):
        write_whole(tmp_path / "no" / "report.html", b"three")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def _text(kind: str, content: bytes) -> str:
    if kind == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    if kind == "pdf":
        return _pdf_text(content)
    return content.decode()


def _pdf_text(content: bytes) -> str:
    """What a PDF of ours shows: its streams unpacked, its UTF-16 texts read."""
    shown = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        plain = zlib.decompress(_unpacked(stream))
        shown += [_utf16(text) for text in re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", plain, re.DOTALL)]
    return "".join(shown)


def _unpacked(stream: bytes) -> bytes:
    packed = stream.strip()
    return base64.a85decode(packed.removesuffix(b"~>")) if packed.endswith(b"~>") else packed


def _utf16(text: bytes) -> str:
    plain = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text)
    plain = re.sub(rb"\\([()\\])", rb"\1", plain)
    for letter, byte in ((b"n", b"\n"), (b"r", b"\r"), (b"t", b"\t"), (b"b", b"\b"), (b"f", b"\f")):
        plain = plain.replace(b"\\" + letter, byte)
    return plain.decode("utf-16-be", "replace")
