"""Mappings that a site writes: what they make of a file, and what is said of one that cannot be used."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest import ingest
from pipelines.sources.mapped import MappedSource, mapped_source, mapped_sources
from pipelines.sources.registry import source_for
from store.client import Store
from tests.pipelines.sources.rows import checked, shown

_PATTERN = r"""
format: pattern
pattern: '^(?P<when>[\d.]{10} [\d:]{8}) \[(?P<level>\w+)\] (?P<who>\S*)@(?P<ip>\S+) (?P<op>\w+): (?P<rest>.*)$'
time: {column: when, format: '%d.%m.%Y %H:%M:%S', zone: Asia/Shanghai}
columns: {source_ip: ip, user: who, action: op}
outcomes: {column: level, success: [ok], failure: [fail]}
severity_column: level
severities: {ok: 1, fail: 3}
constants: {product: pumpd, category: ics, service: pump}
fields: {c-ip: ip}
"""
_CSV = """
format: csv
delimiter: ";"
recognise: {columns: [Zeit, Wer]}
time: {column: Zeit, zone: Asia/Shanghai}
columns: {user: Wer, action: Was}
constants: {action: nothing}
"""
_JSON = """
format: json
recognise: {columns: [at, who.name]}
time: {column: at}
columns: {user: who.name, message: text}
fields: {cs-username: who.name}
"""


def _source(folder: Path, text: str) -> MappedSource:
    (folder / "ours.yml").write_text(text, encoding="utf-8")
    (source,), problems = mapped_sources(folder)
    assert problems == []
    return source


_READ: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a pattern": (
        _PATTERN,
        "01.03.2026 18:00:00 [FAIL] alice@192.0.2.7 open: pump 3",
        {
            "product": "pumpd",
            "category": "ics",
            "source_ip": "192.0.2.7",
            "user": "alice",
            "action": "open",
            "outcome": "failure",
            "severity": 3,
            "rest": "pump 3",
            "c-ip": "192.0.2.7",
            "ip": None,
        },
    ),
    "CSV with its own zone": (
        _CSV,
        'Zeit;Wer;Was\n2026-03-01 18:00:00;"al;ice";',
        {"user": "al;ice", "action": "nothing"},
    ),
    "CSV with a zone in the text": (_CSV, "Zeit;Wer;Was\n2026-03-01T10:00:00Z;bob;x", {"user": "bob", "action": "x"}),
    "JSON": (
        _JSON,
        json.dumps({"at": 1772359200, "who": {"name": "alice"}, "text": "hello", "n": 18446744073709551617}),
        {"user": "alice", "message": "hello", "cs-username": "alice", "who.name": None, "n": "18446744073709551617"},
    ),
}


@pytest.mark.parametrize(("mapping", "text", "expected"), _READ.values(), ids=_READ)
def test_a_mapping_says_how_a_file_is_read(mapping: str, text: str, expected: dict[str, Any], tmp_path: Path) -> None:
    source = _source(tmp_path, mapping)
    assert source_for(text.encode() + b"\n", [source]) is source
    (row,) = [
        row for batch in source.read(io.BytesIO(text.encode())) for row in checked(batch).rows.iter_rows(named=True)
    ]
    assert shown(row, expected) == expected
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("mapping", "text", "reason"),
    [
        (_PATTERN, "01.03.2026 18:00:00 [ok] @192.0.2.7 a: b\nzzz\n", "does not fit the pattern of mapping:ours"),
        (
            _PATTERN,
            "01.03.2026 18:00:00 [ok] @192.0.2.7 a: b\n31.02.2026 18:00:00 [ok] @x a: b\n",
            "no time: when is no point",
        ),
        (_CSV, "Zeit;Wer;Was\n2026-03-01;x\n", "the header names 3 columns"),
        (_JSON, '{"at":"soon","who":{"name":"a"}}\n', "no time: at is no point in time as mapping:ours says"),
    ],
)
def test_what_does_not_fit_is_rejected(mapping: str, text: str, reason: str, tmp_path: Path) -> None:
    batches = [checked(batch) for batch in _source(tmp_path, mapping).read(io.BytesIO(text.encode()))]
    (told,) = [told for batch in batches for told in batch.rejects["reason"]]
    assert told.startswith(reason)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "format: pattern\npattern: '^(?=x)(?P<a>.)'\ntime: {column: a}\n",
            "ours.yml:2: pattern: no regular expression",
        ),
        ("format: pattern\npattern: '^(?P<a>.)'\ntime: {column: b}\n", "the pattern has no group called b"),
        ("format: pattern\ntime: {column: b}\n", "needs the key pattern"),
        ("format: json\ntime: {column: b}\n", "recognise needs columns or a pattern"),
        ("format: csv\nheader: [a]\nrecognise: {columns: [a]}\ntime: {column: a}\n", "recognise needs a pattern"),
        ("format: json\nrecognise: {columns: [a]}\n", "time: is missing"),
        (
            "format: json\nrecognise: {columns: [a]}\ntime: {column: a, zone: Mars/X}\n",
            "ours.yml:3: time.zone: no time zone",
        ),
        ("format: json\nrecognise: {columns: [a]}\ntime: {column: a}\ncolums: {}\n", "ours.yml:4: colums: unknown key"),
        (
            "format: json\nrecognise: {columns: [a]}\ntime: {column: a}\ncolumns: {nobody: a}\n",
            "ours.yml:4: columns.nobody",
        ),
        ("- a\n", "ours.yml:1: "),
        ("a: [\n", "ours.yml:2: no YAML"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yml").write_text(text, encoding="utf-8")
    sources, problems = mapped_sources(tmp_path)
    assert sources == []
    assert any(problem in told for told in problems), problems


def test_one_broken_mapping_does_not_blind_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("format: odd\n", encoding="utf-8")
    (tmp_path / "ours.yml").write_text(_CSV, encoding="utf-8")
    sources, problems = mapped_sources(tmp_path, tmp_path / "missing")
    assert [source.NAME for source in sources] == ["mapping:ours"]
    assert problems


def test_what_ships_can_be_used() -> None:
    sources, problems = mapped_sources(Path(__file__).parents[2] / "rules" / "mappings")
    assert problems == []
    line = {
        "time_iso8601": "2026-03-01T18:00:00+08:00",
        "remote_addr": "192.0.2.7",
        "request_uri": "/a?b=c",
        "status": "404",
    }
    source = source_for(json.dumps(line).encode(), sources)
    assert source is not None
    (batch,) = source.read(io.BytesIO(json.dumps(line).encode()))
    (row,) = checked(batch).rows.iter_rows(named=True)
    assert (row["category"], row["outcome"], row["fields"]["cs-uri"]) == ("webserver", "failure", "/a?b=c")


def test_a_file_of_the_site_is_ingested_by_its_mapping(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    source = _source(tmp_path / "mappings", _CSV)
    path = tmp_path / "log"
    path.write_text("Zeit;Wer;Was\n2026-03-01 18:00:00;alice;open\n", encoding="utf-8")
    report = ingest([path], store, scope="fuzhou", sources=[source])
    assert [(file.format, file.rows, file.rejected) for file in report.files] == [("mapping:ours", 1, 0)]
    assert store.rows("SELECT user, action, source_type FROM log_events") == [
        {"user": "alice", "action": "open", "source_type": "mapping:ours"}
    ]


_NAMED: dict[str, tuple[str, str, list[str]]] = {
    "JSON lines": (
        "format: json\ntime: {column: at}\ncolumns: {message: m}\n",
        '{"at": 1772359200, "m": "x"}\n' * 2,
        ["x", "x"],
    ),
    "CSV with names": ("format: csv\ntime: {column: at}\ncolumns: {message: m}\n", "at,m\n1772359200,x\n", ["x"]),
    "CSV without": (
        "format: csv\nheader: [at, m]\ntime: {column: at}\ncolumns: {message: m}\n",
        "1772359200,x\n1772359201,y\n",
        ["x", "y"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("mapping", "text", "messages"), _NAMED.values(), ids=_NAMED)
def test_a_mapping_that_files_are_named_to_need_not_recognise_them(
    mapping: str, text: str, messages: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "ours.yml"
    path.write_text(mapping, encoding="utf-8")
    source, problems = mapped_source(path)
    assert (source is not None, problems) == (True, [])
    assert source_for(text.encode(), [source] if source else []) is source
    read = source.read(io.BytesIO(text.encode())) if source else ()
    assert [message for batch in read for message in checked(batch).rows["message"]] == messages


_OTHER = {"words": b"nothing of the kind\n", "another table": b"a,b\n1,2\n", "bytes": bytes(range(256)), "nothing": b""}


@pytest.mark.parametrize("content", _OTHER.values(), ids=_OTHER)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_mapping_takes_no_file_that_has_not_its_time(content: bytes, form: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.yml"
    path.write_text(f"format: {form}\ntime: {{column: at}}\n", encoding="utf-8")
    source, _ = mapped_source(path)
    assert source is not None
    assert not source.recognises(content)
