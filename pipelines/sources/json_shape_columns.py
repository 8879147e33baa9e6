"""The values of shapes as columns under the names that flattening gives them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sources.json_shapes import FEWEST, Rows, Shape, shapes
from pipelines.sources.json_templates import Kind
from pipelines.sources.json_values import TEXTS, UNUSUAL

_EMPTY = "empty"
_FEW = 4  # of so many values fewer than one is looked at by itself


# What tells the table that a shape belongs in, and its columns with the placeholders of what they hold; None where its
# lines have to be read one by one.
Placed = Callable[[Shape], tuple[str, Mapping[str, str]] | None]


@dataclass(frozen=True)
class _Unsure:
    """A slot with values that may be other texts than they are written as: of what kind, and in which rows."""

    kind: Kind
    rows: list[Rows] = field(default_factory=list)


def shaped_tables(
    lines: pl.DataFrame, told_by: str, placed: Placed, fewest: int = FEWEST
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The objects that are read as columns, by table, and the lines that have to be read one by one.

    Args:
        lines: `offset`, `text`, `decode_error`.
        told_by: the name whose text is part of a shape.
        placed: where a shape belongs, and under which names.
        fewest: how many lines of one shape are read as columns.

    Returns:
        `offset`, `text` and the columns: text, null where it is absent; and the other lines.
    """
    found = dict[str, list[tuple[Shape, Mapping[str, str]]]]()
    for shape in shapes(lines, told_by, fewest):
        if place := placed(shape):
            found.setdefault(place[0], []).append((shape, place[1]))
    read, tables = np.zeros(lines.height, np.bool_), dict[str, pl.DataFrame]()
    for table, group in found.items():
        columns = shape_columns([shape for shape, _ in group], [names for _, names in group])
        rows = columns["row"].to_numpy()
        read[rows] = True
        if len(rows):
            chosen = lines.select(pl.col("offset", "text").gather(columns["row"].cast(pl.UInt32)))
            tables[table] = pl.concat([chosen, columns.drop("row")], how="horizontal")
    return tables, lines.clear() if read.all() else lines.filter(~read)


def shape_columns(shapes: Sequence[Shape], named: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """`row` and a text column for each name, null where it is absent, in order; without the rows that are no JSON.

    Args:
        shapes: at least one.
        named: for each of them, names with the placeholders of what they hold, joined by commas.
    """
    slots, unsure = dict[str, dict[str, str]](), dict[str, _Unsure]()
    frames = [_slotted(shape, places, slots, unsure) for shape, places in zip(shapes, named, strict=True)]
    frame = frames[0]
    if len(frames) > 1:
        frame = pl.concat(frames, how="diagonal").sort("row")
    frame, wrong = _read(frame, unsure)
    read = frame.select("row", *(_joined(list(kinds)).alias(name) for name, kinds in slots.items()))
    return read.filter(~wrong) if wrong.any() else read


def _slotted(
    shape: Shape, places: Mapping[str, str], slots: dict[str, dict[str, str]], unsure: dict[str, _Unsure]
) -> pl.DataFrame:
    """The values under the slots that each name has: one for each part and each kind of what stands there.

    In `unsure` go the slots with values that may be other texts than they are written as, and where those are.
    """
    columns: list[pl.Series] = [pl.Series("row", shape.rows)]
    for name, text in places.items():
        kinds = slots.setdefault(name, {})
        for at, place in enumerate(text.split(",")):
            kind = shape.kinds[place] if place else _EMPTY
            slot = f"{at:04}{kind}{name}"
            kinds[slot] = kind
            if place in shape.unsure:
                unsure.setdefault(slot, _Unsure(shape.kinds[place])).rows.append(shape.unsure[place])
            columns.append(shape.written[place].alias(slot) if place else _empty(shape).alias(slot))
    return pl.DataFrame(columns)


def _read(frame: pl.DataFrame, unsure: Mapping[str, _Unsure]) -> tuple[pl.DataFrame, pl.Series]:
    """The frame with these slots as texts, and whether any of a row is no JSON."""
    wrong = pl.Series([False]).new_from_index(0, frame.height)
    numbers, read = frame["row"].to_numpy(), list[pl.Series]()
    for slot, doubt in unsure.items():
        places = np.searchsorted(numbers, np.concatenate(doubt.rows))
        few = len(places) * _FEW < frame.height
        written = frame[slot].gather(places) if few else frame[slot]
        if not written.to_frame().select(UNUSUAL[doubt.kind](pl.col(slot)).any()).item():
            continue
        texts, bad = TEXTS[doubt.kind](written)
        read.append(_put(frame[slot], places, texts) if few else texts.alias(slot))
        if bad is not None:
            bad = bad.fill_null(value=False)
            wrong = wrong | (_put(wrong, places, bad) if few else bad)
    return frame.with_columns(read), wrong


def _put(column: pl.Series, places: npt.NDArray[np.int64], values: pl.Series) -> pl.Series:
    """The column with these values in these places."""
    return column.clone().scatter(places, values)


def _joined(slots: list[str]) -> pl.Expr:
    """The parts of a value joined by commas; what is null is passed over."""
    if len(slots) == 1:
        return pl.col(slots[0])
    there = pl.any_horizontal(pl.col(slot).is_not_null() for slot in slots)
    return pl.when(there).then(pl.concat_str(sorted(slots), separator=",", ignore_nulls=True))


def _empty(shape: Shape) -> pl.Series:
    return pl.Series([""]).new_from_index(0, len(shape.rows))
