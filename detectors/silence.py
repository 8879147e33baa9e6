"""Log sources that fell silent: steady for long enough to be missed, then nothing (R64, R103).

`detectors.silence_rule` says how long is silent; a source's own rhythm says when it is missed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from detectors.silence_rule import SilenceRule

_SPAN = timedelta(minutes=5)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class SourceActivity:
    """When one log source of one host of one scope was heard.

    Attributes:
        buckets: starts of the five-minute spans of event time in which it said something, UTC, in order.
        arrivals: when the last event of each of those spans arrived, UTC, in the same order.
        expected: whether the host's asset names it as a source that must not fall silent.
    """

    host: str
    source_type: str
    scope: str
    asset_id: str
    buckets: tuple[datetime, ...]
    arrivals: tuple[datetime, ...]
    expected: bool = False


@dataclass(frozen=True)
class Clock:
    """What time it is for sources that are heard as they speak.

    Attributes:
        now: the moment of judging, UTC.
        listening_since: since when telemetry has been taken in without a pause, UTC; what was not heard before that
            moment may well have been said. None where nothing listens: then only the other sources tell the time.
    """

    now: datetime
    listening_since: datetime | None = None


@dataclass(frozen=True)
class Silence:
    """A source that fell silent."""

    source: SourceActivity
    last_heard: datetime
    longest_gap: timedelta
    silent_for: timedelta


def silences(rule: SilenceRule, activity: Iterable[SourceActivity], *, clock: Clock) -> list[Silence]:
    """The sources that were steady before and are silent now, longest silence first.

    A source that is heard as it speaks is measured against the clock while somebody listens, else against the newest
    event of all such. Others were read from files once, and are measured against what arrived together with them.

    Args:
        rule: how steady is steady, and how long is silent.
        activity: every source, heard or not.
        clock: what time it is.
    """
    sources = [source for each in activity if len((source := _heard_until(each, clock.now)).buckets) > 1]
    live = [source for source in sources if _live(rule, source)]
    if clock.listening_since is None:
        found = _silences(rule, live, until=_newest(live))
    else:
        found = _silences(rule, live, until=clock.now, listening_since=clock.listening_since)
    once = [source for source in sources if not _live(rule, source)]
    for late in (True, False):
        for together in _arrived_together(rule, [source for source in once if _late(rule, source) is late]):
            found += _silences(rule, together, until=_newest(together))
    return sorted(found, key=_longest_first)


def listening_since(runs: Iterable[datetime], *, now: datetime, pause: timedelta) -> datetime | None:
    """Since when runs have followed each other without a pause, up to now; None when the last is longer ago than that.

    Args:
        runs: when each began, UTC.
        now: the moment of asking, UTC.
        pause: the longest distance between two runs that still counts as listening.
    """
    since: datetime | None = None
    later = now
    for run in sorted((run for run in runs if run <= now), reverse=True):
        if later - run > pause:
            break
        since = later = run
    return since


def _heard_until(source: SourceActivity, now: datetime) -> SourceActivity:
    """The source without what claims to be from the future."""
    pairs = sorted(
        (bucket, arrival) for bucket, arrival in zip(source.buckets, source.arrivals, strict=True) if bucket <= now
    )
    buckets, arrivals = (tuple(moments) for moments in zip(*pairs, strict=True)) if pairs else ((), ())
    return replace(source, buckets=buckets, arrivals=arrivals)


def _late(rule: SilenceRule, source: SourceActivity) -> bool:
    return source.arrivals[-1] - (source.buckets[-1] + _SPAN) > timedelta(minutes=rule.archive_lag_minutes)


def _live(rule: SilenceRule, source: SourceActivity) -> bool:
    """Whether a source is heard as it speaks, and has been for long enough to tell it from one file read once."""
    lasted = max(source.arrivals) - min(source.arrivals)
    return not _late(rule, source) and lasted >= timedelta(hours=rule.minimum_hours)


def _arrived_together(rule: SilenceRule, sources: Sequence[SourceActivity]) -> Iterator[list[SourceActivity]]:
    """The sources in groups: what was read in one go lies close together in arrival."""
    pause = timedelta(minutes=rule.archive_lag_minutes)
    together: list[SourceActivity] = []
    for source in sorted(sources, key=lambda source: source.arrivals[-1]):
        if together and source.arrivals[-1] - together[-1].arrivals[-1] > pause:
            yield together
            together = []
        together.append(source)
    if together:
        yield together


def _newest(sources: Iterable[SourceActivity]) -> datetime:
    return max((source.buckets[-1] for source in sources), default=_NEVER)


def _silences(
    rule: SilenceRule, sources: Iterable[SourceActivity], *, until: datetime, listening_since: datetime | None = None
) -> list[Silence]:
    found = (_silence(rule, source, until, listening_since) for source in sources)
    return [silence for silence in found if silence is not None]


def _silence(
    rule: SilenceRule, source: SourceActivity, until: datetime, listening_since: datetime | None
) -> Silence | None:
    since = until - timedelta(hours=rule.baseline_hours)
    heard = [bucket for bucket in source.buckets if bucket >= since]
    if len(heard) < 2:
        return None
    longest_gap = _longest_gap(heard)
    if _live(rule, source):
        longest_gap = max(longest_gap, _longest_gap(sorted(each for each in source.arrivals if each >= since)))
    shortest = max(timedelta(minutes=rule.silent_minutes), longest_gap * rule.times_longest_gap)
    waited = until - max(heard[-1], listening_since or heard[-1])
    if waited < shortest or not (source.expected or _steady(rule, heard)):
        return None
    return Silence(source, heard[-1], longest_gap, until - heard[-1])


def _longest_gap(moments: Sequence[datetime]) -> timedelta:
    return max((later - earlier for earlier, later in pairwise(moments)), default=timedelta(0))


def _longest_first(silence: Silence) -> tuple[timedelta, str, str, str]:
    source = silence.source
    return -silence.silent_for, source.scope, source.host, source.source_type


def _steady(rule: SilenceRule, heard: list[datetime]) -> bool:
    lasted = heard[-1] - heard[0]
    spans = lasted / _SPAN + 1
    return lasted >= timedelta(hours=rule.minimum_hours) and len(heard) / spans >= rule.minimum_coverage
