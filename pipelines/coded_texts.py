"""Lists of an Arrow table turned on their side: texts each once, and which row holds which; rows by number."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from detectors.rowsets import Rows

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Coded:
    """Lists of texts.

    Attributes:
        texts: the texts, each once.
        numbers: one list after the other, the position of each member in `texts`.
        rows: for each of them, whose list it is in; ascending.
    """

    texts: pl.Series
    numbers: Numbers
    rows: Rows


def coded(lists: pa.ChunkedArray) -> Coded:
    """A column of lists of dictionary-encoded texts, none of them null; all its chunks have one dictionary."""
    if not lists.num_chunks:
        none = np.empty(0, np.uint32)
        return Coded(pl.Series([], dtype=pl.String), none, none)
    members = [chunk.flatten() for chunk in lists.chunks]
    numbers = np.concatenate([member.indices.to_numpy() for member in members]).astype(np.uint32)
    return Coded(pl.Series(members[-1].dictionary), numbers, _rows(lists))


def by_number(lists: pa.ChunkedArray, wanted: Iterable[int]) -> list[Rows]:
    """For each of these numbers, the rows whose lists hold it, ascending."""
    members = [chunk.flatten().to_numpy() for chunk in lists.chunks]
    numbers = np.concatenate(members) if members else np.empty(0, np.uint32)
    order = np.argsort(numbers, kind="stable")
    numbers, rows = numbers[order], _rows(lists)[order]
    numbers_wanted = list(wanted)
    begins = np.searchsorted(numbers, numbers_wanted, "left")
    ends = np.searchsorted(numbers, numbers_wanted, "right")
    return [rows[begin:end] for begin, end in zip(begins, ends, strict=True)]


def _rows(lists: pa.ChunkedArray) -> Rows:
    """Which list each member is in."""
    sizes = [np.diff(chunk.offsets.to_numpy()) for chunk in lists.chunks]
    together = np.concatenate(sizes) if sizes else np.empty(0, np.int64)
    return np.repeat(np.arange(len(together), dtype=np.uint32), together)
