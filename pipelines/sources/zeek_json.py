"""Zeek's logs as JSON lines, one kind or many in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.event_classes import CLASSES
from pipelines.sources.columns import only_rejects
from pipelines.sources.json_records import JsonObject, Record, flat_frame, json_objects, records_in_portions
from pipelines.sources.json_shape_columns import shaped_tables
from pipelines.sources.json_shapes import Shape
from pipelines.sources.lines import LineBlock, line_blocks
from pipelines.sources.zeek_map import WANTED, zeek_batch, zeek_table

NAME = "zeek_json"

# Shippers for which a dot has a meaning put something else in its place.
_ENDS = {f"id_{end}_{what}": f"id.{end}_{what}" for end in ("orig", "resp") for what in ("h", "p")}

# Zeek's JSON names the log only when the writer was asked to (`_path`); else the columns tell.
_TELLING: tuple[tuple[str, frozenset[str]], ...] = (
    ("conn", frozenset({"conn_state"})),
    ("dns", frozenset({"qtype_name"})),
    ("dns", frozenset({"trans_id", "query"})),
    ("http", frozenset({"trans_depth", "method"})),
    ("http", frozenset({"status_code", "uri"})),
    ("ssl", frozenset({"cipher", "established"})),
    ("ssl", frozenset({"established", "resumed"})),
    ("ssh", frozenset({"auth_attempts"})),
    ("ssh", frozenset({"kex_alg"})),
    ("x509", frozenset({"certificate.serial"})),
    ("kerberos", frozenset({"request_type"})),
    ("modbus", frozenset({"func", "id.orig_h"})),
    ("dnp3", frozenset({"fc_request"})),
    ("notice", frozenset({"note", "msg"})),
    ("files", frozenset({"fuid", "source", "seen_bytes"})),
    ("weird", frozenset({"name", "notice", "peer"})),
    ("smb_files", frozenset({"action", "name", "id.orig_h"})),
    ("smb_mapping", frozenset({"share_type"})),
    ("rdp", frozenset({"cookie", "result"})),
    ("ntlm", frozenset({"domainname", "hostname"})),
    ("dce_rpc", frozenset({"endpoint", "operation"})),
    ("smtp", frozenset({"mailfrom"})),
    ("ftp", frozenset({"command", "reply_code"})),
    ("dhcp", frozenset({"msg_types"})),
    ("ntp", frozenset({"stratum", "ref_id"})),
    ("snmp", frozenset({"community", "get_requests"})),
    ("tunnel", frozenset({"tunnel_type"})),
)


def recognises(head: bytes) -> bool:
    """Whether the first lines are objects with Zeek's time and one of Zeek's marks."""
    found = json_objects(head)
    return bool(found) and any(map(_is_zeek, found))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block and kind of log."""
    for block in line_blocks(stream):
        yield from zeek_batches(block)


def zeek_batches(block: LineBlock) -> Iterator[Batch]:
    """The batches of some lines, a record each."""
    tables, others = shaped_tables(block.lines, "_path", _kind)
    for path, columns in tables.items():
        frame = _dotted(columns)
        yield zeek_batch(path, frame, {name[1:]: name for name in frame.columns if name.startswith("@")})
    for records, rejects in records_in_portions(LineBlock(others, block.rejects)):
        if rejects.height:
            yield only_rejects(rejects)
        for path, found in _by_path(records).items():
            apart = CLASSES.get(zeek_table(path), {})
            yield zeek_batch(path, flat_frame(found, WANTED, apart), {name: f"@{name}" for name in apart})


def _dotted(columns: pl.DataFrame) -> pl.DataFrame:
    """The columns with the ends of a connection under Zeek's names."""
    there = set(columns.columns)
    known = {f"@{name}": f"@{of}" for name, of in _ENDS.items() if f"@{name}" in there and f"@{of}" not in there}
    return columns.rename(known)


def _with_dots(record: Record) -> Record:
    if not _ENDS.keys() & record.flat.keys():
        return record
    return replace(record, flat={_ENDS.get(name, name): text for name, text in record.flat.items()})


def _is_zeek(content: JsonObject) -> bool:
    return "ts" in content and (
        "_path" in content or "uid" in content or "id.orig_h" in content or _told(content) != ""
    )


def _kind(shape: Shape) -> tuple[str, dict[str, str]] | None:
    """The log that the records of a shape belong to, and their fields; None where only each by itself tells."""
    if "_path" in shape.content and shape.told is None:
        return None
    return shape.told or _told(shape.content) or "unknown", {f"@{name}": places for name, places in shape.flat.items()}


def _by_path(records: Sequence[Record]) -> dict[str, list[Record]]:
    paths: dict[str, list[Record]] = {}
    for record in records:
        path = record.flat.get("_path") or _told(record.content) or "unknown"
        paths.setdefault(path, []).append(_with_dots(record))
    return paths


def _told(content: JsonObject) -> str:
    keys = content.keys()
    return next((path for path, telling in _TELLING if telling <= keys), "")
