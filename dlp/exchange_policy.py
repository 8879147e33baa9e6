"""The part of the access policy on exchanges between levels: ranks, and which grade may go which way (R41)."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dlp.levels import LEVELS, WAYS, Level, Way
from dlp.policy import GRADES, Grade

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Bounds(BaseModel):
    """The highest grade that may go at all, and the highest that may go unmasked."""

    model_config = _STRICT
    highest: Grade
    unmasked: Grade

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if GRADES.index(self.unmasked) > GRADES.index(self.highest):
            raise ValueError(f"unmasked: {self.unmasked} is above {self.highest}, which may not go at all beyond it")
        return self

    def forbids(self, grade: str) -> bool:
        """Whether data of this grade must not go; '' is no grade."""
        return _above(grade, self.highest)

    def wants_mask(self, grade: str) -> bool:
        """Whether data of this grade may go masked only."""
        return _above(grade, self.unmasked)

    def within(self, other: "Bounds") -> "Bounds":
        """The stricter of both."""
        return Bounds(
            highest=min(self.highest, other.highest, key=GRADES.index),
            unmasked=min(self.unmasked, other.unmasked, key=GRADES.index),
        )


class ExchangePolicy(BaseModel):
    """What exchanges between organisations are judged by.

    Attributes:
        ranks: of the levels, the highest level first in number.
        department_prefix: how the second part of a path begins where it is a department and no county.
        ways: the bounds of each way.
        receivers: stricter bounds of certain receiving levels.
        open: openness of data sets that need no ground.
    """

    model_config = _STRICT
    ranks: dict[Level, int]
    department_prefix: str = Field(min_length=1)
    ways: dict[Way, Bounds]
    receivers: dict[Level, Bounds] = {}
    open: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for key, known, needed in (("ranks", set(self.ranks), LEVELS), ("ways", set(self.ways), WAYS)):
            missing = [name for name in needed if name not in known]
            if missing:
                raise ValueError(f"{key}: nothing is said of {', '.join(missing)}")
        return self

    def bounds(self, direction: str, receiver_level: str) -> Bounds:
        """What holds for a way to a level."""
        general = next(bounds for known, bounds in self.ways.items() if known == direction)
        special = next((bounds for level, bounds in self.receivers.items() if level == receiver_level), None)
        return general.within(special) if special else general


def _above(grade: str, bound: Grade) -> bool:
    return grade in GRADES and GRADES.index(grade) > GRADES.index(bound)
