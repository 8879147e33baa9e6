"""The values of JSON where they stand in its text, so that one may be replaced and all else stays as it was written."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
ITEMS = "items"  # what the items of a list without a name are called
_BEGINNINGS = ("{", "[")


@dataclass(frozen=True)
class Leaf:
    """A value that is no object and no list.

    Attributes:
        label: the key that it stands under; of an item of a list, the key of the list, or `items`.
        start: of its text, with the quotes of a string.
        end: of its text.
        text: as it is written.
    """

    label: str
    start: int
    end: int
    text: str

    @property
    def is_string(self) -> bool:
        """Whether it has quotes; numbers, `true` and `null` have none."""
        return self.text.startswith('"')

    @property
    def value(self) -> str:
        """What it says, escapes read."""
        return str(json.loads(self.text)) if self.is_string else self.text


def is_json(text: str) -> bool:
    """Whether a text is an object or a list in JSON (RFC 8259), whole."""
    if not text.lstrip().startswith(_BEGINNINGS):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def json_leaves(text: str) -> Iterator[Leaf]:
    """Every value of a text that is JSON, in the order of the text, however deep it stands."""
    within: list[tuple[str, str]] = []
    label, is_key = ITEMS, False
    for found in _TOKEN.finditer(text):
        sign = found.group()
        if sign in _BEGINNINGS:
            within.append((sign, label))
            is_key = sign == "{"
        elif sign in ("}", "]"):
            within.pop()
        elif sign == ",":
            is_key = within[-1][0] == "{"
            label = label if is_key else within[-1][1]
        elif sign == ":":
            is_key = False
        elif is_key:
            label = json.loads(sign)
        else:
            yield Leaf(label, found.start(), found.end(), sign)
