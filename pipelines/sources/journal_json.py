"""systemd's journal as objects (`journalctl -o json`), read as the syslog that its messages are.

systemd.journal-fields(7). The journal's own names are fields too.
"""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.field_maps import fields_of_rows
from pipelines.sources.columns import joined_fields
from pipelines.sources.json_records import JsonObject, Record, told_apart
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.syslog_header import HEADER_COLUMNS
from pipelines.sources.syslog_kinds import batches_by_kind
from pipelines.sources.times import utc_times

NAME = "journal_json"

_TIMES = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")
_BYTE = 256
_USER_LEVEL = "1"  # the facility of whoever names none


def recognises(head: bytes) -> bool:
    """Whether one of the first objects bears the journal's time."""
    return any(map(_is_entry, first_objects(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The entries, batch by batch, by what they say."""
    for records, rejects in read_objects(stream):
        entries, strange = told_apart(records, _is_entry, "JSON, but no entry of a journal")
        lost = pl.concat([rejects, strange])
        yield from entry_batches(entries, lost)


def entry_batches(entries: list[Record], lost: pl.DataFrame) -> Iterator[Batch]:
    """The batches of some entries, by what they say, with the rejects met on the way."""
    more = pl.DataFrame(
        {
            "source_offset": pl.Series([entry.offset for entry in entries], dtype=pl.UInt64),
            "more": fields_of_rows([_own_names(entry) for entry in entries]),
        }
    )
    for batch in batches_by_kind(_lines(entries), lost):
        known = batch.rows.join(more, on="source_offset", how="left", maintain_order="left")
        fields = joined_fields(known["fields"], known["more"]) if known.height else known["fields"]
        yield Batch(batch.table, batch.rows.with_columns(fields.alias("fields")), batch.rejects, batch.source_type)


def _is_entry(content: JsonObject) -> bool:
    return any(name in content for name in _TIMES) and "MESSAGE" in content


def _lines(entries: list[Record]) -> pl.DataFrame:
    """The entries with the columns of a syslog line whose header is split."""
    said = [_said(entry) for entry in entries]
    texts = {name: pl.Series([each.get(name) for each in said], dtype=pl.String) for name in said[0]} if said else {}
    frame = pl.DataFrame(
        {
            "offset": pl.Series([entry.offset for entry in entries], dtype=pl.UInt64),
            "text": pl.Series([entry.text for entry in entries], dtype=pl.String),
            "decode_error": pl.Series(["decode_error" in entry.flat for entry in entries], dtype=pl.Boolean),
            **texts,
        }
    )
    columns = HEADER_COLUMNS.items()
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns if name not in frame.columns]
    frame = frame.with_columns(*absent)
    marks = {"shaped": pl.lit(value=True), "carries": pl.lit(value=False)}
    return frame.with_columns(utc_times(frame["iso"]).alias("event_time"), **marks)


def _said(entry: Record) -> dict[str, str | None]:
    flat = entry.flat
    facility, level = flat.get("SYSLOG_FACILITY", _USER_LEVEL), flat.get("PRIORITY", "")
    numbered = facility.isascii() and facility.isdigit() and level.isascii() and level.isdigit()
    return {
        "iso": flat.get("_SOURCE_REALTIME_TIMESTAMP") or flat.get("__REALTIME_TIMESTAMP"),
        "host": flat.get("_HOSTNAME"),
        "program": flat.get("SYSLOG_IDENTIFIER") or flat.get("_COMM"),
        "process": flat.get("SYSLOG_PID") or flat.get("_PID"),
        "message": _message(entry.content.get("MESSAGE"), flat.get("MESSAGE", "")),
        "priority": str(int(facility[:3]) * 8 + int(level[:1])) if numbered else None,
    }


def _message(written: object, text: str) -> str:
    """What was said; what is no text is written as a list of its bytes."""
    if not isinstance(written, list) or not all(isinstance(byte, int) and 0 <= byte < _BYTE for byte in written):
        return text
    return bytes(written).decode("utf-8", "backslashreplace")


def _own_names(entry: Record) -> dict[str, str]:
    """The journal's names, which are in capitals; the message has a column."""
    return {name: text for name, text in entry.flat.items() if name == name.upper() and "_" in name}
