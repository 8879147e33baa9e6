"""`rongdun dlp`: where personal data lies, its grade, and whether its mask holds."""

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.database_urls import shows_password
from pipelines.recording import Doer, record_scan
from pipelines.scan import scan_all
from pipelines.scan_report import ScanReport
from pipelines.scan_sampling import Sampling
from pipelines.scan_sources import is_other_than_file
from response.chain import Role
from rongdun.commands import cataloguing, exchanging, granting, reporting, reviewing
from rongdun.console import err, harmless, out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(no_args_is_help=True, help="Personal data: where it lies, its grade, and whether its mask holds.")
app.add_typer(reviewing.app, name="review")
app.add_typer(cataloguing.app, name="catalogue")
app.add_typer(granting.app, name="grants")
app.command("accesses")(granting.accesses)
app.command("lineage")(granting.show_lineage)
app.command("exchanges")(exchanging.exchanges)
app.command("flows")(exchanging.flows)
app.command("report")(reporting.report)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


class Concern(StrEnum):
    """What `--fail-on` looks for; `found` includes `unmasked`."""

    unmasked = "unmasked"
    found = "found"


@app.callback()
def _group() -> None:
    """Keep `scan` a command of its own."""


@app.command()
def scan(
    actor: Annotated[str, typer.Option(help="Who scans; goes on record.", default_factory=getpass.getuser)],
    targets: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, `table:NAME` for a table in the database, or the URL of another database."
        ),
    ],
    fail_on: Annotated[Concern | None, typer.Option(help="Exit 1 on unmasked personal data, or on any.")] = None,
    again: Annotated[bool, typer.Option(help="Read everything, also what did not change since its last scan.")] = False,
    sample: Annotated[int, typer.Option(min=0, help="Look at so many rows of each data set, at random; 0: all.")] = 0,
    most_seconds: Annotated[float, typer.Option(min=0, help="Read each data set for so long; 0: to its end.")] = 0,
    fresh_hours: Annotated[
        float, typer.Option(min=0, help="Do not read tables behind a URL again that were read within so many hours.")
    ] = 0,
    basis: Annotated[str, typer.Option(help="On what ground; goes on record.")] = "data protection scan",
    as_json: Json = False,
) -> None:
    """Look for personal data column by column; what is shown and kept is masked, and the scan goes on record."""
    refuse_missing(targets)
    settings, by = Settings(), Doer(actor, Role.ENGINEER, basis)
    with progress("scanning") as advance, open_store(settings) as store:
        reports = scan_all(
            targets,
            store,
            settings,
            progress=advance,
            sampling=Sampling(sample, most_seconds),
            again=again,
            fresh=timedelta(hours=fresh_hours),
        )
        record_scan(store, reports, by)
    if as_json:
        print_json({"datasets": [report.as_json() for report in reports]})
    else:
        _show(reports)
    if reports and all(report.reason and not report.rows for report in reports):
        for report in reports:
            err().print(harmless(f"{report.dataset}: {report.reason}"), markup=False)
        raise typer.Exit(2)
    findings = [finding for report in reports for finding in report.findings]
    if fail_on and any(fail_on is Concern.found or not finding.masked for finding in findings):
        raise typer.Exit(1)


def refuse_missing(targets: Sequence[str]) -> None:
    """Nothing where every target may be there; tells of a password that the list of processes shows.

    Raises:
        typer.Exit: a file or folder is not there.
    """
    missing = [target for target in targets if not is_other_than_file(target) and not Path(target).exists()]
    if missing:
        err().print(harmless(f"no such file or folder: {missing[0]}"), markup=False)
        raise typer.Exit(2)
    if any(map(shows_password, targets)):
        told = "the list of processes shows the password of this URL: put it in a variable and write $VARIABLE instead"
        err().print(told, markup=False)


def _show(reports: Sequence[ScanReport]) -> None:
    for report in reports:
        print_table(
            f"{report.dataset}: {report.rows} rows, {report.columns} columns, grade {report.grade or 'unknown'}"
            + (f" ({report.reason})" if report.reason else "")
            + (", as in its last scan" if report.unchanged else ""),
            [
                {
                    "column": finding.column,
                    "type": finding.entity_type,
                    "hits": f"{finding.hits} of {finding.rows}",
                    "confidence": finding.confidence,
                    "grade": finding.grade,
                    "mask": "holds" if finding.masked else "UNMASKED",
                    "sample": finding.masked_sample,
                    "review": finding.review,
                }
                for finding in report.findings
            ],
            right=frozenset({"hits", "confidence"}),
        )
        if report.state.partial and report.method:
            out().print(harmless(f"looked at: {report.method}"), markup=False, highlight=False)
        if report.changes:
            print_table("changed since the last scan", [asdict(change) for change in report.changes])
