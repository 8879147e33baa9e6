"""Syslog messages as they came over the network: nothing is refused that a person could still read.

What has no time, or no header at all, is taken to be of the moment and the host that sent it (RFC 3164 §4.3).
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast

import polars as pl

from pipelines.batch import FIELDS, Batch, no_rejects
from pipelines.capture.octets import readable
from pipelines.capture.rows import address_text
from pipelines.field_maps import fields_of_rows
from pipelines.listening.segments import Heard
from pipelines.sources.columns import frame_of, joined_fields
from pipelines.sources.device_headers import MNEMONIC
from pipelines.sources.device_messages import device_message_rows
from pipelines.sources.heard_clocks import ClocksHeard
from pipelines.sources.lines import block_of
from pipelines.sources.syslog import batches_of
from pipelines.sources.syslog_kinds import FACILITIES, OCSF, SEVERITIES
from pipelines.sources.syslog_years import YearCounter, first_year

# <189>%LINK-3-UPDOWN: Interface Gi0/1, changed state to down
_PRIORITY: Final = re.compile(r"^<(\d{1,3})>")
_UNNUMBERED: Final = re.compile(r"^(?:\d{1,10})?(?:: ?)*")  # IOS counts its messages
_MNEMONIC: Final = re.compile(_UNNUMBERED.pattern + MNEMONIC)
_OF_PRIORITY: Final = {"facility": "facility", "severity_name": "severity"}
_SKEW_SECONDS: Final = 300  # clocks that are kept at all are closer
_HIGHEST_PRIORITY: Final = 191
_ENTRIES: Final = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))


def heard_syslog(messages: Sequence[Heard], first: int, clocks: ClocksHeard) -> Iterator[Batch]:
    """A row for each message; `fields.peer` is the address that sent it, and the host where it names none itself.

    `fields.clock_skew_seconds` says by how much a message's time is ahead of the moment it came, beyond five minutes.
    """
    # A message is one line; the reading of lines would take a line feed inside of it for its end.
    contents = [message.content.rstrip(b"\r\n\0").replace(b"\n", b"\\n") for message in messages]
    latest = datetime.fromtimestamp(max(message.time_us for message in messages) / 1e6, UTC)
    counter = YearCounter(first_year(io.BytesIO(b"\n".join(contents)), latest))
    peers = pl.Series([_peer(message.peer) for message in messages], dtype=pl.String)
    came = pl.Series([message.time_us for message in messages], dtype=pl.Int64)
    met = clocks.of(peers, came, first)
    for batch in batches_of(block_of(first, contents), counter, met):
        places = (batch.rows["source_offset"] - first).cast(pl.UInt32)
        rows = _with_peers(batch.rows, peers.gather(places), came.gather(places))
        yield replace(batch, rows=rows, rejects=no_rejects())
        bare = [_bare(messages[offset - first], offset) for offset in batch.rejects["offset"].to_list()]
        devices = [row for row in bare if _MNEMONIC.match(str(row["message"]))]
        if devices:
            yield Batch("log_events", _of_devices(devices), source_type="network_device")
        if others := [row for row in bare if not _MNEMONIC.match(str(row["message"]))]:
            yield Batch("syslog_messages", frame_of(others, "syslog_messages"))


def _with_peers(rows: pl.DataFrame, peers: pl.Series, came: pl.Series) -> pl.DataFrame:
    entry = pl.concat_list(pl.struct(pl.lit("peer").alias("key"), peers.alias("value")))
    ahead = (rows["event_time"].dt.epoch("us") - came) // 1_000_000
    wide = (ahead.abs() > _SKEW_SECONDS) & ~rows["fields"].map.contains_key("clock_skew_seconds")
    if wide.any():
        skew = pl.struct(pl.lit("clock_skew_seconds").alias("key"), ahead.cast(pl.String).alias("value"))
        entry = pl.when(wide).then(pl.concat_list(entry, skew)).otherwise(entry)
    known = rows.with_columns(pl.concat_list(pl.col("fields").cast(_ENTRIES), entry).cast(FIELDS).alias("fields"))
    if "host" not in rows.columns:  # a flow that Suricata sent
        return known
    return known.with_columns(pl.when(pl.col("host") == "").then(peers).otherwise(pl.col("host")).alias("host"))


def _of_devices(bare: Sequence[dict[str, object]]) -> pl.DataFrame:
    """The rows of devices that write no header at all, as Cisco's ASA does unless it is told to."""
    fields = [cast("dict[str, str]", row["fields"]) for row in bare]
    texts = {
        "message": [_UNNUMBERED.sub("", str(row["message"])) for row in bare],
        "host": [row["host"] for row in bare],
        **{name: [each.get(key) for each in fields] for name, key in _OF_PRIORITY.items()},
        "decode_flag": [None] * len(bare),
    }
    lines = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)).with_columns(
        pl.Series("offset", [row["source_offset"] for row in bare], dtype=pl.UInt64),
        pl.Series("event_time", [row["event_time"] for row in bare], dtype=pl.Datetime("us", "UTC")),
    )
    noted = [{"peer": each["peer"], "time_basis": each["time_basis"]} for each in fields]
    rows = device_message_rows(lines)
    return rows.with_columns(joined_fields(rows["fields"], fields_of_rows(noted)).alias("fields"))


def _bare(message: Heard, offset: int) -> dict[str, object]:
    """A row for what is no syslog line, or has no time."""
    text = readable(message.content)
    found = _PRIORITY.match(text)
    found = found if found and int(found[1]) <= _HIGHEST_PRIORITY else None
    priority = int(found[1]) if found else None
    fields = {"peer": _peer(message.peer), "time_basis": "receipt"}
    if priority is not None:
        fields |= {"facility": FACILITIES[priority // 8], "severity": SEVERITIES[priority % 8]}
    return {
        "event_time": datetime.fromtimestamp(message.time_us / 1e6, UTC),
        "source_offset": offset,
        "product": "linux",
        "service": "syslog",
        "host": fields["peer"],
        "outcome": "unknown",
        "severity": 0 if priority is None else OCSF[priority % 8],
        "message": text[found.end() :] if found else text,
        "fields": fields,
    }


@lru_cache(maxsize=65_536)
def _peer(packed: bytes) -> str:
    return address_text(packed) if len(packed) in (4, 16) else ""
