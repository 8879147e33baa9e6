"""Many rules over many events at once: what texts alone decide, and what is left for the database to decide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from detectors.block import EventBlock, Fold
from detectors.column_tests import ColumnTests
from detectors.field_tests import rows_comparing
from detectors.finding import How, Occurrences, Texts
from detectors.plan import FIELD_TESTS, AllOf, AnyOf, Leaf, Not, Plan
from detectors.reach import Reach, Reached
from detectors.rowsets import EVERYTHING, NO_ROWS, NOTHING, Rows, RowSet, intersection, merged, union
from detectors.shared_plans import shared, shared_leaves

_ANYWHERE = frozenset({"keyword", "anywhere"})


@dataclass(frozen=True)
class Screened:
    """What became of one rule over a block.

    Attributes:
        possible: the rows that it may match, ascending.
        sure: those of them that it does match, ascending.
    """

    possible: Rows
    sure: Rows

    @property
    def open(self) -> Rows:
        """The possible rows that are not sure."""
        return RowSet(self.sure).inverted().within(self.possible)


# Rows that may be a match, and those of them that are: the same object where nothing is left open.
Verdict = tuple[RowSet, RowSet]

_NO = (NOTHING, NOTHING)
_YES = (EVERYTHING, EVERYTHING)


class Screen:
    """The plans of a rule set, ready to be held against blocks."""

    def __init__(self, plans: Sequence[tuple[Plan, int]], fold: Fold) -> None:
        """Take plans, each with the number of its route, and what lower-cases texts as the database does."""
        self._plans = shared([plan for plan, _ in plans], fold)
        self._routes = [route for _, route in plans]
        leaves = shared_leaves(self._plans)
        equal = (
            (place, text) for leaf in leaves if leaf.test == "equals" for place in leaf.places for text in leaf.texts
        )
        self._texts = Texts(_searched(leaves), equal)
        self._reach = Reach(self._plans, self._texts)

    @cached_property
    def keywords(self) -> dict[str, frozenset[int]]:
        """The texts that may be in any value, each with the routes whose rules ask for it."""
        asking: dict[str, set[int]] = {}
        for plan, route in zip(self._plans, self._routes, strict=True):
            for leaf in shared_leaves([plan]):
                for text in leaf.texts if leaf.test in _ANYWHERE else ():
                    asking.setdefault(text, set()).add(route)
        return {text: frozenset(routes) for text, routes in asking.items()}

    def held_against(self, block: EventBlock) -> Iterator[tuple[int, Screened]]:
        """For every plan that the block may hold a match of: its position, and what became of it."""
        looking = _Looking(block, Occurrences(block.columns, self._texts))
        reached = looking.reached = self._reach.reached(looking.occurrences, looking.may_hold)
        for position in reached.positions:
            members = block.members[self._routes[position]]
            if not len(members):
                continue
            may, does = looking.verdict(self._plans[position])
            possible = may.within(members)
            if not len(possible):
                continue
            sure = possible if may is does else does.within(members)
            yield position, Screened(possible, sure)


def _searched(leaves: Iterable[Leaf]) -> Iterator[tuple[str, How, str]]:
    """What the leaves look for in parts of values."""
    for leaf in leaves:
        match leaf.test:
            case "contains" | "starts" | "ends" as how:
                yield from ((place, how, text) for place in leaf.places for text in leaf.texts)
            case "holds_all":
                yield from ((place, "contains", text) for place in leaf.places for text in leaf.texts)
            case "regex" | "like":
                yield from ((place, "contains", text) for place in leaf.places for text in leaf.texts[1:])


@dataclass
class _Looking:
    """One block being looked at; what was found is kept until the block is done."""

    block: EventBlock
    occurrences: Occurrences
    reached: Reached = field(init=False)

    def __post_init__(self) -> None:
        self._known: dict[int, Verdict] = {}  # by identity: a screen has each part of its plans once
        self._views = {
            place: ColumnTests(place, column, self.occurrences) for place, column in self.block.columns.items()
        }

    def may_hold(self, leaf: Leaf) -> bool:
        """Whether a leaf may hold anywhere that no single text decides."""
        if leaf.test in _ANYWHERE:
            rows = self.block.heard.get(leaf.texts[0]) if leaf.texts else None
            return rows is None or len(rows) > 0
        return any(place in self._views and self._views[place].may_hold(leaf) for place in leaf.places)

    def verdict(self, plan: Plan) -> Verdict:
        """What a part of a plan says of every row."""
        if not self.reached.has(plan):
            return _NO
        found = self._known.get(id(plan))
        if found is None:
            found = self._known[id(plan)] = self._verdict(plan)
        return found

    def _verdict(self, plan: Plan) -> Verdict:
        match plan:
            case AllOf(children=children):
                return self._all(children)
            case AnyOf(children=children):
                return self._any(children)
            case Not(child=child):
                may, does = self.verdict(child)
                inverted = does.inverted()
                return inverted, inverted if may is does else may.inverted()
        return self._leaf(plan)

    def _all(self, children: Sequence[Plan]) -> Verdict:
        may, does = _YES
        for child in children:
            child_may, child_does = self.verdict(child)
            decided = may is does and child_may is child_does
            may, before = intersection(may, child_may), does
            if may.is_empty:
                return _NO
            does = may if decided else intersection(before, child_does)
        return may, does

    def _any(self, children: Sequence[Plan]) -> Verdict:
        may, does = _NO
        for child in children:
            child_may, child_does = self.verdict(child)
            decided = may is does and child_may is child_does
            may, before = union(may, child_may), does
            does = may if decided else union(before, child_does)
        return may, does

    def _leaf(self, leaf: Leaf) -> Verdict:
        if leaf.test in _ANYWHERE:
            held = self.block.heard.get(leaf.texts[0]) if leaf.texts else None
            heard = EVERYTHING if held is None else RowSet(held)
            return heard, heard if leaf.test == "keyword" and held is not None else NOTHING
        if leaf.test in FIELD_TESTS:
            rows = RowSet(rows_comparing(self.block.columns, leaf))
            return rows, rows
        may: list[Rows] = []
        does: list[Rows] = []
        earlier = NO_ROWS
        for place in leaf.places:
            view = self._views.get(place)
            if view is None:
                continue
            left = RowSet(earlier, others=True)
            possible, sure = view.values_of(leaf)
            if not len(possible) and place is leaf.places[-1]:
                continue
            may.append(left.within(view.column.rows_of(possible)))
            does.append(may[-1] if possible is sure else left.within(view.column.rows_of(sure)))
            if place is not leaf.places[-1]:
                earlier = merged([earlier, view.column.present])
        if not any(map(len, may)):
            return _NO
        possible_rows = RowSet(merged(may))
        decided = all(one is other for one, other in zip(may, does, strict=True))
        return possible_rows, possible_rows if decided else RowSet(merged(does))
