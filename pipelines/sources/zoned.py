"""The formats of syslog, read by what the site says of its clocks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO, Protocol

from pipelines.batch import Batch
from pipelines.sources.zones import Zones


class ReadsClocks(Protocol):
    """A module whose lines may have clocks that name no zone."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format."""

    def read(
        self, stream: BinaryIO, now: datetime | None = None, *, site: Zones = ..., beginning: BinaryIO | None = None
    ) -> Iterator[Batch]:
        """The content in batches."""


@dataclass(frozen=True)
class ZonedSource:
    """A format of syslog with the zones of a site."""

    format: ReadsClocks
    site: Zones

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""
        return self.format.NAME

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format."""
        return self.format.recognises(head)

    def for_feed(self, feed: str) -> "ZonedSource":
        """The same where hosts of which nothing is set stand in the zone of their feed, if one is set for that."""
        zone = self.site.of(feed)
        return self if zone is None else replace(self, site=replace(self.site, default=zone.name))

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The content in batches."""
        return self.format.read(stream, site=self.site)

    def read_on(self, stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
        """The same of a file that has grown, by the zones that its beginning tells."""
        return self.format.read(stream, site=self.site, beginning=beginning)
