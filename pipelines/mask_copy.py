"""`rongdun dlp mask`: a masked copy of a table, which proves itself before it is put in its place."""

import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
import zstandard

from dlp.column_names import name_hints, shown_name
from dlp.mask_checks import Judging, dataset_checks, ordered
from dlp.mask_findings import SEVERITIES, MaskCheck, MaskFinding
from dlp.mask_plan import Treatment, declarations, planned
from dlp.mask_policy import ChecksPolicy, MaskPolicy, Purpose
from dlp.policy import Policy
from dlp.registry import ENTITY_TYPES
from dlp.verdicts import verdicts
from pipelines.errors import PipelineError
from pipelines.mask_formats import Masking, write_masked
from pipelines.mask_reading import facts_of
from pipelines.mask_sources import read_file
from pipelines.row_sample import RowSample
from pipelines.scan_reading import Reading

_FAILS_FROM = "medium"
_SURE = 0.5  # confidence from which something left in the clear is a finding


@dataclass(frozen=True)
class Copied:
    """What became of a masked copy.

    Attributes:
        treatments: how each column was masked.
        findings: what the checks found on the copy.
        rejected: records that could not be read and are not in the copy.
        holds: whether the copy passed, and so is in its place.
    """

    rows: int
    treatments: tuple[Treatment, ...]
    findings: tuple[MaskFinding, ...]
    rejected: int
    holds: bool

    def as_json(self) -> dict[str, object]:
        """The outcome as values that `json.dumps` takes."""
        return {
            "rows": self.rows,
            "columns": [
                {"column": shown_name(one.column), "type": one.entity_type, "operator": one.words}
                for one in self.treatments
            ],
            "findings": [finding.as_json() for finding in self.findings],
            "rejected": self.rejected,
            "holds": self.holds,
        }


def masked_copy(
    source: Path,
    out: Path,
    *,
    policy: Policy,
    mask_policy: MaskPolicy,
    purpose: Purpose,
    key: bytes,
    progress: Callable[[float, str], None] = lambda _share, _word: None,
) -> Copied:
    """Write a masked copy of a table and check it; `out` is made, or replaced, only when every check passes.

    Raises:
        PipelineError: `out` is the source itself, or cannot be written.
        SourceBroken: the source cannot be read to its end.
    """
    _refuse_same(source, out)
    reading = _read(source, policy, mask_policy.checks, key, lambda share: progress(share / 3, "reading"))
    facts = facts_of(reading, source.name, mask_policy.checks)
    judging = Judging(policy, mask_policy.checks, key, mask_policy.checks.digests_in_scan)
    treatments = planned(facts, dataset_checks(facts, judging), mask_policy.masking, policy.text, purpose)
    masking = Masking(
        {treatment.column: treatment.masker(key) for treatment in treatments},
        frozenset(treatment.column for treatment in treatments if treatment.operator is not None),
        frozenset(treatment.column for treatment in treatments if treatment.hides),
    )
    progress(1 / 3, "masking")
    with _beside(out) as fresh:
        with _packed(fresh, out) as sink:
            rejected = write_masked(source, sink, masking, is_name=_names_of(policy))
        progress(2 / 3, "checking")
        made = _read(fresh, policy, mask_policy.checks, key, lambda share: progress((2 + share) / 3, "checking"))
        findings = _proof(reading, made, treatments, judging, _wanted(mask_policy, purpose))
        holds = not any(SEVERITIES.index(one.severity) >= SEVERITIES.index(_FAILS_FROM) for one in findings)
        if holds:
            fresh.replace(out)
    return Copied(reading.rows, tuple(treatments), tuple(findings), rejected, holds)


def _read(path: Path, policy: Policy, checks: ChecksPolicy, key: bytes, progress: Callable[[float], None]) -> Reading:
    reading = Reading(key, policy)
    reading.sample = RowSample(checks.sampled_rows)
    read_file(path, reading, progress)
    return reading


def _proof(
    before: Reading, after: Reading, treatments: Sequence[Treatment], judging: Judging, wanted: frozenset[str]
) -> list[MaskFinding]:
    """What is wrong with a copy: failed checks, personal data left in the clear, values that did not change."""
    declared = (*declarations(treatments), *judging.checks.declared)
    checks = judging.checks.model_copy(update={"declared": declared})
    facts = facts_of(after, "", checks)
    found = dataset_checks(facts, Judging(judging.policy, checks, judging.key, judging.digests))
    treated = {treatment.column: treatment for treatment in treatments}
    for column in after.evidence:
        found += _left_over(after, column, treated.get(column), wanted, judging.policy)
    for treatment in treatments:
        found += _unchanged(before.sample.frame(), after.sample.frame(), treatment)
    # A stand-in that no check digit refutes is what was asked for: the key is the evidence.
    return ordered([one for one in found if not _intended(one, treated)])


def _wanted(policy: MaskPolicy, purpose: Purpose) -> frozenset[str]:
    """The types that the policy does not keep."""
    return frozenset(name for name in ENTITY_TYPES if policy.masking.operator(name, purpose).operator != "keep")


def _left_over(
    after: Reading, column: str, treatment: Treatment | None, wanted: frozenset[str], policy: Policy
) -> list[MaskFinding]:
    """Personal data in the clear in a column of the copy, of the types that the policy wants masked."""
    if treatment is not None and treatment.declares == "token":
        return []
    found = verdicts(after.evidence[column], name_hints(column, policy), policy)
    return [
        MaskFinding(
            MaskCheck.raw_value,
            (column,),
            "high",
            one.entity_type,
            {"raw_rows": one.hits, "rows": one.rows, "sample": one.masked_sample},
        )
        for one in found
        if not one.masked and one.entity_type in wanted and one.confidence > _SURE
    ]


def _unchanged(before: pl.DataFrame, after: pl.DataFrame, treatment: Treatment) -> list[MaskFinding]:
    name = treatment.column
    if treatment.declares is None or name not in before.columns or name not in after.columns:
        return []
    old, new = before[name].cast(pl.String), after[name].cast(pl.String)
    if len(old) != len(new):
        return []
    same = int(((old == new) & ~old.str.contains(r"^[*\s-]*$")).fill_null(value=False).sum())
    if not same:
        return []
    evidence = {"raw_rows": same, "rows": len(old)}
    return [MaskFinding(MaskCheck.raw_value, (name,), "high", treatment.entity_type, evidence)]


def _intended(finding: MaskFinding, treated: dict[str, Treatment]) -> bool:
    treatment = treated.get(finding.columns[0])
    keyed = treatment is not None and treatment.declares == "token"
    return keyed and finding.check in (MaskCheck.digest, MaskCheck.raw_value, MaskCheck.partial)


def _names_of(policy: Policy) -> Callable[[str], bool]:
    return lambda cell: bool(name_hints(cell, policy).says)


def _refuse_same(source: Path, out: Path) -> None:
    if out.is_dir():
        raise PipelineError(f"{out}: a folder: name the file that is to hold the copy")
    if not out.parent.is_dir():
        raise PipelineError(f"{out.parent}: no such folder")
    if _form(out) != _form(source):
        raise PipelineError(f"{out}: the copy has the format of the table: it ends as {source.name} does")
    if out.exists() and out.samefile(source):
        raise PipelineError(f"{out}: the table itself: a masked copy never replaces what it was made of")


def _form(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    families = {"parquet": (".parquet", ".pq"), "JSON": (".json", ".jsonl", ".ndjson")}
    return next((family for family, endings in families.items() if name.endswith(endings)), "text")


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A file beside the one that is wanted, readable by its owner alone, gone afterwards unless it was renamed."""
    fresh = out.with_name(f".{os.getpid()}.{out.name}")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield fresh
    except OSError as error:
        raise PipelineError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


@contextmanager
def _packed(fresh: Path, out: Path) -> Iterator[BinaryIO]:
    """The file to write to, compressed where its name says so."""
    with fresh.open("wb") as raw:
        if out.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=raw, mode="wb") as packed:
                yield cast("BinaryIO", packed)
        elif out.name.lower().endswith(".zst"):
            with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as stream:
                yield cast("BinaryIO", stream)
        else:
            yield raw
        raw.flush()
        if not raw.closed:
            os.fsync(raw.fileno())
