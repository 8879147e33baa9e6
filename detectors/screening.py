"""Many rules over many events at once: what texts alone decide, and what is left for the database to decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.block import EventBlock, Fold
from detectors.column_tests import ColumnTests
from detectors.finding import Occurrences
from detectors.literals import AllOf, AnyOf, Leaf, Not, Plan, leaves_of
from detectors.rowsets import EVERYTHING, NO_ROWS, NOTHING, Rows, RowSet, intersection, merged, union

_FOUND = frozenset({"contains", "starts", "ends", "holds_all", "regex", "like"})
_EXPRESSIONS = frozenset({"regex", "like"})
_ANYWHERE = frozenset({"keyword", "anywhere"})
_CHEAP = {
    "keyword": 0,
    "equals": 0,
    "starts": 1,
    "ends": 1,
    "contains": 1,
    "numbers": 1,
    "network": 2,
    "holds_all": 2,
    "regex": 4,
}


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
        # Few rules have a letter beyond ASCII: the others are used as they are.
        asked = list(dict.fromkeys(text for plan, _ in plans for text in _wide_texts(plan)))
        folded = dict(zip(asked, fold(asked), strict=True)) if asked else {}
        self._plans: list[tuple[Plan, int]] = []
        self._searched: set[str] = set()
        self._texts: dict[str, None] = {}
        self._keywords: dict[str, set[int]] = {}
        same: dict[Leaf, Leaf] = {}
        for plan, route in plans:
            ready = _in_order(plan, folded, same)
            self._plans.append((ready, route))
            for leaf in leaves_of(ready):
                self._note(leaf, route)

    def _note(self, leaf: Leaf, route: int) -> None:
        """What of the blocks this leaf has to be looked for in, and which texts."""
        if leaf.test in _FOUND:
            self._searched.update(leaf.places)
            self._texts.update(dict.fromkeys(leaf.texts[leaf.test in _EXPRESSIONS :]))
        elif leaf.test in _ANYWHERE:
            for text in leaf.texts:
                self._keywords.setdefault(text, set()).add(route)

    @property
    def keywords(self) -> dict[str, frozenset[int]]:
        """The texts that may be in any value, each with the routes whose rules ask for it."""
        return {text: frozenset(routes) for text, routes in self._keywords.items()}

    def held_against(self, block: EventBlock) -> Iterator[tuple[int, Screened]]:
        """For every plan that the block may hold a match of: its position, and what became of it."""
        searched = [column for place, column in block.columns.items() if place in self._searched]
        looking = _Looking(block, Occurrences(searched, self._texts))
        for position, (plan, route) in enumerate(self._plans):
            members = block.members[route]
            if not len(members):
                continue
            may, does = looking.verdict(plan)
            possible = may.within(members)
            if not len(possible):
                continue
            sure = possible if may is does else does.within(members)
            yield position, Screened(possible, sure)


def _wide_texts(plan: Plan) -> list[str]:
    """The texts with a letter beyond ASCII that values are compared with."""
    texts = (text for leaf in leaves_of(plan) for text in leaf.texts[leaf.test in _EXPRESSIONS :])
    return [text for text in texts if not text.isascii()]


def _in_order(plan: Plan, folded: Mapping[str, str], same: dict[Leaf, Leaf]) -> Plan:
    """The plan with its texts folded, and what is cheap to ask and rarely true first, so that most rules end early.

    Equal leaves become one object, by which what is found of them is kept: hashing their texts each time would cost
    more than many of the answers.
    """
    match plan:
        case AllOf(children=children):
            return AllOf(tuple(sorted((_in_order(child, folded, same) for child in children), key=_cost)))
        case AnyOf(children=children):
            return AnyOf(tuple(_in_order(child, folded, same) for child in children))
        case Not(child=child):
            return Not(_in_order(child, folded, same))
    leaf = _folded(plan, folded)
    return same.setdefault(leaf, leaf)


def _folded(leaf: Leaf, folded: Mapping[str, str]) -> Leaf:
    if all(map(str.isascii, leaf.texts)):
        return leaf
    # An expression with a letter beyond ASCII matches no value that it is asked about.
    kept = leaf.texts[: leaf.test in _EXPRESSIONS]
    return replace(leaf, texts=(*kept, *(folded.get(text, text) for text in leaf.texts[len(kept) :])))


def _cost(plan: Plan) -> int:
    if isinstance(plan, Leaf):
        return _CHEAP.get(plan.test, 3)
    if isinstance(plan, Not):
        return 6
    return 5 if any(isinstance(child, Not) for child in plan.children) else 2


@dataclass
class _Looking:
    """One block being looked at; what was found is kept until the block is done."""

    block: EventBlock
    occurrences: Occurrences

    def __post_init__(self) -> None:
        self._leaves: dict[int, Verdict] = {}  # by identity: a screen has each leaf once
        self._views: dict[str, ColumnTests] = {}

    def verdict(self, plan: Plan) -> Verdict:
        match plan:
            case AllOf(children=children):
                return self._all(children)
            case AnyOf(children=children):
                return self._any(children)
            case Not(child=child):
                may, does = self.verdict(child)
                inverted = does.inverted()
                return inverted, inverted if may is does else may.inverted()
        found = self._leaves.get(id(plan))
        if found is None:
            found = self._leaves[id(plan)] = self._leaf(plan)
        return found

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
            rows = self.block.heard.get(leaf.texts[0]) if leaf.texts else None
            heard = EVERYTHING if rows is None else RowSet(rows)
            return heard, heard if leaf.test == "keyword" and rows is not None else NOTHING
        may: list[Rows] = []
        does: list[Rows] = []
        earlier = NO_ROWS
        for place in leaf.places:
            view = self._view(place)
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

    def _view(self, place: str) -> ColumnTests | None:
        if place not in self._views:
            column = self.block.columns.get(place)
            if column is None:
                return None
            self._views[place] = ColumnTests(column, self.occurrences)
        return self._views[place]
