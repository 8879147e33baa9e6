"""Rounds of batches judged one after the other: on a server, reading, judging and writing go on side by side."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from detectors.rule import RuleSet
from pipelines.ahead import ahead, one_by_one
from pipelines.event_blocks import ReadBlock
from pipelines.judging import Asked, Judge, Judgement, together
from pipelines.unjudged import Unjudged
from store.client import Store

Round = Sequence[Unjudged]


@dataclass(frozen=True)
class _Step:
    """A piece of a round, None where no rule asks for any, and whether it is the round's last."""

    round: Round
    asked: Asked | None
    is_last: bool


def judged_rounds(store: Store, ruleset: RuleSet, waiting: Sequence[Round]) -> Iterator[tuple[Round, Judgement]]:
    """Each round with what its events say, each by itself; the store itself is free for whoever takes them.

    Raises:
        StoreError: events cannot be read.
    """
    with ExitStack() as connections:
        others = [store.beside() if waiting else None for _ in range(2)]
        reading, asking = (connections.enter_context(other) if other else store for other in others)
        staged = one_by_one if None in others else ahead
        steps = _steps(store, Judge(ruleset, reading=reading, asking=asking), waiting)
        said: list[Judgement] = []
        for (step, _), judgement in staged(staged(steps, _read), _judged):
            said += [judgement] if judgement else []
            if step.is_last:
                yield step.round, together(said)
                said = []


def _steps(store: Store, judge: Judge, waiting: Sequence[Round]) -> Iterator[_Step]:
    for each in waiting:
        pieces = judge.pieces(store, [batch.batch_id for batch in each])
        yield from (_Step(each, asked, is_last=False) for asked in pieces[:-1])
        yield _Step(each, pieces[-1] if pieces else None, is_last=True)


def _read(step: _Step) -> list[ReadBlock]:
    return [step.asked.read()] if step.asked else []


def _judged(step: tuple[_Step, list[ReadBlock]]) -> Judgement | None:
    """What the block says, which nobody holds from now on: it would be in memory while its alerts are written."""
    asked, block = step[0].asked, step[1]
    return asked.judged(block.pop()) if asked else None
