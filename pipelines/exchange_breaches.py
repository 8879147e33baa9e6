"""Exchanges that failed their checks, put together into what an alert tells (R41)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from dlp.uses import Breach, Use
from pipelines.access_alerts import MOST_EVENTS
from pipelines.alert_rows import utc
from pipelines.exchange_rows import Row, texts


def breaches_of(rows: Sequence[Row], scope: str) -> Iterator[tuple[Breach, Row]]:
    """Breaches with what they are about, one for each check, data set and receiver of a day's exchanges.

    An exchange whose sender the inventory does not seat is told of in `scope`.
    """
    together: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        for check in texts(row["breaches"]):
            together[check, str(row["dataset"]).lower(), str(row["receiver"])].append(row)
    for (check, _, _), some in together.items():
        about = {**some[0], "scope": some[0]["scope"] or some[0]["sender_scope"] or scope}
        yield Breach(check, (_use(some),), _grant(some[0]), _columns(some), _facts(some[0])), about


def _use(rows: Sequence[Row]) -> Use:
    first, times = rows[0], [utc(row["event_time"]) for row in rows]
    return Use(
        account=str(first["account"]),
        dataset=str(first["dataset"]),
        columns=frozenset(column for row in rows for column in texts(row["columns"])),
        hour=min(times).replace(minute=0, second=0, microsecond=0),
        first=min(times),
        last=max(times),
        rows=sum(int(str(row["rows"])) for row in rows),
        exported=True,
        ticket=str(first["ticket"]),
        event_ids=tuple(str(row["event_id"]) for row in rows if row["event_id"])[:MOST_EVENTS],
    )


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted({column for row in rows for column in texts(row["columns"])}))


def _grant(row: Row) -> str:
    return str(row["basis"]) if row["basis_kind"] == "grant" else ""


def _facts(row: Row) -> dict[str, str]:
    told = (
        "sender",
        "sender_level",
        "receiver",
        "receiver_level",
        "direction",
        "grade",
        "origin",
        "to_dataset",
        "basis",
    )
    until = row["basis_until"]
    return {
        **{name: str(row[name]) for name in told},
        "basis_until": until.isoformat() if isinstance(until, date) else "",
    }
