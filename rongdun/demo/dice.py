"""Chance that can be repeated: one independent stream of random numbers per purpose."""

from random import Random

Dice = Random


def dice_for(seed: int, purpose: str) -> Dice:
    """The stream of random numbers of one purpose; the same seed and purpose give the same stream everywhere.

    Each writer has its own stream, so that a change in one leaves the files of the others as they were.
    """
    return Random(f"{seed}/{purpose}")  # noqa: S311 -- made-up traffic, not a secret
