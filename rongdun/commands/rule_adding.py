"""`rongdun rules add`: rules of others for this home."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from detectors.adoption import Decision, Wish
from detectors.selection import RuleStatus, Selection
from pipelines.adopting import adopt
from pipelines.content import placeholders_of
from rongdun.commands.levels import Level
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def add(
    paths: Annotated[list[Path], typer.Argument(help="Sigma rules: files, folders, a checkout of SigmaHQ.")],
    status: Annotated[
        list[RuleStatus] | None, typer.Option(help="Only rules of this status; may be given several times.")
    ] = None,
    level: Annotated[Level | None, typer.Option(help="Only rules that are at least this urgent.")] = None,
    product: Annotated[
        list[str] | None, typer.Option(help="Only rules for this product; may be given several times.")
    ] = None,
    allow_blind: Annotated[bool, typer.Option(help="Also rules that need what nothing supplies.")] = False,
    replace: Annotated[bool, typer.Option(help="Renew rules that were added before.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be taken.")] = False,
    as_json: Json = False,
) -> None:
    """Take usable rules over into this home, where they judge beside those that ship; say of each what became of it."""
    settings = Settings()
    statuses = tuple(status) if status else tuple(RuleStatus(each) for each in settings.rule_status)
    selection = Selection(statuses, level.value if level else "informational")
    wish = Wish(selection, frozenset(each.lower() for each in product or ()), allow_blind, replace)
    with progress("reading rules"):
        found = adopt(
            paths,
            shipped=settings.rules_folder / "sigma",
            site=settings.site_rules,
            wish=wish,
            placeholders=placeholders_of(settings.rules_folder),
            dry_run=dry_run,
        )
    counts = Counter(rule.decision for rule in found)
    if as_json:
        told = {decision.value: counts[decision] for decision in Decision}
        print_json({"rules": [asdict(rule) for rule in found], "counts": told, "folder": settings.site_rules})
        return
    shown = [
        {"decision": rule.decision, "rule": rule.title or rule.id, "where": rule.path, "reason": rule.reason}
        for rule in found
        if rule.decision is Decision.REFUSED or (rule.decision is Decision.TAKEN and rule.reason)
    ]
    if shown:
        print_table("rules to look at", shown)
    out().print(", ".join(f"{counts[decision]} {decision}" for decision in Decision))
    if counts[Decision.TAKEN] and not dry_run:
        out().print(f"they are in {settings.site_rules}; `rongdun detect` judges by them", markup=False)
