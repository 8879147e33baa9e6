"""Logs that a site describes by a mapping: JSON, delimited text, or lines that fit a pattern."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.mapping_files import MappingFile, NamedMapping, load_mapping_file, load_mapping_files
from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, rejected
from pipelines.sources.csv_records import cell_columns, csv_records
from pipelines.sources.json_records import flat_frame, flattened
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.lines import first_lines, line_blocks
from pipelines.sources.times import utc_times

_UTC = pl.Datetime("us", "UTC")
_ADDRESSES = ("source_ip", "destination_ip")


@dataclass(frozen=True)
class MappedSource:
    """A source that reads as a mapping says."""

    NAME: str
    mapping: MappingFile

    def header_line(self, head: bytes) -> bytes:
        """The line without which those below it have no names: the first one of CSV that names its columns itself."""
        if self.mapping.format != "csv" or self.mapping.header or not self.recognises(head):
            return b""
        return head[: head.find(b"\n") + 1]

    def recognises(self, head: bytes) -> bool:
        """Whether the names and the pattern that the mapping asks for are there."""
        asked, lines = self.mapping.recognise, first_lines(head)
        if asked.pattern is not None and not _fit(lines, asked.pattern).any():
            return False
        # A mapping that names no columns is one that files are named to: they must at least have their time.
        named = set(asked.columns) or {self.mapping.time.column}
        if self.mapping.format == "json":
            objects = first_objects(head)
            return any(named <= flattened(content).keys() for content in objects)
        if self.mapping.format == "csv":
            return bool(lines) and named <= set(self._header(lines[0]))
        fitting = _fit(lines, self.mapping.pattern or "")
        return bool(lines) and fitting.any() and int(fitting.sum()) * 4 >= len(lines)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """One batch a block."""
        read = {"json": self._json, "csv": self._csv, "pattern": self._lines}[self.mapping.format]
        for frame, rejects in read(stream):
            batch = self._batch(frame)
            yield Batch("log_events", batch.rows, pl.concat([rejects, batch.rejects]))

    def _json(self, stream: BinaryIO) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        for records, rejects in read_objects(stream):
            yield flat_frame(records, self.mapping.used), rejects

    def _csv(self, stream: BinaryIO) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        names = list(self.mapping.header)
        width = (len(names),) if names else ()
        for records, rejects in csv_records(stream, width, self.mapping.delimiter, self.mapping.quote):
            if not names and records:
                names = _numbered(records[0][3])
            frame, unfit = cell_columns([record for record in records if _numbered(record[3]) != names], names)
            yield frame, pl.concat([rejects, unfit])

    def _lines(self, stream: BinaryIO) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        groups = self.mapping.groups
        for block in line_blocks(stream):
            found = pl.col("text").str.extract_groups(self.mapping.pattern or "").struct
            fits = pl.col("text").str.contains(self.mapping.pattern or "")
            split = block.lines.with_columns(
                fits.alias("fits"), *(found.field(name).alias(f"@{name}") for name in groups)
            )
            other = rejected(split.filter(~pl.col("fits")), f"does not fit the pattern of {self.NAME}")
            yield split.filter("fits").drop("fits"), pl.concat([block.rejects, other])

    def _header(self, line: str) -> list[str]:
        return list(self.mapping.header) or [
            name.strip(self.mapping.quote) for name in line.split(self.mapping.delimiter)
        ]

    def _batch(self, frame: pl.DataFrame) -> Batch:
        mapping = self.mapping
        absent = [name for name in mapping.used if f"@{name}" not in frame.columns]
        given = frame.with_columns(pl.lit(None, dtype=pl.String).alias(f"@{name}") for name in absent)
        times = _times(given[f"@{mapping.time.column}"], mapping)
        untimed = rejected(
            given.filter(times.is_null()), f"no time: {mapping.time.column} is no point in time as {self.NAME} says"
        )
        timed = given.with_columns(times.alias("event_time")).filter(times.is_not_null())
        return Batch("log_events", _rows(timed, mapping), untimed)


def mapped_sources(*folders: Path) -> tuple[list[MappedSource], list[str]]:
    """The sources that the mappings in these folders describe, and every problem in them."""
    loaded = [load_mapping_files(folder) for folder in folders]
    sources = [_source(named) for found, _ in loaded for named in found]
    return sources, [problem for _, problems in loaded for problem in problems]


def mapped_source(path: Path) -> tuple[MappedSource | None, list[str]]:
    """The source that one mapping describes, and every problem in it; it need not tell files by itself."""
    named, problems = load_mapping_file(path)
    return (_source(named) if named is not None else None), problems


def _source(named: NamedMapping) -> MappedSource:
    return MappedSource(f"mapping:{named.name}", named.mapping)


def _fit(lines: list[str], pattern: str) -> pl.Series:
    return pl.Series(lines, dtype=pl.String).str.contains(pattern)


def _numbered(names: list[str]) -> list[str]:
    """The names, a repeated one numbered."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return found


def _times(texts: pl.Series, mapping: MappingFile) -> pl.Series:
    written, zone = mapping.time.format, mapping.time.zone
    if written is None:
        if zone == "UTC":
            return utc_times(texts)
        # A zone in the text counts; the mapping's is for texts without.
        bare = texts.str.contains(r"^\d{4}-\d\d-\d\d[T ][\d:.,]+$")
        local = utc_times(texts).dt.replace_time_zone(None)
        return _placed(local, zone).zip_with(bare.fill_null(value=False), utc_times(texts))
    zoned = "%z" in written or "%:z" in written or "%#z" in written
    try:
        read = texts.str.to_datetime(written, time_unit="us", strict=False, time_zone="UTC" if zoned else None)
    except pl.exceptions.PolarsError:
        return pl.repeat(None, len(texts), dtype=_UTC, eager=True)
    return read.cast(_UTC) if zoned else _placed(read, zone)


def _placed(local: pl.Series, zone: str) -> pl.Series:
    """Local times as UTC; of two that a clock shows twice the earlier, and none for one that it never shows."""
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return there.dt.convert_time_zone("UTC").cast(_UTC)


def _rows(timed: pl.DataFrame, mapping: MappingFile) -> pl.DataFrame:
    error = pl.col("decode_error") if "decode_error" in timed.columns else pl.lit(value=False)
    told = timed.with_columns(pl.when(error).then(pl.lit("true")).alias("decode_flag"))
    entries: dict[str, pl.Expr | pl.Series] = {"outcome": pl.lit("unknown"), "message": pl.col("text")}
    entries |= {name: pl.lit(value) for name, value in mapping.constants.items()}
    for column, name in mapping.columns.items():
        constant = next((value for known, value in mapping.constants.items() if known == column), "")
        is_address = column in _ADDRESSES
        entries[column] = (
            canonical_addresses(told[f"@{name}"]) if is_address else pl.col(f"@{name}").fill_null(constant)
        )
    entries |= _verdict(mapping) | _severity(mapping)
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            *(value.alias(name) for name, value in entries.items()),
            _fields(told, mapping).alias("fields"),
        ),
        "log_events",
    )


def _fields(told: pl.DataFrame, mapping: MappingFile) -> pl.Series:
    own = {name.removeprefix("@"): name for name in told.columns if name.startswith("@")}
    renamed = {new: f"@{old}" for new, old in mapping.fields.items()}
    if "fields" in told.columns:
        return told["fields"] if not renamed else _with_renamed(told, renamed)
    kept = {name: column for name, column in own.items() if column not in renamed.values() and name not in renamed}
    return fields_of_columns(told, kept | renamed | {"decode_error": "decode_flag"})


def _with_renamed(told: pl.DataFrame, renamed: dict[str, str]) -> pl.Series:
    taken = [name.removeprefix("@") for name in renamed.values()] + list(renamed)
    entries = pl.col("fields").map.entries().list.filter(~pl.element().struct.field("key").is_in(taken))
    more = pl.lit(fields_of_columns(told, renamed)).map.entries()
    return told.select(pl.concat_list(entries, more).cast(told["fields"].dtype).alias("fields"))["fields"]


def _verdict(mapping: MappingFile) -> dict[str, pl.Expr]:
    if mapping.outcomes is None:
        return {}
    said = pl.col(f"@{mapping.outcomes.column}").str.to_lowercase()
    worked, failed = (
        [text.lower() for text in texts] for texts in (mapping.outcomes.success, mapping.outcomes.failure)
    )
    verdict = pl.when(said.is_in(worked)).then(pl.lit("success")).when(said.is_in(failed)).then(pl.lit("failure"))
    return {"outcome": verdict.otherwise(pl.lit("unknown"))}


def _severity(mapping: MappingFile) -> dict[str, pl.Expr]:
    if mapping.severity_column is None:
        return {}
    known = {text.lower(): number for text, number in mapping.severities.items()}
    said = pl.col(f"@{mapping.severity_column}").str.to_lowercase()
    return {
        "severity": said.replace_strict(known, default=0, return_dtype=pl.UInt8)
        if known
        else said.cast(pl.UInt8, strict=False)
    }
