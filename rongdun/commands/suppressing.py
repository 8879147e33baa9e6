"""`rongdun alerts suppress`, `suppressions` and `unsuppress`: hide what is known, for a time, on record.

They join the group of `rongdun.commands.alerts`: who loads the group loads it from here.
"""

from typing import Annotated

import typer

from response import suppressing
from response.suppressing import PREVIEW_DAYS, Preview
from rongdun.commands.alert_groups import suppressions
from rongdun.commands.alerts import Actor, AlertId, Json, Reason, app, take
from rongdun.commands.moments import moment_to_come
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store


@app.command()
def suppress(
    alert_id: AlertId,
    actor: Actor,
    by: Annotated[str, typer.Option(help="Fields in which alerts must equal it, such as host,user.")],
    until: Annotated[str, typer.Option(help="30d, or a day (UTC) that still counts, such as 2026-12-31.")] = "",
    reason: Reason = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what it would have hidden in the last 30 days.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hide open alerts of the same rule and values from the queue, none more severe; or renew that."""
    names = by.split(",")
    if preview:
        with progress("asking"), open_store(Settings(), user="reader") as store:
            _show(suppressing.preview(store, alert_id, names), as_json=as_json)
        return
    for given, option in ((until, "--until"), (reason, "--reason")):
        if not given.strip():
            raise typer.BadParameter("a suppression needs it, a --preview does not", param_hint=option)
    ends = moment_to_come(until)
    take(
        lambda store: suppressing.suppress(store, alert_id, names, until=ends, actor=actor, reason=reason),
        f"suppressed until {ends:%Y-%m-%d %H:%M} UTC",
    )


@app.command("suppressions")
def list_suppressions(as_json: Json = False) -> None:
    """Show every suppression, those that hide something first; an expired or ended one hides nothing."""
    settings = Settings()
    with progress("asking"), open_store(settings, user="reader") as store:
        found = suppressions(store, settings)
    if as_json:
        print_json({"suppressions": found})
        return
    rows = [
        {
            "suppression_id": row["suppression_id"],
            "standing": row["standing"],
            "hides": row["hidden"],
            "until": row["until"],
            "owner": row["owner"],
            "rule_title": row["rule_title"],
            "fields": _pairs(row["field_names"], row["field_values"]),
            "reason": row["reason"],
        }
        for row in found
    ]
    print_table("suppressions", rows, right=frozenset({"hides"}))


@app.command()
def unsuppress(
    suppression_id: Annotated[str, typer.Argument(help="As `rongdun alerts suppressions` shows it.")],
    actor: Actor,
    reason: Reason,
) -> None:
    """End a suppression before its time: what it hid is in the queue again."""
    take(lambda store: suppressing.unsuppress(store, suppression_id, actor=actor, reason=reason), "ended")


def _show(told: Preview, *, as_json: bool) -> None:
    if as_json:
        print_json({"days": PREVIEW_DAYS, **vars(told)})
        return
    out().print(
        f"in the last {PREVIEW_DAYS} days it would have hidden {told.hidden} alerts, {told.open} of them open, "
        f"on {told.assets} assets; {told.more_severe} more severe ones would have been shown",
        highlight=False,
    )


def _pairs(names: object, values: object) -> str:
    if not isinstance(names, list) or not isinstance(values, list):  # narrows the driver's types
        raise TypeError(f"{type(names)}, {type(values)}")
    return " ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
