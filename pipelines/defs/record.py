"""Keep the head of the record of steps outside of the database, so that a cut-off end shows."""

import dagster as dg

from pipelines.defs.resources import Settled
from response.anchor import keep_head


@dg.op
def kept_head(context: dg.OpExecutionContext, settled: Settled) -> None:
    """The last step's number and hash, added to the file of heads; fails when the one kept last is gone."""
    with settled.open() as store:
        head = keep_head(store, settled.settings().audit_heads)
    context.log.info(f"the record ends at step {head.seq}")


@dg.job(
    description="Keep the head of the record outside of the database.",
    tags={"rongdun/kind": "record"},
    executor_def=dg.in_process_executor,
)
def record() -> None:
    """One look at the record."""
    kept_head()
