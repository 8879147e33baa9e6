"""What Windows events tell beyond their names: the log's service, what was done, whether it worked, how grave it is."""

from collections.abc import Sequence

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
_LOGGED_IN = "4624"
# The one event whose outcome is its Status, and what that is where all is well.
STATED, SUCCESS = "4776", "0x0"
_AUDIT_FAILURE, _AUDIT_SUCCESS = 0x0010_0000_0000_0000, 0x0020_0000_0000_0000
CLASSIC_POWERSHELL = "powershell-classic"

# Names of fields, the first that says anything counts.
SOURCES = ("IpAddress", "SourceIp", "SourceAddress", "ClientAddress")
SOURCE_PORTS = ("IpPort", "SourcePort", "ClientPort")
DESTINATIONS = ("DestinationIp", "DestAddress")
DESTINATION_PORTS = ("DestinationPort", "DestPort")
USERS = ("TargetUserName", "SubjectUserName", "User", "AccountName", "UserName")
USERS_OF_NO_LOGON = ("SubjectUserName", *USERS)
USERS_OF_SESSIONS = ("Param1", "param1")
NOBODY = frozenset({"-", ""})

_LOGONS = ("462", "463", "4648", "476", "477")


def service_of(channel: str) -> str:
    """Sigma's name of the service that writes a channel, made of the channel's own where Sigma has none."""
    lowered = channel.lower()
    return _SERVICES.get(lowered) or lowered.removeprefix("microsoft-windows-").partition("/")[0].replace(" ", "-")


def action_of(service: str, number: str) -> str:
    """What an event says was done, '' where that is not known."""
    return _ACTIONS.get((service, number), "")


def severity_of(level: str) -> int:
    """The severity, from 1 (information) to 5 (critical), of an event's Level; 0 where it has none."""
    return _SEVERITIES.get(level, 0)


def is_logon(number: str) -> bool:
    """Whether an event is a logon: it is told of its target, and others of their subject."""
    return number.startswith(_LOGONS)


def is_session(service: str) -> bool:
    """Whether the service's unnamed first text is a user."""
    return service.startswith("terminalservices")


def users_of(service: str, number: str) -> Sequence[str]:
    """The fields that may name the user of an event, the likeliest first."""
    names = USERS if is_logon(number) else USERS_OF_NO_LOGON
    return (*names, *USERS_OF_SESSIONS) if is_session(service) else names


def outcome_of(number: str, keywords: str, status: str) -> str:
    """Whether what an event tells of worked: by its number, its Status where it is 4776, or its audit keywords."""
    if number in _FAILED_LOGINS:
        return "failure"
    if number == STATED:
        return "success" if status.lower() in {SUCCESS, "0"} else "failure"
    try:
        bits = int(keywords, 0)
    except ValueError:
        bits = 0
    words = keywords.lower()
    failed = bits & _AUDIT_FAILURE or "audit failure" in words
    worked = bits & _AUDIT_SUCCESS or "audit success" in words or number == _LOGGED_IN
    return "failure" if failed else "success" if worked else "unknown"
