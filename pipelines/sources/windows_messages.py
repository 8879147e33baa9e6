"""Values that the text of a Windows event names in words, under the names that its data has."""

import re

_ABOUT_SUBJECT = frozenset({"Subject", "Creator Subject"})
_LABELS_LIMIT = 200  # of one message
_LABEL = re.compile(r"^(\s*)([A-Z][\w /()\-]{1,60}?):[ \t]*(.*)$")
_OF_ACCOUNT = {
    "Account Name": "UserName",
    "Account Domain": "DomainName",
    "Security ID": "UserSid",
    "Logon ID": "LogonId",
}
_NAMES = {
    "Logon Type": "LogonType",
    "Workstation Name": "WorkstationName",
    "Source Workstation": "Workstation",
    "Logon Account": "TargetUserName",
    "Source Network Address": "IpAddress",
    "Network Address": "IpAddress",
    "Client Address": "IpAddress",
    "Source Address": "IpAddress",
    "Source Port": "IpPort",
    "Port": "IpPort",
    "Client Port": "IpPort",
    "New Process Name": "NewProcessName",
    "New Process ID": "NewProcessId",
    "Process Command Line": "CommandLine",
    "Creator Process Name": "ParentProcessName",
    "Token Elevation Type": "TokenElevationType",
    "Service Name": "ServiceName",
    "Service File Name": "ServiceFileName",
    "Share Name": "ShareName",
    "Share Path": "ShareLocalPath",
    "Relative Target Name": "RelativeTargetName",
    "Object Name": "ObjectName",
    "Object Type": "ObjectType",
    "Task Name": "TaskName",
    "Ticket Encryption Type": "TicketEncryptionType",
    "Ticket Options": "TicketOptions",
    "Status": "Status",
    "Error Code": "Status",
    "Result Code": "Status",
    "Failure Code": "Status",
    "Sub Status": "SubStatus",
    "Authentication Package": "AuthenticationPackageName",
    "Logon Process": "LogonProcessName",
    "Package Name (NTLM only)": "LmPackageName",
    "Process Name": "ProcessName",
    "Group Name": "TargetUserName",
}


def message_fields(message: str, *, flat: bool = False) -> dict[str, str]:
    """What an English message says, by the names of the event's data; the first of two that are called alike.

    Args:
        message: lines of sections (`Subject:`) with labels in them (`Account Name:  alice`).
        flat: whether the labels are the names themselves, as in Sysmon's messages.
    """
    found: dict[str, str] = {}
    section = ""
    for line in message.splitlines()[:_LABELS_LIMIT]:
        label = _LABEL.match(line)
        if label is None:
            continue
        indent, name, value = label.groups()
        value = value.strip()
        if not value and not indent:
            section = name
        elif value:
            known = name if flat else _name(section, name)
            if known:
                found.setdefault(known, value)
    return found


def _name(section: str, label: str) -> str:
    if label in _OF_ACCOUNT:
        whose = "Subject" if section in _ABOUT_SUBJECT else "Member" if section == "Member" else "Target"
        return f"{whose}{_OF_ACCOUNT[label]}"
    return _NAMES.get(label, "")
