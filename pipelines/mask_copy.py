"""`rongdun dlp mask`: a masked copy, table by table, which proves itself before it is put in its place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from dlp.mask_checks import Judging, dataset_checks, ordered
from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskFinding
from dlp.mask_plan import Treatment, planned
from dlp.mask_policy import MaskPolicy, Purpose
from dlp.policy import Policy
from pipelines.copied import Copied, CopiedTable
from pipelines.errors import PipelineError, SourceBroken
from pipelines.files import Found
from pipelines.mask_joins import Joinable, windows_between
from pipelines.mask_origins import Origin, origin_of
from pipelines.mask_places import beside, put_in_place, refuse_place
from pipelines.mask_proof import Planned, holds, proof, wanted_types
from pipelines.mask_reading import facts_of, facts_within
from pipelines.mask_sources import names_of
from pipelines.maskers import Masking
from pipelines.row_sample import RowSample
from pipelines.scan_reading import Reading
from pipelines.scan_sources import DataSet, data_sets, pieces_again
from store.client import Store

Progress = Callable[[float, str], None]


def masked_copy(
    source: Path | str,
    out: Path,
    *,
    policy: Policy,
    mask_policy: MaskPolicy,
    purpose: Purpose,
    key: bytes,
    store: Store | None = None,
    progress: Progress = lambda _share, _word: None,
) -> Copied:
    """Write a masked copy and check it; `out` is made, or replaced, only when every check of every table passes.

    Args:
        source: a file of any form that a scan reads, `table:NAME`, or the URL of a database.
        out: ends as the source does; for tables of databases it says the format.
        policy: types, and the names of columns that speak for them.
        mask_policy: operators and how strong masks must be.
        purpose: what the copy is for.
        key: behind everything keyed, at least 32 bytes.
        store: where a `table:NAME` is.
        progress: told the share done and what is done.

    Raises:
        PipelineError: `out` is the source itself, has another form, or cannot be written.
        SourceBroken: the source cannot be read to its end.
    """
    refuse_place(out)
    origin = origin_of(source, store)
    origin.refuse(out)
    work = _Work(policy, mask_policy, purpose, key)
    plans = work.plans(origin, lambda share: progress(share / 3, "reading"))
    progress(1 / 3, "masking")
    with beside(out) as fresh:
        rejected = origin.write(fresh, work.maskings(plans), names_of(policy))
        progress(2 / 3, "checking")
        tables = work.proved(fresh, plans, lambda share: progress((2 + share) / 3, "checking"))
        copied = Copied(tuple(tables), rejected, all(holds(table.findings) for table in tables))
        if copied.holds:
            put_in_place(fresh, out)
    return copied


@dataclass(frozen=True)
class _Proved:
    """A table of the copy that was read and judged."""

    plan: Planned
    facts: list[ColumnFacts]
    findings: list[MaskFinding] = field(default_factory=list)


@dataclass(frozen=True)
class _Work:
    """Everything that the tables of one copy have in common."""

    policy: Policy
    mask_policy: MaskPolicy
    purpose: Purpose
    key: bytes

    @property
    def judging(self) -> Judging:
        """What the checks go by."""
        return Judging(self.policy, self.mask_policy.checks, self.key, self.mask_policy.checks.digests_in_scan)

    def plans(self, origin: Origin, progress: Callable[[float], None]) -> list[Planned]:
        """How each table of the origin is masked."""
        found = []
        for one in origin.tables():
            reading = self._read(one, progress)
            facts = facts_of(reading, one.name, self.mask_policy.checks)
            fields = facts_within(reading, one.name, self.mask_policy.checks)
            failing = dataset_checks([*facts, *fields], self.judging)
            treatments = planned(
                facts, failing, self.mask_policy.masking, self.policy.text, self.purpose, fields=fields
            )
            found.append(Planned(one.name, reading.rows, reading.sample.frame(), tuple(treatments), tuple(fields)))
        if len({plan.name for plan in found}) < len(found):
            raise SourceBroken("two of its tables have the same name: rename one of them")
        return found

    def maskings(self, plans: Sequence[Planned]) -> Callable[[str], Masking]:
        """What is masked in a table, by its name."""
        by_name = {plan.name: self._masking(plan.treatments) for plan in plans}

        def masking_of(name: str) -> Masking:
            if name not in by_name:
                raise SourceBroken("it changed while it was masked: mask it again")
            return by_name[name]

        return masking_of

    def proved(self, fresh: Path, plans: Sequence[Planned], progress: Callable[[float], None]) -> list[CopiedTable]:
        """What the checks say of a copy, table by table, and of its tables with one another."""
        wanted = wanted_types(self.mask_policy, self.policy, self.purpose)
        copies = data_sets(Found(fresh))
        judged = []
        for plan, found in zip(plans, copies, strict=False):
            facts, findings = proof(plan, self._read(found, progress), self.judging, wanted)
            judged.append(_Proved(plan, facts, findings))
        if len(judged) < len(plans) or next(copies, None) is not None:
            raise PipelineError("the copy does not hold the tables that it was made of: nothing was written")
        self._join(fresh, judged)
        return [
            CopiedTable(one.plan.name, one.plan.rows, one.plan.treatments, tuple(ordered(one.findings)))
            for one in judged
        ]

    def _read(self, found: DataSet, progress: Callable[[float], None]) -> Reading:
        if found.problem:
            raise SourceBroken(f"{found.name}: {found.problem}")
        reading = Reading(self.key, self.policy)
        reading.sample = RowSample(self.mask_policy.checks.sampled_rows)
        for piece in found.read(names_of(self.policy)) if found.read else ():
            reading.rows += piece.rows
            reading.take(piece)
            progress(found.begin + piece.share * (found.end - found.begin))
        return reading

    def _masking(self, treatments: Sequence[Treatment]) -> Masking:
        return Masking(
            {treatment.column: treatment.masker(self.key) for treatment in treatments},
            frozenset(treatment.column for treatment in treatments if treatment.operator is not None),
            frozenset(treatment.column for treatment in treatments if treatment.hides),
        )

    def _join(self, fresh: Path, judged: Sequence[_Proved]) -> None:
        """Windows of two tables of the copy that show more together."""
        sets = [
            Joinable(str(at), one.facts, partial(_rows_again, fresh, at)) for at, one in enumerate(judged) if one.facts
        ]
        for name, finding in windows_between(sets, self.mask_policy.checks, self.policy.masks):
            judged[int(name)].findings.append(finding)


def _rows_again(fresh: Path, at: int, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    for piece in pieces_again(Found(fresh), at, lambda cell: cell in columns):
        whole = piece.whole()
        yield whole.select([name for name in whole.columns if name in columns])
