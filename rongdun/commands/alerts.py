"""`rongdun alerts` and `rongdun audit`: the responder's queue, and the record behind it."""

import getpass
import re
from typing import Annotated

import typer

from response import lifecycle
from response.audit import verify_chain
from response.chain import ChainHead
from response.lifecycle import AlertState, Verdict
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(no_args_is_help=True, help="The queue of alerts: read it, take one in hand, close it with a verdict.")
audit_app = typer.Typer(no_args_is_help=True, help="The record of what people and processes did.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AlertId = Annotated[str, typer.Argument(help="As `rongdun alerts list` shows it.")]
Actor = Annotated[str, typer.Option(help="Who takes the step; goes on record.", default_factory=getpass.getuser)]

_QUEUE = """
SELECT alert_id, level, rule_title, asset_id, host, source_ip, first_seen, detected_at, state, verdict
FROM alerts
WHERE if({state:String} = '', state != 'closed', state = {state:String})
ORDER BY severity DESC, first_seen DESC
LIMIT {limit:UInt32}
"""


@app.command("list")
def list_alerts(
    state: Annotated[
        AlertState | None, typer.Option(help="Only those that stand there; without it, all that are open.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show the queue, most severe first; times are UTC."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        rows = store.rows(_QUEUE, {"state": state or "", "limit": limit})
    if as_json:
        print_json({"alerts": rows})
    else:
        print_table("alerts", rows)


@app.command()
def acknowledge(
    alert_id: AlertId, actor: Actor, basis: Annotated[str, typer.Option(help="On what ground.")] = "triage"
) -> None:
    """Take an alert in hand."""
    with progress("recording"), open_store(Settings()) as store:
        event = lifecycle.acknowledge(store, alert_id, actor=actor, basis=basis)
    out().print(f"acknowledged, on record as step {event.seq}")


@app.command()
def close(
    alert_id: AlertId,
    actor: Actor,
    verdict: Annotated[Verdict, typer.Option(help="What it turned out to be.")],
    reason: Annotated[str, typer.Option(help="Why; goes on record.")],
) -> None:
    """Close an acknowledged alert with a verdict."""
    with progress("recording"), open_store(Settings()) as store:
        event = lifecycle.close(store, alert_id, verdict, actor=actor, reason=reason)
    out().print(f"closed, on record as step {event.seq}")


@audit_app.callback()
def _group() -> None:
    """Keep `verify` a command of its own."""


@audit_app.command()
def verify(
    anchor: Annotated[
        str, typer.Option(help="A head that an earlier run printed, SEQ:HASH; shows whether the end was cut off since.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Prove that the record is whole: no gap, no edit, no fork; exit 1 when it is not."""
    kept = _head(anchor)
    with progress("verifying"), open_store(Settings(), user="reader") as store:
        report = verify_chain(store, anchor=kept)
    if as_json:
        print_json(report.as_json())
    else:
        out().print(f"{report.events} steps on record, {'intact' if report.intact else 'NOT INTACT'}")
        out().print(f"head, to be kept elsewhere: {report.head.seq}:{report.head.hash}", highlight=False)
        for problem in report.problems:
            out().print(str(problem), markup=False)
    if not report.intact:
        raise typer.Exit(1)


def _head(text: str) -> ChainHead | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is no head: copy SEQ:HASH as `audit verify` prints it", param_hint="--anchor"
        )
    return ChainHead(int(found[1]), found[2])
