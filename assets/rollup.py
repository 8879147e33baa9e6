"""How a sector, an organisation or the city stands: its assets by criticality, the worst one in sight."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assets.monitored import DataGrade, MonitoredAsset
from assets.posture import PostureScore
from assets.weights import PostureWeights


@dataclass(frozen=True)
class RollUp:
    """How a group of assets stands.

    Attributes:
        score: the mean weighted by criticality, pulled towards the worst asset.
        bands: how many assets stand in each band.
    """

    key: str
    score: float
    band: str
    assets: int
    open_alerts: int
    worst_asset_id: str
    worst_score: float
    bands: dict[str, int]


def criticality(asset: MonitoredAsset) -> int:
    """How much an asset weighs in its groups: by MLPS level, CII and the grade of its data; at least 1."""
    return weight_of(asset.mlps_level, asset.is_cii, asset.data_grade)


def weight_of(mlps_level: int, is_cii: bool, data_grade: str) -> int:
    """The criticality of an asset with this MLPS level (0 to 4), CII flag and data grade; at least 1."""
    graded = data_grade in {DataGrade.CORE, DataGrade.IMPORTANT}
    return 1 + mlps_level + (2 if is_cii else 0) + (1 if graded else 0)


def group_score(weighed: Sequence[tuple[float, int]], weights: PostureWeights) -> float:
    """The score of a group whose assets have these scores and criticalities, at least one: a mean, pulled down."""
    total = sum(weight for _, weight in weighed)
    mean = sum(score * weight for score, weight in weighed) / total
    worst = min(score for score, _ in weighed)
    return round(mean + (worst - mean) * weights.roll_up.worst_share, 1)


def roll_up(key: str, scores: Iterable[PostureScore], weights: PostureWeights) -> RollUp:
    """How a group of at least one asset stands."""
    members = list(scores)
    worst = min(members, key=lambda each: (each.score, each.asset.asset_id))
    score = group_score([(each.score, criticality(each.asset)) for each in members], weights)
    bands = dict.fromkeys(("good", "fair", "poor", "critical"), 0)
    for each in members:
        bands[each.band] += 1
    return RollUp(
        key=key,
        score=score,
        band=weights.bands.of(score),
        assets=len(members),
        open_alerts=sum(each.open_alerts for each in members),
        worst_asset_id=worst.asset.asset_id,
        worst_score=worst.score,
        bands=bands,
    )


def roll_up_by(
    key_of: Callable[[MonitoredAsset], str], scores: Iterable[PostureScore], weights: PostureWeights
) -> tuple[RollUp, ...]:
    """How every group stands that an asset belongs to, worst first."""
    groups: dict[str, list[PostureScore]] = {}
    for each in scores:
        groups.setdefault(key_of(each.asset), []).append(each)
    rolled = [roll_up(key, members, weights) for key, members in groups.items()]
    return tuple(sorted(rolled, key=lambda group: (group.score, group.key)))
