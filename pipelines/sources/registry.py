"""Which source reads a file: decided by the content alone, never by the name."""

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Protocol, runtime_checkable

from pipelines.batch import Batch
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.capture.series import CaptureSeries
from pipelines.exports.known import KnownExporters
from pipelines.listening.clocks import ClockBook
from pipelines.sources import (
    application_log,
    auditd,
    capture,
    cef,
    clickhouse_query_log,
    cloud_audit,
    container_logs,
    evtx_log,
    flow_exports,
    heard,
    iis_native,
    journal_export,
    journal_json,
    json_lines,
    mariadb_audit,
    mysql_audit,
    mysql_error,
    mysql_general,
    mysql_slow,
    postgres_csv,
    postgres_json,
    postgres_log,
    squid,
    suricata,
    suricata_fast,
    syslog,
    syslog_frames,
    w3c,
    web_access,
    web_error,
    windows_csv,
    windows_json,
    windows_xml,
    zeek_json,
    zeek_tsv,
)
from pipelines.sources.zoned import ZonedSource
from pipelines.sources.zones import Zones
from rongdun.settings import Settings

HEAD_BYTES = 64 * 1024

# Formats whose every line stands for itself, or that carry a header of `#` lines.
_CONTINUABLE = frozenset(
    {"zeek_tsv", "zeek_json", "suricata", "auditd", "web_access", "web_error", "squid", "cef", "syslog", "json_lines"}
    | {"journal_json", "postgres_json", "suricata_fast", "container_logs", "iis_native"}
)


class Source(Protocol):
    """A module that reads one format."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format."""

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The content in batches; damage becomes rejects. Raises `SourceBroken` where nothing more can be read."""


@runtime_checkable
class RemembersExporters(Protocol):
    """A source that reads what exporters sent by what they announced in earlier files."""

    def read_with(self, stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
        """What `read` gives; what this file announces is known afterwards."""


@runtime_checkable
class ReadsCaptures(Protocol):
    """A source of packets: several files can be read as the one capture that they are."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format."""

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The content in batches; damage becomes rejects. Raises `SourceBroken` where nothing more can be read."""

    def reader(self, known: KnownExporters | None = None) -> CaptureReader:
        """What reads one capture."""


@runtime_checkable
class GoesOn(Protocol):
    """A source that knows by itself what it has read of a file that has grown, and gives what is new."""

    @property
    def goes_on(self) -> bool:
        """Whether it does."""


@runtime_checkable
class ReadsOn(Protocol):
    """A source that decides things by the whole of a file, and keeps to them when the file has grown."""

    def read_on(self, stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
        """What `read` gives of the stream, by what was decided from the content that was stored first."""


# What the programs of containers may write.
_IN_CONTAINERS: tuple[Source, ...] = (
    suricata,
    zeek_json,
    mysql_audit,
    postgres_json,
    journal_json,
    cloud_audit,
    auditd,
    cef,
    squid,
    web_access,
    web_error,
    mariadb_audit,
    mysql_general,
    mysql_error,
    mysql_slow,
    postgres_log,
    syslog,
    application_log,
    json_lines,
)

# The more telling comes first: a magic number before a header, a header before a shape of line.
SOURCES: tuple[Source, ...] = (
    heard,
    capture,
    evtx_log,
    flow_exports,
    container_logs.ContainerLogs(_IN_CONTAINERS),
    zeek_tsv,
    windows_xml,
    suricata,
    windows_json,
    zeek_json,
    clickhouse_query_log,
    mysql_audit,
    postgres_json,
    journal_json,
    journal_export,
    cloud_audit,
    auditd,
    syslog_frames,
    suricata_fast,
    cef,
    w3c,
    iis_native,
    squid,
    web_access,
    web_error,
    mariadb_audit,
    mysql_general,
    windows_csv,
    mysql_error,
    mysql_slow,
    postgres_csv,
    postgres_log,
    syslog,
    application_log,
    json_lines,
)


def sources_for(
    settings: Settings,
    mapped: Sequence[Source] = (),
    series: Callable[[str], CaptureSeries] | None = None,
    clocks: ClockBook | None = None,
) -> tuple[Source, ...]:
    """All sources, reading as the settings say; what the site describes itself is asked first, after our own spool."""
    captures = capture.CaptureSource(flow_timeouts(settings), applications=settings.capture_applications)
    site = Zones(settings.syslog_zone, settings.syslog_zone_of)
    configured: dict[str, Source] = {
        capture.NAME: captures,
        **{
            source.NAME: ZonedSource(source, site)
            for source in (cef, suricata_fast, syslog, syslog_frames, windows_csv)
        },
    }
    within = tuple(configured.get(source.NAME, source) for source in _IN_CONTAINERS)
    configured[container_logs.NAME] = container_logs.ContainerLogs(within)
    files = (*mapped, *(configured.get(source.NAME, source) for source in SOURCES if source is not heard))
    return (heard.HeardSource(files, series, site, clocks), *files)


def flow_timeouts(settings: Settings) -> Timeouts:
    """When a flow ends that nothing else ends."""
    return Timeouts(settings.flow_active_seconds, settings.flow_idle_seconds)


def source_for(head: bytes, sources: Sequence[Source] = SOURCES) -> Source | None:
    """The source that reads a file beginning with these bytes (at most 64 KiB, uncompressed), or None."""
    return next((source for source in sources if source.recognises(head)), None)


def continuable(source: Source) -> bool:
    """Whether the new part of a grown file of this format can be read without the part before."""
    return source.NAME in _CONTINUABLE
