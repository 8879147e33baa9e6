"""`rongdun dlp check`: whether masks hold, also between tables, and how easily persons are singled out."""

import getpass
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from dashboards.translation import Language, Words, words_in
from dlp.mask_findings import SEVERITIES, MaskFinding
from pipelines.mask_checking import CheckReport, Question, check_masks
from pipelines.recording import Doer, record_check
from response.chain import Role
from rongdun.commands.protection import Json, app, refuse_missing
from rongdun.console import err, harmless, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store


class Sharing(StrEnum):
    """How data is shared, by GB/T 42460-2023."""

    public = "public"
    controlled = "controlled"
    enclave = "enclave"


class Worst(StrEnum):
    """From which severity on `--fail-on` fails."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


@app.command()
def check(
    actor: Annotated[str, typer.Option(help="Who checks; goes on record.", default_factory=getpass.getuser)],
    targets: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, `table:NAME` for a table in the database, or the URL of another database."
        ),
    ],
    quasi: Annotated[str, typer.Option(help="Quasi-identifiers, separated by commas: their classes are counted.")] = "",
    sensitive: Annotated[str, typer.Option(help="The column whose values must differ within a class.")] = "",
    sharing: Annotated[Sharing, typer.Option(help="How the data is to be shared.")] = Sharing.controlled,
    fail_on: Annotated[Worst | None, typer.Option(help="Exit 1 on a finding of this severity or worse.")] = None,
    basis: Annotated[str, typer.Option(help="On what ground; goes on record.")] = "check of masks",
    as_json: Json = False,
) -> None:
    """Check masks: raw values, windows that differ between tables, digests, encodings, k-anonymity."""
    refuse_missing(targets)
    chosen = tuple(dict.fromkeys(name.strip() for name in quasi.split(",") if name.strip()))
    if sensitive and not chosen:
        _refuse("--sensitive needs --quasi: the classes within which its values must differ")
    settings, by = Settings(), Doer(actor, Role.REVIEWER, basis)
    with progress("checking masks") as advance, open_store(settings) as store:
        reports = check_masks(targets, store, settings, Question(chosen, sensitive, sharing.value), progress=advance)
        record_check(store, reports, by)
    if as_json:
        print_json({"datasets": [report.as_json() for report in reports]})
    else:
        _show(reports, settings.language)
    broken = [report for report in reports if report.reason and (not report.rows or (chosen and not report.effect))]
    for report in broken:
        err().print(harmless(f"{report.dataset}: {report.reason}"), markup=False)
    if broken and len(broken) == len(reports):
        raise typer.Exit(2)
    findings = [finding for report in reports for finding in report.findings]
    if fail_on and any(SEVERITIES.index(one.severity) >= SEVERITIES.index(fail_on.value) for one in findings):
        raise typer.Exit(1)


def finding_rows(findings: Sequence[MaskFinding], language: Language) -> list[dict[str, object]]:
    """Findings as rows of a table on the terminal, with the words on how to mend them."""
    words = words_in(language)
    return [
        {
            "severity": words.label("level", finding.severity),
            "check": words.label("mask_check", finding.check.value),
            "columns": ", ".join(finding.columns),
            "type": finding.entity_type,
            "evidence": evidence_text(finding.evidence, words),
            "mend": words.label("mask_mend", finding.mend_key),
        }
        for finding in findings
    ]


def evidence_text(evidence: Mapping[str, object], words: Words) -> str:
    """Evidence in words: what was counted, one after the other."""
    return ", ".join(f"{words.label('mask_evidence', name)} {_plain(value)}" for name, value in evidence.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show(reports: Sequence[CheckReport], language: Language) -> None:
    for report in reports:
        reason = f" ({report.reason})" if report.reason else ""
        title = f"{report.dataset}: {report.rows} rows, {report.columns} columns{reason}"
        if report.effect is not None:
            title += f"; effect level {report.effect.level} (GB/T 42460-2023)"
        print_table(title, finding_rows(report.findings, language))


def _refuse(reason: str) -> None:
    err().print(harmless(reason), markup=False)
    raise typer.Exit(2)
