"""`rongdun dlp grants`, `accesses` and `lineage`: who may use data, who did, and where it went."""

import getpass
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dlp.access_policy import access_policy_of
from pipelines.access_judging import judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.grant_files import import_grants
from pipelines.grants import grant_uses
from pipelines.lineage import lineage
from pipelines.roles import role_memberships
from response import granting
from response.chain import Role
from rongdun.commands.alerts import take
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(no_args_is_help=True, help="Who may use which data: import grants, approve, revoke, list.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Reason = Annotated[str, typer.Option(help="Why; goes on record.")]
Actor = Annotated[str, typer.Option(help="Who does it; goes on record.", default_factory=getpass.getuser)]
GrantId = Annotated[str, typer.Argument(help="As `rongdun dlp grants list` shows it.")]

_GRANTS = """
SELECT grant_id, state, subject, datasets, columns, legal_basis, purpose, ticket,
    formatDateTime(valid_from, '%F %T') AS valid_from, formatDateTime(valid_until, '%F %T') AS valid_until,
    rows_per_day, export, unmasked, requested_by, approved_by
FROM data_grants ORDER BY grant_id LIMIT {most:UInt32}
"""


@app.command("import")
def import_file(
    path: Annotated[
        Path,
        typer.Argument(help="A YAML file with the keys `grants` and `roles`, or a CSV file of grants.", exists=True),
    ],
    actor: Actor,
    remove_missing: Annotated[bool, typer.Option(help="Drop grants that the file does not name.")] = False,
    as_json: Json = False,
) -> None:
    """Import grants that were approved elsewhere."""
    settings = Settings()
    policy = access_policy_of(settings.rules_folder)
    with progress("importing"), open_store(settings) as store:
        report = import_grants(path, store, policy, remove_missing=remove_missing, actor=actor, role=Role.REVIEWER)
    if as_json:
        print_json(report.as_json())
        return
    out().print(str(report), highlight=False)


@app.command("list")
def list_grants(
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    as_json: Json = False,
) -> None:
    """Show every grant, where it stands, and when it was last used; times are UTC."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        rows = store.rows(_GRANTS, {"most": limit})
        used = {use.grant.grant_id: use.last_used for use in grant_uses(store)}
    told = [
        {**row, "last_used": f"{last:%Y-%m-%d %H:%M:%S}" if (last := used.get(str(row["grant_id"]))) else ""}
        for row in rows
    ]
    if as_json:
        print_json({"grants": told})
        return
    lists = ("datasets", "columns")
    shown = [{**row, **{name: ", ".join(map(str, _list(row[name]))) for name in lists}} for row in told]
    print_table("grants", shown, right=frozenset({"rows_per_day"}))


@app.command("roles")
def list_roles(as_json: Json = False) -> None:
    """Show which account held which role and when, as files declare it and databases log it; times are UTC."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        told = [
            {name: str(value)[:19] if isinstance(value, datetime) else value for name, value in asdict(one).items()}
            for one in role_memberships(store)
        ]
    if as_json:
        print_json({"roles": told})
        return
    print_table("roles", told)


@app.command()
def approve(grant_id: GrantId, actor: Actor, reason: Reason) -> None:
    """Let a proposed grant count; not for those who asked for it or use it."""
    take(lambda store: granting.approve(store, grant_id, actor=actor, reason=reason), "approved")


@app.command()
def refuse(grant_id: GrantId, actor: Actor, reason: Reason) -> None:
    """Turn a proposed grant down."""
    take(lambda store: granting.refuse(store, grant_id, actor=actor, reason=reason), "refused")


@app.command()
def revoke(grant_id: GrantId, actor: Actor, reason: Reason) -> None:
    """End an approved grant before its time."""
    take(lambda store: granting.revoke(store, grant_id, actor=actor, reason=reason), "revoked")


def accesses(as_json: Json = False) -> None:
    """Draw uses of data from the logs of databases, and hold them against grants and grades; breaches become alerts."""
    settings = Settings()
    policy, rules = access_policy_of(settings.rules_folder), access_rules_of(settings.rules_folder)
    with progress("judging uses of data"), open_store(settings) as store:
        report = judge_accesses(store, policy, rules, scope=settings.scope)
    if as_json:
        print_json(report.as_json())
        return
    told = f"{report.events} events, {report.accesses} uses, {report.exchanges} exchanges, "
    told += f"{report.breaches} breaches, {report.alerts_new} new alerts"
    out().print(told, highlight=False)


def show_lineage(
    dataset: Annotated[str, typer.Argument(help="A data set as the logs name it, such as civil.residents.")],
    column: Annotated[str, typer.Option(help="Only the way of this column.")] = "",
    as_json: Json = False,
) -> None:
    """Show where a data set came from and where it went, as declared and as seen in statements; times are UTC."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        came = [step.as_json() for step in lineage(store, dataset, column, direction="up")]
        went = [step.as_json() for step in lineage(store, dataset, column, direction="down")]
    if as_json:
        print_json({"came_from": came, "went_to": went})
        return
    print_table("came from", came, right=frozenset({"distance"}))
    print_table("went to", went, right=frozenset({"distance"}))


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
