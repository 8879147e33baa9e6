"""Windows event logs as Windows keeps them (EVTX); a damaged record is a reject, its neighbours stay."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from evtx import PyEvtxParser

from pipelines.ahead import ahead
from pipelines.batch import Batch
from pipelines.capture.window import UntilBroken
from pipelines.errors import SourceBroken
from pipelines.sources.evtx_chunks import CHUNK, HEADER, LogChunks
from pipelines.sources.json_records import parsed_or_reason
from pipelines.sources.windows_event import event_fields, leaves, system_time
from pipelines.sources.windows_rows import BATCH_ROWS, Gathered, Reject, WindowsEvent
from pipelines.sources.windows_texts import EventTexts

NAME = "evtx"

EvtxRecord = dict[str, str]

_MAGIC = b"ElfFile\0"
_COPIED = 1 << 20
_NUMBER = re.compile(r"record number (\d+)")


def recognises(head: bytes) -> bool:
    """Whether the file has the signature of an event log."""
    return head.startswith(_MAGIC)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The records in batches; `source_offset` is the record's place in the file."""
    if stream.seekable():
        yield from _batches(LogChunks(stream))
        return
    # The parser asks how long the log is, which a compressed stream does not know before its end.
    with tempfile.TemporaryFile() as copy:
        whole = UntilBroken(stream)
        while piece := whole.read(_COPIED):
            copy.write(piece)
        copy.seek(0)
        yield from _batches(LogChunks(copy), whole)


def _batches(log: LogChunks, whole: UntilBroken | None = None) -> Iterator[Batch]:
    for batch in batches_of(records_of(log)):
        log.check()
        yield batch
    log.check()
    if whole is not None and whole.broken is not None:
        raise whole.broken
    if log.size < HEADER + CHUNK or (log.size - HEADER) % CHUNK:
        raise SourceBroken(f"truncated at byte {log.size}: an event log is 4 KiB of header and whole chunks of 64 KiB")


def batches_of(records: Iterable[tuple[int, EvtxRecord] | Reject]) -> Iterator[Batch]:
    """The records and what was damaged in batches, each made while the next is gathered."""
    return (batch for _, batch in ahead(_gathered(iter(records)), Gathered.batch))


def _gathered(records: Iterator[tuple[int, EvtxRecord] | Reject]) -> Iterator[Gathered]:
    """As many as make a batch; a record is read by itself only where its shape is unusual."""
    while True:
        gathered = Gathered()
        texts = EventTexts(gathered.fields, _flat_details)
        for record in islice(records, BATCH_ROWS):
            if isinstance(record, Reject):
                gathered.add(record)
                continue
            place, content = record
            text = content["data"]
            time = texts.take(text)
            if time is None:
                gathered.add(event_of(place, content))
            else:
                gathered.place(place, time or _written(content), text)
        if not len(gathered):
            return
        yield gathered


def records_of(file: BinaryIO | LogChunks) -> Iterator[tuple[int, EvtxRecord] | Reject]:
    """Each record of an event log with its place, and a reject for each that is damaged.

    Raises:
        SourceBroken: it is no event log at all.
    """
    try:
        records = PyEvtxParser(file, number_of_threads=1).records_json()
    except (OSError, RuntimeError) as error:
        raise SourceBroken(f"no event log: {str(error)[:200]}") from error
    place = 0
    while True:
        try:
            for record in records:
                yield place, record  # type: ignore[misc]  # the iterator ends where its type says None
                place += 1
        except (OSError, RuntimeError) as error:
            yield Reject(place, _damage(str(error)), "")
            place += 1
        else:
            return


def event_of(place: int, record: EvtxRecord) -> WindowsEvent | Reject:
    """The event in a record, whatever its shape, or why there is none."""
    content = parsed_or_reason(record["data"])
    event = content.get("Event") if isinstance(content, dict) else None
    system = event.get("System") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(system, dict):
        return Reject(place, f"record {record['event_record_id']}: no event in it", record["data"])
    try:
        fields = event_fields(system, _details(event))
    except RecursionError:
        return Reject(place, f"record {record['event_record_id']}: nested too deeply", record["data"])
    return WindowsEvent(place, system_time(system) or _written(record), fields, record["data"])


def _written(record: EvtxRecord) -> str:
    """When the record was written, which the log says beside the event."""
    return record["timestamp"].removesuffix(" UTC")


def _details(event: Mapping[str, object]) -> dict[str, object]:
    return {**_mapping(event.get("EventData")), **_mapping(event.get("UserData"))}


def _flat_details(event: Mapping[str, object]) -> dict[str, str]:
    return leaves(_details(event))


def _mapping(node: object) -> dict[str, object]:
    if node is None:
        return {}
    return node if isinstance(node, dict) else {"Data": node}


def _damage(message: str) -> str:
    number = _NUMBER.search(message)
    where = f"record {number[1]}" if number else "a chunk"
    return f"{where} is damaged: {' '.join(message.split())[:200]}"
