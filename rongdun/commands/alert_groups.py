"""The queue as the desk asks for it, for the terminal: its rows, and the alerts of one."""

from dashboards.queries import statement
from response.errors import AlertUnknown
from rongdun.settings import Settings
from store.client import Store

Rows = list[dict[str, object]]

_EVERYTHING: dict[str, object] = {
    "levels": [],
    "states": [],
    "sector": "",
    "asset": "",
    "wanted": "",
    "suppressed": 1,
    "member": "",
}


def groups(store: Store, settings: Settings, **asked: object) -> Rows:
    """The rows of the queue within the configured scope; a filter that is not named lets everything pass."""
    window = settings.alert_group_minutes * 60
    return _ask(store, settings, "alert_groups", {**_EVERYTHING, "window": window, **asked})


def group_members(store: Store, settings: Settings, alert_id: str) -> Rows:
    """The alerts of the row that an alert belongs to, in order of time, at most 500.

    Raises:
        AlertUnknown: there is no such alert in the configured scope.
    """
    for row in groups(store, settings, member=alert_id, most=1):
        return _ask(store, settings, "alert_children", {"alert_ids": row["alert_ids"]})
    raise AlertUnknown(f"no alert has the id {alert_id[:80]!r}: copy it from the queue")


def suppressions(store: Store, settings: Settings) -> Rows:
    """Every suppression within the configured scope, standing ones first."""
    return _ask(store, settings, "suppressions", {})


def suppressed_count(store: Store, settings: Settings) -> int:
    """How many open alerts are hidden from the queue now."""
    counted = _ask(store, settings, "alert_counts", {})
    return sum(int(str(row["alerts"])) for row in counted if row["suppressed"])


def _ask(store: Store, settings: Settings, name: str, parameters: dict[str, object]) -> Rows:
    return store.rows(statement(name), {"scope": settings.scope, "language": "en", **parameters})
