"""Data whose template has not come yet: held for a while, since templates often come after."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pipelines.exports.templates import TemplateKey

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_SETS: Final = 65_536


class PacketHeader(NamedTuple):
    """What the header of an export packet says, as `PacketColumns` takes it."""

    number: int
    export_us: int
    uptime_ms: int
    origin: int


class Held(NamedTuple):
    """One data set, and the header of its packet."""

    content: bytes
    header: PacketHeader


@dataclass
class Missing:
    """What waits for one template, and how much could not be held."""

    first_number: int
    origin: int
    sets: int = 0
    bytes: int = 0
    held: list[Held] = field(default_factory=list)


class Waiting:
    """Data sets by the template they need; bounded in sets and bytes."""

    def __init__(self) -> None:
        self._missing: dict[TemplateKey, Missing] = {}
        self._sets = 0
        self._bytes = 0

    def hold(self, name: TemplateKey, held: Held) -> None:
        """Keep a set until its template comes; beyond the bounds it is only counted."""
        missing = self._missing.get(name)
        if missing is None:
            if len(self._missing) >= MOST_SETS:
                return
            missing = self._missing[name] = Missing(held.header.number, held.header.origin)
        missing.sets += 1
        missing.bytes += len(held.content)
        if self._sets < MOST_SETS and self._bytes + len(held.content) <= MOST_BYTES:
            missing.held.append(held)
            self._sets += 1
            self._bytes += len(held.content)

    def release(self, name: TemplateKey) -> list[Held]:
        """What waited for a template that came; what could not be held stays counted as missing."""
        missing = self._missing.pop(name, None)
        if missing is None:
            return []
        released, missing.held = missing.held, []
        self._sets -= len(released)
        self._bytes -= sum(len(held.content) for held in released)
        if missing.sets > len(released):
            missing.sets -= len(released)
            missing.bytes -= sum(len(held.content) for held in released)
            self._missing[name] = missing
        return released

    def rest(self) -> list[tuple[TemplateKey, Missing]]:
        """What still waits."""
        return list(self._missing.items())
