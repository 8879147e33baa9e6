"""Cells that hold fields of their own, JSON or `label: value`: a bounded choice of them, and what their fields hold."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import polars as pl

from dlp.escapes import plain
from dlp.free_text import DistinctSample
from dlp.json_leaves import ITEMS
from dlp.markup_fields import markup_spans
from dlp.profiles import ANY, OTHER, Profiles, fitting

_SHORTEST = 7  # characters: {"a":1}
_LONGEST = 20_000  # characters of one document that are read
_MOST_FIELDS = 64  # of a column
_DEEPEST = 16
_JSON = ("{", "[")
MAY_BE_DOCUMENT = fitting(ANY, OTHER, _SHORTEST, 255)
_LABEL = re.compile(
    r"(?:^|(?<=[\s,，;；。&?|{(（\[\"'【]))(?P<label>[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{0,20})"
    r"[\"'】]?\s?[:：=]\s?[\"']?"
)
# Begins as JSON does, or has two labels at least (a time has colons behind digits), an element of XML, or a statement.
_LABELLED = r"(?:[A-Za-z_\u4e00-\u9fff]\x22?[=:]|[A-Za-z_]{2}[0-9]{1,3}\x22?[=:])"
_FIELDS = rf"^[\[{{]|{_LABELLED}.*{_LABELLED}|[A-Za-z_]>[^<>]+</|(?i:insert|replace) into .*\("
# Forms and cards have a space behind what they are labelled with.
_FORM = re.compile(
    r"(?:^|(?<=\s))(姓名|性别|民族|出生|出生日期|住址|地址|公民身份号码|身份证号|电话|手机|联系电话|联系人|收件人|收货人|患者|户主|单位)"
    r"\s+(?=[\u4e00-\u9fff0-9])"
)
_VALUE = re.compile(r"[^,，;；。！!&|\n\t\"'<>{}\[\]]{1,80}")

Fields = dict[str, Counter[str]]  # by the name of the field: its values, and the rows that hold each


@dataclass
class DocumentSample:
    """Some of the cells of one column that hold fields: JSON, or several labels with their values.

    Attributes:
        rows: how many rows hold one.
    """

    rows: int = 0
    kept: DistinctSample = field(default_factory=DistinctSample)

    def observe(self, values: pl.DataFrame, made: Profiles, most: int) -> None:
        """Choose among the values of one more batch: columns `value`, `rows` and `order`, and their profiles."""
        documents = values[np.flatnonzero(MAY_BE_DOCUMENT[made])]
        if documents.is_empty():
            return
        documents = documents.filter(documents["value"].str.contains(_FIELDS))
        if not documents.is_empty():
            self.rows += int(documents["rows"].sum())
            self.kept.observe(documents, most)


def fields_of(texts: list[tuple[str, int]], *, most: int = _MOST_FIELDS) -> Fields:
    """The fields inside these texts, each with its rows: the keys of JSON by their whole path, or labels and values."""
    found: Fields = {}
    for text, rows in texts:
        for name, value in cell_fields(text):
            if name in found or len(found) < most:
                found.setdefault(name, Counter())[value] += rows
    return found


def cell_fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields of one cell with their values, in the order in which they stand; a list gives one for each item."""
    yield from _pairs(text[:_LONGEST])


def field_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The label of each field of a text, and where its value begins and ends; JSON is read as it is written.

    Elements of XML and the columns of `INSERT` statements are fields too. They come in order, and none within another.
    """
    done = 0
    for label, start, end in sorted(chain(_label_spans(text), markup_spans(text)), key=lambda found: found[1:]):
        if start >= done:
            yield label, start, end
            done = end


def _label_spans(text: str) -> Iterator[tuple[str, int, int]]:
    level = _FORM.sub(lambda found: f"{found[1]}:{' ' * (len(found[0]) - len(found[1]) - 1)}", text)
    labels = list(_LABEL.finditer(level))
    ends = [*(label.start() for label in labels), len(level)][1:]
    for label, end in zip(labels, ends, strict=True):
        found = _VALUE.match(level, label.end(), end)
        value = found.group() if found is not None else ""
        if found is not None and value.strip():
            start = found.start() + len(value) - len(value.lstrip())
            yield label["label"], start, start + len(value.strip())


def _pairs(text: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if text[:1] in _JSON:
        try:
            yield from _leaves(json.loads(text), "", depth)
        except (ValueError, RecursionError):
            yield from _labelled(text)  # cut off, or written by something else
    else:
        yield from _labelled(text)


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and depth < _DEEPEST:
        for key, inner in node.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(node, list) and depth < _DEEPEST:
        for inner in node:
            yield from _leaves(inner, path or (ITEMS if not isinstance(inner, dict) else ""), depth + 1)
    elif isinstance(node, str) and node[:1] in _JSON and path and depth < _DEEPEST:
        yield from ((f"{path}.{name}", value) for name, value in _pairs(node, depth + 1))
    elif isinstance(node, str | int | float) and not isinstance(node, bool) and path:
        yield path, str(node)


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    if "&#" in text:
        text = html.unescape(text)
    for label, start, end in field_spans(text):
        if value := plain(text[start:end]).strip():
            yield label, value
