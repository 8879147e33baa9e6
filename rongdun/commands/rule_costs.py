"""`rongdun rules backtest` and `rongdun rules profile`: what rules find in stored events, and what that costs."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from detectors.rule_choice import chosen_rule
from detectors.selection import RuleStatus, Selection
from pipelines.backtest import Backtest
from pipelines.backtest import backtest as tested
from pipelines.content import home_content
from pipelines.rule_costs import RuleCost, rule_costs
from rongdun.commands.moments import moment
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.costs import Cost
from store.session import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Rules = Annotated[
    list[Path] | None, typer.Option(help="Sigma rules: files or folders. Without it, those that judge this home.")
]

_NUMBERS = frozenset({"matches", "rows read", "processor s", "seconds", "MiB"})
_BAR = 40


def backtest(
    rule: Annotated[str, typer.Argument(help="Id, title or file of the rule; a file need not be among the home's.")],
    since: Annotated[str, typer.Option(help="Event time: 30d, 12h, or a moment such as 2026-03-01.")] = "30d",
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Show what a rule would have found, per day and asset, and what that costs; no alert is written."""
    settings, now = Settings(), datetime.now(UTC)
    start = moment(since, now=now)
    alone = [Path(rule)] if not rules and Path(rule).is_file() else []
    content = home_content(settings, rules=rules or alone, selection=Selection(tuple(RuleStatus)))
    head = chosen_rule(content.ruleset, rule)
    with open_store(settings) as store, progress(f"looking since {start:%Y-%m-%d %H:%M}"):
        found = tested(store, content, head.id, since=start, until=now)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def profile(
    since: Annotated[str, typer.Option(help="Event time: 24h, 7d, or a moment such as 2026-03-01.")] = "24h",
    top: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")] = 20,
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Show the slowest rules: each one's predicate alone over the last events, in ClickHouse's own figures."""
    settings, now = Settings(), datetime.now(UTC)
    start = moment(since, now=now)
    ruleset = home_content(settings, rules=rules or ()).ruleset
    with open_store(settings) as store, progress("measuring rules") as advance:
        found = rule_costs(
            store,
            ruleset,
            since=start,
            until=now,
            progress=lambda done, total: advance(done / max(total, 1), f"{done:,} of {total:,} rules"),
        )
    if as_json:
        print_json({"since": start, "measured": len(found), "rules": [asdict(each) for each in found[:top]]})
        return
    print_table(
        f"slowest of {len(found)} rules, events since {start:%Y-%m-%d %H:%M}",
        [_cost_row(each) for each in found[:top]],
        right=_NUMBERS,
    )


def _cost_row(each: RuleCost) -> dict[str, object]:
    row = {"rule": each.rule.title, "matches": each.matches, **_figures(each.cost), "note": each.problem}
    return {**row, "id": each.rule.id}


def _figures(cost: Cost) -> dict[str, object]:
    memory = "unknown" if cost.memory_bytes is None else f"{cost.memory_bytes / 2**20:.1f}"
    processor = "unknown" if cost.processor_seconds is None else f"{cost.processor_seconds:.3f}"
    seconds = f"{cost.seconds:.3f}"
    return {"rows read": f"{cost.rows_read:,}", "processor s": processor, "seconds": seconds, "MiB": memory}


def _show(found: Backtest) -> None:
    console = out()
    console.print(f"{found.matches:,} matches of {found.rule.title!r} since {found.since:%Y-%m-%d %H:%M}", markup=False)
    if found.matches:
        most = max(found.per_day.values())
        days = [
            {"day": day, "matches": count, "": "#" * max(1, round(_BAR * count / most))}
            for day, count in found.per_day.items()
        ]
        print_table("per day", days, right=_NUMBERS)
        assets = [{"asset_id": asset or "(no known asset)", "matches": n} for asset, n in found.per_asset.items()]
        print_table("per asset", assets, right=_NUMBERS)
        print_table("values", [asdict(seen) for seen in found.values], right=_NUMBERS)
    figures = _figures(found.cost)
    memory = f", {figures['MiB']} MiB of memory" if found.cost.memory_bytes is not None else ""
    console.print(f"cost: {figures['rows read']} rows read in {figures['seconds']} s{memory}")
