"""Events read straight into columns are what they are when each is read by itself."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.sources import evtx_log
from pipelines.sources.columns import frame_of
from pipelines.sources.times import utc_times
from pipelines.sources.windows_event import windows_row
from pipelines.sources.windows_rows import Reject, WindowsEvent

_WRITTEN = "2026-03-01 02:00:00.000000 UTC"
_NAMES = st.sampled_from(
    (
        *("TargetUserName", "SubjectUserName", "User", "IpAddress", "IpPort", "DestPort", "Message", "Status", "Data"),
        *("param1", "param2", "Param1", "Level", "Channel", "#text", "#attributes", "@Name", "x_attributes", "\u00e9"),
    )
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["-", "", "192.0.2.1", "::ffff:192.0.2.7", "65536", "443", "0x0", "0xc000006d", "{1}", "\ud800"]),
)
_NODES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=6
)
_ATTRIBUTES = st.one_of(
    st.none(),
    _SCALARS,
    st.fixed_dictionaries(
        {"#attributes": st.dictionaries(st.sampled_from(["Name", "@Name", "Guid", "SystemTime", "UserID"]), _SCALARS)}
    ),
)
_SYSTEM = st.fixed_dictionaries(
    {},
    optional={
        "Provider": _ATTRIBUTES,
        "TimeCreated": st.just({"#attributes": {"SystemTime": "2026-03-01T02:00:00.5Z"}}) | _ATTRIBUTES,
        "Security": _ATTRIBUTES,
        "Security_attributes": st.dictionaries(st.just("UserID"), _SCALARS),
        "EventID": st.sampled_from([4624, 4625, 4776, 1, "3"]) | st.just({"#text": 4688, "#attributes": {}}) | _NODES,
        "Channel": st.sampled_from(
            ["Security", "Windows PowerShell", "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"]
        )
        | _SCALARS,
        "Computer": _SCALARS,
        "Level": st.integers(0, 6) | _SCALARS,
        "Keywords": st.sampled_from(["0x8010000000000000", "0x8020000000000000", "Audit Failure"]) | _SCALARS,
    },
)
_ATTRIBUTE = st.one_of(st.text(max_size=4), st.sampled_from(["-", "Sysmon", "\u00e9"]), st.none())
_NUMBER = st.integers(-1, 2**33) | st.booleans() | st.none()
# All parts that evtx writes, mostly of the kinds that it writes them in.
_WHOLE_SYSTEM = st.fixed_dictionaries(
    {
        "Provider": st.fixed_dictionaries(
            {"#attributes": st.fixed_dictionaries({"Name": _ATTRIBUTE, "Guid": _ATTRIBUTE})}
        ),
        "EventID": st.sampled_from([4624, 4776, True, 1, "1"]) | st.just({"#text": 4688, "#attributes": {}}),
        "Version": _NUMBER,
        "Level": _NUMBER,
        "Task": _NUMBER,
        "Opcode": _NUMBER,
        "Keywords": st.sampled_from(["0x8010000000000000", "0x0"]) | _SCALARS,
        "TimeCreated": st.just({"#attributes": {"SystemTime": "2026-03-01T02:00:00.5Z"}}) | _ATTRIBUTES,
        "EventRecordID": _NUMBER,
        "Execution": st.fixed_dictionaries(
            {"#attributes": st.dictionaries(st.sampled_from(["ProcessID", "ThreadID"]), _NUMBER)}
        ),
        "Channel": st.sampled_from(["Security", "Windows PowerShell"]),
        "Computer": _ATTRIBUTE,
        "Security": _ATTRIBUTES,
    },
    optional={"Security_attributes": st.dictionaries(st.just("UserID"), _SCALARS), "Correlation": _NODES},
)
_DETAILS = st.dictionaries(_NAMES, _SCALARS, max_size=6) | _NODES
_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "System": _SYSTEM | _WHOLE_SYSTEM,
        "EventData": _DETAILS,
        "UserData": st.none() | _NODES,
        "Other": _NODES,
    },
)


def _one_by_one(records: list[dict[str, str]]) -> pl.DataFrame:
    found = [evtx_log.event_of(place, record) for place, record in enumerate(records)]
    events = [event for event in found if isinstance(event, WindowsEvent)]
    rows = frame_of([windows_row(event.offset, event.fields, event.text) for event in events], "log_events")
    times = utc_times(pl.Series([event.time for event in events], dtype=pl.String))
    return rows.with_columns(times.alias("event_time")).filter(times.is_not_null())


def _together(records: list[dict[str, str]]) -> tuple[pl.DataFrame, int]:
    batches = list(evtx_log.batches_of(enumerate(records)))
    rows = [batch.rows for batch in batches]
    return pl.concat(rows) if rows else _one_by_one([]), sum(batch.rejects.height for batch in batches)


def _compare(records: list[dict[str, str]]) -> None:
    rows, rejects = _together(records)
    assert_frame_equal(rows, _one_by_one(records))
    assert rows.height + rejects == len(records)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.fixed_dictionaries({"Event": _EVENTS}), max_size=4))
def test_events_of_any_shape_are_the_same_rows(events: list[dict[str, Any]]) -> None:
    # Twice: what an event of some names taught holds for the next of the same names.
    texts = [json.dumps(event) for event in [*events, *events]]
    _compare([{"data": text, "event_record_id": "1", "timestamp": _WRITTEN} for text in texts])


@settings(max_examples=200, deadline=None)
@given(st.lists(_WHOLE_SYSTEM, min_size=1, max_size=4), st.dictionaries(_NAMES, _SCALARS, max_size=4) | st.none())
def test_events_of_the_usual_shape_are_the_same_rows(systems: list[dict[str, Any]], details: dict[str, Any]) -> None:
    texts = [json.dumps({"Event": {"System": system, "EventData": details}}) for system in [*systems, *systems]]
    _compare([{"data": text, "event_record_id": "1", "timestamp": _WRITTEN} for text in texts])


def test_what_is_equal_and_not_the_same_stays_apart() -> None:
    system = {
        "Provider": {"#attributes": {"Name": "a"}},
        "Execution": {"#attributes": {}},
        "Channel": "Security",
        "Computer": "dc-1",
        "Security": None,
        "EventRecordID": 1,
        "Version": 1,
        "Task": 1,
        "Opcode": 1,
        "Keywords": "",
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-01T02:00:00Z"}},
    }
    numbers = [(1, 1), (True, 1), (1, True), ("1", 1), (1, "1"), (1, None), (None, 1), (1, 1)]
    texts = [
        json.dumps({"Event": {"System": {**system, "EventID": number, "Level": level}, "EventData": {"User": "u"}}})
        for number, level in numbers
    ]
    _compare([{"data": text, "event_record_id": "1", "timestamp": _WRITTEN} for text in texts])


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"Event": 1}', '{"System": {"System": {}}}', '{"Event": {"System": []}}', "[" * 3000]
)
def test_what_is_no_event_is_a_reject(text: str) -> None:
    rows, rejects = _together([{"data": text, "event_record_id": "1", "timestamp": _WRITTEN}])
    assert (rows.height, rejects) == (0, 1)


@pytest.mark.slow
def test_real_event_logs_are_the_same_rows(shared_data: Path) -> None:
    count = 0
    for path in sorted((shared_data / "evtx").rglob("*.evtx")):
        with path.open("rb") as stream:
            records = [record for record in evtx_log.records_of(stream) if not isinstance(record, Reject)]
        _compare([content for _, content in records])
        count += len(records)
    assert count > 8000
