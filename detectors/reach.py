"""Which plans a block may hold a match of, by what occurs in it: what needs a text that is nowhere is passed over.

From the leaves that may hold, upwards: work grows with what occurs, and not with the number of rules.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from detectors.finding import HOWS, Occurrences, Texts
from detectors.plan import AllOf, AnyOf, Leaf, Not, Plan


class Reach:
    """Plans that share their equal parts, as what needs what.

    Nodes are meant by identity: equal parts must be one object.
    """

    def __init__(self, plans: Sequence[Plan], texts: Texts) -> None:
        self._numbers: dict[int, int] = {}
        self._parents: list[list[int]] = []
        self._needs: list[int] = []
        self._by_key = {how: defaultdict[int, list[int]](list) for how in HOWS}
        self._by_text: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._others: list[tuple[Leaf, int]] = []
        self._certain: list[int] = []
        self._texts = texts
        self._roots: dict[int, list[int]] = defaultdict(list)
        for position, plan in enumerate(plans):
            self._roots[self._added(plan)].append(position)
        self._begun = bytearray(len(self._needs))
        self._climb(self._certain, self._begun, self._needs)

    def reached(self, occurrences: Occurrences, may_hold: Callable[[Leaf], bool]) -> "Reached":
        """What may hold in a block.

        Args:
            occurrences: where the block has which texts.
            may_hold: whether a leaf may hold that no single text decides.
        """
        alive, needs = self._begun.copy(), self._needs.copy()
        for how in HOWS:
            leaves = self._by_key[how]
            self._climb((leaf for key in occurrences.found[how] for leaf in leaves.get(key, ())), alive, needs)
        equal = occurrences.equal
        self._climb((leaf for held in equal for leaf in self._by_text.get(held, ())), alive, needs)
        self._climb((number for leaf, number in self._others if may_hold(leaf)), alive, needs)
        return Reached(self._numbers, alive, sorted(self._positions(alive)))

    def _positions(self, alive: bytearray) -> Iterable[int]:
        return (position for root, positions in self._roots.items() if alive[root] for position in positions)

    def _climb(self, leaves: Iterable[int], alive: bytearray, needs: list[int]) -> None:
        """These may hold, and with them all that thereby has everything it needs."""
        parents = self._parents
        waiting = list(leaves)
        while waiting:
            node = waiting.pop()
            if alive[node]:
                continue
            alive[node] = 1
            for parent in parents[node]:
                needs[parent] -= 1
                if needs[parent] <= 0:
                    waiting.append(parent)

    def _added(self, plan: Plan) -> int:
        known = self._numbers.get(id(plan))
        if known is not None:
            return known
        children = {self._added(child) for child in _children(plan)}
        number = self._numbers[id(plan)] = len(self._needs)
        self._parents.append([])
        self._needs.append(len(children) if isinstance(plan, AllOf) else 1)
        for child in children:
            self._parents[child].append(number)
        self._note(plan, number)
        return number

    def _note(self, plan: Plan, number: int) -> None:
        """What makes this one hold, where that is not what it consists of."""
        match plan:
            case Leaf(test="contains" | "starts" | "ends" as how):
                for place in plan.places:
                    for text in plan.texts:
                        self._by_key[how][self._texts.key(place, text)].append(number)
            case Leaf(test="equals"):
                for place in plan.places:
                    for text in plan.texts:
                        self._by_text[place, text].append(number)
            case Leaf():
                self._others.append((plan, number))
            case Not() | AllOf(children=()):
                self._certain.append(number)  # what does not hold is never passed over


class Reached:
    """What of the plans may hold in one block.

    Attributes:
        positions: the plans that may, ascending.
    """

    def __init__(self, numbers: dict[int, int], alive: bytearray, positions: Sequence[int]) -> None:
        self.positions = positions
        self._numbers = numbers
        self._alive = alive

    def has(self, plan: Plan) -> bool:
        """Whether this part of a plan may hold anywhere."""
        return bool(self._alive[self._numbers[id(plan)]])


def _children(plan: Plan) -> Sequence[Plan]:
    match plan:
        case AllOf(children=children) | AnyOf(children=children):
            return children
        case Not(child=child):
            return (child,)
    return ()
