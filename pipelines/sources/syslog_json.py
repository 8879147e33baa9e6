"""Objects that Suricata, Zeek and Kubernetes' API server send by syslog, read as those of their own files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.batch import Batch, no_rejects
from pipelines.sources import cloud_audit, suricata, zeek_json
from pipelines.sources.json_records import records_of
from pipelines.sources.lines import LineBlock


@dataclass(frozen=True)
class _Format:
    """Whose lines (a pattern for the service) are objects that hold a certain text, and what reads them."""

    name: str
    speakers: str
    holds: str
    read: Callable[[LineBlock], Iterator[Batch]]


# @cee: {"timestamp":"2026-03-01T10:00:00.123456+0800","event_type":"alert",...}
_BEFORE = r"^\s*(?:@cee: ?)?\{"
_MARK = r"^\s*(?:@cee: ?)?"


def json_batches(lines: pl.DataFrame, services: pl.Series) -> tuple[list[Batch], pl.DataFrame]:
    """The batches of lines that are such objects, and the other lines (with the columns of a syslog line).

    What such a source refuses stays a line of syslog.
    """
    batches = []
    for form in _FORMATS:
        known = services.filter(services.str.contains(form.speakers)).unique().to_list()
        if not known:
            continue
        fits = pl.col("message").str.contains(_BEFORE) & pl.col("message").str.contains(form.holds, literal=True)
        speaking = pl.col("service").is_in(known)
        said = lines.select(speaking & pl.when(speaking).then(fits)).to_series().fill_null(value=False)
        read = list(_read(form, lines.filter(said)))
        told = pl.concat([batch.rows["source_offset"] for batch in read]) if read else pl.Series([], dtype=pl.UInt64)
        batches += read
        lines = lines.filter(~pl.col("offset").is_in(told.implode()))
    return batches, lines


def _read(form: _Format, lines: pl.DataFrame) -> Iterator[Batch]:
    texts = lines.select("offset", pl.col("message").str.replace(_MARK, "").alias("text"), "decode_error")
    hosts = lines.select(pl.col("offset").alias("source_offset"), pl.col("host").fill_null("").alias("@host"))
    for batch in form.read(LineBlock(texts, no_rejects())) if lines.height else ():
        rows = batch.rows
        if "host" in rows.columns:
            known = rows.join(hosts, on="source_offset", how="left", maintain_order="left")
            named = pl.when(pl.col("host") == "").then("@host").otherwise("host").alias("host")
            rows = known.with_columns(named).select(rows.columns)
        if rows.height:
            yield Batch(batch.table, rows, no_rejects(), batch.source_type or form.name)


def _trails(block: LineBlock) -> Iterator[Batch]:
    records, _ = records_of(block)
    return cloud_audit.trail_batches(records)


_FORMATS = (
    _Format(suricata.NAME, r"^suricata", '"event_type"', suricata.eve_batches),
    _Format(zeek_json.NAME, r"^(?:zeek|bro)\b", '"ts"', zeek_json.zeek_batches),
    _Format(cloud_audit.NAME, r"^(?:kube|k8s|apiserver)", '"audit.k8s.io/', _trails),
)
