"""Which source reads a file: decided by the content alone, never by the name."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

from pipelines.batch import Batch
from pipelines.capture.cuts import Timeouts
from pipelines.sources import (
    auditd,
    capture,
    evtx_log,
    json_lines,
    suricata,
    syslog,
    web_access,
    windows_json,
    windows_xml,
    zeek_json,
    zeek_tsv,
)
from rongdun.settings import Settings

HEAD_BYTES = 64 * 1024

# Formats whose every line stands for itself, or that carry a header of `#` lines.
_CONTINUABLE = frozenset({"zeek_tsv", "zeek_json", "suricata", "auditd", "web_access", "syslog", "json_lines"})


class Source(Protocol):
    """A module that reads one format."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format."""

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The content in batches; damage becomes rejects. Raises `SourceBroken` where nothing more can be read."""


# The more telling comes first: a magic number before a header, a header before a shape of line.
SOURCES: tuple[Source, ...] = (
    capture,
    evtx_log,
    zeek_tsv,
    windows_xml,
    suricata,
    windows_json,
    zeek_json,
    auditd,
    web_access,
    syslog,
    json_lines,
)


def sources_for(settings: Settings) -> tuple[Source, ...]:
    """All sources, reading as the settings say."""
    timeouts = Timeouts(settings.flow_active_seconds, settings.flow_idle_seconds)
    captures = capture.CaptureSource(timeouts, applications=settings.capture_applications)
    return tuple(captures if source is capture else source for source in SOURCES)


def source_for(head: bytes, sources: Sequence[Source] = SOURCES) -> Source | None:
    """The source that reads a file beginning with these bytes (at most 64 KiB, uncompressed), or None."""
    return next((source for source in sources if source.recognises(head)), None)


def continuable(source: Source) -> bool:
    """Whether the new part of a grown file of this format can be read without the part before."""
    return source.NAME in _CONTINUABLE
