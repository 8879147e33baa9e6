"""Access and error lines that web servers and proxies send by syslog, read as those of their own files."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from pipelines.batch import Batch, no_rejects
from pipelines.sources import squid, web_access, web_error
from pipelines.sources.lines import LineBlock

_SERVERS = r"^(?:nginx|httpd|apache2?)\b"


@dataclass(frozen=True)
class _Format:
    """Whose lines (a pattern for the service) of which beginning are read by what."""

    name: str
    speakers: str
    said: str
    read: Callable[[LineBlock], Batch]
    keeps_time: bool  # whether its lines say in which zone they are


_FORMATS = (
    _Format(web_access.NAME, _SERVERS, web_access.ACCESS_SAID, web_access.access_batch, keeps_time=True),
    _Format(web_error.NAME, _SERVERS, web_error.ERROR_SAID, web_error.error_batch, keeps_time=False),
    _Format(squid.NAME, r"^squid\b", squid.SQUID_SAID, squid.squid_batch, keeps_time=True),
)


def web_batches(lines: pl.DataFrame, services: pl.Series) -> tuple[list[Batch], pl.DataFrame]:
    """The batches of the lines that are of such a format, and the other lines (with the columns of a syslog line).

    The host is the header's where the line names no virtual one.
    """
    batches = []
    for form in _FORMATS:
        known = services.filter(services.str.contains(form.speakers)).unique().to_list()
        if not known:
            continue
        speaking = pl.col("service").is_in(known)
        fits = lines.select(speaking & pl.when(speaking).then(pl.col("message").str.contains(form.said)))
        said = fits.to_series().fill_null(value=False)
        if said.any():
            batches.append(_batch(form, lines.filter(said)))
            lines = lines.filter(~said)
    return batches, lines


def _batch(form: _Format, lines: pl.DataFrame) -> Batch:
    texts = lines.select("offset", pl.col("message").alias("text"), "decode_error")
    batch = form.read(LineBlock(texts, no_rejects()))
    headers = lines.select(
        pl.col("offset").alias("source_offset"), pl.col("host").alias("@host"), pl.col("event_time").alias("@time")
    )
    known = batch.rows.join(headers, on="source_offset", how="left", maintain_order="left")
    host = pl.when(pl.col("host") == "").then(pl.col("@host").fill_null("")).otherwise("host").alias("host")
    time = pl.col("event_time") if form.keeps_time else pl.col("@time").alias("event_time")
    rows = known.with_columns(host, time).select(batch.rows.columns)
    return replace(batch, rows=rows, source_type=form.name)
