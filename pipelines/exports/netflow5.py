"""NetFlow version 5: one fixed layout, said with the element numbers that later versions gave the same things."""

from typing import Final

from pipelines.exports.layouts import Layout

_PADDING: Final = 210
V5_LAYOUT: Final = Layout(
    (
        *((8, 4), (12, 4), (15, 4), (10, 2), (14, 2), (2, 4), (1, 4), (22, 4), (21, 4), (7, 2), (11, 2)),
        *((_PADDING, 1), (6, 1), (4, 1), (5, 1), (16, 2), (17, 2), (9, 1), (13, 1), (_PADDING, 2)),
    )
)
