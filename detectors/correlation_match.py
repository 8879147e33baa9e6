"""A match, and what a window over matches is asked."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from detectors.rule import CompiledCorrelation


class Match(NamedTuple):
    """A rule met: by one event, or by the events of a correlation.

    Attributes:
        time: event time, UTC; of the last event when there are several.
        event_ids: the events, oldest first; what tells this match from others. A correlation is no event, and its
            match begins with a name of its own.
        key: the value of each group-by field, '' for one that is absent.
        values: the values of the fields that the correlation counts or measures, '' for one that is absent.
        parts: the matches of single events that it consists of, when it is a correlation's.
        context: whatever the reader of events wants to find again in an episode.
    """

    rule_id: str
    time: datetime
    event_ids: tuple[str, ...]
    key: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    parts: tuple["Match", ...] = ()
    context: object = None

    @property
    def leaves(self) -> tuple["Match", ...]:
        """The matches of single events."""
        return self.parts or (self,)


class Window(ABC):
    """What is measured over the matches of one group that are in the window now."""

    def __init__(self, rule: CompiledCorrelation) -> None:
        self._rule = rule

    @abstractmethod
    def counted(self, match: Match) -> object:
        """What the match adds to the measure; None: it takes no part, as if it were not there."""

    @abstractmethod
    def add(self, counted: object) -> None:
        """A match comes in."""

    @abstractmethod
    def forget(self, counted: object) -> None:
        """The match that has been in longest leaves."""

    @abstractmethod
    def verdict(self, moment: datetime) -> str | None:
        """What was measured, in words, when the condition is met by the window that ends now; else None."""

    def evidence(self) -> Sequence[Match] | None:
        """The matches that met the condition; None: all that are in the window."""
        return None
