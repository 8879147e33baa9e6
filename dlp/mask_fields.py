"""Values of fields inside of cells, replaced where only the field's name tells what they are: people and facts."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

import polars as pl

from dlp.column_names import name_hints
from dlp.documents import Fields, field_spans
from dlp.mask_operators import replaced
from dlp.mask_policy import Operator
from dlp.policy import default_policy
from dlp.registry import ENTITY_TYPES, KINDS

# All others are seen wherever they stand, by `dlp.mask_spans`.
_TOLD_BY_NAME = frozenset(
    name for name in ENTITY_TYPES if not any(kind.in_text for kind in KINDS if kind.entity_type == name)
)
_MOSTLY = 0.5  # of its values, from which a field is of the type that its name says
_MANY, _ALMOST_ALL = 20, 0.9  # different values, and the share of them, that tell without a name
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def field_types(fields: Fields) -> dict[str, str]:
    """The types that fields hold and that only their names tell, by the last part of the field's name."""
    found = {}
    for label, values in fields.items():
        name = label.rpartition(".")[2]
        told = _told(name, list(values))
        if told is not None:
            found[name] = told
    return found


def fields_replaced(text: str, types: Mapping[str, str], operators: Mapping[str, Operator], key: bytes) -> str:
    """The text with every value of some fields replaced; JSON stays JSON.

    Args:
        text: any text.
        types: what the fields hold, by name.
        operators: what to do with each type; types that are not in it stay.
        key: behind keyed operators.
    """
    if text[:1] in "{[" and _ESCAPED.search(text):
        try:
            return json.dumps(_replaced_leaves(json.loads(text), "", types, operators, key))
        except (ValueError, RecursionError):
            pass  # cut off, or written by something else: as it stands
    parts, done = list[str](), 0
    for label, start, end in field_spans(text):
        if types.get(label) in operators:
            parts += [text[done:start], _hidden(text[start:end], types[label], operators, key)]
            done = end
    return "".join([*parts, text[done:]])


def _replaced_leaves(
    node: object, label: str, types: Mapping[str, str], operators: Mapping[str, Operator], key: bytes
) -> object:
    if isinstance(node, dict):
        return {name: _replaced_leaves(inner, str(name), types, operators, key) for name, inner in node.items()}
    if isinstance(node, list):
        return [_replaced_leaves(inner, label, types, operators, key) for inner in node]
    if isinstance(node, str) and types.get(label) in operators:
        return _hidden(node, types[label], operators, key)
    return node


def _hidden(value: str, entity_type: str, operators: Mapping[str, Operator], key: bytes) -> str:
    plain = unquote(value) if _PERCENT.search(value) else value
    hidden = replaced(plain, entity_type, operators[entity_type], key)
    return quote(hidden, safe="*") if plain != value else hidden


def _told(label: str, values: list[str]) -> str | None:
    hints = name_hints(label, default_policy())
    if hints.about:
        return None
    for name in ENTITY_TYPES:
        share = _MOSTLY if name in hints.says else _ALMOST_ALL if len(values) >= _MANY else None
        if name in _TOLD_BY_NAME and share is not None and _fitting(name, values) >= share * len(values):
            return name
    return min(hints.attributes - hints.vaguely, default=None)


def _fitting(entity_type: str, values: list[str]) -> int:
    """How many values have the form of a type; kinds that believe any value under such a name do not count."""
    texts = pl.Series(values, dtype=pl.String)
    fits = pl.Series([False] * len(texts), dtype=pl.Boolean)
    for kind in KINDS:
        if kind.entity_type == entity_type and kind.alone is not None:
            at = texts.str.contains(kind.whole).arg_true()
            if len(at):
                fits = fits.scatter(at, fits.gather(at) | kind.holds(texts.gather(at)))
    return int(fits.sum())
