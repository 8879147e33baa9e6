"""How one asset stands: 100 minus the points of every factor, each with the evidence behind it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from assets.monitored import MonitoredAsset
from assets.weights import (
    GRADES,
    LEVELS,
    AlertWeights,
    ComplianceWeights,
    EncryptionWeights,
    ExposureWeights,
    PersonalDataWeights,
    PostureWeights,
    SilenceWeights,
)

Evidence = dict[str, int | float | str | list[str] | list[int] | dict[str, int]]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OpenAlerts:
    """How many alerts of one level, last seen `age_days` ago, are new or acknowledged."""

    level: str
    age_days: float
    count: int


@dataclass(frozen=True)
class UnmaskedData:
    """Columns of one data set that hold unmasked personal data of one grade."""

    dataset: str
    grade: str
    columns: int


@dataclass(frozen=True)
class AssetFacts:
    """What is known about one asset at one moment.

    Attributes:
        tls_sessions, weak_tls_sessions: seen within the window of the weights.
        last_heard: per expected source, the newest event; a source never heard has no entry.
        exposed_ports: that answered somebody outside.
    """

    asset: MonitoredAsset
    open_alerts: tuple[OpenAlerts, ...] = ()
    unmasked: tuple[UnmaskedData, ...] = ()
    tls_sessions: int = 0
    weak_tls_sessions: int = 0
    last_heard: tuple[tuple[str, datetime], ...] = ()
    exposed_ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class Factor:
    """One reason for a score: its points (never above 0), and the numbers and ids behind it."""

    factor: str
    points: float
    evidence: Evidence


@dataclass(frozen=True)
class PostureScore:
    """How one asset stands: 0 worst .. 100 best, its band, and why, the costliest factor first."""

    asset: MonitoredAsset
    score: float
    band: str
    factors: tuple[Factor, ...]
    open_alerts: int
    worst_level: str

    @property
    def asset_id(self) -> str:
        """The asset's id."""
        return self.asset.asset_id

    @property
    def because(self) -> str:
        """The three costliest factors with their points, on one line."""
        return ", ".join(f"{factor.factor} {factor.points:g}" for factor in self.factors[:3])


def score_asset(facts: AssetFacts, weights: PostureWeights, *, now: datetime) -> PostureScore:
    """The score of an asset at a moment (UTC), explained factor by factor; more that is bad never raises it."""
    factors = tuple(sorted(_factors(facts, weights, now), key=lambda factor: (factor.points, factor.factor)))
    score = round(max(0.0, 100.0 + sum(factor.points for factor in factors)), 1)
    levels = {alerts.level for alerts in facts.open_alerts if alerts.count}
    return PostureScore(
        asset=facts.asset,
        score=score,
        band=weights.bands.of(score),
        factors=factors,
        open_alerts=sum(alerts.count for alerts in facts.open_alerts),
        worst_level=next((level for level in LEVELS if level in levels), ""),
    )


def _factors(facts: AssetFacts, weights: PostureWeights, now: datetime) -> Iterator[Factor]:
    found = (
        _open_alerts(facts.open_alerts, weights.alerts),
        _personal_data(facts.unmasked, weights.personal_data),
        _encryption(facts.weak_tls_sessions, facts.tls_sessions, weights.encryption),
        _silence(facts, weights.silence, now),
        _exposure(facts.exposed_ports, weights.exposure),
        *_compliance(facts.asset, weights.compliance, now.date()),
    )
    return (Factor(factor.factor, -round(-factor.points, 4), factor.evidence) for factor in found if factor.points < 0)


def _open_alerts(alerts: Iterable[OpenAlerts], weights: AlertWeights) -> Factor:
    points, counts = 0.0, dict.fromkeys(LEVELS, 0)
    for group in alerts:
        decay = 0.5 ** (max(0.0, group.age_days) / weights.half_life_days)
        points += weights.points.get(group.level, 0.0) * group.count * decay
        counts[group.level] = counts.get(group.level, 0) + group.count
    by_level = {level: count for level, count in counts.items() if count}
    return Factor("open_alerts", -min(points, weights.cap), {"open": sum(counts.values()), "by_level": by_level})


def _personal_data(unmasked: Iterable[UnmaskedData], weights: PersonalDataWeights) -> Factor:
    found = [each for each in unmasked if each.columns]
    columns = sum(each.columns for each in found)
    worst = max((weights.points.get(each.grade, 0.0) for each in found), default=0.0)
    points = worst + weights.further_column * max(0, columns - 1)
    grades = [grade for grade in GRADES if any(each.grade == grade for each in found)]
    evidence: Evidence = {
        "datasets": sorted({each.dataset for each in found})[:20],
        "columns": columns,
        "worst_grade": grades[0] if grades else "",
    }
    return Factor("unmasked_personal_data", -min(points, weights.cap), evidence)


def _encryption(weak: int, sessions: int, weights: EncryptionWeights) -> Factor:
    share = weak / sessions if sessions else 0.0
    points = weights.any_weak + (weights.all_weak - weights.any_weak) * share if weak else 0.0
    evidence: Evidence = {"weak_sessions": weak, "sessions": sessions, "share": round(share, 4)}
    return Factor("weak_encryption", -points, evidence)


def _silence(facts: AssetFacts, weights: SilenceWeights, now: datetime) -> Factor:
    heard = dict(facts.last_heard)
    limit = now - timedelta(minutes=weights.after_minutes)
    silent = sorted({source for source in facts.asset.expected_sources if source not in heard or heard[source] < limit})
    minutes = {source: int((now - heard[source]) / timedelta(minutes=1)) for source in silent if source in heard}
    evidence: Evidence = {"sources": silent, "never_heard": [source for source in silent if source not in heard]}
    if minutes:
        evidence["minutes_silent"] = minutes
    return Factor("silent_sources", -min(weights.points * len(silent), weights.cap), evidence)


def _exposure(ports: Iterable[int], weights: ExposureWeights) -> Factor:
    exposed = sorted(set(ports))
    return Factor("exposed_services", -min(weights.points * len(exposed), weights.cap), {"ports": exposed})


def _compliance(asset: MonitoredAsset, weights: ComplianceWeights, today: date) -> Iterator[Factor]:
    interval = weights.assessment_days.get(asset.mlps_level)
    if interval is not None:
        yield _assessment(asset, interval, weights.assessment_overdue, today)
    if asset.is_cii and asset.mlps_level < 3:
        yield Factor("cii_below_level_3", -weights.cii_below_level_3, {"mlps_level": asset.mlps_level})
    if asset.is_cii:
        flags = {
            "cpu": asset.domestic_cpu,
            "os": asset.domestic_os,
            "database": asset.domestic_database,
            "middleware": asset.domestic_middleware,
        }
        missing = [kind for kind, domestic in flags.items() if not domestic]
        points = weights.cii_without_domestic * len(missing)
        yield Factor("cii_without_domestic_technology", -points, {"missing": missing})


def _assessment(asset: MonitoredAsset, interval: int, points: float, today: date) -> Factor:
    if asset.last_assessed_on is None:
        evidence: Evidence = {"mlps_level": asset.mlps_level, "last_assessed_on": "never"}
        return Factor("assessment_overdue", -points, evidence)
    overdue = (today - asset.last_assessed_on) // _DAY - interval
    evidence = {
        "mlps_level": asset.mlps_level,
        "last_assessed_on": asset.last_assessed_on.isoformat(),
        "days_overdue": overdue,
    }
    return Factor("assessment_overdue", -points if overdue > 0 else 0.0, evidence)
