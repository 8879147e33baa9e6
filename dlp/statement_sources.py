"""What the queries of a statement draw on: tables, or queries with their outputs, under their names."""

from dataclasses import dataclass, field

from sqlglot import exp

from dlp.data_uses import ANY_COLUMN

Origin = tuple[str, str]  # a data set and its column
Origins = frozenset[Origin]
NONE: Origins = frozenset()


@dataclass(frozen=True)
class Output:
    """One column of a result: its name, `*` for all of a table, and what it is made of."""

    name: str
    origins: Origins


@dataclass
class Source:
    """What a query draws on under one name: a table, or a query with its outputs."""

    dataset: str = ""
    outputs: tuple[Output, ...] = ()

    def column(self, name: str) -> Origins:
        """What a column of it is made of."""
        if self.dataset:
            return frozenset({(self.dataset, name)})
        named = [output.origins for output in self.outputs if output.name.lower() == name.lower()]
        if named or name == ANY_COLUMN:
            return NONE.union(*(named if name != ANY_COLUMN else (output.origins for output in self.outputs)))
        stars = NONE.union(*(output.origins for output in self.outputs if output.name == ANY_COLUMN))
        return frozenset((dataset, name if column == ANY_COLUMN else column) for dataset, column in stars)

    def all(self) -> tuple[Output, ...]:
        """Its columns, as `*` gives them."""
        return (Output(ANY_COLUMN, self.column(ANY_COLUMN)),) if self.dataset else self.outputs


@dataclass
class Scope:
    """Where names are looked up: the sources of one query, then those of the queries around it."""

    sources: dict[str, Source] = field(default_factory=dict)
    around: "Scope | None" = None

    def resolved(self, qualifier: str, name: str) -> Origins:
        """What a column is made of; one without a known qualifier counts for every table that it may belong to."""
        scope: Scope | None = self
        while qualifier and scope is not None:
            if qualifier.lower() in scope.sources:
                return scope.sources[qualifier.lower()].column(name)
            scope = scope.around
        known = NONE.union(*(source.column(name) for source in self.sources.values()))
        outer = self.around.resolved("", name) if self.around else NONE
        # a.b may be a part of a column that holds several.
        parts = self.resolved("", qualifier) if qualifier else NONE
        return known | outer | parts


def united(left: tuple[Output, ...], right: tuple[Output, ...]) -> tuple[Output, ...]:
    """The outputs of a union, column by column as far as their places are known."""
    if len(left) == len(right) and not any(output.name == ANY_COLUMN for output in (*left, *right)):
        return tuple(Output(mine.name, mine.origins | theirs.origins) for mine, theirs in zip(left, right, strict=True))
    every = NONE.union(*(output.origins for output in (*left, *right)))
    return (*(Output(output.name, every) for output in left), Output(ANY_COLUMN, every))


def renamed(outputs: tuple[Output, ...], alias: object) -> tuple[Output, ...]:
    """The outputs under the names that the alias gives them: `AS s (a, b)`."""
    names = [each.name for each in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []
    if not names:
        return outputs
    if any(output.name == ANY_COLUMN for output in outputs):
        every = NONE.union(*(output.origins for output in outputs))
        return tuple(Output(name, every) for name in names)
    return tuple(Output(name, output.origins) for name, output in zip(names, outputs, strict=False))
