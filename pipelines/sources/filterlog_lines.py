"""What pfSense's and OPNsense's packet filter logs: values in places, other ones for each version of IP and protocol.

Netgate's documentation, Raw Filter Log Format.
"""

import polars as pl

from pipelines.sources.appliance_rows import Told, pairs_of_columns
from pipelines.sources.csv_cells import cells_of, named_cells

# 5,,,1000000103,igb0,match,block,in,4,0x0,,64,54321,0,none,6,tcp,60,192.0.2.7,198.51.100.2,40022,22,0,S,12345,,64240,,
FILTERLOG_SAID = r"^\d*,[^,]*,[^,]*,[^,]*,[^,]*,[a-z\-]+,[a-z]+,(?:in|out),[46],"

_RULE = ("rule", "subrule", "anchor", "tracker", "interface", "reason", "action", "direction", "ip_version")
_V4 = ("tos", "ecn", "ttl", "id", "offset", "ip_flags", "protocol_id", "protocol", "length", "source", "destination")
_V6 = ("class", "flow_label", "hop_limit", "protocol", "protocol_id", "length", "source", "destination")
_PORTS = ("source_port", "destination_port", "data_length")
_TCP = ("tcp_flags", "sequence", "ack", "window", "urgent", "tcp_options")
_PORTED = ("tcp", "udp", "sctp")


def filterlog_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say."""
    cells = cells_of(lines["message"])
    version = named_cells(cells, {8: "version"})["version"]
    parts = []
    for number, places in (("4", _V4), ("6", _V6)):
        rows = (version == number).fill_null(value=False).arg_true()
        part = named_cells(cells.gather(rows), (*_RULE, *places, *_PORTS, *_TCP))
        parts.append(part.with_columns(rows.alias("row")))
    fields = pl.concat(parts, how="diagonal").sort("row").drop("row")
    protocol = pl.col("protocol").str.to_lowercase()
    ported, tcp = protocol.is_in(_PORTED), protocol == "tcp"
    # Behind the addresses of other protocols stand other things.
    fields = fields.with_columns(
        *(pl.when(ported).then(name) for name in _PORTS), *(pl.when(tcp).then(name) for name in _TCP)
    )
    columns = fields.select(
        pl.col("source").alias("source_ip"),
        "source_port",
        pl.col("destination").alias("destination_ip"),
        "destination_port",
        "action",
        pl.lit("firewall").alias("category"),
        pl.lit("filterlog").alias("service"),
    )
    return Told(columns, pairs_of_columns(fields.rename({"source": "source_ip", "destination": "destination_ip"})))
