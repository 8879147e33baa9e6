"""Rules whose query failed on some batches: remembered, tried again, and told of until they have judged them."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from detectors.rule import RuleHead
from store.client import Store
from store.writes import append

# A query that failed so often fails for a reason that another try does not change.
MOST_ATTEMPTS = 3

_LEFT = """
SELECT rule_id, rule_version, batch_id, max(attempt) AS attempts, argMax(failed_judgements.reason, attempt) AS reason
FROM failed_judgements
GROUP BY rule_id, rule_version, batch_id
HAVING reason != ''
ORDER BY rule_id, batch_id
"""


@dataclass(frozen=True)
class FailedJudgement:
    """A batch that a rule has not judged.

    Attributes:
        attempts: how often it was tried.
        reason: why the last query failed.
    """

    rule: RuleHead
    batch_id: str
    attempts: int
    reason: str

    @property
    def is_given_up(self) -> bool:
        """Whether it is not tried again."""
        return self.attempts >= MOST_ATTEMPTS


def failed_judgements(store: Store, heads: Sequence[RuleHead]) -> list[FailedJudgement]:
    """What these rules, as they are now, have not judged because their queries failed."""
    known = {(head.id, head.version): head for head in heads}
    return [
        FailedJudgement(head, str(row["batch_id"]), int(str(row["attempts"])), str(row["reason"]))
        for row in store.rows(_LEFT)
        if (head := known.get((str(row["rule_id"]), str(row["rule_version"])))) is not None
    ]


def by_rule(failed: Sequence[FailedJudgement]) -> Mapping[str, list[FailedJudgement]]:
    """The failures of each rule, by its id."""
    found: dict[str, list[FailedJudgement]] = defaultdict(list)
    for each in failed:
        found[each.rule.id].append(each)
    return found


def remember_failures(
    store: Store, heads: Sequence[RuleHead], batches: Sequence[str], reasons: Mapping[str, str], *, attempt: int = 1
) -> None:
    """Write down that rules failed on these batches, or with '' as the reason that they have judged them after all.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    rows = [
        (head.id, head.version, batch, attempt, reasons[head.id])
        for head in heads
        if head.id in reasons
        for batch in batches
    ]
    if rows:
        token = hashlib.sha256(repr(rows).encode()).hexdigest()
        append(store, "failed_judgements", pl.DataFrame(rows, schema=_COLUMNS, orient="row"), token=token)


_COLUMNS = {
    "rule_id": pl.String,
    "rule_version": pl.String,
    "batch_id": pl.String,
    "attempt": pl.UInt8,
    "reason": pl.String,
}
