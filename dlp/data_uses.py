"""What is done with data, as a statement or an application tells it: columns read, tables written, ways columns go."""

from dataclasses import dataclass, field
from typing import Literal

Action = Literal["read", "write", "export", "define", "other"]

ANY_COLUMN = "*"


@dataclass(frozen=True)
class Edge:
    """A column that went into another: `dataset` and `column` on both sides, `*` for all of them."""

    from_dataset: str
    from_column: str
    to_dataset: str
    to_column: str


@dataclass(frozen=True)
class Statement:
    """What a statement does.

    Attributes:
        reads: columns read, by data set; `*` for all.
        writes: data sets written to.
        parsed: False where only the names of tables were found.
    """

    action: Action
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    writes: frozenset[str] = frozenset()
    edges: tuple[Edge, ...] = ()
    parsed: bool = True
