"""What is told of a rule and an event: the verdict, and the condition as a tree in which every leaf is judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from detectors.leaf_text import Wanted
from detectors.routing import LogSource
from detectors.rule import RuleHead

Kind = Literal["and", "or", "not", "leaf"]


@dataclass(frozen=True)
class Node:
    """A part of a condition, judged for one event.

    Attributes:
        name: the detection of the rule that begins here, or ''.
        field: of a leaf, the field it looks at; '' for a keyword.
        wanted: of a leaf, what it asks for.
        seen: of a leaf, the value that the event has there; None where it has none.
        blind: of a leaf, that no event of the rule's log source can have the field.
    """

    kind: Kind
    holds: bool
    name: str = ""
    field: str = ""
    wanted: Wanted | None = None
    seen: str | None = None
    blind: bool = False
    children: tuple["Node", ...] = ()

    def leaves(self) -> Iterator["Node"]:
        """Every leaf, in the order of the rule."""
        if self.kind == "leaf":
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True)
class Explanation:
    """What a rule says of an event.

    Attributes:
        matches: the engine's verdict: the log source covers the event and the condition holds.
        covered: whether the rule's log source covers the event.
        event_source: the log source of the event itself.
        event_table: where the event is.
        where: the SQL by which the log source picks its events.
        tree: None when the event is in another table than the rule's, where its fields mean nothing.
    """

    rule: RuleHead
    event_id: str
    matches: bool
    covered: bool
    event_source: LogSource
    event_table: str
    where: str
    tree: Node | None

    @property
    def reason(self) -> str:
        """Why it is so, in one sentence."""
        if not self.covered:
            return (
                f"the rule's log source ({self.rule.log_source}) does not cover this event, "
                f"which is in {self.event_table} with {self.event_source}"
            )
        return "the condition holds" if self.matches else "the condition does not hold"
