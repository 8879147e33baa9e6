"""How likely a count is an accident, and how sure a share is."""

import math


def accident(opportunities: int, hits: int, chance: float) -> float:
    """An upper bound of the probability of at least that many hits by accident (Chernoff's bound of the binomial)."""
    if hits <= 0 or opportunities <= 0:
        return 1.0
    share = min(1.0, hits / opportunities)
    if share <= chance:
        return 1.0
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return math.exp(-opportunities * divergence)


def interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    if total <= 0:
        return 0.0, 1.0
    z = 1.96
    share = hits / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
