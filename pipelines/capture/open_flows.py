"""Flows that may still go on: found again by key, closed when the capture has left them behind."""

import numpy as np

from pipelines.capture import history, keys
from pipelines.capture.flows import Flows, joined, no_flows
from pipelines.capture.window import Flags, Ints, Words

# Beyond this many open flows those that have been silent longest are closed: memory stays bounded in a flood.
MOST_OPEN = 262_144

# A flow stays open for so many packets at least, however far the clock jumps meanwhile.
PATIENCE_PACKETS = 65_536


class OpenFlows:
    """The open flows, at most one of a key, in rows that are used again.

    Args:
        most: beyond so many, those that have been silent for most packets are closed.
        patience: so many packets must have passed before silence counts.
    """

    def __init__(self, *, most: int = MOST_OPEN, patience: int = PATIENCE_PACKETS) -> None:
        self._most = most
        self._patience = patience
        self._flows = no_flows()
        self._used: Flags = np.zeros(0, np.bool_)

    def sharing(self, heads: Words, mixed: Words) -> tuple[Ints, Ints]:
        """The rows of open flows with one of these keys, all different, and which of the keys each has."""
        rows = np.flatnonzero(self._used)
        known = np.concatenate([self._flows.mixed[rows], mixed])
        # An open flow that shares no hash shares no key; only the others need a closer look.
        order = np.argsort(known)
        twin = np.zeros(len(known), np.bool_)
        equal = known[order[1:]] == known[order[:-1]]
        twin[order[1:]] |= equal
        twin[order[:-1]] |= equal
        rows, chosen = rows[twin[: len(rows)]], np.flatnonzero(twin[len(rows) :])
        both = np.concatenate([self._flows.keys[:, rows], heads[:, chosen]], axis=1)
        found = keys.grouped(both)
        pair = np.flatnonzero(~found.fresh)
        return rows[found.order[pair - 1]], chosen[found.order[pair] - len(rows)]

    def take(self, rows: Ints) -> Flows:
        """The flows of these rows, which are open no longer."""
        self._used[rows] = False
        return self._flows.at(rows)

    def add(self, flows: Flows) -> None:
        """Open these flows too; none of the same key may be open."""
        free = np.flatnonzero(~self._used)
        if len(free) < len(flows):
            more = max(len(flows) - len(free), len(self._used), 1024)
            free = np.append(free, np.arange(len(self._used), len(self._used) + more))
            self._flows = joined([self._flows, no_flows(more)])
            self._used = np.append(self._used, np.zeros(more, np.bool_))
        rows = free[: len(flows)]
        self._flows.put(rows, flows)
        self._used[rows] = True

    def left_behind(self, times_us: Ints, number: int, idle_us: int) -> Flows:
        """Closes the flows that nothing near them in time followed: no packet with one of these times, up to `number`.

        A clock that runs back, or two clocks in one file, must not end what is going on.
        """
        rows = np.flatnonzero(self._used)
        periods = np.unique(times_us // idle_us)
        period = self._flows.last_us[rows] // idle_us
        place = np.searchsorted(periods, period - 1)
        near = periods[np.minimum(place, len(periods) - 1)] - period
        over = (near < -1) | (near > 1) | (place == len(periods))
        over &= self._flows.last_number[rows] + self._patience < number
        crowd = len(rows) - np.count_nonzero(over) - self._most
        if crowd > 0:
            here = np.flatnonzero(~over)
            last = self._flows.last_number[rows[here]]
            over[here[np.argsort(last, kind="stable")[:crowd]]] = True
        return self.take(rows[over])

    def silent_since(self, idle_us: int, closing_us: int) -> Flows:
        """Closes the flows without a packet since one moment; of connections that both sides closed, since another."""
        rows = np.flatnonzero(self._used)
        last = self._flows.last_us[rows]
        closed = (last < closing_us) & self._flows.ended[rows]
        closed &= history.is_closed(self._flows.letters[rows])
        return self.take(rows[(last < idle_us) | closed])

    def all(self) -> Flows:
        """The open flows, which stay open."""
        return self._flows.at(np.flatnonzero(self._used))

    def take_all(self) -> Flows:
        """All flows, of which none is open any longer."""
        return self.take(np.flatnonzero(self._used))
