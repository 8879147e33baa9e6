"""`rongdun dlp catalogue`: the data assets of the city, whose they are, and how they are graded."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dlp.freshness_policy import DRIFT_KINDS, SEVERITIES, freshness_policy_of
from dlp.grading_policy import grading_of
from dlp.policy import load_policy
from pipelines.catalogue import import_catalogue
from pipelines.catalogue_editing import confirm_entry, seen_entry
from pipelines.freshness import Freshness, catalogue_freshness
from response.chain import Role
from rongdun.commands.alerts import take
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(
    no_args_is_help=True, help="The catalogue of data assets: import what is declared, list what is known."
)

Kind = StrEnum("Kind", {name: name for name in DRIFT_KINDS})  # type: ignore[misc]  # from the policy's kinds
Worst = StrEnum("Worst", {name: name for name in SEVERITIES})  # type: ignore[misc]  # from the policy's severities

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

_KNOWN = """
SELECT dataset, title, organisation, owner, cdo, grade, jrt_level, review_state, persons, rows,
    formatDateTime(scanned_at, '%F %T') AS scanned_at, purpose, assessment, share_recipients
FROM data_catalogue ORDER BY dataset LIMIT {most:UInt32}
"""
_UNSCANNED = """
SELECT dataset, title, organisation, owner FROM dataset_registrations
WHERE dataset NOT IN (SELECT registration FROM data_catalogue) AND destroyed_on IS NULL
ORDER BY dataset LIMIT {most:UInt32}
"""


@app.command("import")
def import_file(
    path: Annotated[Path, typer.Argument(help="A YAML file with the key `datasets`, or a CSV file.", exists=True)],
    actor: Annotated[str, typer.Option(help="Who declares it; goes on record.", default_factory=getpass.getuser)],
    remove_missing: Annotated[bool, typer.Option(help="Drop entries that the file does not name.")] = False,
    as_json: Json = False,
) -> None:
    """Import what is declared of data sets: owner, purpose, sharing, origin, harm."""
    settings = Settings()
    grading = grading_of(settings.rules_folder)
    with progress("importing"), open_store(settings) as store:
        report = import_catalogue(path, store, grading, remove_missing=remove_missing, actor=actor, role=Role.REVIEWER)
    if as_json:
        print_json(report.as_json())
        return
    out().print(str(report), highlight=False)


@app.command("list")
def list_datasets(
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    as_json: Json = False,
) -> None:
    """Show every scanned data set with its grade, owner and purpose, and what was declared but never scanned."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        known, unscanned = (store.rows(asked, {"most": limit}) for asked in (_KNOWN, _UNSCANNED))
    if as_json:
        print_json({"datasets": known, "never_scanned": unscanned})
        return
    shown = [{**row, "share_recipients": ", ".join(map(str, _list(row["share_recipients"])))} for row in known]
    print_table("data assets (times are UTC)", shown, right=frozenset({"persons", "rows"}))
    if unscanned:
        print_table("declared, never scanned", unscanned)


@app.command()
def freshness(
    kind: Annotated[list[Kind] | None, typer.Option(help="Only drift of this kind; may be given again.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show also what is as the catalogue says.")] = False,
    fail_on: Annotated[Worst | None, typer.Option(help="Exit 1 on drift that matters so much, or more.")] = None,
    as_json: Json = False,
) -> None:
    """Show where the catalogue is overdue, or not what scans find: entry by entry; times are UTC."""
    settings = Settings()
    periods = freshness_policy_of(settings.rules_folder)
    policy = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    with progress("comparing"), open_store(settings, user="reader") as store:
        found = catalogue_freshness(store, periods, policy)
    wanted = {one.value for one in kind or ()}
    rows = [
        replace(row, drifts=tuple(drift for drift in row.drifts if not wanted or drift.kind in wanted)) for row in found
    ]
    shown = [row for row in rows if row.drifts or (every and not wanted)]
    if as_json:
        print_json({"entries": len(found), "drifted": sum(bool(row.drifts) for row in rows), "rows": _told(shown)})
    else:
        print_table("freshness of the catalogue", [_line(row) for row in shown])
    if fail_on and any(periods.is_at_least(drift.kind, fail_on.value) for row in rows for drift in row.drifts):
        raise typer.Exit(1)


@app.command()
def confirm(
    dataset: Annotated[str, typer.Argument(help="A data set, or the name of an entry.")],
    actor: Annotated[str, typer.Option(help="Who confirms; goes on record.", default_factory=getpass.getuser)],
    reason: Annotated[str, typer.Option(help="Why; goes on record.")],
) -> None:
    """Stand by an entry as it is: what changed of its data set until now is known and right."""
    take(lambda store: confirm_entry(store, seen_entry(store, dataset), actor=actor, reason=reason), "confirmed")


def _told(rows: Sequence[Freshness]) -> list[dict[str, object]]:
    return [row.as_json() for row in rows]


def _line(row: Freshness) -> dict[str, object]:
    standing = row.standing
    return {
        "entry": standing.entry or "-",
        "dataset": standing.dataset or "-",
        "owner": standing.owner or "-",
        "grade": standing.grade or "-",
        "confirmed": f"{standing.confirmed_at:%Y-%m-%d}" if standing.confirmed_at else "-",
        "scanned": f"{standing.looked_at:%Y-%m-%d}" if standing.looked_at else "-",
        "drift": ", ".join(f"{drift.kind} ({drift.about})" if drift.about else drift.kind for drift in row.drifts),
    }


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
