"""The freshness of the catalogue as rows of a report, in words, most severe first."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.drift_words import drift_about
from dashboards.queries import ZONE
from dashboards.translation import Words
from dlp.freshness_policy import SEVERITIES, default_freshness_policy, freshness_policy_of
from dlp.policy import default_policy, load_policy
from pipelines.freshness import catalogue_freshness
from store.client import Store


def freshness_rows(
    store: Store, words: Words, where: Mapping[str, object], now: datetime, rules: Path | None
) -> list[dict[str, object]]:
    """A row for each drift within the scope of `where`, codes with words beside; times are in the city's zone."""
    periods = freshness_policy_of(rules) if rules else default_freshness_policy()
    policy = load_policy(rules / "dlp" / "policy.yml") if rules else default_policy()
    scope, root = str(where["scope"]), where["root"]
    rows: list[dict[str, object]] = [
        {
            "severity": periods.severities[drift.kind],
            "drift": drift.kind,
            "about": drift.about,
            "about_told": drift_about(words, drift, row.standing),
            "dataset": row.standing.name,
            **{name: getattr(row.standing, name) for name in ("organisation", "owner", "grade")},
            **{name: _in_city(getattr(row.standing, name)) for name in ("confirmed_at", "looked_at")},
        }
        for row in catalogue_freshness(store, periods, policy, now)
        for drift in row.drifts
        if scope == root or f"{row.standing.scope}/".startswith(f"{scope}/")
    ]
    return sorted(rows, key=lambda row: -[*SEVERITIES].index(row["severity"]))  # type: ignore[arg-type]  # one of them


def _in_city(at: datetime | None) -> datetime | None:
    return at.astimezone(ZoneInfo(ZONE)) if at else None
