"""Fields that are named by what stands around them: elements of XML, and the columns of INSERT statements."""

import re
from collections.abc import Iterator

Field = tuple[str, int, int]  # the name, and where the value begins and ends

_MOST_VALUES = 400  # of one statement
_ELEMENT = re.compile(
    r"<(?P<label>[A-Za-z_\u4e00-\u9fff][0-9A-Za-z_.:\u4e00-\u9fff-]{0,40})(?:\s[^<>]{0,200})?>"
    r"(?:<!\[CDATA\[)?(?P<value>[^<>\[\]]{1,200})(?:\]\]>)?</(?P=label)>"
)
_INSERT = re.compile(
    r"(?:insert(?:\s+ignore)?|replace)\s+into\s+[^\s(]{1,130}\s*\((?P<columns>[^()]{1,2000})\)\s*values?\s*(?=\()",
    re.IGNORECASE,
)
# A quoted text with its quotes doubled or escaped, or anything up to the next comma.
_VALUE = re.compile(r"\s*(?:N?'(?P<text>(?:[^'\\]|''|\\.)*)'|(?P<bare>[^,()']*))\s*(?P<then>[,)])", re.DOTALL)
_NEXT_ROW = re.compile(r"\s*,?\s*\(")


def markup_spans(text: str) -> Iterator[Field]:
    """Every element of XML that holds text alone, and every value of an INSERT statement that names its columns."""
    if "</" in text:
        for element in _ELEMENT.finditer(text):
            if element["value"].strip():
                yield element["label"].rpartition(":")[2], *element.span("value")
    for statement in _INSERT.finditer(text):
        names = [name.strip(' \t\r\n`"[]') for name in statement["columns"].split(",")]
        yield from _values(text, statement.end(), names)


def _values(text: str, at: int, names: list[str]) -> Iterator[Field]:
    """The values of the rows of a statement from there on, as long as each has one for every column."""
    read = 0
    while (row := _NEXT_ROW.match(text, at)) is not None and read < _MOST_VALUES:
        at = row.end()
        for column, name in enumerate(names):
            value = _VALUE.match(text, at)
            if value is None or (value["then"] == ")") != (column == len(names) - 1):
                return
            group = "bare" if value["text"] is None else "text"
            if value[group].strip() and value[group].strip().upper() != "NULL":
                yield name, *value.span(group)
            at, read = value.end(), read + 1
