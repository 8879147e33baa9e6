"""Where one flow ends and the next with the same key begins: silence, age, or a port used again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.capture import history
from pipelines.capture.window import Flags, Ints

if TYPE_CHECKING:
    from pipelines.capture.flows import FlowPackets, Flows


@dataclass(frozen=True)
class Timeouts:
    """How long a flow may last, and how long it may be silent, in seconds."""

    active_seconds: int = 1800
    idle_seconds: int = 120

    @property
    def active_us(self) -> int:
        """Longest life of a flow, in microseconds."""
        return self.active_seconds * 1_000_000

    @property
    def idle_us(self) -> int:
        """Longest silence within a flow, in microseconds."""
        return self.idle_seconds * 1_000_000


@dataclass(frozen=True)
class Cuts:
    """How rows in key order fall into flows.

    Attributes:
        begins: for each row, whether a flow begins there.
        chain: for each flow, the flow whose initiator it inherits: itself, or the one that age cut it from.
        own_start: for each flow, whether it is not the continuation of an aged one.
        syn_sequence: for each flow, sequence number of its last SYN, -1 for none.
        ended: for each flow, whether a FIN or RST came since its last SYN.
    """

    begins: Flags
    chain: Ints
    own_start: Flags
    syn_sequence: Ints
    ended: Flags


def find_cuts(carried: "Flows", packets: "FlowPackets", order: Ints, fresh: Flags, timeouts: Timeouts) -> Cuts:
    """The cuts among carried flows and packets, given their order by key and where a new key begins."""
    first = np.concatenate([carried.first_us, packets.time_us])[order]
    last = np.concatenate([carried.last_us, packets.time_us])[order]
    latest = _running_maximum(last, fresh)
    begins = fresh.copy()
    begins[1:] |= first[1:] - latest[:-1] > timeouts.idle_us
    syn = np.concatenate([carried.syn_sequence, np.where(packets.letter == history.S, packets.sequence, -1)])[order]
    ends = (packets.letter >= history.F) & (packets.letter <= history.INCONSISTENT)
    ended = np.concatenate([carried.ended, ends])[order]
    begins |= _reused(begins, syn, ended)
    own_start = begins.copy()
    _cut_by_age(begins, first, latest, timeouts.active_us)
    starts = np.flatnonzero(begins)
    own = own_start[starts]
    chain = np.maximum.accumulate(np.where(own, np.arange(len(starts)), 0))
    last_rows = np.append(starts[1:], len(order)).astype(np.int64)[: len(starts)] - 1
    marks = _marks(own_start, syn)[last_rows]
    return Cuts(begins, chain, own, syn[marks], _ended_since(marks, last_rows, ended))


def _running_maximum(times: Ints, fresh: Flags) -> Ints:
    """The latest time so far within each key."""
    backwards = (np.diff(times) < 0) & ~fresh[1:]
    if not backwards.any():
        return times
    # Ranks are small enough that the key's number can be put above them in one integer.
    values, rank = np.unique(times, return_inverse=True)
    lifted = np.maximum.accumulate((np.cumsum(fresh) << 32) | rank)
    latest: Ints = values[lifted & 0xFFFF_FFFF]
    return latest


def _reused(begins: Flags, syn: Ints, ended: Flags) -> Flags:
    """Rows with a new SYN, with another sequence number than the last, after a FIN or RST since that last one."""
    anew = (syn >= 0) & ~begins
    rows = np.flatnonzero(anew)
    before = _marks(begins, syn)[rows - 1]
    anew[rows] = _ended_since(before, rows - 1, ended) & (syn[rows] != syn[before])
    return anew


def _marks(begins: Flags, syn: Ints) -> Ints:
    """For each row, the last row up to it that has a SYN or begins a flow."""
    marks: Ints = np.maximum.accumulate(np.where(begins | (syn >= 0), np.arange(len(syn)), 0))
    return marks


def _ended_since(first: Ints, last: Ints, ended: Flags) -> Flags:
    """Whether a FIN or RST lies among the rows from `first` to `last`."""
    count = np.cumsum(ended)
    return count[last] - count[first] + ended[first] > 0


def _cut_by_age(begins: Flags, first: Ints, latest: Ints, active_us: int) -> None:
    """Begin a new flow wherever one would outlive its age."""
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(begins))
    aged = latest[ends - 1] - first[starts] > active_us if len(starts) else starts
    for index in np.flatnonzero(aged).tolist():
        row, end = int(starts[index]), int(ends[index])
        reached = np.maximum.accumulate(latest[row:end])
        base, born = row, int(first[row])
        # A carried flow counts as a row: its own last packet may be far from its first.
        row = base + int(np.searchsorted(reached, max(born + active_us, int(reached[0])), "right"))
        while row < end:
            begins[row] = True
            born = int(first[row])
            row = max(row + 1, base + int(np.searchsorted(reached, born + active_us, "right")))
