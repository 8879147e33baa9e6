"""Scores every monitored asset from what the tables say, keeps the scores, and rolls them up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from assets.posture import AssetFacts, Factor, OpenAlerts, PostureScore, UnmaskedData, score_asset
from assets.rollup import RollUp, roll_up, roll_up_by
from assets.weights import PostureWeights, load_weights
from pipelines.inventory import monitored_assets
from store.client import Store
from store.writes import append

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEARD_WINDOW = timedelta(days=31)

_COLUMNS: SchemaDict = {
    "asset_id": pl.String,
    "scored_at": pl.Datetime("ms", "UTC"),
    "score": pl.Float64,
    **dict.fromkeys(("band", "sector", "scope", "organisation"), pl.String),
    "open_alerts": pl.UInt32,
    "worst_level": pl.String,
    "factors": pl.String,
}


@dataclass(frozen=True)
class ScoreReport:
    """How every asset and group stands.

    Attributes:
        scored_at: when it was scored (UTC).
        reference: the moment ages were measured against: now, or the end of an archive.
        city: all assets together; None when nothing is monitored.
        sectors, organisations: worst first.
    """

    scored_at: datetime
    reference: datetime
    assets: tuple[PostureScore, ...]
    city: RollUp | None
    sectors: tuple[RollUp, ...]
    organisations: tuple[RollUp, ...]

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "scored_at": self.scored_at.isoformat(),
            "reference": self.reference.isoformat(),
            "city": vars(self.city) if self.city else None,
            "sectors": [vars(each) for each in self.sectors],
            "organisations": [vars(each) for each in self.organisations],
            "assets": [
                {
                    "asset_id": each.asset_id,
                    "name": each.asset.name,
                    "sector": each.asset.sector.value,
                    "scope": each.asset.scope,
                    "organisation": each.asset.organisation,
                    "score": each.score,
                    "band": each.band,
                    "open_alerts": each.open_alerts,
                    "worst_level": each.worst_level,
                    "factors": _plain(each.factors),
                }
                for each in self.assets
            ],
        }


def score(store: Store, *, now: datetime | None = None, thresholds: Path | None = None) -> ScoreReport:
    """How every monitored asset stands, worst first; the scores are kept in `asset_posture_history`.

    Raises:
        WeightsInvalid: the thresholds file has problems.
    """
    weights = load_weights(thresholds or Path(str(files("rules").joinpath("thresholds.yml"))))
    moment = now or datetime.now(UTC)
    reference = telemetry_clock(store, moment, archive_lag=timedelta(minutes=weights.silence.archive_lag_minutes))
    scores = [score_asset(facts, weights, now=reference) for facts in _facts(store, weights, reference)]
    scores.sort(key=lambda each: (each.score, each.asset_id))
    append(store, "asset_posture_history", _frame(scores, moment), token=moment.isoformat())
    return ScoreReport(
        scored_at=moment,
        reference=reference,
        assets=tuple(scores),
        city=roll_up("city", scores, weights) if scores else None,
        sectors=roll_up_by(lambda asset: asset.sector.value, scores, weights),
        organisations=roll_up_by(lambda asset: asset.organisation, scores, weights),
    )


def telemetry_clock(store: Store, now: datetime, *, archive_lag: timedelta) -> datetime:
    """What time it is for the telemetry: now, or its newest event where that arrived as an archive, long after.

    Without it, every source of last week's capture would count as silent.
    """
    newest = store.rows(_sql("score_clock"), {"now": now})[0]
    last_event = _moment(newest["newest"])
    if last_event - _EPOCH < timedelta(days=1) or timedelta(seconds=_whole(newest["lag_seconds"])) <= archive_lag:
        return now
    return min(last_event, now)


def _facts(store: Store, weights: PostureWeights, now: datetime) -> list[AssetFacts]:
    alerts = _by_asset(store, "score_open_alerts", {"now": now})
    unmasked = _by_asset(store, "score_unmasked", {})
    encryption = _by_asset(
        store,
        "score_encryption",
        {
            "since": now - timedelta(days=weights.encryption.window_days),
            "now": now,
            "weak_versions": list(weights.encryption.weak_versions),
            "weak_ciphers": list(weights.encryption.weak_ciphers),
        },
    )
    heard = _by_asset(store, "score_heard", {"since": now - _HEARD_WINDOW, "now": now})
    exposure = _by_asset(
        store,
        "score_exposure",
        {
            "since": now - timedelta(days=weights.exposure.window_days),
            "now": now,
            "ports": list(weights.exposure.ports),
            "internal": list(weights.exposure.internal_networks),
        },
    )
    return [
        AssetFacts(
            asset=asset,
            open_alerts=tuple(
                OpenAlerts(str(row["level"]), _whole(row["age_days"]), _whole(row["alerts"]))
                for row in alerts.get(asset.asset_id, [])
            ),
            unmasked=tuple(
                UnmaskedData(str(row["dataset"]), str(row["grade"]), _whole(row["columns"]))
                for row in unmasked.get(asset.asset_id, [])
            ),
            tls_sessions=sum(_whole(row["sessions"]) for row in encryption.get(asset.asset_id, [])),
            weak_tls_sessions=sum(_whole(row["weak"]) for row in encryption.get(asset.asset_id, [])),
            last_heard=tuple((str(row["source_type"]), _moment(row["heard"])) for row in heard.get(asset.asset_id, [])),
            exposed_ports=tuple(_whole(row["port"]) for row in exposure.get(asset.asset_id, [])),
        )
        for asset in monitored_assets(store)
    ]


_Rows = list[dict[str, object]]


def _by_asset(store: Store, name: str, parameters: Mapping[str, object]) -> dict[str, _Rows]:
    found: dict[str, _Rows] = {}
    for row in store.rows(_sql(name), parameters):
        found.setdefault(str(row["asset_id"]), []).append(row)
    return found


def _frame(scores: list[PostureScore], scored_at: datetime) -> pl.DataFrame:
    rows = [
        {
            "asset_id": each.asset_id,
            "scored_at": scored_at,
            "score": each.score,
            "band": each.band,
            "sector": each.asset.sector.value,
            "scope": each.asset.scope,
            "organisation": each.asset.organisation,
            "open_alerts": each.open_alerts,
            "worst_level": each.worst_level,
            "factors": json.dumps(_plain(each.factors), ensure_ascii=False),
        }
        for each in scores
    ]
    return pl.DataFrame(rows, schema=_COLUMNS)


def _plain(factors: tuple[Factor, ...]) -> list[dict[str, object]]:
    return [{"factor": each.factor, "points": each.points, "evidence": each.evidence} for each in factors]


def _moment(micros: object) -> datetime:
    return _EPOCH + timedelta(microseconds=_whole(micros))


def _whole(value: object) -> int:
    return int(str(value))


def _sql(name: str) -> str:
    return files("pipelines").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
