"""By what the uses of a data set were judged last, and which are to be judged again because that changed."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

import polars as pl

from dlp.access_policy import AccessPolicy
from dlp.grants import Grant
from dlp.uses import Grades
from store.client import Store
from store.writes import append

_AT_ONCE = 200
_USED = "SELECT toString(dataset) AS dataset FROM (SELECT DISTINCT dataset FROM data_accesses)"
_JUDGED = "SELECT dataset, basis FROM judged_uses FINAL"
_DAYS = """
SELECT toDate(event_time) AS day, groupUniqArray(toString(dataset)) AS datasets
FROM data_accesses WHERE dataset IN {datasets:Array(String)} GROUP BY day ORDER BY day
"""


def used_datasets(store: Store) -> set[str]:
    """Every data set that was used, as the logs name it."""
    return {str(row["dataset"]) for row in store.rows(_USED)}


def bases(
    used: Iterable[str],
    grades: Grades,
    grants: Collection[Grant],
    policy: AccessPolicy,
    destroyed: Mapping[str, date] | None = None,
) -> dict[str, str]:
    """A hash of all that decides on the uses of each data set.

    Its grades, the grants for it, the policy's bounds, and the day of its destruction where one is recorded.
    """
    rules = [policy.protected_from, policy.bulk_rows, *policy.own_accounts]
    of_one: dict[str, list[Grant]] = defaultdict(list)
    of_many = [grant for grant in grants if any("*" in pattern for pattern in grant.datasets)]
    for grant in grants:
        if not any("*" in pattern for pattern in grant.datasets):
            for name in {name.lower() for name in grant.datasets}:
                of_one[name].append(grant)
    found = {}
    for dataset in used:
        columns = sorted((name, each.grade, each.masked) for name, each in grades.get(dataset, {}).items())
        concerned = [*of_one[dataset.lower()], *(grant for grant in of_many if grant.is_about(dataset))]
        told = [grant.model_dump_json() for grant in concerned]
        day = (destroyed or {}).get(dataset.lower())
        decided = [rules, columns, told, *([day.isoformat()] if day else [])]
        found[dataset] = hashlib.sha256(json.dumps(decided).encode()).hexdigest()
    return found


def changed_since(store: Store, now: Mapping[str, str]) -> set[str]:
    """The data sets whose uses were judged by something else, or never."""
    then = {str(row["dataset"]): str(row["basis"]) for row in store.rows(_JUDGED)}
    return {dataset for dataset, basis in now.items() if then.get(dataset) != basis}


def days_used(store: Store, datasets: Collection[str]) -> dict[date, set[str]]:
    """The days (UTC) on which some data sets were used, each with those of them that were."""
    names, found = sorted(datasets), dict[date, set[str]]()
    for start in range(0, len(names), _AT_ONCE):
        for row in store.rows(_DAYS, {"datasets": names[start : start + _AT_ONCE]}):
            day, used = row["day"], row["datasets"]
            if isinstance(day, date) and isinstance(used, list):
                found.setdefault(day, set()).update(map(str, used))
    return found


def keep_bases(store: Store, judged: Mapping[str, str], *, now: datetime) -> None:
    """Note by what uses were judged; last of all, so that whoever broke off judges again."""
    if judged:
        frame = pl.DataFrame({"dataset": list(judged), "basis": list(judged.values())}).with_columns(
            pl.lit(now).cast(pl.Datetime("ms", "UTC")).alias("judged_at")
        )
        token = hashlib.sha256(json.dumps([now.isoformat(), sorted(judged.items())]).encode()).hexdigest()
        append(store, "judged_uses", frame, token=token)
