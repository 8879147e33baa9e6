"""A Windows event as our columns, whichever way it was exported.

`fields` holds `EventID`, `Channel`, `Provider_Name`, `Computer` and the rest of the System part, then every name of
EventData or UserData as it is.
"""

from collections.abc import Mapping, Sequence
from itertools import count, takewhile

from pipelines.sources import windows_verdicts as verdicts
from pipelines.sources.columns import Row, canonical_address
from pipelines.sources.json_records import text_of


def windows_row(offset: int, fields: Mapping[str, str], text: str) -> Row:
    """The columns of an event from its fields; `event_time` is the caller's."""
    service = verdicts.service_of(fields.get("Channel", ""))
    number = fields.get("EventID", "")
    fields = with_unnamed(fields)
    return {
        "source_offset": offset,
        "product": "windows",
        "service": service,
        "host": fields.get("Computer", ""),
        "source_ip": canonical_address(_first(fields, verdicts.SOURCES)),
        "source_port": _port(_first(fields, verdicts.SOURCE_PORTS)),
        "destination_ip": canonical_address(_first(fields, verdicts.DESTINATIONS)),
        "destination_port": _port(_first(fields, verdicts.DESTINATION_PORTS)),
        "user": _user(fields, verdicts.users_of(service, number)),
        "action": verdicts.action_of(service, number),
        "outcome": verdicts.outcome_of(number, fields.get("Keywords", ""), fields.get("Status", verdicts.SUCCESS)),
        "severity": verdicts.severity_of(fields.get("Level", "")),
        "message": fields.get("Message") or text,
        "fields": fields,
    }


def event_fields(system: Mapping[str, object], details: object) -> dict[str, str]:
    """The fields of an event from its System part and its EventData or UserData, as nested dictionaries."""
    fields = _system_fields(system)
    for name, value in leaves(details).items():
        fields.setdefault(name, value)
    return fields


def leaves(node: object, name: str = "Data") -> dict[str, str]:
    """The innermost names and texts of nested dictionaries; unnamed texts are joined under `Data`."""
    if node is None:
        return {}
    if isinstance(node, list):
        return _joined([leaves(item, name) for item in node])
    if not isinstance(node, dict):
        return {name: text_of(node)}
    name = _own_name(node) or name
    found: dict[str, str] = {}
    for key, value in node.items():
        if key != "#attributes" and not key.startswith("@") and not key.endswith("_attributes"):
            found.update(leaves(value, name if key == "#text" else text_of(key)))
    return found


def _joined(parts: list[dict[str, str]]) -> dict[str, str]:
    """The names of several elements; what has the same name is joined."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for name, text in part.items():
            found.setdefault(name, []).append(text)
    return {name: ",".join(texts) for name, texts in found.items()}


def _own_name(node: Mapping[str, object]) -> str:
    """The Name attribute of a `Data` element in the shapes that tools give attributes."""
    inner = node.get("#attributes")
    name = inner.get("Name") if isinstance(inner, dict) else node.get("@Name")
    return text_of(name) if isinstance(name, str) else ""


def _system_fields(system: Mapping[str, object]) -> dict[str, str]:
    provider, execution = _attributes(system, "Provider"), _attributes(system, "Execution")
    named: dict[str, object] = {
        "EventID": _text(system.get("EventID")),
        "Channel": system.get("Channel"),
        "Provider_Name": provider.get("Name"),
        "Provider_Guid": provider.get("Guid"),
        "Computer": system.get("Computer"),
        "Execution_ProcessID": execution.get("ProcessID"),
        "Execution_ThreadID": execution.get("ThreadID"),
        "Security_UserID": _attributes(system, "Security").get("UserID"),
    }
    for name in ("Level", "Task", "Opcode", "Keywords", "Version", "EventRecordID"):
        named[name] = _text(system.get(name))
    return {name: text_of(value) for name, value in named.items() if value is not None}


def system_time(system: Mapping[str, object]) -> str:
    """The text of an event's TimeCreated, '' when it has none."""
    return text_of(_attributes(system, "TimeCreated").get("SystemTime") or "")


def _attributes(system: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The attributes of an element: inside of it, or beside it as some tools write them."""
    for candidate in (system.get(name), system.get(f"{name}_attributes")):
        if isinstance(candidate, dict):
            inner = candidate.get("#attributes", candidate)
            return {key.removeprefix("@"): value for key, value in inner.items()} if isinstance(inner, dict) else {}
    return {}


def _text(value: object) -> object:
    return value.get("#text") if isinstance(value, dict) else value


def with_unnamed(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields, for classic PowerShell with its unnamed texts as `Data`, as all exports but Winlogbeat call them."""
    if "Data" in fields or verdicts.service_of(fields.get("Channel", "")) != verdicts.CLASSIC_POWERSHELL:
        return fields
    numbered = takewhile(lambda name: name in fields, (f"param{number}" for number in count(1)))
    texts = [fields[name] for name in numbered]
    return {**fields, "Data": ",".join(texts)} if texts else fields


def _user(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return next((fields[name] for name in names if fields.get(name, "") not in verdicts.NOBODY), "")


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536 else 0
