"""Template sets: what an exporter announces in them, and what is wrong with it."""

import struct
from collections.abc import Iterator
from typing import Final

from pipelines.exports import elements
from pipelines.exports.layouts import Layout

_ENTERPRISE: Final = 0x8000
# Fields of one template: more do not fit a packet of a usual size ten times over.
MOST_FIELDS_OF_ONE: Final = 4_096


class TemplateInvalid(Exception):
    """A template cannot be used; the message says why."""


def v9_templates(body: bytes) -> Iterator[tuple[int, Layout | TemplateInvalid]]:
    """The templates of a v9 template set: number, and layout or what is wrong with it (RFC 3954 §5.2)."""
    at = 0
    while at + 4 <= len(body):
        number, count = struct.unpack_from(">HH", body, at)
        if number < 256 and not body[at:].strip(b"\0"):
            return  # padding
        at += 4
        end = at + 4 * count
        if end > len(body):
            yield number, TemplateInvalid(f"claims {count} fields, more than its set holds")
            return
        yield number, _layout(number, struct.unpack_from(f">{2 * count}H", body, at), 0)
        at = end


def v9_options_templates(body: bytes) -> Iterator[tuple[int, Layout | TemplateInvalid]]:
    """The same of an options template set (RFC 3954 §6.1), where lengths of both parts are in bytes."""
    at = 0
    while at + 6 <= len(body):
        number, scope_bytes, option_bytes = struct.unpack_from(">HHH", body, at)
        if number < 256 and not body[at:].strip(b"\0"):
            return
        at += 6
        end = at + scope_bytes + option_bytes
        if scope_bytes % 4 or option_bytes % 4 or end > len(body):
            yield number, TemplateInvalid("claims options of a length that its set does not have")
            return
        values = struct.unpack_from(f">{(end - at) // 2}H", body, at)
        scopes = scope_bytes // 4
        named = [
            elements.scope(value) if index % 2 == 0 and index // 2 < scopes else value
            for index, value in enumerate(values)
        ]
        yield number, _layout(number, tuple(named), max(scopes, 1))
        at = end


def ipfix_templates(body: bytes, *, options: bool) -> Iterator[tuple[int, Layout | TemplateInvalid | None]]:
    """The templates of an IPFIX set; None stands for a withdrawal (RFC 7011 §3.4, §8.1)."""
    at = 0
    while at + 4 <= len(body):
        number, count = struct.unpack_from(">HH", body, at)
        if number == 0 and not body[at:].strip(b"\0"):
            return
        at += 4
        if count == 0:
            yield number, None
            continue
        scopes = 0
        if options:
            if at + 2 > len(body):
                yield number, TemplateInvalid("is cut off")
                return
            (scopes,) = struct.unpack_from(">H", body, at)
            at += 2
        found = _ipfix_fields(body, at, count)
        if found is None:
            yield number, TemplateInvalid(f"claims {count} fields, more than its set holds")
            return
        values, at = found
        if options and not 0 < scopes <= count:
            yield number, TemplateInvalid(f"claims {scopes} scopes among {count} fields")
            continue
        yield number, _layout(number, values, scopes)


def _ipfix_fields(body: bytes, at: int, count: int) -> tuple[tuple[int, ...], int] | None:
    values = list[int]()
    for _ in range(count):
        if at + 4 > len(body):
            return None
        number, size = struct.unpack_from(">HH", body, at)
        at += 4
        if number & _ENTERPRISE:
            if at + 4 > len(body):
                return None
            (enterprise,) = struct.unpack_from(">I", body, at)
            number = elements.key(number & ~_ENTERPRISE, enterprise)
            at += 4
        values += (number, size)
    return tuple(values), at


def _layout(number: int, values: tuple[int, ...], scopes: int) -> Layout | TemplateInvalid:
    if number < 256:
        return TemplateInvalid("has a number below 256, which sets use themselves")
    fields = tuple(zip(values[::2], values[1::2], strict=True))
    if not fields:
        return TemplateInvalid("has no field")
    if len(fields) > MOST_FIELDS_OF_ONE:
        return TemplateInvalid(f"has {len(fields)} fields; at most {MOST_FIELDS_OF_ONE} are read")
    layout = Layout(fields, scopes)
    if layout.least == 0:
        return TemplateInvalid("has fields of no length only, so its records cannot be counted")
    return layout
