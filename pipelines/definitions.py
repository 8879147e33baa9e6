"""What Dagster loads: every asset, check, job, schedule and sensor of Rongdun, with the store they share."""

import dagster as dg

from pipelines.defs import checks, jobs, judge, record, respond, sense
from pipelines.defs.resources import Settled
from rongdun.settings import Settings

defs = dg.Definitions(
    assets=[
        *(sense.monitored_assets, sense.telemetry),
        *(judge.alerts, judge.pii_findings, judge.data_accesses),
        respond.asset_posture,
    ],
    asset_checks=checks.ALL,
    jobs=[*jobs.JOBS, record.record],
    schedules=jobs.SCHEDULES,
    sensors=jobs.SENSORS,
    resources={"settled": Settled(home=str(Settings().home))},
)
