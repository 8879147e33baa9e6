"""`rongdun rules`: every rule accounted for."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from detectors.check import check_rows, status_counts
from pipelines.content import load_content
from rongdun.commands import rule_adding, rule_costs, rule_sight, rule_tests
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Detection rules: which can be used, which cannot, and why.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


class Concern(StrEnum):
    """What `--fail-on` looks for; `blind` includes `unsupported`."""

    unsupported = "unsupported"
    blind = "blind"


_FAILING = {Concern.unsupported: {"unsupported"}, Concern.blind: {"unsupported", "blind"}}


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Sigma rules: files and folders.")],
    fail_on: Annotated[Concern | None, typer.Option(help="Exit 1 when a rule is unsupported, or also blind.")] = None,
    as_json: Json = False,
) -> None:
    """Say of every rule whether it is usable, unsupported (why), blind (what nothing supplies) or withdrawn."""
    with progress("checking rules"):
        ruleset = load_content(Settings().rules_folder, rules=paths).ruleset
    rows, counts = check_rows(ruleset), status_counts(ruleset)
    if as_json:
        print_json({"rules": rows, "counts": counts})
    else:
        shown = [
            {"status": row["status"], "rule": row["title"] or row["id"], "where": row["path"], "reason": row["reason"]}
            for row in rows
            if row["status"] != "usable" or row["reason"]
        ]
        if shown:
            print_table("rules to look at", shown)
        out().print(", ".join(f"{count} {status}" for status, count in counts.items()))
    if fail_on is not None and any(row["status"] in _FAILING[fail_on] for row in rows):
        raise typer.Exit(1)


app.command("test")(rule_tests.prove)
app.command()(rule_costs.backtest)
app.command()(rule_costs.profile)
app.command()(rule_adding.add)
app.command()(rule_sight.coverage)
app.command()(rule_sight.blind)
