"""A series of captures into the tables, exactly once: as the one capture that its files are, although it grows.

The rows of a series are a function of its files in order. A run reads on from the last file where the ledger knows a
beginning of them, which costs reading those again; writes the batches that the ledger does not know; and then takes
back what it knows of these files and what they no longer give: flows that were written as open at what was the end.
"""

import hashlib
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pipelines.arrival import Origin, settled
from pipelines.batch import Batch
from pipelines.batch_writer import BatchWriter
from pipelines.capture_parts import Chain, Member, Named, end_mark
from pipelines.ledger import Ledger
from pipelines.report import FileReport
from pipelines.retracting import retract
from pipelines.series import beginning
from pipelines.sources.columns import only_rejects, rejects_of
from pipelines.sources.registry import ReadsCaptures
from pipelines.writing import Tell
from store.client import Store

# What a later file may cost: so much is read again. A longer series is several, and a flow ends between them.
MOST_BYTES: Final = 4 * 1024 * 1024 * 1024
# Packets of several interfaces are not quite in order.
_OVERLAP_US: Final = 1_000_000
_ROWS_TOGETHER: Final = 120_000

_STORED: Final = """
SELECT DISTINCT batch_id FROM network_flows WHERE source IN {sources:Array(String)}
UNION DISTINCT SELECT DISTINCT batch_id FROM log_events WHERE source IN {sources:Array(String)}
UNION DISTINCT SELECT DISTINCT batch_id FROM rejects WHERE source IN {sources:Array(String)}
"""


@dataclass
class SeriesRun:
    """Stores series of captures.

    Attributes:
        unfinished: contents that earlier runs began and did not finish, by hash.
    """

    store: Store
    ledger: Ledger
    writer: BatchWriter
    source: ReadsCaptures
    unfinished: frozenset[str]
    _known: dict[str, set[str]] = field(default_factory=dict)

    def ingest(self, series: Sequence[Member], earlier: Sequence[Sequence[str]], tell: Tell) -> Iterator[FileReport]:
        """What became of every file of a series, in order; nothing is read where all of them are stored.

        Args:
            series: its files, in order of time.
            earlier: for each the hashes of what it was when it was shorter, and was stored or begun.
            tell: told of the bytes and rows so far.
        """
        done = [self._is_done(member) for member in series]
        if all(done):
            yield from map(_passed_over, series)
            return
        self.ledger.commit()
        hashes = [[member.mark.file_hash, *before] for member, before in zip(series, earlier, strict=True)]
        self._known = self.ledger.batches_of([each for some in hashes for each in some])
        start = self._start(series, done)
        yield from map(_passed_over, series[:start])
        if self.unfinished.intersection(each for some in hashes[start:] for each in some):
            self._forget_what_was_broken_off(series[start:])
        rest = list(zip(series[start:], hashes[start:], done[start:], strict=True))
        while rest:
            count = yield from self._one_capture(rest, tell)
            rest = rest[count:]

    def _is_done(self, member: Member) -> bool:
        stored = self.ledger.with_hash(member.mark.file_hash)
        return stored is not None and bool(stored.source_type)

    def _start(self, series: Sequence[Member], done: Sequence[bool]) -> int:
        """Where reading begins: the first file of the capture that the first new one goes on with.

        Files that are stored as parts of a capture whose beginning is gone stay as they are.
        """
        start, seed = 0, ""
        for number, member in enumerate(series):
            if not done[number]:
                break
            marks = {name for name in self._known.get(member.mark.file_hash, ()) if name.endswith("-end")}
            chained, alone = member.chained(seed), member.chained("")
            if end_mark(chained) in marks:
                seed = chained
            elif not marks or end_mark(alone) in marks:
                start, seed = number, alone
            else:
                start, seed = number + 1, ""
        return start

    def _forget_what_was_broken_off(self, series: Sequence[Member]) -> None:
        """Take back what a run wrote before it died, and did not tell the ledger."""
        stored = self.store.frame(_STORED, {"sources": [member.source for member in series]})["batch_id"].to_list()
        noted = self.ledger.noted(stored)
        retract(self.store, sorted(set(map(str, stored)) - noted))

    def _one_capture(
        self, rest: Sequence[tuple[Member, Sequence[str], bool]], tell: Tell
    ) -> Generator[FileReport, None, int]:
        """Store the files that are one capture; gives how many they are."""
        chain = Chain(self.source.reader(self.writer.exporters))
        given, reports = set[str](), list[FileReport]()
        for member, _, _ in rest:
            if reports and self._is_another(chain, member):
                break
            reports.append(self._written(chain, member, given, tell, ends=False))
        last = rest[len(reports) - 1][0]
        tail = self._written(chain, last, given, tell, ends=True)
        reports[-1] = replace(
            reports[-1], rows=reports[-1].rows + tail.rows, seconds=reports[-1].seconds + tail.seconds
        )
        self.ledger.commit()
        stored = (self._known.get(file_hash, set()) for _, hashes, _ in rest[: len(reports)] for file_hash in hashes)
        retract(self.store, sorted(set().union(*stored) - given))
        for report, (member, _, done) in zip(reports, rest, strict=False):
            if done:
                yield replace(_passed_over(member), rows=report.rows, already_ingested=not report.rows)
                continue
            self.ledger.file_done(member.mark.file_hash, report)
            yield report
        return len(reports)

    def _is_another(self, chain: Chain, member: Member) -> bool:
        """Whether a file is no part of the capture before it: nothing of that can go on in it, or both ran at once."""
        begins = beginning(member.path)
        if begins is None:
            return True
        passed = begins.first_us - chain.last_us
        too_long = chain.bytes_read + member.mark.size > MOST_BYTES
        return passed > chain.idle_us or passed < -_OVERLAP_US or too_long

    def _written(self, chain: Chain, member: Member, given: set[str], tell: Tell, *, ends: bool) -> FileReport:
        """What a file gave, or what was open at the end of the last."""
        started, rows, rejected = time.monotonic(), 0, 0
        noted = set().union(*self._known.values()) if self._known else set[str]()

        def write(group: Sequence[Named]) -> list[tuple[Batch, Origin]]:
            fresh = [(settled(one.batch), self._origin(one)) for one in group if one.name not in noted]
            if fresh:
                # Whoever died before the ledger knew has lost these rows: none is dropped as written before.
                names = "".join(origin.batch_id for _, origin in fresh)
                self.writer.write(fresh, token=hashlib.sha256(f"{names}{time.time_ns()}".encode()).hexdigest())
            return fresh

        batches = chain.end() if ends else _with_reason(chain, member)
        for group, fresh in self.writer.staged(_together(batches), write):
            given.update(one.name for one in group)
            for batch, origin in fresh:
                self.ledger.batch_stored(batch, origin, member.mark.file_hash)
                rows, rejected = rows + batch.rows.height, rejected + batch.rejects.height
            tell(member.mark.size if ends else 0, rows)
        seconds, reason = time.monotonic() - started, "" if ends else chain.broken
        return FileReport(member.path, self.source.NAME, rows, rejected, member.mark.size, seconds, reason=reason)

    def _origin(self, named: Named) -> Origin:
        batch = named.batch
        kind = batch.source_type or self.source.NAME
        return Origin(batch.source or named.source, kind, named.name, self.writer.scope, named.identity)


def _with_reason(chain: Chain, member: Member) -> Iterator[Named]:
    """The batches of a file, and why it broke off as one reject more."""
    yield from chain.read(member)
    if chain.broken:
        broken = only_rejects(rejects_of([(chain.packets_of_last, chain.broken, "")]))
        yield Named(f"{chain.seed[:24]}-broken", broken, member.source, "")


def _together(batches: Iterator[Named]) -> Iterator[list[Named]]:
    group, rows = list[Named](), 0
    for named in batches:
        group.append(named)
        rows += named.batch.rows.height + named.batch.rejects.height
        if rows > _ROWS_TOGETHER:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _passed_over(member: Member) -> FileReport:
    return FileReport(
        member.path, format="pcap", bytes=member.mark.size, already_ingested=True, reason="already ingested"
    )
