"""Windows events as exports give them: JSON lines in the form of evtx_dump, and the XML of the event viewer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from rongdun.demo.moments import as_iso

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
SECURITY = "Microsoft-Windows-Security-Auditing"


@dataclass(frozen=True)
class WindowsEvent:
    """One record of a Windows event log; `values` are the named items of its EventData."""

    at: int
    computer: str
    channel: str
    provider: str
    event_id: int
    record: int
    values: Mapping[str, str | int]


def as_json(event: WindowsEvent) -> str:
    """The record as one line of JSON."""
    system = {
        "Provider": {"#attributes": {"Name": event.provider}},
        "EventID": event.event_id,
        "Version": 0,
        "Level": 0,
        "TimeCreated": {"#attributes": {"SystemTime": as_iso(event.at)}},
        "EventRecordID": event.record,
        "Channel": event.channel,
        "Computer": event.computer,
    }
    body = {"#attributes": {"xmlns": _NAMESPACE}, "System": system, "EventData": dict(event.values)}
    return json.dumps({"Event": body}, ensure_ascii=False)


def as_xml(event: WindowsEvent) -> str:
    """The record as an `<Event>` element on one line."""
    values = "".join(
        f"<Data Name={quoteattr(name)}>{escape(str(value))}</Data>" for name, value in event.values.items()
    )
    return (
        f'<Event xmlns="{_NAMESPACE}"><System><Provider Name={quoteattr(event.provider)}/>'
        f"<EventID>{event.event_id}</EventID><Version>0</Version><Level>0</Level>"
        f'<TimeCreated SystemTime="{as_iso(event.at)}"/><EventRecordID>{event.record}</EventRecordID>'
        f"<Channel>{escape(event.channel)}</Channel><Computer>{escape(event.computer)}</Computer></System>"
        f"<EventData>{values}</EventData></Event>"
    )
