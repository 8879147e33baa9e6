"""Suricata's EVE JSON: flows as flows, the rest as events, protocols under the names that every sensor shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch, Table, class_of, no_rejects
from pipelines.event_classes import CLASSES
from pipelines.sources.columns import absent, canonical_addresses, complete, only_rejects, rejected
from pipelines.sources.json_records import JsonObject, Record, flat_frame, json_objects, records_in_portions
from pipelines.sources.lines import BLOCK_BYTES, LineBlock, line_blocks
from pipelines.sources.suricata_columns import eve_columns
from pipelines.sources.suricata_names import shared_fields
from pipelines.sources.suricata_outcomes import outcome_of
from pipelines.sources.times import utc_times

NAME = "suricata"

# Twice as large as others: a block is parted by event types, each of which costs the same be it large or small.
_BLOCK_BYTES = 2 * BLOCK_BYTES

_FLOWS = frozenset({"flow", "netflow"})
_KINDS = {"dns": ("dns", "dns"), "http": ("http", "http"), "tls": ("tls", "ssl"), "ssh": ("ssh", "ssh")}
_ICS = frozenset({"modbus", "dnp3", "enip", "bacnet", "iec104", "s7comm"})
_ACTIONS = {
    "dns": "query",
    "http": "request",
    "tls": "handshake",
    "alert": "alert",
    "fileinfo": "transfer",
    "drop": "drop",
    "ssh": "handshake",
    "krb5": "login",
    "rdp": "login",
    "smtp": "send",
    "tftp": "transfer",
    "dhcp": "lease",
    "anomaly": "alert",
    "ftp_data": "transfer",
    "http2": "request",
    "snmp": "query",
    "ike": "handshake",
}
# What a record says itself was done.
_SAYS_ACTION = {"ftp": "@ftp.command", "smb": "@smb.command", "nfs": "@nfs.procedure", "sip": "@sip.method"}
_USERS = tuple(
    f"@{name}"
    for name in (
        "smb.ntlmssp.user",
        "krb5.cname",
        "mqtt.connect.username",
        "pgsql.request.user",
        "smtp.mail_from",
        "rdp.cookie",
    )
)
_ALERT_SEVERITIES = {"1": 4, "2": 3, "3": 2, "4": 1}
_STATES = {"new": "S0", "established": "S1", "closed": "SF"}

_WANTED = (
    *("timestamp", "event_type", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto", "vlan"),
    *("flow.start", "flow.end", "flow.age", "flow.pkts_toserver", "flow.pkts_toclient", "flow.bytes_toserver"),
    *("flow.bytes_toclient", "flow.state", "community_id", "host", "alert.severity", "alert.action", "http.status"),
    *("dns.rcode", "rcode_name", "status_code", "smb.ntlmssp.user", "is_write", "netflow.pkts", "netflow.bytes"),
    *("netflow.start", "netflow.end", "netflow.age", "ftp.command", "smb.command", "nfs.procedure", "sip.method"),
    *("krb5.cname", "krb5.failed_request", "krb5.error_code", "smtp.mail_from", "rdp.cookie", "ftp.completion_code"),
    *("smb.status_code", "mqtt.connect.username", "pgsql.request.user"),
)


def recognises(head: bytes) -> bool:
    """Whether the first lines are objects with EVE's time and event type."""
    return any(map(_is_eve, json_objects(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block and event type; lines that cannot be read as columns make another."""
    for block in line_blocks(stream, _BLOCK_BYTES):
        yield from eve_batches(block)


def eve_batches(block: LineBlock) -> Iterator[Batch]:
    """The batches of some lines, a record each."""
    columns, others = eve_columns(block.lines)
    for kind, frame in columns.items():
        yield _batch(kind, frame, {name.removeprefix("@"): name for name in frame.columns if name.startswith("@")})
    for records, rejects in records_in_portions(LineBlock(others, block.rejects)):
        if rejects.height:
            yield only_rejects(rejects)
        for kind, found in _by_kind(records).items():
            yield _batch_of(kind, found)


def _by_kind(records: Sequence[Record]) -> dict[str, list[Record]]:
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.flat.get("event_type", ""), []).append(record)
    return kinds


def _is_eve(content: JsonObject) -> bool:
    return "event_type" in content and "timestamp" in content


def _batch_of(kind: str, records: list[Record]) -> Batch:
    named = [replace(record, flat={**record.flat, **shared_fields(kind, record.content)}) for record in records]
    apart = CLASSES.get(_table(kind), {})
    frame = flat_frame(named, _WANTED, apart)
    if not kind:
        return only_rejects(rejected(frame, "JSON, but no EVE record: event_type is missing"))
    return _batch(kind, frame, {name: f"@{name}" for name in apart})


def _category(kind: str) -> tuple[str, str]:
    return _KINDS.get(kind, ("ics" if kind in _ICS else "firewall" if kind == "drop" else "", kind))


def _table(kind: str) -> Table:
    return "network_flows" if kind in _FLOWS else class_of(_category(kind)[0])


def _batch(kind: str, frame: pl.DataFrame, names: Mapping[str, str]) -> Batch:
    """The batch of records of one event type; `names` are the fields that are columns and not in `fields`."""
    frame, table = _present(frame), _table(kind)
    begun = frame.select(pl.coalesce("@netflow.start", "@flow.start", "@timestamp")).to_series()
    times = utc_times(begun if kind in _FLOWS else frame["@timestamp"])
    timed, rejects = frame.with_columns(times.alias("event_time")), no_rejects()
    if times.null_count():
        timed = timed.filter(times.is_not_null())
        rejects = rejected(frame.filter(times.is_null()), "no time: timestamp is missing or no point in time")
    rows = _flow_rows(timed) if table == "network_flows" else _event_columns(timed, kind)
    return Batch(table, complete(rows, table, names), rejects, f"suricata_{kind}")


def _present(frame: pl.DataFrame) -> pl.DataFrame:
    there = set(frame.columns)
    return frame.with_columns(absent(f"@{key}") for key in _WANTED if f"@{key}" not in there)


def _flow_rows(frame: pl.DataFrame) -> pl.DataFrame:
    ended = utc_times(frame.select(pl.coalesce("@netflow.end", "@flow.end")).to_series())
    lasted = (ended - frame["event_time"]).dt.total_milliseconds().clip(lower_bound=0)
    age = pl.coalesce("@flow.age", "@netflow.age").cast(pl.Float64, strict=False) * 1000
    return _addressed(frame).with_columns(
        pl.col("@proto").str.to_lowercase().replace({"ipv6-icmp": "icmp6"}).alias("protocol"),
        pl.col("@app_proto").replace({"failed": None, "ssl": "tls"}).alias("application"),
        pl.col("@vlan").str.split(",").list.first().alias("vlan_id"),
        pl.coalesce(pl.lit(lasted), age.cast(pl.Int64, strict=False)).alias("duration_ms"),
        pl.coalesce("@flow.pkts_toserver", "@netflow.pkts").alias("packets_out"),
        pl.col("@flow.pkts_toclient").alias("packets_in"),
        # Suricata counts whole packets: its bytes are not payload, so payload stays unknown.
        pl.coalesce("@flow.bytes_toserver", "@netflow.bytes").alias("ip_bytes_out"),
        pl.col("@flow.bytes_toclient").alias("ip_bytes_in"),
        pl.col("@flow.state").replace(_STATES).alias("connection_state"),
        pl.col("@community_id").alias("community_id"),
    )


def _event_columns(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    category, service = _category(kind)
    severity = pl.col("@alert.severity").replace_strict(_ALERT_SEVERITIES, default=1, return_dtype=pl.UInt8)
    return _addressed(frame).with_columns(
        pl.lit("suricata").alias("product"),
        pl.lit(category).alias("category"),
        pl.lit(service).alias("service"),
        pl.coalesce(_USERS).alias("user"),
        _action(kind).alias("action"),
        outcome_of(kind).alias("outcome"),
        severity.alias("severity"),
        pl.col("text").alias("message"),
    )


def _addressed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("offset").alias("source_offset"),
        canonical_addresses(frame["@src_ip"]).alias("source_ip"),
        canonical_addresses(frame["@dest_ip"]).alias("destination_ip"),
        pl.col("@src_port").alias("source_port"),
        pl.col("@dest_port").alias("destination_port"),
    )


def _action(kind: str) -> pl.Expr:
    if said := _SAYS_ACTION.get(kind):
        return pl.col(said).str.to_lowercase().str.replace(r"^smb\d_command_", "")
    if kind not in _ICS:
        return pl.lit(_ACTIONS.get(kind, ""))
    return pl.col("@is_write").replace_strict({"true": "write", "false": "read"}, default="", return_dtype=pl.String)
