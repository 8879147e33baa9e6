"""`rongdun rules coverage` and `rongdun rules blind`: what the rules look for, and what they cannot see."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from detectors.blind_spots import Absent
from detectors.coverage import Domain, navigator_layer, tactic_coverage, techniques_of
from detectors.rule import RuleSet
from pipelines.blind_spots import BlindSpots, blind_spots, recent_matches
from pipelines.content import home_content
from rongdun.commands.moments import moment
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.files import write_whole
from store.session import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Rules = Annotated[
    list[Path] | None, typer.Option(help="Sigma rules: files or folders. Without it, those that judge this home.")
]

_NUMBERS = frozenset({"usable", "blind", "unsupported", "matched", "matches", "rules"})
_MOST_ROWS = 50


def coverage(
    navigator: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a layer for the ATT&CK Navigator there.")
    ] = None,
    domain: Annotated[Domain, typer.Option(help="The matrix of the layer.")] = Domain.enterprise,
    since: Annotated[str, typer.Option(help="Alerts raised since: 30d, 12h, or a moment such as 2026-03-01.")] = "30d",
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Show which ATT&CK tactics the rules look for, by the rules' own tags, and which have matched of late."""
    settings, start = Settings(), moment(since)
    ruleset = home_content(settings, rules=rules or ()).ruleset
    with open_store(settings, user="reader") as store:
        matches = recent_matches(store, ruleset, since=start)
    if navigator is not None:
        described = f"Rules of Rongdun by their own tags; matches since {start:%Y-%m-%d %H:%M} UTC."
        layer = navigator_layer(ruleset, matches, domain=domain, name="Rongdun", described=described)
        write_whole(navigator, json.dumps(layer, ensure_ascii=False, indent=2) + "\n")
    tactics = [asdict(tactic) for tactic in tactic_coverage(ruleset, matches)]
    techniques = {each.value: len(techniques_of(ruleset, each)) for each in Domain}
    if as_json:
        print_json({"since": start, "tactics": tactics, "techniques": techniques})
        return
    print_table(f"rules by tactic, matches since {start:%Y-%m-%d %H:%M}", tactics, right=_NUMBERS)
    out().print(", ".join(f"{count} techniques of {name}" for name, count in techniques.items()))
    if navigator is not None:
        out().print(f"the layer for {domain.value} is in {navigator}", markup=False)


def blind(
    since: Annotated[str, typer.Option(help="What arrived since: 14d, 12h, or a moment such as 2026-03-01.")] = "14d",
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Show what the rules need and nothing has supplied, which rules never matched, and which sources fell silent."""
    settings, now = Settings(), datetime.now(UTC)
    start = moment(since, now=now)
    content = home_content(settings, rules=rules or ())
    with open_store(settings, user="reader") as store, progress("looking at what arrived") as advance:
        found = blind_spots(
            store,
            content,
            since=start,
            now=now,
            progress=lambda done, total: advance(done / max(total, 1), f"{done} of {total} log sources"),
        )
    if as_json:
        print_json(_as_json(found, content.ruleset))
    else:
        _show(found)


def _as_json(found: BlindSpots, ruleset: RuleSet) -> dict[str, object]:
    return {
        "since": found.since,
        "rules": len(ruleset.heads),
        "unmapped": [{"id": each.id, "title": each.title, "reason": each.reason} for each in found.unmapped],
        "log_sources": [_absent(each) for each in found.log_sources],
        "fields": [{"field": each.field, **_absent(each)} for each in found.fields],
        "never_matched": [{"id": head.id, "title": head.title, "level": head.level} for head in found.never_matched],
        "silent": [asdict(each) for each in found.silent],
    }


def _absent(each: Absent) -> dict[str, object]:
    rules = [{"id": head.id, "title": head.title} for head in each.rules]
    return {"log_sources": each.log_sources, "rules": rules}


def _show(found: BlindSpots) -> None:
    since = f"since {found.since:%Y-%m-%d %H:%M}"
    _table(
        "rules that need what no source supplies", [{"rule": each.title, "why": each.reason} for each in found.unmapped]
    )
    _table(f"log sources without an event {since}", [_row(each) for each in found.log_sources])
    fields = [{"field": each.field, **_row(each)} for each in found.fields]
    _table(f"fields without a value {since}", fields)
    quiet = [{"level": head.level, "rule": head.title} for head in found.never_matched]
    _table("rules that never matched", quiet)
    _table("sources that fell silent", [asdict(each) for each in found.silent])


def _row(each: Absent) -> dict[str, object]:
    named = ", ".join(head.title for head in each.rules[:3])
    more = f", and {len(each.rules) - 3} more" if len(each.rules) > 3 else ""
    return {"log source": "; ".join(each.log_sources), "rules": len(each.rules), "such as": named + more}


def _table(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    print_table(f"{title}: {len(rows)}" if rows else title, rows[:_MOST_ROWS], right=_NUMBERS)
    if len(rows) > _MOST_ROWS:
        out().print(f"... and {len(rows) - _MOST_ROWS} more; --json has them all")
