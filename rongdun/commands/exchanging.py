"""`rongdun dlp exchanges` and `flows`: what went between organisations, and the map of it by level."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import polars as pl
import typer

from dashboards.queries import ask
from dlp.exchanges import EXCHANGE_CHECKS
from dlp.policy import GRADES
from rongdun.console import print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From then on, UTC; without it, 30 days."),
]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Until then, UTC; without it, now.")
]
Scope = Annotated[str, typer.Option(help="A place such as fuzhou/gulou, on either side; without it, all of it.")]

_NUMBERS = frozenset({"rows", "datasets", "exchanges", "declared", "masked", "failing"})


class Way(StrEnum):
    """Which way data went between levels."""

    up = "up"
    down = "down"
    across = "across"
    unknown = "unknown"


class By(StrEnum):
    """What the map tells apart."""

    organisation = "organisation"
    level = "level"


Check = StrEnum("Check", {name: name for name in (*EXCHANGE_CHECKS, "any")})  # type: ignore[misc]  # from the checks


def exchanges(
    since: Since = None,
    until: Until = None,
    direction: Annotated[Way | None, typer.Option(help="Only what went this way.")] = None,
    failing: Annotated[bool, typer.Option("--failing", help="Only what fails a check.")] = False,
    scope: Scope = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    fail_on: Annotated[Check | None, typer.Option(help="Exit 1 when one of those shown fails this check.")] = None,
    as_json: Json = False,
) -> None:
    """Show exchanges of data between organisations, failing ones first; times are UTC."""
    told = {"way": direction.value if direction else "", "failing": int(failing), "most": limit}
    rows = _asked("exchanges", since, until, scope, told)
    if as_json:
        print_json({"exchanges": rows})
    else:
        print_table("exchanges", [_shown(row) for row in rows], right=_NUMBERS)
    failed = {check for row in rows for check in _texts(row["breaches"])}
    if fail_on and failed and fail_on.value in (*failed, "any"):
        raise typer.Exit(1)


def flows(
    since: Since = None,
    until: Until = None,
    by: Annotated[By, typer.Option(help="What to tell apart.")] = By.organisation,
    scope: Scope = "",
    as_json: Json = False,
) -> None:
    """Show how much data of which grade went between which levels and organisations."""
    rows = _asked("data_flows", since, until, scope, {})
    told = rows if by is By.organisation else by_level(rows)
    if as_json:
        print_json({"flows": told})
        return
    print_table("flows", [{**row, "last_at": str(row["last_at"])[:19]} for row in told], right=_NUMBERS)


def by_level(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Flows between levels, summed over their organisations. Data sets are left out: two may send the same."""
    together: dict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
    for row in rows:
        key = ("sender_level", "receiver_level", "direction", "grade")
        together[tuple(str(row[name]) for name in key)].append(row)
    return [
        {
            "sender_level": sender,
            "receiver_level": receiver,
            "direction": direction,
            "grade": grade,
            "senders": len({row["sender"] for row in some}),
            "receivers": len({row["receiver"] for row in some}),
            **{name: sum(int(str(row[name])) for row in some) for name in ("exchanges", "declared", "rows", "failing")},
            "last_at": max(str(row["last_at"]) for row in some),
        }
        for (sender, receiver, direction, grade), some in sorted(together.items(), key=_highest_first)
    ]


def _highest_first(entry: tuple[tuple[str, ...], object]) -> tuple[object, ...]:
    sender, receiver, direction, grade = entry[0]
    return sender, receiver, direction, -(GRADES.index(grade) if grade in GRADES else -1)


def _asked(
    name: str, since: datetime | None, until: datetime | None, scope: str, told: Mapping[str, object]
) -> list[dict[str, object]]:
    settings, now = Settings(), datetime.now(UTC)
    ends = until.replace(tzinfo=UTC) if until else now
    begins = since.replace(tzinfo=UTC) if since else ends - timedelta(days=30)
    times = {key: f"{at:%Y-%m-%d %H:%M:%S.%f}" for key, at in (("since", begins), ("until", ends))}
    where = {"scope": scope or settings.scope, "root": settings.scope}
    with progress("asking"), open_store(settings, user="reader") as store:
        return _in_utc(ask(store, name, {**where, **times, **told})).to_dicts()


def _in_utc(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with times as the terminal shows them; the desk's questions answer in the city's zone."""
    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(times).dt.convert_time_zone("UTC"))


def _shown(row: Mapping[str, object]) -> dict[str, object]:
    names = ("event_time", "direction", "sender", "receiver", "dataset", "rows", "grade")
    masked = {True: "yes", False: "no"}.get(bool(row["masked"])) if row["masked"] is not None else "?"
    return {
        **{name: row[name] for name in names},
        "masked": masked,
        "basis": row["basis"] or "-",
        "breaches": ", ".join(_texts(row["breaches"])),
    }


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list | tuple) else []
