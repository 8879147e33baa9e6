"""`rongdun dlp catalogue`: the data assets of the city, whose they are, and how they are graded."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from dlp.grading_policy import grading_of
from pipelines.catalogue import import_catalogue
from response.chain import Role
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(
    no_args_is_help=True, help="The catalogue of data assets: import what is declared, list what is known."
)

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


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
