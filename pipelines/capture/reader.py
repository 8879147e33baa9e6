"""From windows of packets to batches: decode, group into flows, listen to applications, account for the rest."""

from collections import Counter
from collections.abc import Generator, Iterator

import numpy as np
import polars as pl

from pipelines.batch import REJECTS, Batch
from pipelines.capture import datagrams, history, transport
from pipelines.capture.conversations import Conversations
from pipelines.capture.cursor import CUT, UNREAD, Cursor
from pipelines.capture.cuts import Timeouts
from pipelines.capture.datagrams import Datagrams
from pipelines.capture.flow_rows import flow_rows
from pipelines.capture.flow_table import FlowTable
from pipelines.capture.flows import TUNNEL_WORDS, FlowPackets, Flows, no_flows
from pipelines.capture.fragments import FragmentPorts, WaitingFragments
from pipelines.capture.keys import flow_keys
from pipelines.capture.links import layers_of
from pipelines.capture.network import decode_network
from pipelines.capture.payloads import Payloads
from pipelines.capture.rows import Event, event_batches
from pipelines.capture.window import Ints, PacketWindow, Problem
from pipelines.errors import SourceBroken
from pipelines.exports.captured import CapturedExports

# More rejects than this of one file say nothing new; a last one counts them.
MOST_LISTED = 1000
# A frame of a few events costs as much as one of thousands; a window holds some hundreds.
_EVENTS_TOGETHER = 8192


class CaptureReader:
    """Reads one capture; holds what must be carried from window to window."""

    def __init__(
        self, timeouts: Timeouts, exports: CapturedExports | None = None, *, applications: bool = True
    ) -> None:
        self._flows = FlowTable(timeouts)
        self.idle_us = timeouts.idle_us
        self._conversations = Conversations() if applications else None
        self._fragments = FragmentPorts()
        self._waiting = WaitingFragments()
        self._exports = exports or CapturedExports()
        self._events: list[Event] = []
        self._rejects: list[tuple[int, str]] = []
        self._listed = 0
        self._unlisted = 0
        self._unread: Counter[int] = Counter()
        self._packets = 0
        self._counted = 0
        self._first = 0

    def batches(self, windows: Iterator[PacketWindow | Problem]) -> Iterator[Batch]:
        """The batches of a capture, those of each window as soon as it is read.

        Raises:
            SourceBroken: the capture breaks off; all that could be read of it was given before.
        """
        broken = yield from self.part(windows)
        yield from self.end(whole=not broken)
        if broken:
            raise SourceBroken(broken)

    def part(self, windows: Iterator[PacketWindow | Problem]) -> Generator[Batch, None, str]:
        """The batches of a part of what is captured, and why it broke off, or ''; what is open stays open."""
        broken = ""
        for window in windows:
            if isinstance(window, PacketWindow):
                yield from self._window(window)
            elif window.ends:
                broken = window.reason
            else:
                self._reject(window.number, window.reason)
        return broken

    def begins_part(self, first: int) -> None:
        """What comes is of another file: its packets are numbered from `first`, and told from 0 in rejects."""
        self._first = first
        self._listed, self._unlisted = 0, 0
        self._unread.clear()

    def ends_part(self) -> Iterator[Batch]:
        """What a file had of rejects; what is open stays open."""
        yield from self._take_events()
        self._account(whole=False)
        yield Batch("network_flows", flow_rows(no_flows()), self._take_rejects(), numbered=True)

    def end(self, *, whole: bool) -> Iterator[Batch]:
        """What was still open, and what can be said only at the end; `whole` where it did not break off."""
        yield from self._late(self._waiting.all())
        self._account(whole=whole)
        yield Batch("network_flows", flow_rows(self._flows.flush()), self._take_rejects(), numbered=True)
        if self._conversations is not None:
            self._events += self._conversations.flush()
        yield from self._take_events()
        yield from self._exports.finish()

    def settled_by(self, now_us: int) -> Iterator[Batch]:
        """The flows that are over by a moment (microseconds since 1970), and what a part had of rejects.

        No fragment waits afterwards: what is written down of a series are flows.
        """
        yield from self._late(self._waiting.all())
        yield from self._take_events()
        self._account(whole=False)
        self._listed, self._unlisted = 0, 0
        self._unread.clear()
        yield Batch("network_flows", flow_rows(self._flows.over_by(now_us)), self._take_rejects(), numbered=True)

    @property
    def open_flows(self) -> Flows:
        """The flows that are open."""
        return self._flows.open_flows()

    def resume(self, flows: Flows) -> None:
        """Go on with flows that were open when an earlier reader stopped; none may be open yet."""
        self._flows.resume(flows)

    def _window(self, window: PacketWindow) -> Iterator[Batch]:
        cursor = Cursor.over(window, layers_of(window.link))
        for link, count in zip(*np.unique(window.link[cursor.layer == UNREAD], return_counts=True), strict=True):
            self._unread[int(link)] += int(count)
        found = decode_network(cursor)
        rows = np.flatnonzero(found.version)
        segments = transport.decode_transport(window.buffer, cursor.end, found, rows)
        self._complain(window, cursor, found, rows, segments)
        sound = np.flatnonzero(segments.complaint == 0)
        rows, segments = rows[sound], segments.at(sound)
        self._packets += len(window)
        self._counted += len(rows)
        orphans = self._fragments.fill(found, rows, segments)
        yield from self._late(
            self._waiting.ready(self._fragments.seen, int(window.time_us[-1])) if len(window) else None
        )
        if orphans:
            waiting = np.fromiter(orphans, np.int64, len(orphans))
            late = _flow_packets(window, cursor, found, rows[waiting], segments.at(waiting))
            self._waiting.add(late, list(orphans.values()))
            others = np.delete(np.arange(len(rows)), waiting)
            rows, segments = rows[others], segments.at(others)
        packets = _flow_packets(window, cursor, found, rows, segments)
        assigned = self._flows.assign(packets)
        if self._conversations is not None:
            self._events += self._conversations.listen(Payloads(window.buffer, packets, segments, assigned))
        yield Batch(
            "network_flows", flow_rows(self._flows.settle(assigned, packets)), self._take_rejects(), numbered=True
        )
        if len(self._events) >= _EVENTS_TOGETHER:
            yield from self._take_events()
        yield from self._exports.listen(window, found, rows, segments)

    def _late(self, packets: FlowPackets | None) -> Iterator[Batch]:
        """The flows that are over by fragments which waited."""
        if packets is not None:
            over = self._flows.add_late(packets)
            if len(over):
                yield Batch("network_flows", flow_rows(over), numbered=True)

    def _complain(
        self, window: PacketWindow, cursor: Cursor, found: Datagrams, rows: Ints, segments: transport.Segments
    ) -> None:
        """A reject for each packet that is damaged or cut before it could be counted."""
        reasons = {int(row): datagrams.COMPLAINTS[found.complaint[row]] for row in np.flatnonzero(found.complaint)}
        for index in np.flatnonzero(segments.complaint):
            reasons[int(rows[index])] = transport.COMPLAINTS[segments.complaint[index]]
        cut = np.flatnonzero((cursor.layer == CUT) & (found.version == 0) & (found.complaint == 0))
        reasons |= dict.fromkeys(cut.tolist(), "the frame is cut before its network layer")
        for row in sorted(reasons):
            number = window.first_number + row
            self._reject(number, f"packet {number - self._first}: {reasons[row]}")

    def _reject(self, number: int, reason: str) -> None:
        if self._listed < MOST_LISTED:
            self._rejects.append((number, reason))
            self._listed += 1
        else:
            self._unlisted += 1

    def _account(self, *, whole: bool) -> None:
        """What can be said only at the end: link types, an empty capture, rejects beyond those listed."""
        for link, count in sorted(self._unread.items()):
            if link >= 0:
                self._rejects.append((self._first, f"link type {link} is not read: {count} packets are skipped"))
        if whole and not self._packets and not self._listed:
            self._rejects.append((0, "the capture holds no packet"))
        elif whole and not self._counted and not self._listed and not self._unread:
            self._rejects.append((0, f"none of the {self._packets} packets carries IP"))
        if self._unlisted:
            self._rejects.append((self._packets, f"{self._unlisted} more packets are damaged and not listed"))

    def _take_events(self) -> Iterator[Batch]:
        taken, self._events = self._events, []
        return event_batches(taken)

    def _take_rejects(self) -> pl.DataFrame:
        taken, self._rejects = self._rejects, []
        rows = {"offset": [number for number, _ in taken], "reason": [reason for _, reason in taken]}
        return pl.DataFrame({**rows, "content": [""] * len(taken)}, schema=REJECTS)


def _flow_packets(
    window: PacketWindow, cursor: Cursor, found: Datagrams, rows: Ints, segments: transport.Segments
) -> FlowPackets:
    keys, sender = flow_keys(cursor, found, rows, segments)
    outer = np.zeros((len(rows), TUNNEL_WORDS), np.uint64)
    inside = np.flatnonzero(found.tunnel[rows])
    if len(inside):
        inner = rows[inside]
        outer[inside, 0] = found.outer_version[inner].view(np.uint64)
        outer[inside, 1:3] = found.outer_source[inner]
        outer[inside, 3:5] = found.outer_destination[inner]
        outer[inside, 5] = cursor.network[inner].view(np.uint64)
    is_tcp = (found.protocol[rows] == transport.TCP) & (segments.flags & transport.RST == 0)
    numbered = segments.payload + (segments.flags & transport.SYN > 0) + (segments.flags & transport.FIN > 0)
    return FlowPackets(
        keys=keys,
        sender=sender,
        number=rows + window.first_number,
        time_us=window.time_us[rows],
        payload=segments.payload,
        ip_bytes=found.length[rows],
        letter=history.letters_of(found.protocol[rows], segments),
        sequence=segments.sequence,
        size=np.where(is_tcp, numbered, 0),
        acknowledged=np.where(is_tcp, segments.acknowledged, -1),
        closed=is_tcp & (segments.window == 0),
        tunnel=found.tunnel[rows],
        outer=outer,
    )
