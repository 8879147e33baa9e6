"""Events as rows of `log_events`."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.batch import FIELDS, LOG_EVENTS
from pipelines.capture.window import Ints

APPLICATIONS = ("", "dns", "tls", "http", "ssh", "modbus")
_INFORMATIONAL = 1


@dataclass(frozen=True)
class Event:
    """One thing an application said on the network.

    Attributes:
        time_us: microseconds since 1970, UTC.
        number: packet number in the file.
        service: Zeek's name of the log: dns, ssl, http, ssh, modbus.
        source: packed address of who asked, and its port.
        destination: packed address of who was asked, and its port.
        action: query, request, handshake, read, write.
        outcome: success, failure or unknown.
        message: the event in one readable line.
        fields: Zeek's field names and values.
    """

    time_us: int
    number: int
    service: str
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    action: str
    outcome: str
    message: str
    fields: dict[str, str] = field(default_factory=dict)


_CATEGORIES = {"dns": "dns", "ssl": "tls", "http": "http", "ssh": "ssh", "modbus": "ics"}


def packed(version: int, high: int, low: int) -> bytes:
    """An address as the bytes on the wire."""
    return low.to_bytes(4, "big") if version == 4 else ((high << 64) | low).to_bytes(16, "big")


def address_text(address: bytes) -> str:
    """The canonical text of a packed address (RFC 5952)."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def event_rows(events: Sequence[Event]) -> pl.DataFrame:
    """The events as rows of `log_events`, by packet number."""
    ordered = sorted(events, key=lambda event: (event.number, event.time_us))
    columns = {
        "event_time": times(np.array([event.time_us for event in ordered], np.int64)),
        "source_offset": [event.number for event in ordered],
        "product": [""] * len(ordered),
        "category": [_CATEGORIES[event.service] for event in ordered],
        "service": [event.service for event in ordered],
        "host": [""] * len(ordered),
        "source_ip": [address_text(event.source[0]) for event in ordered],
        "source_port": [event.source[1] for event in ordered],
        "destination_ip": [address_text(event.destination[0]) for event in ordered],
        "destination_port": [event.destination[1] for event in ordered],
        "user": [event.fields.get("username", "") for event in ordered],
        "action": [event.action for event in ordered],
        "outcome": [event.outcome for event in ordered],
        "severity": [_INFORMATIONAL] * len(ordered),
        "message": [event.message for event in ordered],
        "fields": field_maps([event.fields for event in ordered]),
    }
    return pl.DataFrame(columns).cast(LOG_EVENTS)


def field_maps(rows: Sequence[dict[str, str]]) -> pl.Series:
    """A map column, built flat: a hundred times faster than from one dictionary a row."""
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)]).astype(np.int32)
    names = pa.array([name for row in rows for name in row], pa.string())
    values = pa.array([value for row in rows for value in row.values()], pa.string())
    return pl.Series("fields", pa.MapArray.from_arrays(pa.array(offsets), names, values), dtype=FIELDS)


def times(microseconds: Ints) -> pl.Series:
    """A time column of microseconds since 1970, UTC."""
    return pl.Series(microseconds, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
