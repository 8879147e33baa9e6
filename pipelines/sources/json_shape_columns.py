"""The values of shapes as columns under the names that flattening gives them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from pipelines.sources.json_shapes import FEWEST, Shape, shapes
from pipelines.sources.json_values import TEXTS, UNUSUAL

_EMPTY = "empty"


# What tells the table that a shape belongs in, and its columns with the placeholders of what they hold; None where its
# lines have to be read one by one.
Placed = Callable[[Shape], tuple[str, Mapping[str, str]] | None]


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
    slots, unsure = dict[str, dict[str, str]](), dict[str, str]()
    frames = [_slotted(shape, places, slots, unsure) for shape, places in zip(shapes, named, strict=True)]
    frame = frames[0]
    if len(frames) > 1:
        frame = pl.concat(frames, how="diagonal").sort("row")
    frame, wrong = _read(frame, unsure)
    read = frame.select("row", *(_joined(list(kinds)).alias(name) for name, kinds in slots.items()))
    return read.filter(~wrong) if wrong.any() else read


def _slotted(
    shape: Shape, places: Mapping[str, str], slots: dict[str, dict[str, str]], unsure: dict[str, str]
) -> pl.DataFrame:
    """The values under the slots that each name has: one for each part and each kind of what stands there.

    In `unsure` go the slots with values that may be other texts than they are written as.
    """
    columns: list[pl.Series] = [pl.Series("row", shape.rows)]
    for name, text in places.items():
        kinds = slots.setdefault(name, {})
        for at, place in enumerate(text.split(",")):
            kind = shape.kinds[place] if place else _EMPTY
            slot = f"{at:04}{kind}{name}"
            kinds[slot] = kind
            if place and place not in shape.usual:
                unsure[slot] = kind
            columns.append(shape.written[place].alias(slot) if place else _empty(shape).alias(slot))
    return pl.DataFrame(columns)


def _read(frame: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[pl.DataFrame, pl.Series]:
    """The frame with these slots as texts, and whether any of a row is no JSON."""
    asked = {slot: UNUSUAL[kind](pl.col(slot)) for slot, kind in kinds.items()}
    wrong = pl.Series([False]).new_from_index(0, frame.height)
    if not asked:
        return frame, wrong
    unusual = frame.select(found.any().alias(slot) for slot, found in asked.items()).row(0, named=True)
    read = list[pl.Series]()
    for slot in (slot for slot, found in unusual.items() if found):
        texts, bad = TEXTS[kinds[slot]](frame[slot])
        read.append(texts.alias(slot))
        wrong = wrong if bad is None else wrong | bad.fill_null(value=False)
    return frame.with_columns(read), wrong


def _joined(slots: list[str]) -> pl.Expr:
    """The parts of a value joined by commas; what is null is passed over."""
    if len(slots) == 1:
        return pl.col(slots[0])
    there = pl.any_horizontal(pl.col(slot).is_not_null() for slot in slots)
    return pl.when(there).then(pl.concat_str(sorted(slots), separator=",", ignore_nulls=True))


def _empty(shape: Shape) -> pl.Series:
    return pl.Series([""]).new_from_index(0, len(shape.rows))
