"""The texts of many addresses at once: each distinct one is written only once."""

import numpy as np
import polars as pl

from pipelines.capture.keys import grouped
from pipelines.capture.rows import address_text
from pipelines.capture.window import Ints, Words


def address_texts(version: Ints, high: Words, low: Words) -> pl.Series:
    """The canonical text of each address, given as its IP version and two words."""
    found = grouped(np.stack([version.view(np.uint64), high, low]))
    distinct = np.empty(len(version), np.int64)
    distinct[found.order] = np.cumsum(found.fresh) - 1
    heads = found.order[found.fresh]
    words = np.column_stack([high[heads], low[heads]]).astype(">u8").tobytes()
    texts = [
        address_text(words[at + 12 : at + 16] if kind == 4 else words[at : at + 16])
        for at, kind in zip(range(0, len(words), 16), version[heads].tolist(), strict=True)
    ]
    return pl.Series(texts, dtype=pl.String).gather(distinct)
