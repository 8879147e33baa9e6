"""Rows as databases and workbooks hand them over, some of their cells masked, the others as they were."""

from collections.abc import Sequence

from pipelines.cell_texts import narrow_frame, text_frame
from pipelines.masked_frames import masked_frame
from pipelines.maskers import Masking
from pipelines.pieces import Piece


def masked_rows(rows: Sequence[Sequence[object]], names: Sequence[str], masking: Masking) -> list[list[object]]:
    """The rows with what is masked of them as text; what is no text at all in a masked column is gone.

    A row may be shorter than the names, never longer.
    """
    if not rows:
        return []
    texts = text_frame(rows, names)
    before = Piece(texts, len(rows), narrow=narrow_frame(rows, texts)).whole()
    after = masked_frame(before, masking)
    made = [list(row) for row in rows]
    for at, name in enumerate(names):
        whole = name in masking.maskers
        for row, old, new in zip(made, before[name].to_list(), after[name].to_list(), strict=True):
            # An empty cell stays one; elsewhere only what a masked column holds too is another text now.
            if at < len(row) and row[at] is not None and (whole or old != new):
                row[at] = new
    return made
