"""`rongdun alerts` and `rongdun audit`: the responder's queue, and the record behind it."""

import getpass
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, cast

import typer

from pipelines.content import risk_rule_of
from pipelines.entity_risk import entity_risks
from response import lifecycle
from response.anchor import keep_head, kept_head
from response.audit import ChainReport, verify_chain
from response.chain import AuditEvent, ChainHead
from response.lifecycle import AlertState, Verdict
from rongdun.commands.alert_groups import group_members, groups, suppressed_count
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.client import Store
from store.session import open_store

app = typer.Typer(no_args_is_help=True, help="The queue of alerts: read it, take one in hand, close it with a verdict.")
audit_app = typer.Typer(no_args_is_help=True, help="The record of what people and processes did.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Reason = Annotated[str, typer.Option(help="Why; goes on record.")]
AlertId = Annotated[str, typer.Argument(help="As `rongdun alerts list` shows it.")]
Actor = Annotated[str, typer.Option(help="Who takes the step; goes on record.", default_factory=getpass.getuser)]

_SHOWN = (
    *("alert_id", "level", "alerts", "rule_title", "asset_id", "host", "source_ip", "first_seen", "last_seen"),
    *("state", "verdict"),
)
_CHILDREN = ("alert_id", "level", "rule_title", "asset_id", "host", "source_ip", "first_seen", "last_seen", "state")


@app.command("list")
def list_alerts(
    state: Annotated[
        AlertState | None, typer.Option(help="Only those that stand there; without it, all that are open.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    group: Annotated[str, typer.Option(metavar="ALERT_ID", help="The alerts of this one's row, each on its own.")] = "",
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Show suppressed alerts too.")] = False,
    as_json: Json = False,
) -> None:
    """Show the queue, a row for alerts of one rule and entity, most severe first; times are UTC."""
    settings = Settings()
    states = [state] if state else [AlertState.NEW, AlertState.ACKNOWLEDGED]
    with progress("asking"), open_store(settings, user="reader") as store:
        if group:
            rows = group_members(store, settings, group)
        else:
            rows = groups(store, settings, states=states, suppressed=int(suppressed), most=limit)
        hidden = suppressed_count(store, settings)
    if as_json:
        print_json({"alerts": rows, "suppressed": hidden})
        return
    columns = _CHILDREN if group else _SHOWN
    print_table("alerts", [{name: row[name] for name in columns} for row in rows], right=frozenset({"alerts"}))
    if hidden and not suppressed:
        out().print(f"{hidden} open alerts are suppressed: `rongdun alerts suppressions` says by what", highlight=False)


@app.command()
def risk(
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 10,
    as_json: Json = False,
) -> None:
    """Show which assets, hosts, accounts and addresses carry most risk, by their open alerts; times are UTC."""
    settings = Settings()
    rule = risk_rule_of(settings.rules_folder)
    if rule is None:
        raise typer.BadParameter(f"{settings.rules_folder} has no detections/entity_risk.yml", param_hint="rules")
    with progress("asking"), open_store(settings, user="reader") as store:
        rows = [each.as_json() for each in entity_risks(store, rule)[:limit]]
    threshold = rule.weights.threshold
    if as_json:
        print_json({"threshold": threshold, "least_tactics": rule.weights.least_tactics, "entities": rows})
    else:
        shown = [
            {
                **row,
                "tactics": ", ".join(cast("list[str]", row["tactics"])),
                "last_seen": str(row["last_seen"])[:19].replace("T", " "),
            }
            for row in rows
        ]
        print_table(f"entity risk (an incident from {threshold:g} on)", shown, right=frozenset({"score"}))


@app.command()
def acknowledge(
    alert_id: AlertId, actor: Actor, basis: Annotated[str, typer.Option(help="On what ground.")] = "triage"
) -> None:
    """Take an alert in hand."""
    take(lambda store: lifecycle.acknowledge(store, alert_id, actor=actor, basis=basis), "acknowledged")


@app.command()
def close(
    alert_id: AlertId,
    actor: Actor,
    verdict: Annotated[Verdict, typer.Option(help="What it turned out to be.")],
    reason: Reason,
    group: Annotated[
        bool, typer.Option("--group", help="Close every open alert of its row, new ones included.")
    ] = False,
) -> None:
    """Close an acknowledged alert with a verdict, or all that are open in its row of the queue."""
    if group:
        _close_group(alert_id, verdict, actor=actor, reason=reason)
        return
    take(lambda store: lifecycle.close(store, alert_id, verdict, actor=actor, reason=reason), "closed")


def _close_group(alert_id: str, verdict: Verdict, *, actor: str, reason: str) -> None:
    settings = Settings()
    with ExitStack() as opened:
        with progress("recording"):
            store = opened.enter_context(open_store(settings))
            members = [str(row["alert_id"]) for row in group_members(store, settings, alert_id)]
            events = lifecycle.close_all(store, members, verdict, actor=actor, reason=reason)
        closed = sum(event.state == AlertState.CLOSED for event in events)
        out().print(f"closed {closed} alerts, on record in {len(events)} steps")
        keep_head(store, settings.audit_heads)


def take(step: Callable[[Store], AuditEvent], done: str) -> None:
    """Take a step, say so, and keep the head of the record: a record that was cut must not hide that it was taken."""
    settings = Settings()
    with ExitStack() as opened:
        with progress("recording"):
            store = opened.enter_context(open_store(settings))
            event = step(store)
        out().print(f"{done}, on record as step {event.seq}")
        keep_head(store, settings.audit_heads)


@audit_app.callback()
def _group() -> None:
    """Keep `verify` a command of its own."""


@audit_app.command()
def verify(
    anchor: Annotated[
        str, typer.Option(help="A head that an earlier run printed, SEQ:HASH; without it, the one kept in the home.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Prove that the record is whole: no gap, no edit, no fork, no end cut off; exit 1 when it is not."""
    settings = Settings()
    given = _head(anchor)
    kept = kept_head(settings.audit_heads) if given is None else given
    with progress("verifying"), open_store(settings, user="reader") as store:
        report = verify_chain(store, anchor=kept)
        if report.intact and given is None:
            keep_head(store, settings.audit_heads)
    if as_json:
        against = {"seq": kept.seq, "hash": kept.hash} if kept else None
        print_json({**report.as_json(), "against": against, "heads_file": str(settings.audit_heads)})
    else:
        _show(report, kept, settings.audit_heads if given is None else None)
    if not report.intact:
        raise typer.Exit(1)


def _show(report: ChainReport, against: ChainHead | None, file: Path | None) -> None:
    lines = [f"{report.events} steps on record, {'intact' if report.intact else 'NOT INTACT'}"]
    origin = f"kept in {file}" if file else "given"
    if against is None:
        lines.append("no head was kept so far: whether the end was cut off before today does not show")
    else:
        lines.append(f"checked against step {against.seq}, {origin}")
    lines.append(f"head, for a copy elsewhere: {report.head.seq}:{report.head.hash}")
    out().print("\n".join([*lines, *map(str, report.problems)]), markup=False, highlight=False)


def _head(text: str) -> ChainHead | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is no head: copy SEQ:HASH as `audit verify` prints it", param_hint="--anchor"
        )
    return ChainHead(int(found[1]), found[2])
