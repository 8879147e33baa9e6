import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import SourceBroken
from pipelines.sources import evtx_log, windows_json, windows_xml
from pipelines.sources.compression import plain
from tests.pipelines.sources.rows import checked, events, reasons

_XML = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{1}'/><EventID Qualifiers=''>4625</EventID><Level>0</Level>
<Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime='2026-03-01T02:00:00.123456700Z'/>
<Execution ProcessID='4' ThreadID='5'/><Channel>Security</Channel><Computer>dc-1</Computer></System><EventData>
<Data Name='TargetUserName'>alice</Data><Data Name='IpAddress'>::ffff:192.0.2.3</Data><Data Name='IpPort'>555</Data>
<Data Name='Empty'></Data></EventData></Event>"""

_SYSTEM = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing", "Guid": "{1}"}},
    "EventID": {"#attributes": {"Qualifiers": ""}, "#text": 4625},
    "Level": 0,
    "Keywords": "0x8010000000000000",
    "TimeCreated": {"#attributes": {"SystemTime": "2026-03-01T02:00:00.123456Z"}},
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}},
    "Channel": "Security",
    "Computer": "dc-1",
}
_DETAILS = {"TargetUserName": "alice", "IpAddress": "::ffff:192.0.2.3", "IpPort": "555", "Empty": ""}
_WINLOGBEAT = {
    "@timestamp": "2026-03-01T02:00:00.123456Z",
    "winlog": {
        "channel": "Security",
        "event_id": 4625,
        "provider_name": "Microsoft-Windows-Security-Auditing",
        "computer_name": "dc-1",
        "event_data": _DETAILS,
        "keywords": ["Audit Failure"],
    },
}
_FLAT = {
    "EventID": 4625,
    "Channel": "Security",
    "Hostname": "dc-1",
    "SourceName": "Microsoft-Windows-Security-Auditing",
}
_FLAT |= {"@timestamp": "2026-03-01T02:00:00.123456Z", **_DETAILS}

_ATTRIBUTED = {
    "System": {
        **_SYSTEM,
        "Provider": {"@Name": "Microsoft-Windows-Security-Auditing"},
        "TimeCreated": {"@SystemTime": "2026-03-01T02:00:00.123456Z"},
    },
    "EventData": {"Data": [{"@Name": name, "#text": value} for name, value in _DETAILS.items()]},
}
_EVTXECMD = {
    "PayloadData1": "Target: CORP\\alice",
    "MapDescription": "Failed logon",
    "ChunkNumber": 0,
    "Computer": "dc-1",
    "Payload": json.dumps({"EventData": _ATTRIBUTED["EventData"]}),
    "Channel": "Security",
    "Provider": "Microsoft-Windows-Security-Auditing",
    "EventId": 4625,
    "Level": "LogAlways",
    "Keywords": "Audit failure",
    "TimeCreated": "2026-03-01T02:00:00.1234560+00:00",
}
_OLD_WINLOGBEAT = {
    "@timestamp": "2026-03-01T02:00:00.123456Z",
    "event_id": 4625,
    "log_name": "Security",
    "source_name": "Microsoft-Windows-Security-Auditing",
    "computer_name": "dc-1",
    "keywords": ["Audit Failure"],
    "event_data": _DETAILS,
}
_SPLUNK = {
    "_time": "2026-03-01T10:00:00.123456+08:00",
    "sourcetype": "XmlWinEventLog",
    "EventCode": "4625",
    "Channel": "Security",
    "Computer": "dc-1",
    "ProviderName": "Microsoft-Windows-Security-Auditing",
    **_DETAILS,
}
_PREFIXED = _XML.replace("</", "\0").replace("<", "<ev:").replace("\0", "</ev:").replace("xmlns=", "xmlns:ev=")

_EXPORTS: dict[str, tuple[Any, bytes]] = {
    "XML": (windows_xml, f"<?xml version='1.0'?><Events>{_XML}</Events>".encode()),
    "XML with a prefix": (windows_xml, f"<ev:Events>{_PREFIXED}</ev:Events>".encode()),
    "XML with a prefix declared outside": (
        windows_xml,
        f"<ev:Events xmlns:ev='x'>{re.sub(' xmlns:ev=.*?>', '>', _PREFIXED, count=1)}</ev:Events>".encode(),
    ),
    "JSON with marked attributes": (windows_json, json.dumps({"Event": _ATTRIBUTED}).encode()),
    "XML one after another": (windows_xml, _XML.encode()),
    "evtx_dump": (windows_json, json.dumps({"Event": {"System": _SYSTEM, "EventData": _DETAILS}}).encode()),
    "evtx_dump, indented": (
        windows_json,
        json.dumps({"Event": {"System": _SYSTEM, "EventData": _DETAILS}}, indent=2).encode(),
    ),
    "an array": (windows_json, json.dumps([{"Event": {"System": _SYSTEM, "EventData": _DETAILS}}]).encode()),
    "Winlogbeat": (windows_json, json.dumps(_WINLOGBEAT).encode()),
    "flat": (windows_json, json.dumps(_FLAT).encode()),
    "Winlogbeat before version 7": (windows_json, json.dumps(_OLD_WINLOGBEAT).encode()),
    "a result that Splunk exports": (windows_json, json.dumps({"preview": False, "result": _SPLUNK}).encode()),
    "Splunk's events": (windows_json, json.dumps(_SPLUNK).encode()),
    "EvtxECmd": (windows_json, json.dumps(_EVTXECMD).encode()),
}


@pytest.mark.parametrize(("source", "content"), _EXPORTS.values(), ids=_EXPORTS)
def test_every_export_of_one_event_gives_the_same_row(source: Any, content: bytes) -> None:
    assert source.recognises(content)
    (row,) = events(source, content)
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00.123456+00:00"
    assert (row["product"], row["service"], row["host"], row["user"]) == ("windows", "security", "dc-1", "alice")
    assert (row["source_ip"], row["source_port"], row["action"]) == ("192.0.2.3", 555, "login")
    assert row["outcome"] == "failure"
    expected = {"EventID": "4625", "Channel": "Security", "Computer": "dc-1", "TargetUserName": "alice", "Empty": ""}
    expected |= {"Provider_Name": "Microsoft-Windows-Security-Auditing"}
    assert {name: row["fields"].get(name) for name in expected} == expected


@pytest.mark.parametrize("payload", ["{broken", '{"EventData": 5}', "[" * 100_000, "{}", "text"])
def test_a_payload_that_is_no_event_stays_a_text(payload: str) -> None:
    (row,) = events(windows_json, json.dumps({**_EVTXECMD, "Payload": payload}).encode())
    assert (row["host"], row["fields"]["EventID"]) == ("dc-1", "4625")
    assert row["fields"].get("Payload", row["fields"].get("Data")) in {payload, "5"}


def test_utf16_exports_are_read() -> None:
    content = f"<Events>{_XML}</Events>".encode("utf-16")
    (batch,) = windows_xml.read(plain(io.BytesIO(content)))
    assert checked(batch).rows.height == 1


def test_a_broken_event_is_rejected_and_its_neighbours_stay() -> None:
    content = f"<Events>{_XML}<Event><System></Nope></Event>{_XML}{_XML[:300]}".encode()
    assert len(events(windows_xml, content)) == 2
    assert list(reasons(windows_xml, content)) == [1, 3]


def test_entities_are_never_expanded() -> None:
    bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><Events>" + _XML.replace("alice", "&b;").encode()
    assert events(windows_xml, bomb) == []
    assert list(reasons(windows_xml, bomb)) == [0]


def test_characters_that_xml_forbids_do_not_lose_the_event() -> None:
    (row,) = events(windows_xml, _XML.replace("alice", "al&#x1;i\x02ce").encode())
    assert row["user"] == "al\N{REPLACEMENT CHARACTER}i\N{REPLACEMENT CHARACTER}ce"


def test_user_data_and_unnamed_data_are_fields() -> None:
    details = {"LogFileCleared": {"#attributes": {"xmlns": "x"}, "SubjectUserName": "eve"}}
    content = {"Event": {"System": {**_SYSTEM, "EventID": 1102}, "UserData": details}}
    unnamed = {"Event": {"System": _SYSTEM, "EventData": {"Data": {"#text": ["a", "b"]}}}}
    cleared, plain_texts = events(windows_json, f"{json.dumps(content)}\n{json.dumps(unnamed)}\n".encode())
    assert (cleared["fields"]["SubjectUserName"], cleared["user"], cleared["action"]) == ("eve", "eve", "clear_log")
    assert plain_texts["fields"]["Data"] == "a,b"


_CLASSIC = {"Provider": {"#attributes": {"Name": "PowerShell"}}, "EventID": 400, "Channel": "Windows PowerShell"}
_CLASSIC |= {"TimeCreated": {"#attributes": {"SystemTime": "2026-03-01T02:00:00Z"}}, "Computer": "ws-1"}
_STARTED = ["Available", "None", "\tHostName=ConsoleHost\n\tHostApplication=powershell -NoP"]
_CLASSIC_XML = "".join(f"<Data>{text}</Data>" for text in _STARTED)
_CLASSIC_EXPORTS: dict[str, tuple[Any, bytes]] = {
    "evtx_dump": (windows_json, json.dumps({"Event": {"System": _CLASSIC, "EventData": {"Data": _STARTED}}}).encode()),
    "Winlogbeat": (
        windows_json,
        json.dumps(
            {
                "@timestamp": "2026-03-01T02:00:00Z",
                "winlog": {
                    "channel": "Windows PowerShell",
                    "event_id": 400,
                    "event_data": {f"param{at}": text for at, text in enumerate(_STARTED, 1)},
                },
            }
        ).encode(),
    ),
    "XML": (
        windows_xml,
        f"<Event><System><EventID>400</EventID><Channel>Windows PowerShell</Channel><TimeCreated "
        f"SystemTime='2026-03-01T02:00:00Z'/></System><EventData>{_CLASSIC_XML}</EventData></Event>".encode(),
    ),
}


@pytest.mark.parametrize(("source", "content"), _CLASSIC_EXPORTS.values(), ids=_CLASSIC_EXPORTS)
def test_the_unnamed_texts_of_classic_powershell_are_one_field_data(source: Any, content: bytes) -> None:
    (row,) = events(source, content)
    assert (row["service"], row["user"]) == ("powershell-classic", "")
    assert row["fields"]["Data"] == ",".join(_STARTED)


def test_an_array_that_is_cut_off_keeps_what_was_whole() -> None:
    content = json.dumps([_FLAT, _FLAT]).encode()[:-40]
    assert len(events(windows_json, content)) == 1
    assert reasons(windows_json, content) == {1: "JSON breaks off or is malformed here"}


@pytest.fixture(scope="module")
def event_log(shared_data: Path) -> bytes:
    return next(iter(sorted((shared_data / "evtx").rglob("DE_1102_security_log_cleared.evtx")))).read_bytes()


def test_an_event_log_is_read(event_log: bytes) -> None:
    rows = events(evtx_log, event_log)
    assert "1102" in {row["fields"]["EventID"] for row in rows}
    assert {row["product"] for row in rows} == {"windows"}


def test_a_compressed_event_log_is_read_alike(event_log: bytes) -> None:
    packed = plain(io.BytesIO(gzip.compress(event_log)))
    rows = [row for batch in evtx_log.read(packed) for row in batch.rows.iter_rows(named=True)]
    assert rows == events(evtx_log, event_log)


def test_damaged_records_are_rejects(event_log: bytes) -> None:
    damaged = bytearray(event_log)
    for place in range(4096 + 700, len(damaged), 331):
        damaged[place] ^= 0xFF
    found = [checked(batch) for batch in evtx_log.read(io.BytesIO(bytes(damaged)))]
    assert sum(batch.rejects.height for batch in found) > 0


def test_a_cut_off_event_log_says_so(event_log: bytes) -> None:
    with pytest.raises(SourceBroken, match="truncated at byte"):
        list(evtx_log.read(io.BytesIO(event_log[: len(event_log) - 1000])))


@pytest.mark.parametrize(
    ("number", "keywords", "outcome"),
    [
        ("4688", "0x8020000000000000", "success"),
        ("4688", "-9218868437227405312", "failure"),
        ("4688", "Audit success", "success"),
        ("4688", "Audit Failure,Response Time", "failure"),
        ("4624", "", "success"),
        ("4625", "", "failure"),
        ("4688", "", "unknown"),
        ("4688", "Classic", "unknown"),
    ],
)
def test_whether_an_event_tells_of_something_that_worked(number: str, keywords: str, outcome: str) -> None:
    content = json.dumps({**_FLAT, "EventID": number, "Keywords": keywords}).encode()
    assert [row["outcome"] for row in events(windows_json, content)] == [outcome]


def test_half_a_surrogate_pair_in_a_name_is_kept_as_its_escape() -> None:
    system = {**_SYSTEM, "EventID": 1}
    content = json.dumps({"Event": {"System": system, "EventData": {"\ud800": "a"}}}).encode()
    (row,) = events(windows_json, content)
    assert row["fields"]["\\ud800"] == "a"
