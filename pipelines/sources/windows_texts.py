"""Events in the JSON of evtx and evtx_dump, of the usual shape: read straight into columns.

What is taken here is what `windows_event.event_fields` gives; every event that could differ is left to it.
"""

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

import orjson

from pipelines.sources.field_columns import FieldsOfRows, Shape
from pipelines.sources.windows_verdicts import CLASSIC_POWERSHELL, service_of

# In the order of `windows_event`.
_SYSTEM = (
    *("EventID", "Channel", "Provider_Name", "Provider_Guid", "Computer", "Execution_ProcessID"),
    *("Execution_ThreadID", "Security_UserID", "Level", "Task", "Opcode", "Keywords", "Version", "EventRecordID"),
)
# What events of one kind and one machine have in common.
_COMMON = frozenset(_SYSTEM) - {"Execution_ProcessID", "Execution_ThreadID", "EventRecordID"}
# What System holds in nearly all events; looked up in one go.
_PARTS = (
    *("EventID", "Channel", "Provider", "Computer", "Execution", "Security", "Level", "Task", "Opcode", "Keywords"),
    *("Version", "EventRecordID", "TimeCreated"),
)
_parts = itemgetter(*_PARTS)
# Not float: a number with a fraction is written anew, and may have been an integer too long for the parser.
_PLAIN = frozenset({str, int, bool, type(None)})
# Of these, what is equal is the same.
_SURE = frozenset({str, int, type(None)})
# "@Name" and "Provider_attributes": attributes as some tools mark them.
_MARKED = re.compile(r'"@[^"\\]*":')
_BESIDE = "_attributes"

_NOTHING: dict[str, Any] = {}
_NO_ATTRIBUTES: Mapping[str, object] = {}
# Names of EventData that are no fields of their own, or that System has too.
_ODD = frozenset({"#attributes", "#text", *_SYSTEM})
_NUMBERED, _UNNAMED = "param1", "Data"
_UNUSUAL = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class EventTexts:
    """Reads events into the fields of rows.

    Args:
        fields: what is read goes there.
        details: EventData and UserData of an event as flat fields, where they are more than plain EventData.
    """

    def __init__(self, fields: FieldsOfRows, details: Callable[[Mapping[str, object]], Mapping[str, str]]) -> None:
        self._fields = fields
        self._details = details
        # The names of EventData and the shape of such a row; None where it cannot be taken.
        self._shapes: dict[tuple[str, ...], Shape | None] = {}

    def take(self, text: str) -> str | None:
        """The time of an event whose fields were taken ('' where it has none), or None where nothing was taken."""
        if "@" in text and _MARKED.search(text):
            return None
        try:
            event = orjson.loads(text)["Event"]
            return self._usual(event) or (None if _BESIDE in text else self._taken(event))
        except _UNUSUAL:
            # No JSON, or a part that is not what it is elsewhere: read by itself, it says what is the matter.
            return None

    def _usual(self, event: dict[str, Any]) -> str | None:
        """What `_taken` gives for nearly all events, in half its time; None where it has to look closer."""
        system, details = event["System"], event.get("EventData")
        if details is None:
            details = _NOTHING
        if type(details) is not dict or "UserData" in event or len(system) < len(_PARTS):
            return None
        number, channel, provider, computer, ran, security, level, task, opcode, keywords, version, record, created = (
            _parts(system)
        )
        named, ran, time = provider["#attributes"], ran["#attributes"], created["#attributes"]["SystemTime"]
        user = security["#attributes"].get("UserID") if security else None
        number = number if type(number) is int else number["#text"]
        name, guid = named.get("Name"), named.get("Guid")
        common = (number, channel, name, guid, computer, user, level, task, opcode, keywords, version)
        told = (ran.get("ProcessID"), ran.get("ThreadID"), record, *details.values())
        if not time or type(time) is not str or not _SURE.issuperset(map(type, common)):
            return None
        if not _PLAIN.issuperset(map(type, told)) or not (security or "Security_attributes" not in system):
            return None
        names = tuple(details)
        if (shape := self._shapes.get(names)) is None or _NUMBERED in details:
            return None
        self._fields.take(shape, told, common)
        return time

    def _taken(self, event: Mapping[str, object]) -> str | None:
        system, details = event["System"], event.get("EventData")
        common, own = _system_values(system)  # type: ignore[arg-type]  # another type has no attributes: the error meant
        time = _attributes(system, "TimeCreated").get("SystemTime") or ""  # type: ignore[arg-type]  # as above
        if type(time) is not str or not _SURE.issuperset(map(type, common)) or not _PLAIN.issuperset(map(type, own)):
            return None
        shape = None
        if type(details) is dict and event.get("UserData") is None and _PLAIN.issuperset(map(type, details.values())):
            shape = self._shape(tuple(details))
        if shape is None:
            if _has_fraction(details) or _has_fraction(event.get("UserData")):
                return None
            details = self._details(event)
            shape = self._shape(tuple(details))
        if shape is None or self._is_numbered(details, common[1]):  # type: ignore[arg-type]  # a dictionary by now
            return None
        told = (*own, *details.values())  # type: ignore[attr-defined]  # as above
        self._fields.take(shape, told, common)  # type: ignore[arg-type]  # of the sure types
        return time

    def _shape(self, names: tuple[str, ...]) -> Shape | None:
        if names not in self._shapes:
            taken = _ODD.isdisjoint(names) and not any(name.endswith(_BESIDE) for name in names)
            self._shapes[names] = self._fields.shape((*_SYSTEM, *names), _COMMON) if taken else None
        return self._shapes[names]

    def _is_numbered(self, details: Mapping[str, object], channel: object) -> bool:
        """Whether the texts are numbered that stand under one name in all other exports."""
        if _NUMBERED not in details or _UNNAMED in details:
            return False
        return service_of(channel if isinstance(channel, str) else "") == CLASSIC_POWERSHELL


def _system_values(system: Mapping[str, object]) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """What events of one kind and one machine have in common, and what differs from event to event."""
    number = system.get("EventID")
    if type(number) is dict:
        number = number.get("#text")
    named, ran = _attributes(system, "Provider"), _attributes(system, "Execution")
    user = _attributes(system, "Security").get("UserID")
    provider = (named.get("Name"), named.get("Guid"))
    rest = map(system.get, ("Level", "Task", "Opcode", "Keywords", "Version"))
    common = (number, system.get("Channel"), *provider, system.get("Computer"), user, *rest)
    return common, (ran.get("ProcessID"), ran.get("ThreadID"), system.get("EventRecordID"))


def _attributes(system: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The attributes of an element; an error where it has others than evtx writes."""
    part = system.get(name)
    return _NO_ATTRIBUTES if part is None else part["#attributes"]  # type: ignore[index]  # the error meant


def _has_fraction(node: object) -> bool:
    if type(node) is dict:
        return any(map(_has_fraction, node.values()))
    return any(map(_has_fraction, node)) if type(node) is list else type(node) is float
