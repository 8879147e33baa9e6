"""Since when each version of a rule judges: written down before it does so for the first time."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from detectors.rule import RuleHead
from store.client import Store
from store.writes import append

_USED = "SELECT DISTINCT rule_id, rule_version FROM rule_uses"


def note_uses(store: Store, rules: Iterable[RuleHead], *, since: datetime | None = None) -> int:
    """How many of these rules judge for the first time in this version; they are in use from `since` (UTC) or now.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    used = {(row["rule_id"], row["rule_version"]) for row in store.rows(_USED)}
    fresh = sorted({(rule.id, rule.version) for rule in rules} - used)
    if fresh:
        token = hashlib.sha256(repr(fresh).encode()).hexdigest()
        frame = pl.DataFrame(fresh, schema={"rule_id": pl.String, "rule_version": pl.String}, orient="row")
        if since is not None:
            frame = frame.with_columns(pl.lit(since).cast(pl.Datetime("ms", "UTC")).alias("first_used_at"))
        append(store, "rule_uses", frame, token=token)
    return len(fresh)
