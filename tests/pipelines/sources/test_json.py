"""JSON records: however they stand in a text, whatever is in them."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import json_lines
from pipelines.sources.json_records import flattened, parsed_or_reason
from pipelines.sources.json_stream import first_objects, read_objects
from tests.pipelines.sources.rows import events, reasons

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)

_FLAT: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    "nested": ({"a": {"b": {"c": 1}}}, {"a.b.c": "1"}),
    "booleans and null": ({"a": True, "b": False, "c": None}, {"a": "true", "b": "false"}),
    "lists": ({"a": [1, "x", True], "b": []}, {"a": "1,x,true", "b": ""}),
    "objects in a list": ({"a": [{"b": 1}, {"b": 2, "c": 3}]}, {"a.b": "1,2", "a.c": "3"}),
    "big numbers": ({"a": 2**80, "b": 1.5}, {"a": str(2**80), "b": "1.5"}),
    "half a surrogate pair": ({"a": "\ud800x"}, {"a": r"\ud800x"}),
    "empty text": ({"a": ""}, {"a": ""}),
}


@pytest.mark.parametrize(("content", "expected"), _FLAT.values(), ids=_FLAT)
def test_an_object_is_flattened(content: dict[str, object], expected: dict[str, str]) -> None:
    assert flattened(content) == expected


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(max_size=5), _JSON, max_size=4))
def test_every_flattened_value_is_text_a_table_can_hold(content: dict[str, object]) -> None:
    for name, value in flattened(content).items():
        assert (name + value).encode().decode() == name + value


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=4), _JSON, min_size=1, max_size=3), min_size=1, max_size=4))
def test_lines_arrays_and_indented_objects_hold_the_same(objects: list[dict[str, object]]) -> None:
    forms = [
        "\n".join(json.dumps(item) for item in objects),
        json.dumps(objects, indent=1),
        "\n".join(json.dumps(item, indent=1) for item in objects),
    ]
    for form in forms:
        found = [record.flat for records, _ in read_objects(io.BytesIO(form.encode())) for record in records]
        assert found == [flattened(item) for item in json.loads(json.dumps(objects))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "JSON, but not an object"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "not JSON"),
    ],
    ids=["cut off", "a list", "too deep", "too long a number"],
)
def test_what_is_no_object_has_a_reason(text: str, reason: str) -> None:
    assert reason in str(parsed_or_reason(text))


def test_the_first_objects_are_found_in_an_array_that_is_cut_off() -> None:
    assert first_objects(b'[\n {"a": 1},\n {"b": 2},\n {"c"') == [{"a": 1}, {"b": 2}]


def test_an_event_of_no_known_product_is_kept_whole() -> None:
    line = (
        b'{"time":"2026-03-01T10:00:00+08:00","host":"h","src_ip":"192.0.2.1","user":{"name":"alice"},"msg":"hello"}\n'
    )
    (row,) = events(json_lines, line)
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00+00:00"
    assert (row["host"], row["source_ip"], row["user"], row["message"]) == ("h", "192.0.2.1", "alice", "hello")
    assert (row["product"], row["fields"]["user.name"]) == ("", "alice")


def test_the_time_of_mongodb_is_an_object() -> None:
    line = b'{"t":{"$date":"2026-03-01T10:00:00.123+08:00"},"s":"I","c":"NETWORK","id":22943,"msg":"accepted"}\n'
    (row,) = events(json_lines, line)
    assert (row["event_time"].isoformat(), row["message"]) == ("2026-03-01T02:00:00.123000+00:00", "accepted")


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ({"level": "INFO"}, 1),
        ({"level": "Warning"}, 3),
        ({"log": {"level": "error"}}, 4),
        ({"severity": "critical"}, 5),
        ({"level": 60}, 6),
        ({"level": "loud"}, 0),
        ({}, 0),
    ],
)
def test_the_level_of_an_event_is_its_severity(level: dict[str, Any], severity: int) -> None:
    (row,) = events(json_lines, json.dumps({"time": "2026-03-01T10:00:00Z", **level}).encode() + b"\n")
    assert row["severity"] == severity


def test_an_object_without_a_time_is_rejected() -> None:
    content = b'{"time":"2026-03-01T10:00:00Z"}\n{"a":1}\n{"time":"soon"}\n'
    assert list(reasons(json_lines, content)) == [1, 2]
