"""The zone that RFC 3164 leaves out: set by the site, told by the host itself elsewhere in a file, else UTC.

A zone is decided for a host once, from the whole of a file that is read from its start, and holds for all of its lines.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

import polars as pl

from pipelines.batch import FIELDS, Batch
from pipelines.errors import SourceBroken
from pipelines.sources.zones import Zone, Zones, in_zones, minutes_of, offset_text

# 2026-03-01T10:00:00.003+08:00 web-1 | <34>1 2026-03-01T10:00:00+0800 web-1; Z tells of no zone that a clock stands in.
_TELLS: Final = re.compile(
    rb"\n(?:<\d{1,3}>)?(?:[1-9]\d{0,2} )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    rb"([+-]\d\d:?\d\d) ([^\s:]{1,255}) "
)
_LACKING: Final = re.compile(rb"\n(?:<\d{1,3}>)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ")
_MOST_TOLD: Final = 10_000  # lines of a file that are asked for the zone of their host
_LONGEST_LINE: Final = 4096
_BLOCK: Final = 4 * 1024 * 1024
_ENTRIES: Final = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
_OFFSET_AT_END: Final = r"(?:[Zz]|[+-]\d\d:?\d\d)$"


class Clocks(Protocol):
    """Says in which zone each line's clock stands."""

    @property
    def tell(self) -> bool:
        """Whether there is anything to be said of any clock."""

    def zones(self, lines: pl.DataFrame, lacking: pl.Series) -> pl.DataFrame | None:
        """`zone` and `basis` of each line, null where nothing is known or nothing lacks; None where that is all lines.

        Args:
            lines: `offset`, `host`, and `event_time` as if every clock that names no zone showed UTC.
            lacking: which clocks name none.
        """


@dataclass(frozen=True)
class ClocksOfFile:
    """Clocks of the hosts of a file.

    Attributes:
        told: the offset of each host, in minutes, that it writes elsewhere in the file.
    """

    site: Zones = field(default_factory=Zones)
    told: Mapping[str, int] = field(default_factory=dict)

    @property
    def tell(self) -> bool:
        """Whether any host tells its offset, or the site any zone."""
        return bool(self.told or self.site.named or self.site.fallback.basis)

    def zones(self, lines: pl.DataFrame, lacking: pl.Series) -> pl.DataFrame | None:
        """`zone` and `basis` of each line by its host."""
        hosts = lines["host"].fill_null("")
        found = {host: self._of(host) for host in hosts.filter(lacking).unique().to_list()}
        return zone_columns(hosts.set(~lacking, None), found)

    def _of(self, host: str) -> Zone:
        named = self.site.of(host)
        if named is not None or host not in self.told:
            return named or self.site.fallback
        return Zone(offset_text(self.told[host]), "offsets")


class OffsetsTold:
    """Collects, while a file is passed through, which hosts write an offset with some of their times."""

    def __init__(self) -> None:
        self._of: dict[str, set[int]] = {}
        self._asked = 0
        self._lacks = False

    def look(self, block: bytes, dated: bool = True) -> None:
        """Take in a block of whole lines; where none begins with a digit, it is not `dated`."""
        text = b"\n" + block
        self._lacks = self._lacks or _LACKING.search(text) is not None
        if self._asked >= _MOST_TOLD or not dated:
            return
        for found in _TELLS.finditer(text):
            self._asked += 1
            self._add(found[2].decode("utf-8", "replace"), found[1].decode())
            if self._asked >= _MOST_TOLD:
                return

    @property
    def offsets(self) -> dict[str, int]:
        """The offset of each host that writes one and the same, where any line of the file lacks a zone."""
        one = {host: next(iter(offsets)) for host, offsets in self._of.items() if len(offsets) == 1}
        return one if self._lacks else {}

    def _add(self, host: str, offset: str) -> None:
        try:
            minutes = minutes_of(offset)
        except ValueError:
            return
        if minutes is not None:
            self._of.setdefault(host, set()).add(minutes)


def offsets_told(stream: BinaryIO) -> dict[str, int]:
    """The offsets that hosts tell in a text, in minutes, as far as it can be read."""
    told, rest = OffsetsTold(), b""
    try:
        while block := stream.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            told.look(whole)
            rest = rest[-_LONGEST_LINE:]
    except SourceBroken:
        # Whoever reads the lines meets the same damage, and tells it; the zones told before it hold.
        pass
    told.look(rest)
    return told.offsets


def zone_columns(keys: pl.Series, found: Mapping[str, Zone]) -> pl.DataFrame:
    """`zone` and `basis` by the keys of lines; a null key has none."""
    table = pl.DataFrame(
        [(key, zone.name if zone.basis else None, zone.basis or None) for key, zone in found.items()],
        schema={"key": pl.String, "zone": pl.String, "basis": pl.String},
        orient="row",
    )
    return keys.alias("key").to_frame().join(table, on="key", how="left", maintain_order="left").drop("key")


def zoned(split: pl.DataFrame, clocks: Clocks) -> pl.DataFrame:
    """The lines with `event_time` in UTC; `zone` and `basis` beside it where the zone of any clock is known."""
    if not clocks.tell:
        return split
    iso = split["iso"]
    lacking = split["month"].is_not_null() & iso.is_null()  # a device's time may lack the year, yet have an offset
    if iso.null_count() < split.height:
        lacking |= split.select((pl.col("iso") != "-") & ~pl.col("iso").str.contains(_OFFSET_AT_END))["iso"].fill_null(
            value=False
        )
    found = clocks.zones(split, lacking) if lacking.any() else None
    if found is None:
        return split
    used = [name for name in found["zone"].unique().to_list() if name is not None]
    times = in_zones(split["event_time"], found["zone"], used)
    return split.with_columns(times, found["zone"], found["basis"])


def with_zones(batch: Batch, split: pl.DataFrame) -> Batch:
    """The batch with what is known of a row's clock in its `fields`, where the row has the time of its header."""
    if "zone" not in split.columns or not batch.rows.height:
        return batch
    known = split.filter(pl.col("zone").is_not_null()).select(
        pl.col("offset").alias("source_offset"), pl.col("event_time").alias("header_time"), "zone", "basis"
    )
    rows = batch.rows.join(known, on="source_offset", how="left", maintain_order="left")
    by_header = pl.col("header_time") == pl.col("event_time")
    both = pl.concat_list(
        pl.struct(pl.lit("time_zone").alias("key"), pl.col("zone").alias("value")),
        pl.struct(pl.lit("time_basis").alias("key"), pl.col("basis").alias("value")),
    ).cast(_ENTRIES)
    entries = pl.col("fields").cast(_ENTRIES)
    noted = pl.when(by_header).then(pl.concat_list(entries, both)).otherwise(entries).cast(FIELDS).alias("fields")
    return Batch(
        batch.table, rows.with_columns(noted).select(batch.rows.columns), batch.rejects, batch.source_type, batch.source
    )
