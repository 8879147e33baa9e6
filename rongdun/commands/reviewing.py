"""`rongdun dlp review`: suggested grades, and what people decide on them."""

import getpass
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from response.review import Correction, Decision, Reviewed, decide
from rongdun.commands.alerts import take
from rongdun.console import print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

app = typer.Typer(no_args_is_help=True, help="Suggested grades: read the queue, accept, reject, correct or appeal.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Wanted = Annotated[str, typer.Argument(help="The id of a finding, or `dataset:NAME` for a data set as a whole.")]
Reason = Annotated[str, typer.Option(help="Why; goes on record.")]
Actor = Annotated[str, typer.Option(help="Who decides; goes on record.", default_factory=getpass.getuser)]
GradeOption = Annotated[str, typer.Option(help="The grade that stands instead, such as general-3.")]
TypeOption = Annotated[str, typer.Option("--type", help="The type that stands instead, as Presidio names it.")]
CategoryOption = Annotated[str, typer.Option(help="The category that stands instead, a key of the policy.")]

DATASET_PREFIX = "dataset:"
_WAITING = ("open", "outdated", "appealed", "demanded")

_FINDINGS = """
SELECT finding_id, dataset, column, entity_type, grade, effective_grade, masked, hits, review_state, decided_by,
    if(decided_by = '', '', formatDateTime(decided_at, '%F %T')) AS decided_at, decision_reason
FROM reviewed_findings
WHERE review_state IN {states:Array(String)} AND (dataset = {dataset:String} OR {dataset:String} = '')
ORDER BY indexOf(['general-1', 'general-2', 'general-3', 'general-4'], grade) DESC, hits DESC, finding_id
LIMIT {most:UInt32}
"""
_DATASETS = """
SELECT dataset, suggested_grade, grade, jrt_level, persons, review_state, triggers, questions, grounds, decided_by
FROM data_catalogue
WHERE review_state IN {states:Array(String)} AND (dataset = {dataset:String} OR {dataset:String} = '')
ORDER BY indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC, dataset
LIMIT {most:UInt32}
"""
_HISTORY = """
SELECT seq, formatDateTime(event_time, '%F %T') AS time, actor, role, action, basis, details
FROM audit_events WHERE object_type = {kind:String} AND object_id = {id:String} ORDER BY seq
"""


class Standing(StrEnum):
    """Where a suggestion stands; `waiting` is everything that nobody has decided for good."""

    waiting = "waiting"
    open = "open"
    outdated = "outdated"
    appealed = "appealed"
    demanded = "demanded"
    accepted = "accepted"
    rejected = "rejected"
    corrected = "corrected"


@app.command("list")
def list_suggestions(
    state: Annotated[Standing, typer.Option(help="Only those that stand there.")] = Standing.waiting,
    dataset: Annotated[str, typer.Option(help="Only of this data set.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show suggested grades that wait for a decision, data sets first, highest grade first; times are UTC."""
    states = list(_WAITING) if state is Standing.waiting else [state.value]
    asked = {"states": states, "dataset": dataset, "most": limit}
    with progress("asking"), open_store(Settings(), user="reader") as store:
        datasets, findings = store.rows(_DATASETS, asked), store.rows(_FINDINGS, asked)
    if as_json:
        print_json({"datasets": datasets, "findings": findings})
        return
    print_table("data sets", [_joined(row) for row in datasets], right=frozenset({"persons"}))
    print_table("findings", findings, right=frozenset({"hits"}))


@app.command()
def accept(wanted: Wanted, actor: Actor, reason: Reason) -> None:
    """Let a suggested grade stand."""
    _decide(wanted, Decision.ACCEPTED, actor, reason)


@app.command()
def reject(wanted: Wanted, actor: Actor, reason: Reason) -> None:
    """Say that a finding is none."""
    _decide(wanted, Decision.REJECTED, actor, reason)


@app.command()
def correct(
    wanted: Wanted,
    actor: Actor,
    reason: Reason,
    grade: GradeOption = "",
    entity_type: TypeOption = "",
    category: CategoryOption = "",
) -> None:
    """Put another grade, type or category in the place of what was suggested."""
    _decide(wanted, Decision.CORRECTED, actor, reason, Correction(grade, entity_type, category))


@app.command()
def appeal(
    wanted: Wanted,
    actor: Actor,
    reason: Reason,
    grade: GradeOption = "",
    entity_type: TypeOption = "",
    category: CategoryOption = "",
) -> None:
    """Contest a grade; another reviewer decides."""
    _decide(wanted, Decision.APPEALED, actor, reason, Correction(grade, entity_type, category))


@app.command()
def demand(wanted: Wanted, actor: Actor, reason: Reason) -> None:
    """Open a decision again because an authority demands it."""
    _decide(wanted, Decision.DEMANDED, actor, reason)


@app.command()
def history(wanted: Wanted, as_json: Json = False) -> None:
    """Show every decision on a suggested grade, oldest first; times are UTC."""
    kind, name = _reviewed(wanted)
    with progress("asking"), open_store(Settings(), user="reader") as store:
        rows = store.rows(_HISTORY, {"kind": str(kind), "id": name})
    if as_json:
        print_json({"history": rows})
    else:
        print_table(name, rows)


def _decide(wanted: str, decision: Decision, actor: str, reason: str, correction: Correction | None = None) -> None:
    kind, name = _reviewed(wanted)
    take(
        lambda store: decide(store, kind, name, decision, actor=actor, reason=reason, correction=correction),
        decision.value,
    )


def _reviewed(wanted: str) -> tuple[Reviewed, str]:
    if wanted.startswith(DATASET_PREFIX):
        return Reviewed.DATASET, wanted.removeprefix(DATASET_PREFIX)
    return Reviewed.FINDING, wanted


def _joined(row: dict[str, object]) -> dict[str, object]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in row.items()
    }
