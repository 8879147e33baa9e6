"""Alerts of uses that no longer hold: closed with the reason, and opened again when they hold after all."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum

from response.chain import Role
from response.lifecycle import Verdict, close_all, reopen
from store.client import Store

ACTOR = "rongdun"
_OF_DAY = """
SELECT alert_id, state, last_actor, matched_fields['dataset'] AS dataset
FROM alerts
WHERE source = 'data_access' AND matched_fields['check'] IN {checks:Array(String)}
  AND toDate(first_seen) = {day:Date}
"""
_STANDING = """
SELECT alert_id, state, last_actor FROM alerts
WHERE source = 'data_access' AND matched_fields['check'] IN {checks:Array(String)}
"""


class Reason(StrEnum):
    """Why the platform itself takes a step on an alert; the desk shows these in the reader's language."""

    NO_LONGER = "judged again: grades or grants have changed, and the use is covered now"
    DORMANT_NO_LONGER = "judged again: the grant was used, or has ended"
    KEPT_NO_LONGER = "judged again: the data is gone, or the catalogue says otherwise now"
    AGAIN = "judged again: grades or grants have changed, and it holds after all"


def settle_day(
    store: Store, day: date, held: Collection[str], *, checks: Iterable[str], datasets: Collection[str] | None
) -> int:
    """Close the open alerts of a day that no longer hold, and reopen what was closed so and holds; gives their number.

    Args:
        store: where alerts and the record are.
        day: of the uses, UTC.
        held: the ids of the alerts that hold.
        checks: what was looked for.
        datasets: which data sets were judged; None for all.
    """
    rows = store.rows(_OF_DAY, {"day": f"{day:%Y-%m-%d}", "checks": sorted(checks)})
    known = None if datasets is None else {name.lower() for name in datasets}
    judged = [row for row in rows if known is None or str(row["dataset"]).lower() in known]
    return _settle(store, judged, held, Reason.NO_LONGER)


def settle_standing(store: Store, held: Collection[str], checks: Iterable[str], reason: Reason) -> int:
    """The same for what is no use and has no day: grants that lie unused, data that is kept."""
    return _settle(store, store.rows(_STANDING, {"checks": sorted(checks)}), held, reason)


def _settle(store: Store, rows: Iterable[Mapping[str, object]], held: Collection[str], reason: Reason) -> int:
    stale, again = [], []
    for row in rows:
        alert, is_closed = str(row["alert_id"]), row["state"] == "closed"
        if alert not in held and not is_closed:
            stale.append(alert)
        elif alert in held and is_closed and row["last_actor"] == ACTOR:
            again.append(alert)
    close_all(store, stale, Verdict.BENIGN, actor=ACTOR, reason=reason, role=Role.SYSTEM)
    for alert in again:
        reopen(store, alert, actor=ACTOR, reason=Reason.AGAIN, role=Role.SYSTEM)
    return len(stale) + len(again)
