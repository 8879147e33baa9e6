"""Sigma's levels, as options of commands take them."""

from enum import StrEnum


class Level(StrEnum):
    """Sigma's levels, least urgent first."""

    informational = "informational"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"
