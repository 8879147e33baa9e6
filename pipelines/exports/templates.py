"""Templates: what the records of a data set look like, and which of them an exporter has announced."""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from pipelines.exports import elements

VARIABLE: Final = 65535
_ENTERPRISE: Final = 0x8000

# Fields of all templates held at once; those not used for longest are forgotten.
MOST_FIELDS: Final = 200_000
# Of one template: more do not fit a packet of a usual size ten times over.
MOST_FIELDS_OF_ONE: Final = 4_096


class TemplateInvalid(Exception):
    """A template cannot be used; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where a field lies in the fixed part of a record."""

    at: int
    size: int


@dataclass(frozen=True)
class Layout:
    """The fields of a record, in order.

    Attributes:
        fields: key and length of each; a length of 65535 stands for a variable one (RFC 7011 §7).
        scopes: how many of the first are scopes of options; 0 for a record about a flow.
    """

    fields: tuple[tuple[int, int], ...]
    scopes: int = 0

    @cached_property
    def places(self) -> dict[int, Place]:
        """Where the fixed fields that are read lie once the variable ones are taken out; the first of a key counts."""
        found: dict[int, Place] = {}
        at = 0
        for name, size in self.fields:
            if size == VARIABLE:
                continue
            if size and name in elements.READ:
                found.setdefault(name, Place(at, size))
            at += size
        return found

    @cached_property
    def size(self) -> int:
        """Bytes of the fixed fields of a record."""
        return sum(size for _, size in self.fields if size != VARIABLE)

    @cached_property
    def least(self) -> int:
        """Bytes that a record has at least: a variable field begins with its length."""
        return self.size + sum(size == VARIABLE for _, size in self.fields)

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """Bytes of fixed fields before the first variable one, between them, and after the last."""
        runs = [0]
        for _, size in self.fields:
            if size == VARIABLE:
                runs.append(0)
            else:
                runs[-1] += size
        return tuple(runs)

    @cached_property
    def variables(self) -> dict[int, int]:
        """The keys of the variable fields, and which of them each is."""
        found: dict[int, int] = {}
        names = [name for name, size in self.fields if size == VARIABLE]
        for index, name in enumerate(names):
            found.setdefault(name, index)
        return found

    @cached_property
    def reading(self) -> object:
        """Equal for layouts of which the same is read at the same places."""
        read = {name: index for name, index in self.variables.items() if name in elements.READ}
        places = tuple((name, place.at, place.size) for name, place in self.places.items())
        return self.size, self.runs if read or len(self.runs) > 1 else (), places, tuple(read.items())

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        """The fixed part of a record as NumPy sees it: big-endian numbers where it knows the width, else bytes."""
        kinds = {1: "u1", 2: ">u2", 4: ">u4", 8: ">u8"}
        return np.dtype(
            {
                "names": [str(name) for name in self.places],
                "formats": [kinds.get(place.size, (np.uint8, (place.size,))) for place in self.places.values()],
                "offsets": [place.at for place in self.places.values()],
                "itemsize": self.size,
            }
        )

    @cached_property
    def keys(self) -> frozenset[int]:
        """The keys of the fields that have bytes."""
        return frozenset(name for name, size in self.fields if size)

    @cached_property
    def tells_flow(self) -> bool:
        """Whether a record names an end of a flow."""
        return not self.scopes and not self.keys.isdisjoint(elements.ENDPOINTS)


@dataclass(frozen=True)
class Template:
    """A layout under the number that an exporter gave it."""

    number: int
    layout: Layout


TemplateKey = tuple[str, str, int, int]


class Templates:
    """What exporters have announced, by protocol, exporter, domain and template number; bounded."""

    def __init__(self, most_fields: int = MOST_FIELDS) -> None:
        self._held: OrderedDict[TemplateKey, Template] = OrderedDict()
        self._domains: dict[tuple[str, str, int], set[int]] = {}
        self._layouts: dict[Layout, Layout] = {}
        self._most = most_fields
        self._fields = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, name: TemplateKey) -> Template | None:
        """The template of this name."""
        return self._held.get(name)

    def put(self, name: TemplateKey, layout: Layout) -> Template:
        """The template that is known from now on under this name; equal layouts are one object."""
        known = self._held.get(name)
        if known is not None and known.layout == layout:
            self._held.move_to_end(name)
            return known
        self.withdraw(name)
        if len(self._layouts) > 2 * len(self._held) + 64:
            self._layouts = {template.layout: template.layout for template in self._held.values()}
        template = Template(name[3], self._layouts.setdefault(layout, layout))
        self._held[name] = template
        self._domains.setdefault(name[:3], set()).add(name[3])
        self._fields += _weight(template)
        while self._fields > self._most and len(self._held) > 1:
            self.withdraw(next(iter(self._held)))
        return template

    def withdraw(self, name: TemplateKey) -> None:
        """Forget a template (RFC 7011 §8.1)."""
        gone = self._held.pop(name, None)
        if gone is None:
            return
        self._fields -= _weight(gone)
        numbers = self._domains[name[:3]]
        numbers.discard(name[3])
        if not numbers:
            del self._domains[name[:3]]

    def withdraw_all(self, protocol: str, exporter: str, domain: int, *, options: bool) -> None:
        """Forget all templates, or all options templates, of a domain."""
        for number in list(self._domains.get((protocol, exporter, domain), ())):
            name = (protocol, exporter, domain, number)
            if bool(self._held[name].layout.scopes) is options:
                self.withdraw(name)

    def items(self) -> list[tuple[TemplateKey, Template]]:
        """All of them, those that were announced longest ago first."""
        return list(self._held.items())


def _weight(template: Template) -> int:
    return len(template.layout.fields) + 4


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
