"""The records of one layout, from any number of data sets, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.octets import readable
from pipelines.capture.window import Bytes, Ints, Words, padded
from pipelines.exports.layouts import Layout

Chunk = memoryview | bytes
_LONG_LENGTH: Final = 255
# A text field may be as long as a set; what an analyst reads is not.
_LONGEST_TEXT: Final = 512


@dataclass(frozen=True)
class Records:
    """Records in the order of their sets.

    Attributes:
        layout: their fields.
        of_set: which of the sets each comes from.
        fixed: the fixed fields of each, as `layout.dtype` says.
        joined: the bytes of all sets, padded.
        variable_at: where in `joined` each variable field begins, one row a record.
        variable_size: how long it is.
        broken: sets of which a variable field runs out.
    """

    layout: Layout
    of_set: Ints
    fixed: NDArray[np.void]
    joined: Bytes
    variable_at: Ints
    variable_size: Ints
    broken: Ints

    def __len__(self) -> int:
        return len(self.of_set)

    def has(self, name: int) -> bool:
        """Whether the records have this field, with bytes in it."""
        return name in self.layout.places or name in self.layout.variables

    def numbers(self, name: int) -> Words:
        """An unsigned number of any length, 0 where absent (RFC 7011 §6.2); of more than 8 bytes the last count."""
        place = self.layout.places.get(name)
        if place is None:
            return self._variable_numbers(name)
        column = self.fixed[str(name)]
        if column.ndim == 1:
            return column.astype(np.uint64)
        return _composed(column[:, -8:])

    def octets(self, name: int, size: int) -> Bytes:
        """A field of so many bytes, one row a record; zeros where it has another length."""
        place = self.layout.places.get(name)
        if place is None or place.size != size:
            return np.zeros((len(self), size), np.uint8)
        column = self.fixed[str(name)]
        return column if column.ndim == 2 else np.ascontiguousarray(column).view(np.uint8).reshape(len(self), size)

    def texts(self, name: int) -> list[str]:
        """A text, readable and without the NULs that fill it up; '' where absent."""
        if name in self.layout.places:
            column = self.octets(name, self.layout.places[name].size)
            contents = [row.tobytes() for row in np.ascontiguousarray(column)]
        elif name in self.layout.variables:
            index = self.layout.variables[name]
            whole = self.joined.tobytes()
            ends = zip(self.variable_at[:, index].tolist(), self.variable_size[:, index].tolist(), strict=True)
            contents = [whole[at : at + size] for at, size in ends]
        else:
            return [""] * len(self)
        known = {content: readable(content.split(b"\0", 1)[0][:_LONGEST_TEXT]) for content in set(contents)}
        return [known[content] for content in contents]

    def _variable_numbers(self, name: int) -> Words:
        index = self.layout.variables.get(name)
        if index is None:
            return np.zeros(len(self), np.uint64)
        at, size = self.variable_at[:, index], self.variable_size[:, index]
        columns = [
            np.where(size > back, self.joined[np.maximum(at + size - 1 - back, 0)], 0) for back in range(7, -1, -1)
        ]
        return _composed(np.column_stack(columns).astype(np.uint8))


def records_of(layout: Layout, sets: Sequence[Chunk]) -> Records:
    """The whole records of some sets; what is left of a set is padding, or not enough for a record."""
    sizes = np.array([len(content) for content in sets], np.int64)
    if not layout.variables:
        counts = sizes // layout.size
        whole = b"".join(
            content if len(content) % layout.size == 0 else content[: len(content) // layout.size * layout.size]
            for content in sets
        )
        return Records(
            layout=layout,
            of_set=np.repeat(np.arange(len(sets)), counts),
            fixed=np.frombuffer(whole, layout.dtype),
            joined=np.zeros(0, np.uint8),
            variable_at=np.zeros((int(counts.sum()), 0), np.int64),
            variable_size=np.zeros((int(counts.sum()), 0), np.int64),
            broken=np.zeros(0, np.int64),
        )
    return _variable_records(layout, padded(b"".join(sets)), sizes)


def first(records: Records, names: Sequence[int]) -> Words:
    """The first of some numbers that a record has and that is not 0."""
    found: Words | None = None
    for name in names:
        if records.has(name):
            value = records.numbers(name)
            found = value if found is None else np.where(found == 0, value, found)
    return np.zeros(len(records), np.uint64) if found is None else found


def _variable_records(layout: Layout, joined: Bytes, sizes: Ints) -> Records:
    """All sets are walked at once: each round finds the next record of every set that has one."""
    ends = np.cumsum(sizes)
    cursor = ends - sizes
    going = np.arange(len(sizes))
    rounds = list[tuple[Ints, Ints, Ints, Ints]]()
    broken = list[Ints]()
    while True:
        going = going[ends[going] - cursor[going] >= layout.least]
        if not len(going):
            break
        starts, at, size, after = _next_records(layout, joined, cursor[going])
        fits = after <= ends[going]
        broken.append(going[~fits])
        going = going[fits]
        cursor[going] = after[fits]
        rounds.append((going, starts[fits], at[fits], size[fits]))
    empty = np.zeros(0, np.int64)
    of_set = np.concatenate([found[0] for found in rounds] or [empty])
    order = np.argsort(of_set, kind="stable")
    runs, variables = len(layout.runs), len(layout.runs) - 1
    starts, at, size = (
        np.concatenate([found[part] for found in rounds] or [np.zeros((0, width), np.int64)])[order]
        for part, width in ((1, runs), (2, variables), (3, variables))
    )
    return Records(
        layout=layout,
        of_set=of_set[order],
        fixed=_gathered(layout, joined, starts),
        joined=joined,
        variable_at=at,
        variable_size=size,
        broken=np.concatenate(broken or [empty]),
    )


def _next_records(layout: Layout, joined: Bytes, cursor: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Where the fixed runs and the variable fields of a record begin, how long the latter are, and where it ends."""
    last = len(joined) - 4
    starts, at, sizes = [cursor], list[Ints](), list[Ints]()
    position = cursor + layout.runs[0]
    for run in layout.runs[1:]:
        here = np.minimum(position, last)
        short = joined[here].astype(np.int64)
        long = (joined[here + 1].astype(np.int64) << 8) | joined[here + 2]
        is_long = short == _LONG_LENGTH
        begin = position + np.where(is_long, 3, 1)
        size = np.where(is_long, long, short)
        at.append(begin)
        sizes.append(size)
        starts.append(begin + size)
        position = begin + size + run
    return np.column_stack(starts), np.column_stack(at), np.column_stack(sizes), position


def _gathered(layout: Layout, joined: Bytes, starts: Ints) -> NDArray[np.void]:
    """The fixed fields of each record, put next to one another."""
    packed = np.zeros((len(starts), layout.size), np.uint8)
    column = 0
    for index, run in enumerate(layout.runs):
        if run and len(starts):
            packed[:, column : column + run] = joined[starts[:, index, None] + np.arange(run)]
        column += run
    if not layout.size:
        return np.zeros(len(starts), np.dtype([]))
    return packed.reshape(-1).view(layout.dtype)


def _composed(columns: Bytes) -> Words:
    number = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        number = (number << np.uint64(8)) | column
    return number
