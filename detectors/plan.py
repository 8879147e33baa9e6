"""What a rule looks for in texts, as a tree: its leaves say which text must be where.

A `Plan` mirrors the condition tree of a rule. `detectors.literals` draws it from the rule, `detectors.screening`
evaluates it over many events at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# How the value of a place relates to the texts of a leaf:
# equals, contains, starts, ends    one of them; this decides the leaf
# regex, like                       it matches the first, an expression, and contains the others; decides the leaf where
#                                   the value is ASCII; `like` looks at the lower-cased value
# holds_all                         all of them; needed by every match, and no more than that
# numbers, less, greater, ...       as a number; decides the leaf where the value is a plain integer
# network                           as an address; decides the leaf where the value is a plain IPv4 address
# present                           any value at all; decides the leaf
# perhaps                           any value at all; needed by every match
# field=, field^, field$, field*    it is, begins with, ends with or contains what another field holds, the texts being
#                                   the places of that; decides the leaf
# keyword                           it is in any value; decides the leaf
# anywhere                          it is in any value; needed by every match; without texts: nothing is known
Test = Literal[
    "equals", "contains", "starts", "ends", "holds_all", "regex", "like", "numbers", "<", "<=", ">", ">=", "network",
    "present", "perhaps", "field=", "field^", "field$", "field*", "keyword", "anywhere",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test of one field.

    Attributes:
        places: where the field may be, best first: `k:` and a key of the event's fields, or `s:` and an SQL text.
        texts: lower-cased by Python where they are ASCII; others are still to be folded as the database folds.
    """

    places: tuple[str, ...]
    test: Test
    texts: tuple[str, ...] = ()
    kind: Literal["leaf"] = "leaf"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every child is."""

    children: tuple["Plan", ...]
    kind: Literal["all"] = "all"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where some child is; without children, nowhere."""

    children: tuple["Plan", ...]
    kind: Literal["any"] = "any"


@dataclass(frozen=True, slots=True)
class Not:
    """True where the child is not."""

    child: "Plan"
    kind: Literal["not"] = "not"


Plan = Leaf | AllOf | AnyOf | Not

FIELD_TESTS: frozenset[Test] = frozenset({"field=", "field^", "field$", "field*"})
NEVER = AnyOf(())
ALWAYS = AllOf(())


def leaves_of(plan: Plan) -> Mapping[Leaf, None]:
    """Every leaf of a plan once, in order."""
    found: dict[Leaf, None] = {}
    _gather(plan, found)
    return found


def _gather(plan: Plan, found: dict[Leaf, None]) -> None:
    match plan:
        case Leaf():
            found[plan] = None
        case Not(child=child):
            _gather(child, found)
        case _:
            for child in plan.children:
                _gather(child, found)
