"""When a flow began and how long it took, from whichever of the many forms a record has (RFC 7011 §6.1, RFC 5102)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.capture.window import Ints, Words
from pipelines.exports import elements
from pipelines.exports.records import Records
from pipelines.exports.window import Headers, Origin

# From 1900, where NTP counts from, to 1970.
_NTP_SECONDS: Final = 2_208_988_800
_ERA_SECONDS: Final = 1 << 32
# A counter of milliseconds in 32 bits comes round after 49.7 days.
_ROUND_US: Final = (1 << 32) * 1000
_FARTHEST_US: Final = 1 << 53


@dataclass(frozen=True)
class FlowTimes:
    """Microseconds since 1970, UTC; `by_export` where only the moment of export is known."""

    start_us: Ints
    duration_ms: Ints
    by_export: bool


def flow_times(records: Records, headers: Headers, origins: Sequence[Origin]) -> FlowTimes:
    """The times of each record; a record without any is dated by its packet."""
    boot = _boot_us(records, headers, origins)
    start = _moments(records, headers, boot, _STARTS)
    end = _moments(records, headers, boot, _ENDS)
    duration = _duration_us(records)
    if not len(start.known) or start.known.all():
        took = np.where(end.known, end.at - start.at, duration)
        return FlowTimes(start.at, np.maximum(took, 0) // 1000, by_export=False)
    seen = _moments(records, headers, boot, _OBSERVED)
    if records.has(elements.START_UPTIME) and records.has(elements.END_UPTIME):
        # Relative to a start of the exporter that nobody told: how long is known, and that it ended before the export.
        ticks = records.numbers(elements.END_UPTIME) - records.numbers(elements.START_UPTIME)
        duration = (ticks & np.uint64(0xFFFF_FFFF)).astype(np.uint32).view(np.int32).astype(np.int64) * 1000
    ended = np.where(end.known, end.at, np.where(seen.known, seen.at, headers.export_us))
    duration = np.maximum(duration, 0)
    # What was observed at one moment and has no length happened then.
    began = np.where(start.known, start.at, ended - duration)
    took = np.where(start.known & end.known, np.maximum(end.at - start.at, 0), duration)
    return FlowTimes(began, took // 1000, by_export=not (end.known | seen.known | start.known).any())


@dataclass(frozen=True)
class _Moments:
    at: Ints
    known: np.ndarray[tuple[int], np.dtype[np.bool_]]


_STARTS: Final = (
    (elements.START_NS, "ntp"),
    (elements.START_US, "ntp"),
    (elements.START_MS, "ms"),
    (elements.START_SECONDS, "s"),
    (elements.START_DELTA, "delta"),
    (elements.START_UPTIME, "uptime"),
)
_ENDS: Final = (
    (elements.END_NS, "ntp"),
    (elements.END_US, "ntp"),
    (elements.END_MS, "ms"),
    (elements.END_SECONDS, "s"),
    (elements.END_DELTA, "delta"),
    (elements.END_UPTIME, "uptime"),
)
_OBSERVED: Final = (
    (elements.OBSERVED_NS, "ntp"),
    (elements.OBSERVED_US, "ntp"),
    (elements.OBSERVED_MS, "ms"),
    (elements.OBSERVED_SECONDS, "s"),
)


def _moments(records: Records, headers: Headers, boot: _Moments, forms: tuple[tuple[int, str], ...]) -> _Moments:
    """The first form that a record has and that is not zero."""
    at, known = np.zeros(len(records), np.int64), np.zeros(len(records), np.bool_)
    for name, form in forms:
        if not records.has(name) or known.all():
            continue
        value = records.numbers(name)
        if form == "uptime":
            since = boot.at + (value & np.uint64(0xFFFF_FFFF)).astype(np.int64) * 1000
            moment = since + np.rint((headers.export_us - since) / _ROUND_US).astype(np.int64) * _ROUND_US
            usable = boot.known
        elif form == "delta":
            moment = headers.export_us - np.minimum(value, np.uint64(1 << 40)).astype(np.int64)
            usable = np.ones(len(records), np.bool_)
        else:
            moment, usable = _absolute(value, form), value != 0
        fresh = usable & ~known
        at[fresh] = moment[fresh]
        known |= fresh
    return _Moments(at, known)


def _absolute(value: Words, form: str) -> Ints:
    if form == "ntp":
        seconds, fraction = (value >> np.uint64(32)).astype(np.int64), (value & np.uint64(0xFFFF_FFFF)).astype(np.int64)
        # RFC 4330 §3: without the highest bit it is the era that begins in 2036.
        seconds += np.where(seconds < 1 << 31, _ERA_SECONDS, 0) - _NTP_SECONDS
        return seconds * 1_000_000 + (fraction * 1_000_000 >> 32)
    scale = 1_000_000 if form == "s" else 1000
    return np.minimum(value, np.uint64(_FARTHEST_US // scale)).astype(np.int64) * scale


def _boot_us(records: Records, headers: Headers, origins: Sequence[Origin]) -> _Moments:
    """When the exporter started: by its header's clock and uptime, by the record, or by its options."""
    if records.has(elements.BOOT_MS):
        value = records.numbers(elements.BOOT_MS)
        return _Moments(_absolute(value, "ms"), value != 0)
    by_header = headers.uptime_ms >= 0
    told = np.array([origin.boot_ms for origin in origins] or [0], np.int64)[headers.origin]
    boot = np.where(by_header, headers.export_us - headers.uptime_ms * 1000, told * 1000)
    return _Moments(boot, by_header | (told > 0))


def _duration_us(records: Records) -> Ints:
    most = np.uint64(_FARTHEST_US // 1000)
    milliseconds = np.minimum(records.numbers(elements.DURATION_MS), most).astype(np.int64) * 1000
    microseconds = np.minimum(records.numbers(elements.DURATION_US), most).astype(np.int64)
    return np.where(milliseconds > 0, milliseconds, microseconds)
