"""Texts for Arrow as they lie in memory: to copy each of them costs more than to write them all."""

import numpy as np
import polars as pl
import pyarrow as pa

_VIEW = pa.string_view()
_INLINE = 12  # bytes that lie in a view itself
_MUCH = 2  # times the bytes of the texts: what lies around them is written too


def lying(column: pl.Series) -> pa.Array:
    """A column of one chunk, its texts as views where they do not lie among much else, also those of a map."""
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    if isinstance(array, pa.MapArray) and array.type.key_type == array.type.item_type == _VIEW:
        texts = [_lying(array.keys), _lying(array.items)]
        kind = pa.map_(*(each.type for each in texts))
        names = [kind.key_field, kind.item_field]
        entries = pa.StructArray.from_arrays(texts, fields=names)
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:2], offset=array.offset, children=[entries])
    return _lying(array) if array.type == _VIEW else column.to_arrow()


def _lying(texts: pa.Array) -> pa.Array:
    validity, views, *contents = texts.buffers()
    sizes = np.frombuffer(views, "<u4")[4 * texts.offset : 4 * (texts.offset + len(texts)) : 4]
    needed = int(sizes.sum(where=sizes > _INLINE, dtype=np.int64))
    if not needed:
        return pa.Array.from_buffers(_VIEW, len(texts), [validity, views], offset=texts.offset)
    if sum(content.size for content in contents) <= _MUCH * needed:
        return texts
    return pl.Series(texts).to_arrow()
