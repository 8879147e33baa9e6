"""A Windows event as our columns, whichever way it was exported.

`fields` holds `EventID`, `Channel`, `Provider_Name`, `Computer` and the rest of the System part, then every name of
EventData or UserData as it is.
"""

from collections.abc import Mapping
from itertools import count, takewhile

from pipelines.sources.columns import Row, canonical_address
from pipelines.sources.json_records import text_of

_SERVICES = {
    "security": "security",
    "system": "system",
    "application": "application",
    "windows powershell": "powershell-classic",
    "microsoft-windows-sysmon/operational": "sysmon",
    "microsoft-windows-powershell/operational": "powershell",
    "powershellcore/operational": "powershell",
    "microsoft-windows-windows defender/operational": "windefend",
    "microsoft-windows-taskscheduler/operational": "taskscheduler",
    "microsoft-windows-wmi-activity/operational": "wmi",
    "microsoft-windows-bits-client/operational": "bits-client",
    "microsoft-windows-codeintegrity/operational": "codeintegrity-operational",
    "microsoft-windows-ntlm/operational": "ntlm",
    "microsoft-windows-applocker/exe and dll": "applocker",
    "microsoft-windows-applocker/msi and script": "applocker",
    "microsoft-windows-windows firewall with advanced security/firewall": "firewall-as",
    "microsoft-windows-terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
    "dns server": "dns-server",
    "directory service": "directory-service",
    "openssh/operational": "openssh",
}

# Level of an event: 0 log always, 1 critical, 2 error, 3 warning, 4 information, 5 verbose.
_SEVERITIES = {"1": 5, "2": 4, "3": 3, "0": 1, "4": 1, "5": 1}

_SYSMON = "sysmon"
_ACTIONS: dict[tuple[str, str], str] = {
    **{("security", number): "login" for number in ("4624", "4625", "4648", "4768", "4769", "4771", "4776")},
    **{("security", number): "logout" for number in ("4634", "4647")},
    **{("security", number): "change_user" for number in ("4722", "4724", "4725", "4728", "4732", "4738", "4756")},
    ("security", "4688"): "process_start",
    ("security", "4720"): "create_user",
    ("security", "4726"): "delete_user",
    ("security", "1102"): "clear_log",
    ("security", "4697"): "install_service",
    ("security", "4698"): "schedule",
    ("security", "5156"): "connect",
    ("system", "104"): "clear_log",
    ("system", "7045"): "install_service",
    (_SYSMON, "1"): "process_start",
    (_SYSMON, "3"): "connect",
    (_SYSMON, "11"): "write",
    (_SYSMON, "22"): "query",
}
_FAILED_LOGINS = frozenset({"4625", "4771"})
_AUDIT_FAILURE, _AUDIT_SUCCESS = 0x0010_0000_0000_0000, 0x0020_0000_0000_0000

_USERS = ("TargetUserName", "SubjectUserName", "User", "AccountName", "UserName")
_CLASSIC_POWERSHELL = "powershell-classic"
_SOURCES = ("IpAddress", "SourceIp", "SourceAddress", "ClientAddress")
_SOURCE_PORTS = ("IpPort", "SourcePort", "ClientPort")
_DESTINATIONS = ("DestinationIp", "DestAddress")
_DESTINATION_PORTS = ("DestinationPort", "DestPort")


def windows_row(offset: int, fields: Mapping[str, str], text: str) -> Row:
    """The columns of an event from its fields; `event_time` is the caller's."""
    channel = fields.get("Channel", "")
    service = _service(channel)
    number = fields.get("EventID", "")
    if service == _CLASSIC_POWERSHELL and "Data" not in fields:
        fields = {**fields, **_unnamed(fields)}
    return {
        "source_offset": offset,
        "product": "windows",
        "service": service,
        "host": fields.get("Computer", ""),
        "source_ip": canonical_address(_first(fields, _SOURCES)),
        "source_port": _port(_first(fields, _SOURCE_PORTS)),
        "destination_ip": canonical_address(_first(fields, _DESTINATIONS)),
        "destination_port": _port(_first(fields, _DESTINATION_PORTS)),
        "user": _user(fields, number, service),
        "action": _ACTIONS.get((service, number), ""),
        "outcome": _outcome(fields, number),
        "severity": _SEVERITIES.get(fields.get("Level", ""), 0),
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
            found.update(leaves(value, name if key == "#text" else key))
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
    return name if isinstance(name, str) else ""


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


def _service(channel: str) -> str:
    lowered = channel.lower()
    return _SERVICES.get(lowered) or lowered.removeprefix("microsoft-windows-").partition("/")[0].replace(" ", "-")


def _unnamed(fields: Mapping[str, str]) -> dict[str, str]:
    """The texts without a name, which Winlogbeat numbers, under the name that all other exports and rules give them."""
    numbered = takewhile(lambda name: name in fields, (f"param{number}" for number in count(1)))
    texts = [fields[name] for name in numbered]
    return {"Data": ",".join(texts)} if texts else {}


def _user(fields: Mapping[str, str], number: str, service: str) -> str:
    is_logon = number.startswith(("462", "463", "4648", "476", "477"))
    names = _USERS if is_logon else ("SubjectUserName", *_USERS)
    if service.startswith("terminalservices"):
        names = (*names, "Param1", "param1")
    return next((fields[name] for name in names if fields.get(name, "-") not in {"-", ""}), "")


def _outcome(fields: Mapping[str, str], number: str) -> str:
    if number in _FAILED_LOGINS:
        return "failure"
    if number == "4776":
        return "success" if fields.get("Status", "0x0").lower() in {"0x0", "0"} else "failure"
    keywords = fields.get("Keywords", "")
    try:
        bits = int(keywords, 0)
    except ValueError:
        bits = 0
    failed = bits & _AUDIT_FAILURE or keywords == "Audit Failure"
    worked = bits & _AUDIT_SUCCESS or keywords == "Audit Success"
    return "failure" if failed else "success" if worked else "unknown"


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536 else 0
