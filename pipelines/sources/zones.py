"""Clocks that name no zone: which zone they are taken to stand in, and their times as UTC."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

import polars as pl

_FIXED: Final = re.compile(r"^([+-])(\d\d):?(\d\d)$")
_MOST_MINUTES: Final = 14 * 60
_UTC_ITSELF: Final = "UTC"


class Zone(NamedTuple):
    """The zone of a clock, and how it is known.

    Attributes:
        name: of the IANA database, or an offset such as `+08:00`.
        basis: `setting`, `offsets` (the host's own lines tell it elsewhere in the file), `arrival` (its clock against
            the listener's), or '' where nothing is known and UTC is assumed.
    """

    name: str = _UTC_ITSELF
    basis: str = ""


@dataclass(frozen=True)
class Zones:
    """What the site says of its clocks.

    Attributes:
        default: the zone of clocks of which nothing else is known.
        named: patterns (`plant-*`) of host names, senders' addresses or feeds, and their zones; the first that fits.
    """

    default: str = _UTC_ITSELF
    named: Mapping[str, str] = field(default_factory=dict)

    def of(self, *names: str) -> Zone | None:
        """The zone that is set for one of the names, None where none is."""
        for pattern, zone in self.named.items():
            if any(name and fnmatchcase(name, pattern) for name in names):
                return Zone(zone, "setting")
        return None

    @property
    def fallback(self) -> Zone:
        """The zone of clocks of which nothing is known."""
        return Zone(self.default, "" if self.default == _UTC_ITSELF else "setting")


UTC_CLOCKS: Final = Zones()


def offset_text(minutes: int) -> str:
    """Minutes east of Greenwich as `+08:00`."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def minutes_of(name: str) -> int | None:
    """Minutes east of Greenwich of a fixed offset, None for the name of a zone.

    Raises:
        ValueError: an offset that no clock has.
    """
    fixed = _FIXED.match(name)
    if fixed is None:
        return None
    minutes = int(fixed[2]) * 60 + int(fixed[3])
    if minutes > _MOST_MINUTES or int(fixed[3]) > 59:
        raise ValueError(name)
    return -minutes if fixed[1] == "-" else minutes


def in_zones(times: pl.Series, names: pl.Series, used: Sequence[str]) -> pl.Series:
    """Times that were read as UTC, read as clocks of the zones that stand beside them (null: leave it).

    An hour that a zone has twice is its first, one that it leaves out is counted on from before, as the clock shows it.
    """
    frame = pl.DataFrame([times.alias("time"), names.alias("zone")])
    chosen = pl.col("time")
    for name in used:
        chosen = pl.when(pl.col("zone") == name).then(_utc(pl.col("time"), name)).otherwise(chosen)
    return frame.select(chosen.alias("event_time"))["event_time"]


def _utc(time: pl.Expr, zone: str) -> pl.Expr:
    minutes = minutes_of(zone)
    if minutes is not None:
        return time - pl.duration(minutes=minutes)
    clock = time.dt.replace_time_zone(None)

    def local(shown: pl.Expr) -> pl.Expr:
        return shown.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")

    # No zone skips more than a day; most skip an hour, and the clock of an hour before exists.
    left_out = local(clock.dt.offset_by("-1h")).dt.offset_by("1h")
    return pl.coalesce(local(clock), left_out, time)
