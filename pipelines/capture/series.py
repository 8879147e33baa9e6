"""Captures of one place, one after the other, read as the one capture that they are: a flow of several is one flow.

What is open at the end of one is written down before the ledger says that it is stored, and taken up by the next: a
run that dies in between finds it as it was, and reads the same flows again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.batch import Batch
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.capture.series_notes import Standing, read_notes, write_notes
from pipelines.capture.window import PacketWindow, Problem
from pipelines.errors import SourceBroken
from pipelines.exports.captured import CapturedExports
from pipelines.exports.known import KnownExporters

HEAD_BYTES: Final = 256
STAGED: Final = ".next"


@dataclass(frozen=True)
class CaptureOptions:
    """How captures are read: when a flow ends, and whether what applications said becomes events."""

    timeouts: Timeouts = Timeouts()  # noqa: RUF009 - immutable
    applications: bool = True


class CaptureSeries:
    """What is captured in one place; `name` is the series' own, `notes` where it is written down what is open.

    Reading goes in steps: `read` a part, then `settle` once the ledger has it. Where storing failed in between,
    `discard` goes back to what was settled last.
    """

    def __init__(self, name: str, notes: Path, options: CaptureOptions) -> None:
        self.name = name
        self.now_us = 0
        self._notes = notes
        self._staged = notes.with_suffix(STAGED)
        self._options = options
        self._reader: CaptureReader | None = None
        self._known: KnownExporters | None = None
        self.standing = Standing()
        self.part_name, self.part_size = "", 0
        self.may_go_on = False
        self.reload()

    @property
    def is_open(self) -> bool:
        """Whether flows are open."""
        return self._reader is not None and len(self._reader.open_flows) > 0

    def reload(self) -> None:
        """Go back to what was settled last."""
        self.standing, flows = read_notes(self._notes)
        self._reader = self._new_reader()
        self._reader.resume(flows)

    def unsettled(self) -> str:
        """The part that was read by a run which died before it could settle it, or ''."""
        return read_notes(self._staged)[0].part if self._staged.exists() else ""

    def settle(self) -> None:
        """The ledger has the part that was read last."""
        if self._staged.exists():
            self._staged.replace(self._notes)

    def discard(self) -> None:
        """The ledger has it not: it is read again."""
        self._staged.unlink(missing_ok=True)
        self.reload()

    def read(
        self,
        windows: Iterable[PacketWindow | Problem],
        *,
        head: bytes = b"",
        known: KnownExporters | None = None,
        clock: Callable[[], int] | None = None,
        size: Callable[[], int] | None = None,
    ) -> Iterator[Batch]:
        """The batches of the next part; flows that are over by its last packet, or by the clock, are given with it.

        A part that begins as the last one did is that one, grown: its packets that were read already are passed over.

        Args:
            windows: the part's packets, numbered from 0.
            head: its first bytes (`HEAD_BYTES`), by which it is known again.
            known: what exporters announced earlier.
            clock: gives the moment, in microseconds since 1970, once all is read; without it that of the last packet
                counts.
            size: gives the length of the part in bytes, once all is read.

        Raises:
            SourceBroken: the part breaks off; all before was given, and what is open stays so.
        """
        reader = self._reading(known)
        skipped = self.standing.consumed if self.standing.begins(head) else 0
        broken = yield from reader.part(self._numbered(windows, head, skipped))
        self.now_us = clock() if clock is not None else self.now_us
        yield from reader.settled_by(self.now_us)
        self.part_size = size() if size is not None else self.part_size
        self._stage(reader)
        if broken and not self.may_go_on:
            raise SourceBroken(broken)

    def end(self) -> Iterator[Batch]:
        """All that is open: nothing more comes."""
        reader = self._reading(None)
        yield from reader.end(whole=False)
        self._reader = None
        self._stage(self._reading(None))

    def _reading(self, known: KnownExporters | None) -> CaptureReader:
        if known is not None and known is not self._known:
            self._known = known
            flows = self._reader.open_flows if self._reader is not None else None
            self._reader = self._new_reader()
            if flows is not None:
                self._reader.resume(flows)
        if self._reader is None:
            self._reader = self._new_reader()
        return self._reader

    def _new_reader(self) -> CaptureReader:
        exports = CapturedExports(self._known)
        return CaptureReader(self._options.timeouts, exports, applications=self._options.applications)

    def _numbered(
        self, windows: Iterable[PacketWindow | Problem], head: bytes, skipped: int
    ) -> Iterator[PacketWindow | Problem]:
        """The windows without the packets that were read before, numbered through the series."""
        first, read = self.standing.packets - skipped, skipped
        for window in windows:
            if isinstance(window, Problem):
                if window.ends or window.number >= skipped:
                    yield replace(window, number=first + window.number)
                continue
            rest = _without(window, max(0, skipped - window.first_number))
            read = max(read, window.first_number + len(window))
            if len(rest):
                self.now_us = int(rest.time_us[-1])
                yield replace(rest, first_number=first + rest.first_number)
        self.standing = replace(self.standing, packets=first + read)
        if head:
            hashed = hashlib.sha256(head).hexdigest()
            self.standing = replace(self.standing, head_size=len(head), head_hash=hashed, consumed=read)

    def _stage(self, reader: CaptureReader) -> None:
        self.standing = replace(self.standing, part=f"{self.part_size} {self.part_name}")
        write_notes(self._staged, self.standing, reader.open_flows)


def _without(window: PacketWindow, count: int) -> PacketWindow:
    if not count:
        return window
    kept = np.arange(min(count, len(window)), len(window))
    return replace(
        window,
        first_number=window.first_number + min(count, len(window)),
        start=window.start[kept],
        captured=window.captured[kept],
        wire=window.wire[kept],
        time_us=window.time_us[kept],
        link=window.link[kept],
    )
