"""What the records of a data set look like: their fields, where each lies, and how NumPy reads them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from pipelines.exports import elements

VARIABLE: Final = 65535


@dataclass(frozen=True)
class Place:
    """Where a field lies in the fixed part of a record."""

    at: int
    size: int


@dataclass(frozen=True)
class Layout:
    """The fields of a record, in order.

    Attributes:
        fields: key and length of each; a length of 65535 stands for a variable one (RFC 7011 §7).
        scopes: how many of the first are scopes of options; 0 for a record about a flow.
    """

    fields: tuple[tuple[int, int], ...]
    scopes: int = 0

    @cached_property
    def places(self) -> dict[int, Place]:
        """Where the fixed fields that are read lie once the variable ones are taken out; the first of a key counts."""
        found: dict[int, Place] = {}
        at = 0
        for name, size in self.fields:
            if size == VARIABLE:
                continue
            if size and name in elements.READ:
                found.setdefault(name, Place(at, size))
            at += size
        return found

    @cached_property
    def size(self) -> int:
        """Bytes of the fixed fields of a record."""
        return sum(size for _, size in self.fields if size != VARIABLE)

    @cached_property
    def least(self) -> int:
        """Bytes that a record has at least: a variable field begins with its length."""
        return self.size + sum(size == VARIABLE for _, size in self.fields)

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """Bytes of fixed fields before the first variable one, between them, and after the last."""
        runs = [0]
        for _, size in self.fields:
            if size == VARIABLE:
                runs.append(0)
            else:
                runs[-1] += size
        return tuple(runs)

    @cached_property
    def variables(self) -> dict[int, int]:
        """The keys of the variable fields, and which of them each is."""
        found: dict[int, int] = {}
        names = [name for name, size in self.fields if size == VARIABLE]
        for index, name in enumerate(names):
            found.setdefault(name, index)
        return found

    @cached_property
    def reading(self) -> object:
        """Equal for layouts of which the same is read at the same places."""
        read = {name: index for name, index in self.variables.items() if name in elements.READ}
        places = tuple((name, place.at, place.size) for name, place in self.places.items())
        return self.size, self.runs if read or len(self.runs) > 1 else (), places, tuple(read.items())

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        """The fixed part of a record as NumPy sees it: big-endian numbers where it knows the width, else bytes."""
        kinds = {1: "u1", 2: ">u2", 4: ">u4", 8: ">u8"}
        return np.dtype(
            {
                "names": [str(name) for name in self.places],
                "formats": [kinds.get(place.size, (np.uint8, (place.size,))) for place in self.places.values()],
                "offsets": [place.at for place in self.places.values()],
                "itemsize": self.size,
            }
        )

    @cached_property
    def keys(self) -> frozenset[int]:
        """The keys of the fields that have bytes."""
        return frozenset(name for name, size in self.fields if size)

    @cached_property
    def tells_flow(self) -> bool:
        """Whether a record names an end of a flow."""
        return not self.scopes and not self.keys.isdisjoint(elements.ENDPOINTS)
