"""Events as rows of `log_events`."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.batch import SCHEMAS, Batch, Table, class_of
from pipelines.capture.window import Ints
from pipelines.event_classes import CLASSES
from pipelines.field_maps import fields_of_rows

APPLICATIONS = (
    "", "dns", "tls", "http", "ssh", "modbus", "smb", "opcua", "dnp3", "s7comm", "rdp", "iec104", "bacnet", "quic",
)  # fmt: skip
_INFORMATIONAL = 1
_NUMBER = itemgetter(1, 0)


class Event(NamedTuple):
    """One thing an application said on the network.

    Attributes:
        time_us: microseconds since 1970, UTC.
        number: packet number in the file.
        service: Zeek's name of the log: dns, ssl, http, ssh, modbus, ...
        source: packed address of who asked, and its port.
        destination: packed address of who was asked, and its port.
        action: query, request, handshake, read, write, ...
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
    fields: dict[str, str]


# Of the services that are no control protocol; those are all of one category.
_CATEGORIES = {
    "dns": "dns", "ssl": "tls", "x509": "certificate", "quic": "tls", "http": "http", "ssh": "ssh", "rdp": "rdp",
    "smb_cmd": "smb", "smb_files": "smb", "smb_mapping": "smb", "ntlm": "smb",
}  # fmt: skip
_CONTROL = "ics"


def packed(version: int, high: int, low: int) -> bytes:
    """An address as the bytes on the wire."""
    return low.to_bytes(4, "big") if version == 4 else ((high << 64) | low).to_bytes(16, "big")


def address_text(address: bytes) -> str:
    """The canonical text of a packed address (RFC 5952)."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def event_batches(events: Sequence[Event]) -> Iterator[Batch]:
    """The events in batches, one for each of the tables that they belong to, by packet number."""
    tables: dict[Table, list[Event]] = {}
    for event in sorted(events, key=_NUMBER):
        tables.setdefault(class_of(_CATEGORIES.get(event.service, _CONTROL)), []).append(event)
    for table, found in tables.items():
        yield Batch(table, _event_rows(found, table))


def _event_rows(ordered: Sequence[Event], table: Table) -> pl.DataFrame:
    moments, numbers, services, sources, destinations, actions, outcomes, messages, fields = zip(*ordered, strict=True)
    texts: dict[bytes, str] = {}
    for address, _ in (*sources, *destinations):
        if address not in texts:
            texts[address] = address_text(address)
    none = pl.repeat("", len(ordered), eager=True)
    typed = CLASSES.get(table, {})
    columns = {
        "event_time": times(np.array(moments, np.int64)),
        "source_offset": numbers,
        "product": none,
        "category": [_CATEGORIES.get(service, _CONTROL) for service in services],
        "service": services,
        "host": none,
        "source_ip": [texts[address] for address, _ in sources],
        "source_port": [port for _, port in sources],
        "destination_ip": [texts[address] for address, _ in destinations],
        "destination_port": [port for _, port in destinations],
        "user": [row.get("username", "") for row in fields],
        "action": actions,
        "outcome": outcomes,
        "severity": pl.repeat(_INFORMATIONAL, len(ordered), eager=True),
        "message": messages,
        "fields": fields_of_rows([_without(row, typed) for row in fields] if typed else fields),
        **{column: [row.get(name, "") for row in fields] for name, column in typed.items()},
    }
    return pl.DataFrame(columns).cast(SCHEMAS[table])


def _without(row: dict[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """The fields that no column holds, and those that are there but empty."""
    return {name: value for name, value in row.items() if name not in typed or not value}


def times(microseconds: Ints) -> pl.Series:
    """A time column of microseconds since 1970, UTC."""
    return pl.Series(microseconds, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
