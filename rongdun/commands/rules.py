"""`rongdun rules`: every rule accounted for."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from detectors.check import check_rules

from rongdun.console import err, harmless, out, print_json, print_table, progress
from rongdun.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Detection rules: which can be used, which cannot, and why.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


class Concern(StrEnum):
    """What `--fail-on` looks for; `blind` includes `unsupported`."""

    unsupported = "unsupported"
    blind = "blind"


@app.callback()
def _group() -> None:
    """Keep `check` a command of its own."""


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Sigma rules: files and folders.")],
    fail_on: Annotated[Concern | None, typer.Option(help="Exit 1 when a rule is unsupported, or also blind.")] = None,
    as_json: Json = False,
) -> None:
    """Say of every rule whether it is usable, unsupported (why) or blind (which fields nothing supplies)."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        err().print(harmless(f"no such file or folder: {missing[0]}"), markup=False)
        raise typer.Exit(2)
    with progress("checking rules"):
        verdicts = check_rules(paths, placeholders=Settings().rules_folder / "placeholders.yml")
    if as_json:
        print_json({"rules": [verdict.as_json() for verdict in verdicts]})
    else:
        shown = [
            {
                "status": verdict.status,
                "rule": verdict.title or verdict.id,
                "where": verdict.path,
                "reason": verdict.reason,
            }
            for verdict in verdicts
            if verdict.status != "usable"
        ]
        print_table("rules to look at", shown)
        counts = Counter(verdict.status for verdict in verdicts)
        out().print(", ".join(f"{counts[status]} {status}" for status in ("usable", "unsupported", "blind")))
    failing = {Concern.unsupported: {"unsupported"}, Concern.blind: {"unsupported", "blind"}}
    if fail_on is not None and any(verdict.status in failing[fail_on] for verdict in verdicts):
        raise typer.Exit(1)
