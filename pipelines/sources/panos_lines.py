"""What Palo Alto Networks' firewalls send by syslog in their own form: values in places, a list for each log type.

PAN-OS Administrator's Guide, Syslog Field Descriptions (versions 8 to 11); the names are those
of its tables.
"""

import polars as pl

from pipelines.sources.appliance_rows import Told, pairs_of_columns
from pipelines.sources.csv_cells import cells_of, named_cells
from pipelines.sources.times import utc_times

# 1,2026/03/01 10:00:00,001801000001,TRAFFIC,end,2561,2026/03/01 10:00:00,192.0.2.7,198.51.100.2,...
PANOS_SAID = (
    r"^\d{0,10},\d{4}/\d\d/\d\d \d\d:\d\d:\d\d,\w*,[A-Z][A-Z0-9\-]*,[\w\-]*,[^,]*,\d{4}/\d\d/\d\d \d\d:\d\d:\d\d,"
)

_ALL = ("", "receive_time", "serial", "type", "subtype", "", "time_generated")
_SESSION = (
    *("src", "dst", "natsrc", "natdst", "rule", "srcuser", "dstuser", "app", "vsys", "from", "to", "inbound_if"),
    *(
        "outbound_if",
        "logset",
        "",
        "sessionid",
        "repeatcnt",
        "sport",
        "dport",
        "natsport",
        "natdport",
        "flags",
        "proto",
    ),
    "action",
)
_GROUPS = ("dg_hier_level_1", "dg_hier_level_2", "dg_hier_level_3", "dg_hier_level_4", "vsys_name", "device_name")
_TRAFFIC = (
    *("bytes", "bytes_sent", "bytes_received", "packets", "start", "elapsed", "category", "", "seqno", "actionflags"),
    *("srcloc", "dstloc", "", "pkts_sent", "pkts_received", "session_end_reason", *_GROUPS, "action_source"),
)
_THREAT = (
    *("misc", "threatid", "category", "severity", "direction", "seqno", "actionflags", "srcloc", "dstloc", ""),
    *("contenttype", "pcap_id", "filedigest", "cloud", "url_idx", "user_agent", "filetype", "xff", "referer", "sender"),
    *("subject", "recipient", "reportid", *_GROUPS, "", "src_uuid", "dst_uuid", "http_method"),
)
_SYSTEM = ("vsys", "eventid", "object", "", "", "module", "severity", "opaque", "seqno", "actionflags", *_GROUPS)
_CONFIG = ("host", "vsys", "cmd", "admin", "client", "result", "path", "seqno", "actionflags", *_GROUPS)
_GLOBALPROTECT = (
    *("vsys", "eventid", "stage", "auth_method", "tunnel_type", "srcuser", "srcregion", "machinename", "public_ip"),
    *(
        "public_ipv6",
        "private_ip",
        "private_ipv6",
        "hostid",
        "serialnumber",
        "client_ver",
        "client_os",
        "client_os_ver",
    ),
    *("repeatcnt", "reason", "error", "opaque", "status", "location", "login_duration", "connect_method", "error_code"),
    *("portal", "seqno", "actionflags"),
)
_AUTHENTICATION = (
    *("vsys", "ip", "user", "normalize_user", "object", "authpolicy", "repeatcnt", "authid", "vendor", "logset"),
    *("serverprofile", "desc", "clienttype", "event"),
)
_PLACES = {
    "TRAFFIC": (*_ALL, *_SESSION, *_TRAFFIC),
    "THREAT": (*_ALL, *_SESSION, *_THREAT),
    "SYSTEM": (*_ALL, *_SYSTEM),
    "CONFIG": (*_ALL, *_CONFIG),
    "GLOBALPROTECT": (*_ALL, *_GLOBALPROTECT),
    "USERID": (*_ALL, "vsys", "ip", "user", "datasourcename", "eventid"),
    "AUTHENTICATION": (*_ALL, *_AUTHENTICATION),
}
_NAMES = sorted({name for places in _PLACES.values() for name in places if name})
_SENTENCE = ("opaque", "desc")
# failed authentication for user 'admin'. Reason: ... From: 192.0.2.7. | User admin logged in via Web from 192.0.2.7
_USER = r"(?i)\buser(?: name)?:? ['\"]?([^\s'\",]+)"
_FROM = r"(?i)\bfrom:? ([0-9A-Fa-f.:]*[0-9A-Fa-f])"
_PRECISE = r",(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)(?:,|$)"  # the time with its zone, since 10.0


def panos_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say."""
    fields = _fields(lines["message"])
    sentence = pl.coalesce(pl.col(name).replace({"": None}) for name in _SENTENCE)
    said = fields.with_columns(
        sentence.str.extract(_USER, 1).alias("who"), sentence.str.extract(_FROM, 1).alias("where")
    )
    columns = said.select(
        _first("src", "host", "public_ip", "ip", "where").alias("source_ip"),
        pl.col("sport").alias("source_port"),
        _first("dst").alias("destination_ip"),
        pl.col("dport").alias("destination_port"),
        _first("srcuser", "admin", "user", "who").alias("user"),
        _first("action", "cmd", "eventid", "event").alias("action"),
        pl.coalesce(_first("status", "result", "event"), sentence).alias("outcome"),
        _first("severity").alias("severity"),
        _first("device_name").alias("host"),
        pl.col("type").str.to_lowercase().alias("service"),
    )
    precise = utc_times(lines["message"].str.extract(_PRECISE, 1)).alias("event_time")
    return Told(columns.with_columns(precise), pairs_of_columns(fields))


def _fields(messages: pl.Series) -> pl.DataFrame:
    """The named values of all lines, by the places that their type has them in."""
    cells = cells_of(messages)
    kinds = named_cells(cells, {3: "type"})["type"]
    parts = []
    for kind in kinds.unique(maintain_order=True).to_list():  # of which the order of fields depends
        rows = (kinds == kind).arg_true()
        part = named_cells(cells.gather(rows), _PLACES.get(kind, _ALL))
        parts.append(part.with_columns(rows.alias("row")))
    known = pl.concat(parts, how="diagonal").sort("row").drop("row")
    return known.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in _NAMES if name not in known.columns)


def _first(*names: str) -> pl.Expr:
    return pl.coalesce(pl.col(name).replace({"": None}) for name in names)
