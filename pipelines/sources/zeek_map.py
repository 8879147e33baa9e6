"""Zeek's records as our columns, whichever way Zeek wrote them.

The columns arrive as text under `@<Zeek's name>`, null where a record lacks them, with `offset`, `text` and `fields`.
"""

from collections.abc import Mapping

import polars as pl

from pipelines.batch import Batch, Table, class_of, no_rejects
from pipelines.sources.columns import absent, canonical_addresses, complete, rejected
from pipelines.sources.times import utc_times

WANTED = (
    *("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "vlan"),
    *("orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes"),
    *("conn_state", "history", "community_id", "user", "username", "client", "success", "auth_success"),
    *("status_code", "rcode_name", "func", "unit", "fc_request", "tx_hosts", "rx_hosts", "src", "dst", "established"),
    *("version", "query", "method", "host", "uri", "server_name", "note", "msg", "name", "host_name"),
    *("action", "command", "reply_code", "operation", "result", "mailfrom", "last_reply", "cookie", "hostname"),
    *("request_type", "exception", "error_msg", "actions", "assigned_addr", "client_addr", "server_addr", "status"),
)

_CATEGORIES = {"dns": "dns", "http": "http", "ssl": "tls", "ssh": "ssh"}
# Beside what writes a value, what DNP3 has for changing a station: restarts, programs, classes, files.
_WRITES = (
    r"WRITE|OPERATE|FORCE|PRESET|^SELECT$|RESTART|INITIALIZE|ST(?:ART|OP)_APPL|(?:SAVE|ACTIVATE)_CONFIG|ABLE_UNSOLICITED"
    r"|FREEZE_CLEAR|ASSIGN_CLASS|(?:OPEN|DELETE)_FILE"
)
_ICS = frozenset({"modbus", "dnp3", "s7comm", "bacnet", "enip", "cip", "iec104", "opcua", "profinet", "goose"})
_ACTIONS = {
    "dns": "query",
    "http": "request",
    "ssl": "handshake",
    "ssh": "login",
    "kerberos": "login",
    "ntlm": "login",
    "rdp": "login",
    "radius": "login",
    "files": "transfer",
    "smtp": "send",
    "notice": "alert",
    "smb_mapping": "connect",
    "socks": "connect",
    "mysql": "query",
    "software": "detect",
    "dhcp": "lease",
}
# What a log says itself was done: SMB::FILE_OPEN, STOR, NetrLogonSamLogon, ...
_SAYS_ACTION = {"smb_files": "@action", "ftp": "@command", "dce_rpc": "@operation", "sip": "@method"}
_APPLICATIONS = {"ssl": "tls", "krb": "kerberos"}
# Of a connection these are columns, as they came.
_IN_COLUMNS = frozenset(
    {"id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes"}
    | {"orig_ip_bytes", "resp_ip_bytes", "conn_state", "history", "community_id"}
)


def zeek_table(path: str) -> Table:
    """The table of one kind of Zeek record (`path` is Zeek's own name for it: conn, dns, ...)."""
    return "network_flows" if path == "conn" else class_of(_category(path))


def zeek_batch(path: str, frame: pl.DataFrame, names: Mapping[str, str]) -> Batch:
    """The batch of one kind of Zeek record.

    Args:
        path: Zeek's own name for it.
        frame: its records as columns.
        names: the fields that are columns of the frame and not in its `fields`.
    """
    frame, table = _present(frame), zeek_table(path)
    times = utc_times(frame["@ts"])
    untimed = frame.filter(times.is_null())
    rejects = rejected(untimed, "no time: ts is missing or no point in time") if untimed.height else no_rejects()
    timed = frame.with_columns(times.alias("event_time"))
    if untimed.height:
        timed = timed.filter(times.is_not_null())
    rows = _flows(timed, names) if table == "network_flows" else _events(timed, path, table, names)
    return Batch(table, rows, rejects, f"zeek_{path}")


def _category(path: str) -> str:
    industrial = path in _ICS or path.startswith(("modbus", "dnp3", "s7comm"))
    return _CATEGORIES.get(path, "ics" if industrial else "")


def _present(frame: pl.DataFrame) -> pl.DataFrame:
    there = set(frame.columns)
    return frame.with_columns(absent(f"@{key}") for key in WANTED if f"@{key}" not in there)


def _flows(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    milliseconds = (pl.col("@duration").cast(pl.Float64, strict=False) * 1000).round().cast(pl.UInt64, strict=False)
    service = pl.col("@service").str.to_lowercase()
    return complete(
        _addressed(frame).with_columns(
            pl.col("@proto").alias("protocol"),
            pl.col("@vlan").alias("vlan_id"),
            service.replace(_APPLICATIONS).alias("application"),
            milliseconds.alias("duration_ms"),
            pl.col("@orig_pkts").alias("packets_out"),
            pl.col("@resp_pkts").alias("packets_in"),
            pl.col("@orig_bytes").alias("bytes_out"),
            pl.col("@resp_bytes").alias("bytes_in"),
            pl.col("@orig_ip_bytes").alias("ip_bytes_out"),
            pl.col("@resp_ip_bytes").alias("ip_bytes_in"),
            pl.col("@conn_state").alias("connection_state"),
            pl.col("@history").alias("history"),
            pl.col("@community_id").alias("community_id"),
        ),
        "network_flows",
        {name: column for name, column in names.items() if name not in _IN_COLUMNS},
    )


def _events(frame: pl.DataFrame, path: str, table: Table, names: Mapping[str, str]) -> pl.DataFrame:
    category = _category(path)
    named = _addressed(frame).with_columns(
        pl.lit("zeek").alias("product"),
        pl.lit(category).alias("category"),
        pl.lit(path).alias("service"),
        _user(path).alias("user"),
        _action(path).alias("action"),
        _outcome(path).alias("outcome"),
        pl.lit(3 if path == "notice" else 1, dtype=pl.UInt8).alias("severity"),
        pl.col("text").alias("message"),
    )
    if category != "ics":
        return complete(named, table, names)
    return complete(_industrial(named), table, {**names, "unit_id": "@unit", "is_write": "@is_write"})


def _addressed(frame: pl.DataFrame) -> pl.DataFrame:
    source = frame.select(pl.coalesce("@id.orig_h", "@src", "@tx_hosts", "@client_addr")).to_series()
    destination = frame.select(pl.coalesce("@id.resp_h", "@dst", "@rx_hosts", "@server_addr")).to_series()
    return frame.with_columns(
        pl.col("offset").alias("source_offset"),
        canonical_addresses(_firsts(source)).alias("source_ip"),
        canonical_addresses(_firsts(destination)).alias("destination_ip"),
        pl.col("@id.orig_p").alias("source_port"),
        pl.col("@id.resp_p").alias("destination_port"),
    )


def _firsts(texts: pl.Series) -> pl.Series:
    """The first of the texts that commas part; most often there is one alone."""
    several = texts.str.contains(",", literal=True).any()
    return texts.str.split(",").list.first() if several else texts


def _user(path: str) -> pl.Expr:
    named = pl.coalesce("@user", "@username")
    further = {"kerberos": "@client", "smtp": "@mailfrom", "rdp": "@cookie"}.get(path)
    return pl.coalesce(named, pl.col(further)) if further else named


def _action(path: str) -> pl.Expr:
    said = _SAYS_ACTION.get(path)
    return pl.col(said).str.replace(r"^.*::", "").str.to_lowercase() if said else pl.lit(_ACTIONS.get(path, ""))


def _outcome(path: str) -> pl.Expr:
    if path == "http":
        worked = pl.col("@status_code").cast(pl.Int64, strict=False) < 400
    elif path == "dns":
        worked = pl.col("@rcode_name") == "NOERROR"
    elif path in {"ftp", "smtp"}:
        reply = pl.coalesce("@reply_code", pl.col("@last_reply").str.extract(r"^(\d{3})", 1))
        worked = reply.cast(pl.Int64, strict=False) < 400
    elif path in _ICS:
        worked = pl.when(pl.col("@exception").is_not_null()).then(pl.lit(value=False))
    else:
        worked = pl.coalesce("@success", "@auth_success", "@established") == "true"
    return pl.when(worked).then(pl.lit("success")).when(~worked).then(pl.lit("failure")).otherwise(pl.lit("unknown"))


def _industrial(frame: pl.DataFrame) -> pl.DataFrame:
    """Modbus and its like under the names every sensor shares: `unit_id`, `is_write`, and the action."""
    operation = pl.coalesce("@func", "@fc_request")
    writes = operation.str.to_uppercase().str.contains(_WRITES)
    word = pl.when(writes).then(pl.lit("true")).when(~writes).then(pl.lit("false"))
    action = pl.when(writes).then(pl.lit("write")).when(~writes).then(pl.lit("read")).otherwise(pl.lit(""))
    return frame.with_columns(word.alias("@is_write"), action.alias("action"))
