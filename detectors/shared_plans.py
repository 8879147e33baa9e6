"""Plans made ready to be held against many blocks: texts folded, what is cheap first, and equal parts one object."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from detectors.block import Fold
from detectors.plan import FIELD_TESTS, AllOf, AnyOf, Leaf, Not, Plan, leaves_of

EXPRESSIONS = frozenset({"regex", "like"})
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


def shared(plans: Sequence[Plan], fold: Fold) -> list[Plan]:
    """The plans with their texts as the database folds them; equal parts of any of them are one object.

    What was found of a part is kept by its identity: to hash its texts each time would cost more than many answers.
    """
    asked = list(dict.fromkeys(text for plan in plans for text in _wide_texts(plan)))
    # Few rules have a letter beyond ASCII: the others are used as they are.
    sharing = _Sharing(dict(zip(asked, fold(asked), strict=True)) if asked else {})
    return [sharing.plan(plan) for plan in plans]


def shared_leaves(plans: Sequence[Plan]) -> list[Leaf]:
    """Every leaf of plans that share their equal parts, once, in order."""
    seen: set[int] = set()
    found: list[Leaf] = []
    waiting = list(reversed(plans))
    while waiting:
        plan = waiting.pop()
        if id(plan) in seen:
            continue
        seen.add(id(plan))
        match plan:
            case Leaf():
                found.append(plan)
            case Not(child=child):
                waiting.append(child)
            case _:
                waiting += reversed(plan.children)
    return found


def _wide_texts(plan: Plan) -> list[str]:
    """The texts with a letter beyond ASCII that values are compared with."""
    texts = (text for leaf in leaves_of(plan) for text in _compared(leaf))
    return [text for text in texts if not text.isascii()]


def _compared(leaf: Leaf) -> tuple[str, ...]:
    """What of a leaf's texts is looked for in values: not an expression, nor the places of another field."""
    return () if leaf.test in FIELD_TESTS else leaf.texts[leaf.test in EXPRESSIONS :]


class _Sharing:
    def __init__(self, folded: Mapping[str, str]) -> None:
        self._folded = folded
        self._leaves: dict[Leaf, Leaf] = {}
        self._nodes: dict[tuple[type, tuple[int, ...]], Plan] = {}

    def plan(self, plan: Plan) -> Plan:
        match plan:
            case AllOf(children=children):
                ordered = tuple(sorted(map(self.plan, children), key=_cost))
                return self._node(AllOf(ordered), ordered)
            case AnyOf(children=children):
                ready = tuple(map(self.plan, children))
                return self._node(AnyOf(ready), ready)
            case Not(child=child):
                inner = self.plan(child)
                return self._node(Not(inner), (inner,))
        leaf = self._ready(plan)
        return self._leaves.setdefault(leaf, leaf)

    def _node(self, plan: Plan, children: Sequence[Plan]) -> Plan:
        return self._nodes.setdefault((type(plan), tuple(map(id, children))), plan)

    def _ready(self, leaf: Leaf) -> Leaf:
        compared = _compared(leaf)
        if not compared or all(map(str.isascii, compared)):
            return leaf
        # An expression with a letter beyond ASCII matches no value that it is asked about.
        kept = leaf.texts[: len(leaf.texts) - len(compared)]
        return replace(leaf, texts=(*kept, *(self._folded.get(text, text) for text in compared)))


def _cost(plan: Plan) -> int:
    if isinstance(plan, Leaf):
        return _CHEAP.get(plan.test, 3)
    if isinstance(plan, Not):
        return 6
    return 5 if any(isinstance(child, Not) for child in plan.children) else 2
