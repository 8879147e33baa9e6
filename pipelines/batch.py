"""What every source yields: columns of one table, and what could not be read."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import polars as pl
from polars._typing import SchemaDict

from pipelines.event_classes import CLASSES

# `log_events`: events that belong to no class with a table of its own.
Table = Literal[
    "network_flows",
    "log_events",
    "dns_queries",
    "http_requests",
    "tls_handshakes",
    "ics_operations",
    "syslog_messages",
    "linux_audit_records",
]

FIELDS = pl.Map(pl.String, pl.String)

# The columns that a source fills; the ingestion adds identity, arrival, asset and scope.
_NETWORK_FLOWS: SchemaDict = {
    "event_time": pl.Datetime("us", "UTC"),
    "source_offset": pl.UInt64,  # packet or line number, from 0
    "source_ip": pl.String,
    "source_port": pl.UInt16,
    "destination_ip": pl.String,
    "destination_port": pl.UInt16,
    "protocol": pl.String,
    "vlan_id": pl.UInt16,
    "application": pl.String,
    "duration_ms": pl.UInt64,
    "packets_out": pl.UInt64,
    "packets_in": pl.UInt64,
    "bytes_out": pl.UInt64,
    "bytes_in": pl.UInt64,
    "ip_bytes_out": pl.UInt64,
    "ip_bytes_in": pl.UInt64,
    "connection_state": pl.String,
    "history": pl.String,
    "community_id": pl.String,
    "fields": FIELDS,
}

_LOG_EVENTS: SchemaDict = {
    "event_time": pl.Datetime("us", "UTC"),
    "source_offset": pl.UInt64,
    "product": pl.String,
    "category": pl.String,
    "service": pl.String,
    "host": pl.String,
    "source_ip": pl.String,
    "source_port": pl.UInt16,
    "destination_ip": pl.String,
    "destination_port": pl.UInt16,
    "user": pl.String,
    "action": pl.String,
    "outcome": pl.String,
    "severity": pl.UInt8,
    "message": pl.String,
    "fields": FIELDS,
}

NETWORK_FLOWS = pl.Schema(_NETWORK_FLOWS)
LOG_EVENTS = pl.Schema(_LOG_EVENTS)
REJECTS = pl.Schema({"offset": pl.UInt64, "reason": pl.String, "content": pl.String})

_OWN: dict[Table, pl.Schema] = {"network_flows": NETWORK_FLOWS, "log_events": LOG_EVENTS}


def _schema(table: Table) -> pl.Schema:
    typed = dict.fromkeys(CLASSES.get(table, {}).values(), pl.String)
    return _OWN.get(table) or pl.Schema({**_LOG_EVENTS, **typed})


SCHEMAS: dict[Table, pl.Schema] = {table: _schema(table) for table in get_args(Table)}

# Where the rows of a table lie; `log_events` itself only shows what lies in the others.
STORED_IN: dict[Table, str] = {table: table for table in get_args(Table)} | {"log_events": "log_event_records"}

_BY_CATEGORY: dict[str, Table] = {
    "dns": "dns_queries",
    "http": "http_requests",
    "webserver": "http_requests",
    "proxy": "http_requests",
    "tls": "tls_handshakes",
    "ics": "ics_operations",
}


def class_of(category: str) -> Table:
    """The table of the events of a Sigma category, `log_events` where they have none of their own."""
    return _BY_CATEGORY.get(category, "log_events")


def no_rejects() -> pl.DataFrame:
    """A frame of rejects without a row."""
    return REJECTS.to_frame()


@dataclass(frozen=True)
class Batch:
    """Rows for one table, in the order read, and the rejects met on the way.

    Attributes:
        table: where the rows belong.
        rows: columns of `SCHEMAS[table]`, all of them, none null; `fields` holds what no typed column does.
        rejects: columns of `REJECTS`; `content` is cut to 4 KiB.
        source_type: what kind of record these are where a format holds several (`zeek_dns`); '' for the source's name.
        source: the feed that they were heard of; '' for the file that they are read from.
        numbered: no two rows of the file have one `source_offset`: their ids are made of it.
    """

    table: Table
    rows: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)
    source_type: str = ""
    source: str = ""
    numbered: bool = False
