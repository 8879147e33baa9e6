"""Rules over single events: a screen of literals decides most of what they say, SQL predicates the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from detectors.rowsets import Rows
from detectors.rule import CompiledRule, RuleSet, TableRules
from detectors.screening import Screen
from pipelines.alert_frame import AlertFrames
from pipelines.alert_rows import COLUMNS, alert_frame
from pipelines.event_blocks import ReadBlock, Reading, folded_by, read_block
from pipelines.event_pieces import Piece, pieces_of
from pipelines.questions import Questions
from store.client import Store

# Three pieces are in memory at once, one being read, one judged and one written. Each costs as much whatever is in it:
# at 40,000 events a piece, judging measured half as fast.
_PIECE_EVENTS = 100_000

# The text of an event is long and only keywords look at it: it is left where it is until one may match.
_MESSAGE = "s:message"


@dataclass(frozen=True)
class Judgement:
    """What single events say.

    Attributes:
        alerts: a row for each match of an alerting rule, as columns of `alert_matches`.
        heard: the rules that may have matched, those that only serve correlations among them.
        failures: rule to why its query failed.
    """

    alerts: pl.DataFrame
    heard: frozenset[str]
    failures: Mapping[str, str]


class Judge:
    """A rule set made ready for the telemetry of one store."""

    def __init__(self, ruleset: RuleSet, *, reading: Store, asking: Store) -> None:
        """Take a rule set, a connection that reads events and one that asks about them; each may have its thread."""
        self._tables = [_Judging(reading, asking, rules) for rules in ruleset.by_table]

    def pieces(self, store: Store, batches: Sequence[str]) -> list["Asked"]:
        """What is to be read and judged of these batches, one piece after the other.

        Raises:
            QueryFailed: they cannot be counted.
        """
        return [
            Asked(judging, piece)
            for judging in self._tables
            for piece in pieces_of(store, judging.of.table, batches, most_events=_PIECE_EVENTS)
        ]


@dataclass(frozen=True)
class Asked:
    """A piece of the telemetry for the rules over its table."""

    rules: "_Judging"
    piece: Piece

    def read(self) -> ReadBlock:
        """Its events.

        Raises:
            QueryFailed: they cannot be read.
        """
        return read_block(self.rules.reading, self.rules.what_is_read, self.piece)

    def judged(self, block: ReadBlock) -> Judgement:
        """What its events say, each by itself; a rule whose own query fails is in `failures`."""
        return self.rules.judged(self.piece, block)


def together(said: Sequence[Judgement]) -> Judgement:
    """What several pieces say."""
    return Judgement(
        pl.concat([each.alerts for each in said]) if said else pl.DataFrame(schema=COLUMNS),
        frozenset().union(*(each.heard for each in said)),
        {rule_id: reason for each in said for rule_id, reason in each.failures.items()},
    )


@dataclass(frozen=True)
class _Judging:
    """The rules over one table at work."""

    reading: Store
    asking: Store
    of: TableRules
    failures: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _screen(self) -> Screen:
        return self.of.screen(lambda texts: folded_by(self.reading, texts))

    @cached_property
    def what_is_read(self) -> Reading:
        """What of an event these rules look at."""
        keys: dict[str, None] = {}
        texts: dict[str, set[int]] = {}
        for rule in self.of.rules:
            for place in _screened_places(rule):
                if place.startswith("k:"):
                    keys[place[2:]] = None
                else:
                    texts.setdefault(place[2:], set()).add(self.of.routes[rule.where])
        wanting = {text: frozenset(routes) for text, routes in texts.items()}
        return Reading(self.of.table, list(self.of.routes), list(keys), wanting, self._screen.keywords)

    @cached_property
    def _frames(self) -> AlertFrames:
        return AlertFrames(self.of.rules, self.of.table)

    def judged(self, piece: Piece, block: ReadBlock) -> Judgement:
        """What the events of a piece say."""
        sure: dict[int, Rows] = {}
        asked: dict[int, Rows] = {}
        heard = set()
        for position, screened in self._screen.held_against(block.events):
            rule = self.of.rules[position]
            heard.add(rule.head.id)
            if not rule.alerts:
                continue
            if _MESSAGE in rule.places.get("message", ()):
                asked[position] = screened.possible
                continue
            if len(screened.open):
                asked[position] = screened.open
            if len(screened.sure):
                sure[position] = screened.sure
        questions = Questions(self.asking, self.of.table, piece, self.failures)
        found = list(questions.alerts(self.of.rules, block.rows["event_id"], asked))
        alerts = [self._frames.of_block(block, sure), alert_frame(found)]
        return Judgement(pl.concat(alerts), frozenset(heard), questions.failures)


def _screened_places(rule: CompiledRule) -> Iterator[str]:
    return (place for places in rule.places.values() for place in places if place != _MESSAGE)
