"""One data set read and judged: the pieces of a file or of a foreign table, the columns of a ClickHouse table."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dlp.column_names import name_hints, shown_name
from dlp.findings import PiiFinding
from dlp.grading import highest
from dlp.mask_policy import ChecksPolicy
from pipelines.errors import SourceBroken
from pipelines.scan_history import LastScan, scan_stamp, table_stamp, unchanged
from pipelines.scan_reading import Reading
from pipelines.scan_report import ScanReport, ScanState
from pipelines.scan_sampling import Sampled, Sampling, sampled
from pipelines.scan_sources import DataSet
from pipelines.scan_telemetry import is_own_mark, is_telemetry, merged, new_rows, plain_values, told_as_leaks
from pipelines.table_columns import ChosenRows, counted_columns, table_address, table_rows
from pipelines.table_sample import sampled_rows
from store.client import Store
from store.errors import QueryFailed

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[float], None]


def scanned_file(found: DataSet, reading: Reading, sampling: Sampling, progress: Progress) -> ScanReport:
    """What the rows of a file, a sheet or a foreign table hold; where reading broke off, what was read counts."""
    started = time.monotonic()
    told, reason = Sampled(), ""

    def is_name(cell: str) -> bool:
        return bool(name_hints(cell, reading.policy).says)

    try:
        for piece in sampled(found.read(is_name) if found.read else iter(()), sampling, told):
            reading.take(piece)
            progress(piece.share)
    except SourceBroken as broken:
        reason = str(broken)
    reading.rows = told.total
    reading.how = told.words()
    return _report(found.name, reading, reason or reading.left_out(), started, ScanState(partial=told.partial))


def scanned_table(
    table: str,
    store: Store,
    reading: Reading,
    last: LastScan | None,
    sampling: Sampling,
    checks: ChecksPolicy,
    progress: Progress,
) -> ScanReport:
    """What a ClickHouse table holds; of telemetry, what arrived since the last scan is counted in addition to it."""
    started = time.monotonic()
    try:
        if is_telemetry(store, table):
            return _scanned_telemetry(table, store, reading, last, progress, started)
        stamp = scan_stamp(_content(store, table), reading.key, reading.policy, sampling, checks)
        same = unchanged(last, stamp)
        if same is not None:
            return same
        state = _read_table(table, store, reading, sampling, progress)
        after = scan_stamp(_content(store, table), reading.key, reading.policy, sampling, checks)
        return _report(table, reading, "", started, replace(state, stamp=stamp if after == stamp else ""))
    except (SourceBroken, QueryFailed) as error:
        return _report(table, reading, _without_values(error), started, ScanState(partial=True))


def _scanned_telemetry(
    table: str, store: Store, reading: Reading, last: LastScan | None, progress: Progress, started: float
) -> ScanReport:
    # A scan of an earlier release kept no place to go on from.
    goes_on = last if last is not None and last.report.state.seen_until > _BEGINNING else None
    since = goes_on.report.state.seen_until if goes_on else _BEGINNING
    chosen = new_rows(store, table, since)
    if chosen is None:
        if goes_on:
            return replace(goes_on.report, unchanged=True)
        # Nothing has arrived at all: there is nothing to keep.
        return replace(_report(table, reading, "", started, ScanState()), unchanged=True)
    reading.rows = table_rows(store, table, chosen)
    for counted in counted_columns(store, table, chosen):
        if not is_own_mark(counted.column):
            if counted.left_out:
                reading.sampled.add(counted.column)
            reading.observe(counted.column, plain_values(counted.column, counted.values))
        progress(counted.share)
    report = _report(table, reading, "", started, ScanState(seen_until=chosen.until or since))
    rows = {shown_name(column): evidence.rows for column, evidence in reading.evidence.items()}
    found = told_as_leaks(table, report.findings)
    if goes_on is None:
        return replace(report, findings=found, state=replace(report.state, column_rows=rows))
    before = goes_on.report
    together = merged(before.findings, before.state.column_rows, found, rows)
    counted_rows = {
        name: rows.get(name, 0) + before.state.column_rows.get(name, 0) for name in {*rows, *before.state.column_rows}
    }
    return replace(
        report,
        rows=before.rows + report.rows,
        columns=max(before.columns, report.columns, len(counted_rows)),
        findings=together,
        grade=highest(finding.grade for finding in together),
        method=f"added to those before: rows that arrived since {since:%Y-%m-%d %H:%M:%S} UTC; {report.method}",
        state=replace(report.state, column_rows=counted_rows, goes_on=True),
    )


def _read_table(table: str, store: Store, reading: Reading, sampling: Sampling, progress: Progress) -> ScanState:
    total = table_rows(store, table)
    reading.rows = total
    share = min(1.0, sampling.rows / total) if sampling.rows and total else 1.0
    deadline = time.monotonic() + sampling.seconds if sampling.seconds else None
    told = Sampled(total, round(total * share))
    for counted in counted_columns(store, table, ChosenRows(share=share), numbers=True):
        if counted.left_out:
            reading.sampled.add(counted.column)
        reading.observe(counted.column, counted.values)
        progress(counted.share)
        if deadline is not None and time.monotonic() > deadline and counted.share < 1.0:
            told.ended_at = counted.share
            break
    reading.how = told.words()
    reading.sample.add(sampled_rows(store, table, total=total, wanted=reading.sample.rows))
    after = table_rows(store, table)
    if after != total:
        reading.how.append(f"the table changed while it was read: {total} rows before, {after} after")
    return ScanState(partial=told.partial or bool(reading.sampled))


def _report(table: str, reading: Reading, reason: str, started: float, state: ScanState) -> ScanReport:
    findings: Sequence[PiiFinding] = reading.findings(datetime.now(UTC))
    return ScanReport(
        dataset=table,
        rows=reading.rows,
        columns=len(reading.evidence),
        findings=tuple(findings),
        # What could not be read has no grade: general-1 would say that it harms nobody.
        grade=highest(finding.grade for finding in findings) if reading.rows or not reason else "",
        rejected=reading.rejected,
        seconds=time.monotonic() - started,
        reason=reason,
        method=reading.method() + (f"; {reason}" if reason else ""),
        state=replace(state, partial=state.partial or bool(reason)),
    )


def _content(store: Store, table: str) -> str:
    address = table_address(store, table)
    try:
        return table_stamp(store, address["database"], address["table"])
    except QueryFailed:  # an account may read a table without seeing what it is made of
        return ""


def _without_values(error: SourceBroken | QueryFailed) -> str:
    # ClickHouse may quote values in its message; its code is enough to look the cause up.
    return f"ClickHouse refused to read it (code {error.code})" if isinstance(error, QueryFailed) else str(error)
