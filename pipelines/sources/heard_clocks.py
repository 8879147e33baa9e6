"""Clocks of senders that are heard: set by the site, told by when messages come, else as the site says of the others.

A sender's zone is decided once for a segment, which is a file: its lines never stand in two.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.listening.clocks import OFFSETS, ClockBook, Sender
from pipelines.sources.syslog_zones import zone_columns
from pipelines.sources.zones import Zone, Zones, offset_text

_MINUTE_US: Final = 60_000_000
_AT_ONCE_US: Final = 60_000_000  # what a message may take, or a clock be wrong by
_NEARLY_ALL: Final = 0.9
_BETWEEN: Final = "\0"

_Whole = npt.NDArray[np.int64]


@dataclass
class ClocksHeard:
    """The clocks of one segment's senders.

    Attributes:
        book: what is known from earlier ones.
        site: what is set.
        feed: the segment's.
    """

    book: ClockBook
    site: Zones
    feed: str
    _decided: dict[str, Zone] = field(default_factory=dict)

    def of(self, peers: pl.Series, came_us: pl.Series, first: int) -> "ClocksMet":
        """The clocks of messages in order, numbered from `first`, by who sent them and when they came."""
        return ClocksMet(self, peers, came_us, first)

    def decide(self, keys: pl.Series, ahead_us: pl.Series, came_us: pl.Series) -> dict[str, Zone]:
        """The zone of each sender; what the messages tell is learned, and holds for those not decided yet."""
        evidence = pl.DataFrame({"key": keys, "minutes": _offsets(ahead_us.to_numpy()), "came": came_us}).group_by(
            "key", "minutes", maintain_order=True
        )
        counted = evidence.agg(
            pl.len().alias("n"), pl.col("came").min().alias("first"), pl.col("came").max().alias("last")
        )
        most = counted.with_columns(pl.col("n").sum().over("key").alias("all")).sort("n", descending=True)
        changed = False
        for key, minutes, n, first, last, everything in most.unique(
            "key", keep="first", maintain_order=True
        ).iter_rows():
            clear = minutes != _NO_OFFSET and n >= _NEARLY_ALL * everything
            changed |= self.book.learn(_sender(key), int(minutes) if clear else None, n, first, last)
            if key not in self._decided:
                self._decided[key] = self._zone(_sender(key))
        if changed:
            # What is not written down is learned again.
            with suppress(OSError):
                self.book.save()
        return self._decided

    def _zone(self, sender: Sender) -> Zone:
        named = self.site.of(sender[1], sender[0], self.feed)
        minutes = self.book.minutes(sender)
        if named is not None or minutes is None:
            return named or self.site.fallback
        return Zone(offset_text(minutes), "arrival")


@dataclass(frozen=True)
class ClocksMet:
    """The clocks of some messages of a segment."""

    heard: ClocksHeard
    peers: pl.Series
    came_us: pl.Series
    first: int
    tell: bool = True

    def zones(self, lines: pl.DataFrame, lacking: pl.Series) -> pl.DataFrame | None:
        """`zone` and `basis` of each line, by who sent it and the host that it names."""
        places = (lines["offset"] - self.first).cast(pl.UInt32)
        peers, hosts = self.peers.gather(places), lines["host"].fill_null("")
        keys = (peers + _BETWEEN + hosts).set(~(lacking & lines["event_time"].is_not_null()), None)
        frame = pl.DataFrame(
            {"key": keys, "ahead": lines["event_time"].dt.epoch("us") - self.came_us.gather(places)}
        ).with_columns(self.came_us.gather(places).alias("came"))
        asked = frame.filter(pl.col("key").is_not_null())
        decided = self.heard.decide(asked["key"], asked["ahead"], asked["came"])
        if not any(zone.basis for zone in decided.values()):
            return None
        return zone_columns(keys, decided)


_NO_OFFSET: Final = -10_000
_OFFSETS: Final = np.array(OFFSETS, np.int64)


def _offsets(ahead_us: npt.NDArray[np.int64]) -> _Whole:
    """The offset in use that each difference is, in minutes, `_NO_OFFSET` where it is none."""
    at = np.searchsorted(_OFFSETS * _MINUTE_US, ahead_us)
    lower, upper = _OFFSETS[np.clip(at - 1, 0, None)], _OFFSETS[np.clip(at, None, len(_OFFSETS) - 1)]
    nearer = np.where(np.abs(ahead_us - lower * _MINUTE_US) <= np.abs(ahead_us - upper * _MINUTE_US), lower, upper)
    found: _Whole = np.where(np.abs(ahead_us - nearer * _MINUTE_US) <= _AT_ONCE_US, nearer, _NO_OFFSET)
    return found


def _sender(key: str) -> Sender:
    peer, _, host = key.partition(_BETWEEN)
    return peer, host
