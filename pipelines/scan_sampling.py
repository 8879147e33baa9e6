"""Fewer rows than there are: a uniform choice of them, or as many as a time allows, and what that leaves unsaid."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.pieces import BATCH_ROWS, Piece

_SEED = 20_260
_CERTAINTY = 0.95


@dataclass(frozen=True)
class Sampling:
    """How much of a data set is looked at; nothing set: all of it.

    Attributes:
        rows: at most so many, chosen at random; 0 for all.
        seconds: reading ends after so long, wherever it is; 0 for never.
    """

    rows: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.rows}:{self.seconds:g}" if self.rows or self.seconds else ""


@dataclass
class Sampled:
    """What a sampling made of a data set.

    Attributes:
        total: rows that were read.
        looked_at: rows that were looked at.
        ended_at: share of the data set at which time ran out, or None.
    """

    total: int = 0
    looked_at: int = 0
    ended_at: float | None = None

    @property
    def partial(self) -> bool:
        """Whether something was left out."""
        return self.ended_at is not None or self.looked_at < self.total

    def words(self) -> list[str]:
        """What was left out, and what may have been missed for it."""
        told = []
        if self.looked_at < self.total:
            told.append(
                f"a random sample of {self.looked_at} of {self.total} rows: what at least "
                f"{least_share_seen(self.looked_at):.3%} of the rows hold is in it with {_CERTAINTY:.0%} certainty, "
                "what fewer hold may be missed"
            )
        if self.ended_at is not None:
            told.append(
                f"time ran out after {self.total} rows, about {self.ended_at:.0%} of the whole: "
                "nothing is known of the rest"
            )
        return told


def least_share_seen(rows: int) -> float:
    """The share of rows from which on a random sample of so many holds at least one, with 95 % certainty, 0 to 1.

    None of n rows having it has the chance (1 - share)^n; for small shares this is the rule of three, 3 / n.
    """
    return 1.0 - (1.0 - _CERTAINTY) ** (1.0 / rows) if rows > 0 else 1.0


@dataclass
class _Chosen:
    """The rows with the least random numbers of all that came by."""

    most: int
    kept: list[pl.DataFrame] = field(default_factory=list)
    numbers: list[np.ndarray] = field(default_factory=list)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_SEED))
    bound: float = 1.0

    def observe(self, frame: pl.DataFrame) -> None:
        numbers = self.random.random(frame.height)
        wanted = numbers < self.bound
        self.kept.append(frame.filter(pl.Series(wanted)))
        self.numbers.append(numbers[wanted])
        if sum(map(len, self.numbers)) > 2 * self.most + BATCH_ROWS:
            self.settle()

    def settle(self) -> None:
        numbers = np.concatenate([*self.numbers, np.empty(0)])
        if len(numbers) > self.most:
            self.bound = float(np.partition(numbers, self.most)[self.most])
        self.kept = [
            frame.filter(pl.Series(own < self.bound)) for frame, own in zip(self.kept, self.numbers, strict=True)
        ]
        self.numbers = [own[own < self.bound] for own in self.numbers]


def sampled(
    pieces: Iterator[Piece], sampling: Sampling, told: Sampled, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Piece]:
    """The pieces of a data set, or of what a sampling chooses of it; `told` learns what was left out."""
    deadline = clock() + sampling.seconds if sampling.seconds else None
    chosen = _Chosen(sampling.rows) if sampling.rows else None
    for piece in pieces:
        told.total += piece.rows
        if chosen is None:
            told.looked_at += piece.rows
            yield piece
        else:
            # Rows without any column of text hold nothing to look at.
            told.looked_at += 0 if piece.frame.width else piece.rows
            chosen.observe(piece.frame)
            yield Piece(pl.DataFrame(), 0, piece.share, piece.rejected, note=piece.note)
        if deadline is not None and clock() > deadline and piece.share < 1.0:
            told.ended_at = piece.share
            break
    if chosen is not None:
        chosen.settle()
        for frame in chosen.kept:
            told.looked_at += frame.height
            yield Piece(frame, 0, told.ended_at or 1.0)
