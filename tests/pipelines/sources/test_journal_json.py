import io
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import journal_export, journal_json
from tests.pipelines.sources.rows import event, events, reasons, shown

_ENTRY = {
    "__REALTIME_TIMESTAMP": "1772330400123456",
    "_HOSTNAME": "web-1",
    "SYSLOG_FACILITY": "4",
    "SYSLOG_IDENTIFIER": "sshd",
    "PRIORITY": "6",
    "_PID": "811",
    "_SYSTEMD_UNIT": "ssh.service",
    "MESSAGE": "Failed password for root from 192.0.2.7 port 40022 ssh2",
}

_SAID: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sshd": (
        {},
        {
            "product": "linux",
            "service": "sshd",
            "host": "web-1",
            "user": "root",
            "source_ip": "192.0.2.7",
            "outcome": "failure",
            "facility": "auth",
            "pid": "811",
            "_SYSTEMD_UNIT": "ssh.service",
            "MESSAGE": None,
        },
    ),
    "bytes that are no text": ({"MESSAGE": [104, 105, 255]}, {"message": "hi\\xff"}),
    "a list that is no bytes": ({"MESSAGE": [104, 300]}, {"message": "104,300"}),
    "no message": ({"MESSAGE": None}, {"message": ""}),
    "no identifier": ({"SYSLOG_IDENTIFIER": None, "_COMM": "rtud"}, {"service": "rtud"}),
    "the kernel's packet filter": (
        {
            "SYSLOG_IDENTIFIER": "kernel",
            "MESSAGE": "DROP IN=eth0 OUT= SRC=192.0.2.7 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=4 DPT=22 SYN",
        },
        {"category": "firewall", "destination_port": 22, "action": "drop", "_HOSTNAME": "web-1"},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), _SAID.values(), ids=_SAID)
def test_an_entry_is_read_as_the_syslog_it_is(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    row = event(journal_json, json.dumps(_ENTRY | changes))
    assert shown(row, expected) == expected
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00.123456+00:00"


def test_what_is_no_entry_or_has_no_time_is_rejected() -> None:
    lines = [json.dumps(_ENTRY), '{"a": 1}', json.dumps(_ENTRY | {"__REALTIME_TIMESTAMP": "soon"}), "{broken"]
    assert sorted(reasons(journal_json, "\n".join(lines).encode())) == [1, 2, 3]
    assert len(events(journal_json, "\n".join(lines).encode())) == 1


_VALUES = st.one_of(st.none(), st.text(max_size=9), st.integers(-9, 999), st.lists(st.integers(0, 300), max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(_ENTRY)), _VALUES, max_size=8))
def test_every_entry_is_a_row_or_a_reject(changes: dict[str, Any]) -> None:
    content = json.dumps(_ENTRY | changes).encode()
    assert len(events(journal_json, content)) + len(reasons(journal_json, content)) == 1


def _exported(content: dict[str, str]) -> bytes:
    """An entry as `journalctl -o export` writes it: what holds line breaks with its length."""
    plain = [f"{name}={value}\n".encode() for name, value in content.items() if "\n" not in value]
    others = [(name, value.encode()) for name, value in content.items() if "\n" in value]
    long = [name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n" for name, value in others]
    return b"".join([*plain, *long, b"\n"])


def test_an_exported_entry_is_read_as_the_same_entry_in_json() -> None:
    exported, written = events(journal_export, _exported(_ENTRY)), events(journal_json, json.dumps(_ENTRY).encode())
    assert [row["user"] for row in exported] == ["root"]
    assert [row | {"message": ""} for row in exported] == [row | {"message": ""} for row in written]


def test_a_value_of_several_lines_is_one() -> None:
    text = _exported(_ENTRY | {"MESSAGE": "one\n\nMESSAGE=two"}) + _exported(_ENTRY)
    rows = events(journal_export, text)
    assert [(row["source_offset"], row["message"]) for row in rows] == [
        (0, "one\n\nMESSAGE=two"),
        (1, _ENTRY["MESSAGE"]),
    ]


@pytest.mark.parametrize(
    "damage",
    [b"no field\n", b"MESSAGE=without a time\n", b"DATA\n" + b"\xff" * 8 + b"\n", b"__REALTIME_TIMESTAMP=1\n"],
)
def test_a_damaged_entry_is_one_reject_and_those_around_it_are_read(damage: bytes) -> None:
    text = _exported(_ENTRY) + damage + b"\n" + _exported(_ENTRY)
    assert [row["source_offset"] for row in events(journal_export, text)] == [0, 2]
    assert list(reasons(journal_export, text)) == [1]


def test_entries_are_bounded_each_and_together() -> None:
    big = b"x" * 600_000
    whole = b"__REALTIME_TIMESTAMP=1772330400000000\n"
    text = b"".join(whole + b"MESSAGE=%d\nDATA=" % number + big + b"\n\n" for number in range(40))
    grown = whole + b"".join(b"DATA%d=" % number + big + b"\n" for number in range(8)) + b"MESSAGE=too much\n\n"
    batches = list(journal_export.read(io.BytesIO(text + grown)))
    assert sum(batch.rows.height for batch in batches) == 40
    assert max(batch.rows.height for batch in batches) < 40
    assert pl.concat(batch.rejects for batch in batches)["reason"].to_list() == ["an entry longer than 4096 KiB"]
