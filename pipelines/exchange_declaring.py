"""Exchanges that the catalogue declares: a data set of one organisation derived from one of another (R41)."""

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from dlp.data_uses import ANY_COLUMN
from dlp.registrations import Registration
from pipelines.alert_rows import utc
from pipelines.exchange_rows import Row, exchange_id, not_judged, rows_frame
from pipelines.exchange_surroundings import Surroundings
from store.client import Store

_DECLARED = "SELECT dataset, updated_at FROM dataset_registrations"
_DECLARED_BEFORE = """
SELECT * EXCEPT (recorded_at, removed)
FROM (
    SELECT * FROM data_exchange_records WHERE origin = 'declared' ORDER BY recorded_at DESC LIMIT 1 BY exchange_id
)
WHERE NOT removed
"""


def changed_declarations(store: Store, around: Surroundings) -> pl.DataFrame:
    """Ways that the catalogue declares between organisations: those that are new, and those that are no longer."""
    stored = {str(row["exchange_id"]): row for row in store.rows(_DECLARED_BEFORE)}
    moments = {str(row["dataset"]): utc(row["updated_at"]) for row in store.rows(_DECLARED)}
    now = {
        str(row["exchange_id"]): row
        for entry in around.entries.all_entries
        for parent in entry.derived_from
        for row in _declared(parent, entry, moments[entry.dataset], around)
    }
    gone = [{**row, "removed": True} for identity, row in stored.items() if identity not in now]
    new = [row for identity, row in now.items() if identity not in stored]
    return rows_frame([*gone, *new])


def _declared(parent: str, entry: Registration, declared_at: datetime, around: Surroundings) -> Iterator[Row]:
    between = around.parties_between(parent, entry.dataset)
    if between is None:
        return
    # What was masked, counted or labelled first went as what it became.
    became = entry.derivation != "fusion"
    grade = (around.grade(entry.dataset, [ANY_COLUMN]) if became else "") or around.grade(parent, [ANY_COLUMN])
    masked = around.masked(entry.dataset, [ANY_COLUMN]) if became else around.masked(parent, [ANY_COLUMN])
    yield not_judged(
        {
            "exchange_id": exchange_id("declared", parent, entry.dataset, between[1].name),
            "origin": "declared",
            "event_id": "",
            "event_time": declared_at,
            "arrived_at": declared_at,
            "dataset": parent,
            "to_dataset": entry.dataset,
            "columns": [ANY_COLUMN],
            "rows": 0,
            **around.sides(*between),
            "account": entry.owner,
            "ticket": "",
            "grade": grade,
            "masked": entry.derivation == "masked" or masked,
            "masked_as_logged": entry.derivation == "masked",
            "source_ip": "",
            "scope": between[0].scope,
            "asset_id": "",
        }
    )
