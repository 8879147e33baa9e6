"""What containers said, behind what their runtimes put around it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.registry import Source, source_for
from tests.pipelines.sources.rows import event, events, read_all, reasons

_CRI = "2026-03-01T10:00:00.123456789Z stdout F "
_ACCESS = '192.0.2.7 - alice [01/Mar/2026:09:59:59 +0000] "GET /a?b=c HTTP/1.1" 403 5 "-" "curl/8.5"'
_AUDIT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "verb": "list",
    "user": {"username": "eve"},
    "sourceIPs": ["192.0.2.7"],
    "responseStatus": {"code": 403},
    "requestReceivedTimestamp": "2026-03-01T09:59:59Z",
    "objectRef": {"resource": "secrets"},
}


def _containers(text: str) -> Source:
    source = source_for(text.encode())
    assert source is not None
    assert source.NAME == "container_logs"
    return source


def _docker(log: str, **more: object) -> str:
    return json.dumps({"log": log, "stream": "stderr", "time": "2026-03-01T10:00:00.5Z", **more}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("line", "source_type", "expected"),
    [
        (_CRI + _ACCESS, "web_access", {"source_ip": "192.0.2.7", "user": "alice", "action": "request"}),
        (_docker(_ACCESS + "\n"), "web_access", {"source_ip": "192.0.2.7", "outcome": "failure"}),
        (_CRI + json.dumps(_AUDIT), "kubernetes_audit", {"user": "eve", "action": "list", "outcome": "failure"}),
        (
            _CRI + "2026-03-01T09:59:59.000001Z 8 [Note] [MY-010926] [Server] Access denied for user 'eve'@'192.0.2.7'",
            "mysql_error",
            {"user": "eve", "source_ip": "192.0.2.7", "outcome": "failure"},
        ),
        (_CRI + '{"time":"2026-03-01T09:59:59Z","msg":"m"}', "json_lines", {"message": "m"}),
        (_CRI + "Listening on :8080", "container_logs", {"message": "Listening on :8080", "product": ""}),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_what_a_container_says_is_read_as_what_it_is(line: str, source_type: str, expected: dict[str, Any]) -> None:
    source = _containers(line)
    (batch,) = read_all(source, line.encode())
    row = event(source, line)
    assert (batch.source_type or source.NAME) == source_type
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "time"),
    [
        (_CRI + _ACCESS, "2026-03-01T09:59:59+00:00"),
        (
            _CRI + "2026/03/01 18:00:00 [error] 8#8: *7 open() failed, client: 192.0.2.7",
            "2026-03-01T10:00:00.123456+00:00",
        ),
        ("2026-03-01T18:00:00.5+08:00 stderr F panic: no", "2026-03-01T10:00:00.500000+00:00"),
        (_docker("panic: no\n"), "2026-03-01T10:00:00.500000+00:00"),
    ],
    ids=["its own", "without a zone", "none, another zone", "none, Docker"],
)
def test_a_time_that_says_its_zone_counts_before_that_of_the_runtime(line: str, time: str) -> None:
    assert event(_containers(line), line)["event_time"].isoformat() == time


def test_lines_that_the_runtime_cut_are_put_together_for_each_output() -> None:
    text = (
        "2026-03-01T10:00:00Z stdout P one \n2026-03-01T10:00:00Z stderr F between\n"
        "2026-03-01T10:00:01Z stdout P two \n2026-03-01T10:00:02Z stdout F three\n2026-03-01T10:00:03Z stdout P never"
    )
    rows = sorted(events(_containers(text), text.encode()), key=lambda row: row["source_offset"])
    assert [(row["source_offset"], row["message"]) for row in rows] == [
        (0, "one two three"),
        (1, "between"),
        (4, "never"),
    ]


def test_lines_that_the_runtime_cut_are_whole_however_many_there_are() -> None:
    text = f"{_CRI.replace(' F ', ' P ')}{'a' * 1000}\n{_CRI}{'b' * 1000}\n" * 6000
    rows = [row for batch in read_all(_containers(text), text.encode()) for row in batch.rows.iter_rows(named=True)]
    assert {row["message"] for row in rows} == {"a" * 1000 + "b" * 1000}
    assert [row["source_offset"] for row in rows] == list(range(0, 12000, 2))


def test_a_line_that_never_ends_is_cut_at_a_lines_limit() -> None:
    text = f"{_CRI.replace(' F ', ' P ')}{'a' * 1000}\n" * 3000
    sizes = [len(row["message"]) for row in events(_containers(text), text.encode())]
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= 1024 * 1024 + 1000


def test_lines_of_no_format_stay_rows_among_those_of_one() -> None:
    text = "\n".join(_CRI + said for said in (_ACCESS, "a banner", "", _ACCESS)) + "\nno line of a container\n"
    source = _containers(text)
    rows = sorted(events(source, text.encode()), key=lambda row: row["source_offset"])
    assert [row["source_offset"] for row in rows] == [0, 1, 3]
    assert rows[1]["message"] == "a banner"
    assert reasons(source, text.encode()) == {4: "no line of a container's log"}


def test_what_the_runtime_tells_of_a_line_is_a_field() -> None:
    line = _docker(_ACCESS, kubernetes={"pod_name": "web-1", "host": "node-5"}, attrs={"tag": "t"})
    row = event(_containers(line), line)
    assert row["host"] == "node-5"
    assert {name: row["fields"][name] for name in ("log.iostream", "kubernetes.pod_name", "log.attrs.tag")} == {
        "log.iostream": "stderr",
        "kubernetes.pod_name": "web-1",
        "log.attrs.tag": "t",
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["stdout", "stderr"]),
            st.sampled_from(["P", "F"]),
            st.sampled_from([_ACCESS, "a banner", "{", '{"time":"2026-03-01T09:59:59Z"}', "[]", "x" * 100, " "]),
        ),
        max_size=20,
    )
)
def test_every_line_is_a_row_once_or_goes_on_another(lines: list[tuple[str, str, str]]) -> None:
    text = "".join(f"2026-03-01T10:00:00Z {stream} {tag} {said}\n" for stream, tag, said in lines)
    source = _containers(_CRI + "x")
    offsets = [row["source_offset"] for row in events(source, text.encode())]
    begun, expected = dict[str, tuple[int, str]](), list[int]()
    for offset, (stream, tag, said) in enumerate(lines):
        first, before = begun.pop(stream, (offset, ""))
        begun |= {stream: (first, before + said)} if tag == "P" else {}
        expected += [first] if tag == "F" and (before + said).strip() else []
    expected += [first for first, said in begun.values() if said.strip()]
    assert sorted(offsets) == sorted(expected)
