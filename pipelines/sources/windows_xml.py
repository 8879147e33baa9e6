"""Windows events exported as XML: `<Events>` of them, or one after another."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipelines.batch import Batch
from pipelines.sources.windows_event import event_fields, system_time
from pipelines.sources.windows_rows import Reject, WindowsEvent, windows_batches

NAME = "windows_xml"

_CHUNK = 1024 * 1024
_EVENT_LIMIT = 4 * 1024 * 1024
_OPENS = re.compile(rb"<(?:[\w.-]{1,64}:)?Event[\s>]")
_CLOSES = re.compile(rb"</(?:[\w.-]{1,64}:)?Event\s*>")
_CLOSES_LIMIT = 80
_TELLING = re.compile(rb"<(?:[\w.-]{1,64}:)?Event[\s>].{0,4000}?<(?:[\w.-]{1,64}:)?System[\s>]", re.DOTALL)
_PREFIX = re.compile(r"<([\w.-]{1,64}):Event[\s>]")

# What XML 1.0 forbids (section 2.2), raw or as a reference; real events hold it all the same.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bceBCEfF]|1[0-9a-fA-F]);|0*(?:[0-8]|1[0-9]|2[0-9]|3[01]);)"
)


def recognises(head: bytes) -> bool:
    """Whether an event with its System part begins within the first bytes."""
    # `<34>` begins a syslog line, which may carry an event of Sysmon's; no element is named by a number.
    begins = re.match(rb"<[^\d]", head.lstrip(b"\xef\xbb\xbf \t\r\n\0"))
    return begins is not None and _TELLING.search(head) is not None


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The events in batches; `source_offset` is the event's place in the file."""
    return windows_batches(event_of(place, chunk) for place, chunk in enumerate(_elements(stream)))


def _elements(stream: BinaryIO) -> Iterator[bytes]:
    """The text of each event, cut out without reading the document around it; a cut-off one comes last."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        rest += chunk
        start = 0
        while (opening := _OPENS.search(rest, start)) and (closing := _CLOSES.search(rest, opening.end())):
            yield rest[opening.start() : closing.end()]
            start = closing.end()
        opening = _OPENS.search(rest, start)
        rest = rest[opening.start() :] if opening else rest[max(start, len(rest) - _CLOSES_LIMIT) :]
        if len(rest) > _EVENT_LIMIT:
            yield rest[:_CHUNK]
            rest = b""
    if _OPENS.search(rest):
        yield rest


def event_of(place: int, chunk: bytes) -> WindowsEvent | Reject:
    """The event in the text of one element, or why there is none."""
    text = _text(chunk)
    try:
        root = _parsed(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        return Reject(place, f"no well-formed event: {error}", text)
    parts = {_name(part): part for part in root}
    if "System" not in parts:
        return Reject(place, "an event without its System part", text)
    system = {_name(part): _content(part) for part in parts["System"]}
    details = _details(parts.get("EventData")) | _details(parts.get("UserData"))
    fields = event_fields(system, details)
    message = next((part.text for part in parts.get("RenderingInfo", ()) if _name(part) == "Message"), None)
    return WindowsEvent(place, system_time(system), {**fields, "Message": message} if message else fields, text)


def _parsed(text: str) -> Element:
    if prefixed := _PREFIX.match(text):
        # The prefix is declared on an element around the events.
        text = re.sub(rf"(</?){re.escape(prefixed[1])}:", r"\1", text)
    try:
        return fromstring(text)
    except ParseError:
        return fromstring(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))


def _content(part: Element) -> object:
    attributes = {name: value for name, value in part.attrib.items() if name != "xmlns"}
    return {"#attributes": attributes, "#text": part.text} if attributes else part.text


def _details(parent: Element | None) -> dict[str, str]:
    """Named texts at any depth; the `Data` of EventData go by their Name."""
    found: dict[str, str] = {}
    for part in parent.iter() if parent is not None else ():
        if part is parent or len(part):
            continue
        name = part.get("Name") or _name(part)
        value = part.text or ""
        found[name] = f"{found[name]},{value}" if name in found and not part.get("Name") else value
    return found


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(chunk: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return chunk.decode(encoding)
        except UnicodeDecodeError:
            continue
    return chunk.decode("utf-8", "backslashreplace")
