"""Values of fields inside of cells, replaced where only the field's name tells what they are: people and facts."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from dlp.column_names import name_hints
from dlp.documents import Fields, field_spans
from dlp.json_leaves import is_json, json_leaves
from dlp.mask_columns import fitting_alone
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
_JSON, _MARKS = ("{", "["), frozenset('"\\')
_ESCAPED = re.compile(r"\\\\|\\u([0-9a-fA-F]{4})")  # an escaped backslash first: what stands behind it is no escape
_NO_VALUES = ("null", "true", "false")
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
    """The text with every value of some fields replaced; JSON stays JSON, also where it is a string of other JSON.

    Args:
        text: any text.
        types: what the fields hold, by name.
        operators: what to do with each type; types that are not in it stay.
        key: behind keyed operators.
    """
    # JSON that is cut off has escapes too: they are read as what they stand for, whole or not.
    plain = _ESCAPED.sub(_character, text) if text[:1] in _JSON else text
    parts, done = list[str](), 0
    spans = _in_json(plain, types, operators, key) if is_json(plain) else _in_text(plain, types, operators, key)
    for start, end, hidden in spans:
        parts += [plain[done:start], hidden]
        done = end
    return "".join([*parts, plain[done:]]) if parts else text


def _in_json(
    text: str, types: Mapping[str, str], operators: Mapping[str, Operator], key: bytes
) -> Iterator[tuple[int, int, str]]:
    for leaf in json_leaves(text):
        if leaf.is_string and is_json(leaf.value):
            told = fields_replaced(leaf.value, types, operators, key)
        elif types.get(leaf.label) in operators and leaf.text not in _NO_VALUES:
            told = _hidden(leaf.value, types[leaf.label], operators, key)
        else:
            continue
        if told != leaf.value:
            yield leaf.start, leaf.end, json.dumps(told, ensure_ascii=False)


def _in_text(
    text: str, types: Mapping[str, str], operators: Mapping[str, Operator], key: bytes
) -> Iterator[tuple[int, int, str]]:
    for label, start, end in field_spans(text):
        if types.get(label) in operators:
            yield start, end, _hidden(text[start:end], types[label], operators, key)


def _character(escape: re.Match[str]) -> str:
    """What an escape of JSON stands for; marks of its own and halves of a pair stay escaped."""
    character = chr(int(escape[1], 16)) if escape[1] else ""
    return character if character and character.isprintable() and character not in _MARKS else escape[0]


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
        if name in _TOLD_BY_NAME and share is not None and fitting_alone(values, name) >= share * len(values):
            return name
    return min(hints.attributes - hints.vaguely, default=None)
