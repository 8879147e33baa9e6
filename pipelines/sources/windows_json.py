"""Windows events exported as JSON: in evtx_dump's shape, Winlogbeat's, EvtxECmd's, or flat with Sysmon's own names."""

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.json_records import JsonObject, Record, record_of, text_of
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.windows_event import event_fields, leaves, system_time
from pipelines.sources.windows_rows import Gathered, Reject, WindowsEvent

NAME = "windows_json"

# The flat exports' names for what System calls otherwise.
_RENAMED = {
    "event_id": "EventID",
    "EventCode": "EventID",
    "log_name": "Channel",
    "source_name": "Provider_Name",
    "record_number": "EventRecordID",
    "keywords": "Keywords",
    "level": "Level",
    "EventId": "EventID",
    "Id": "EventID",
    "channel": "Channel",
    "LogName": "Channel",
    "Provider": "Provider_Name",
    "ProviderName": "Provider_Name",
    "provider_name": "Provider_Name",
    "SourceName": "Provider_Name",
    "Hostname": "Computer",
    "computer_name": "Computer",
    "ComputerName": "Computer",
    "MachineName": "Computer",
    "RecordNumber": "EventRecordID",
    "RecordId": "EventRecordID",
    "record_id": "EventRecordID",
    "message": "Message",
}
_TIMES = (
    *("TimeCreated", "SystemTime", "@timestamp", "UtcTime", "TimeGenerated", "EventTime", "timestamp", "Timestamp"),
    "_time",
)
_PAYLOAD = "Payload"
_BEATS_DATA = ("event_data", "user_data")
_MARKS = ("Channel", "LogName", "channel", "log_name")
_NUMBERS = ("EventID", "EventId", "event_id", "Id", "EventCode")
_LEVELS = {"critical": "1", "error": "2", "warning": "3", "information": "4", "info": "4", "verbose": "5"}


def recognises(head: bytes) -> bool:
    """Whether the first objects are Windows events in one of the known shapes."""
    return any(_is_windows(_of_search(content) or content) for content in first_objects(head))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The events in batches."""
    for records, rejects in read_objects(stream):
        gathered = Gathered()
        for record in records:
            gathered.add(_event(record))
        batch = gathered.batch()
        yield Batch(batch.table, batch.rows, pl.concat([rejects, batch.rejects]))


def _of_search(content: JsonObject) -> JsonObject | None:
    """The event within a result that Splunk exports: `{"preview": false, "offset": 0, "result": {...}}`."""
    result = content.get("result")
    return result if isinstance(result, dict) and "preview" in content else None


def _is_windows(content: JsonObject) -> bool:
    return (
        isinstance(_nested(content).get("System"), dict)
        or isinstance(content.get("winlog"), dict)
        or (any(name in content for name in _NUMBERS) and any(name in content for name in _MARKS))
    )


def _event(record: Record) -> WindowsEvent | Reject:
    if (result := _of_search(record.content)) is not None:
        record = record_of(record.offset, record.text, result, decode_error="decode_error" in record.flat)
    content = record.content
    nested = _nested(content)
    if not _is_windows(content):
        return Reject(record.offset, "JSON, but no Windows event", record.text)
    if isinstance(system := nested.get("System"), dict):
        details = leaves(nested.get("EventData")) | leaves(nested.get("UserData"))
        fields, time = event_fields(system, details), system_time(system)
    elif isinstance(winlog := content.get("winlog"), dict):
        fields, time = _of_winlogbeat(content, winlog), _first_text(content, _TIMES)
    else:
        fields, time = _of_flat(record), _first_text(content, _TIMES)
    if "decode_error" in record.flat:
        fields["decode_error"] = "true"
    return WindowsEvent(record.offset, _plain_time(time), fields, record.text)


def _nested(content: JsonObject) -> Mapping[str, object]:
    event = content.get("Event")
    return event if isinstance(event, dict) else content


def _of_winlogbeat(content: JsonObject, winlog: Mapping[str, object]) -> dict[str, str]:
    system = {_RENAMED.get(name, name): text_of(value) for name, value in winlog.items() if _is_scalar(value)}
    details = leaves(winlog.get("event_data")) | leaves(winlog.get("user_data"))
    message = {"Message": text_of(content["message"])} if _is_scalar(content.get("message")) else {}
    log = content.get("log")
    level = _LEVELS.get(text_of(log.get("level")).lower(), "") if isinstance(log, dict) else ""
    return {**({"Level": level} if level else {}), **message, **details, **_keywords(winlog), **system}


def _keywords(winlog: Mapping[str, object]) -> dict[str, str]:
    keywords = winlog.get("keywords")
    return {"Keywords": ",".join(map(text_of, keywords))} if isinstance(keywords, list) else {}


def _of_flat(record: Record) -> dict[str, str]:
    details = _payload(record.content) | _beats_data(record.content)
    fields = {name: value for name, value in record.flat.items() if name not in _RENAMED}
    for name, known in _RENAMED.items():
        if name in record.flat:
            fields.setdefault(known, record.flat[name])
    if details:
        given = (_PAYLOAD, *(f"{part}.{name}" for part in _BEATS_DATA for name in details))
        fields = details | {name: value for name, value in fields.items() if name not in given}
    fields["Level"] = _LEVELS.get(
        fields.get("Level", fields.get("LevelDisplayName", "")).lower(), fields.get("Level", "")
    )
    return fields if fields["Level"] else {name: value for name, value in fields.items() if name != "Level"}


def _beats_data(content: JsonObject) -> dict[str, str]:
    """The event's own data as Winlogbeat puts it before version 7."""
    return {name: text for part in _BEATS_DATA if part in content for name, text in leaves(content[part]).items()}


def _payload(content: JsonObject) -> dict[str, str]:
    """The event's own data, which EvtxECmd puts as JSON into a text."""
    text = content.get(_PAYLOAD)
    if not isinstance(text, str) or not text.startswith("{"):
        return {}
    try:
        nested = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return leaves(nested.get("EventData")) | leaves(nested.get("UserData"))


def _first_text(content: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text_of(content[name]) for name in names if _is_scalar(content.get(name))), "")


def _plain_time(text: str) -> str:
    """PowerShell's `/Date(1772330400123)/` without its wrapping."""
    return text.removeprefix("/Date(").removesuffix(")/")


def _is_scalar(value: object) -> bool:
    return value is not None and not isinstance(value, dict | list)
