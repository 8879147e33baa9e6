"""Where data came from and where it went: declared in the catalogue, and seen in statements (R44, R45)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from dlp.data_uses import ANY_COLUMN
from pipelines.alert_rows import utc
from store.client import Store

Direction = Literal["up", "down"]

_DEEPEST = 20
_MOST = 5_000
_SEEN = """
SELECT from_dataset, from_column, to_dataset, to_column, toString(kind) AS kind, min(first_seen) AS first_seen,
    max(last_seen) AS last_seen, anyLast(account) AS account
FROM lineage_edges WHERE {side}_dataset IN {{names:Array(String)}}
GROUP BY from_dataset, from_column, to_dataset, to_column, kind
ORDER BY to_dataset, to_column, from_dataset, from_column
LIMIT {most}
"""
_DECLARED = """
SELECT dataset AS to_dataset, arrayJoin(derived_from) AS from_dataset, updated_at, owner
FROM dataset_registrations
"""


@dataclass(frozen=True)
class Step:
    """One step of the way of a column: `distance` steps from the data set that was asked for; times are UTC."""

    distance: int
    from_dataset: str
    from_column: str
    to_dataset: str
    to_column: str
    kind: str
    first_seen: datetime
    last_seen: datetime
    account: str

    @property
    def way(self) -> tuple[str, ...]:
        """The step wherever it is met: in a circle one comes by it again, further away."""
        return (self.from_dataset, self.from_column, self.to_dataset, self.to_column, self.kind)

    def as_json(self) -> dict[str, object]:
        """The step as plain values."""
        times = {name: getattr(self, name).isoformat() for name in ("first_seen", "last_seen")}
        return {**asdict(self), **times}


def lineage(store: Store, dataset: str, column: str = "", *, direction: Direction) -> list[Step]:
    """Every step that leads to a data set, or one column of it (`up`), or away from it (`down`), nearest first.

    At most 20 steps deep; a circle is followed once. A step about all columns (`*`) may be about the one asked for.
    """
    here, there = ("to", "from") if direction == "up" else ("from", "to")
    frontier, known, steps = {(dataset, column or ANY_COLUMN)}, set[tuple[str, str]](), list[Step]()
    for distance in range(1, _DEEPEST + 1):
        known |= frontier
        found = [
            step
            for step in _steps(store, {name for name, _ in frontier}, here, distance)
            if _is_about(step, frontier, here)
        ]
        told = {step.way for step in steps}
        steps += [step for step in found if step.way not in told]
        frontier = {
            (str(getattr(step, f"{there}_dataset")), str(getattr(step, f"{there}_column"))) for step in found
        } - known
        if not frontier or len(steps) >= _MOST:
            return steps
    return steps


def _is_about(step: Step, frontier: Iterable[tuple[str, str]], side: str) -> bool:
    name, column = getattr(step, f"{side}_dataset"), getattr(step, f"{side}_column")
    return any(name == wanted and (column == asked or ANY_COLUMN in (column, asked)) for wanted, asked in frontier)


def _steps(store: Store, names: set[str], side: str, distance: int) -> list[Step]:
    seen = store.rows(_SEEN.format(side=side, most=_MOST), {"names": sorted(names)})
    told = [
        Step(
            distance,
            str(row["from_dataset"]),
            str(row["from_column"]),
            str(row["to_dataset"]),
            str(row["to_column"]),
            str(row["kind"]),
            utc(row["first_seen"]),
            utc(row["last_seen"]),
            str(row["account"]),
        )
        for row in seen
    ]
    return told + [step for step in _declared(store, distance) if getattr(step, f"{side}_dataset") in names]


def _declared(store: Store, distance: int) -> list[Step]:
    return [
        Step(
            distance,
            str(row["from_dataset"]),
            ANY_COLUMN,
            str(row["to_dataset"]),
            ANY_COLUMN,
            "declared",
            utc(row["updated_at"]),
            utc(row["updated_at"]),
            str(row["owner"]),
        )
        for row in store.rows(_DECLARED)
    ]
