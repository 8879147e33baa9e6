"""Where a statement ends and its data begins, and which format it asks for: just enough of ClickHouse's lexer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    rb"""
    (?P<space>\s+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/)
  | (?P<quoted>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*` | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<word>[A-Za-z_0-9][A-Za-z_0-9$]*)
  | (?P<mark>[^\x00-\x7f]+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)

# ...
#  FORMAT Native                     (as clients append it, on a line of its own: no comment or string can hide it)
_OWN_LINE_FORMAT = re.compile(rb"\n\s*FORMAT\s+(?P<format>\w+)[\s;]*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Read:
    """A statement that gives rows, cut where its output clause belongs.

    Attributes:
        head: everything before the FORMAT clause.
        format: the format asked for, or the default.
        tail: what followed the format (SETTINGS), or nothing.
    """

    head: bytes
    format: str
    tail: bytes


@dataclass(frozen=True)
class Insert:
    """An INSERT that brings its rows along.

    Attributes:
        target: `INSERT INTO table (columns)`.
        settings: its SETTINGS clause, or nothing.
        format: the format of the rows.
        data_at: where in the text the rows begin.
    """

    target: bytes
    settings: bytes
    format: str
    data_at: int


@dataclass(frozen=True)
class _Word:
    text: bytes
    start: int
    end: int
    depth: int


def separate(script: str) -> list[str]:
    """The statements of a script, without their comments."""
    found: list[str] = []
    kept: list[str] = []
    for token in _TOKEN.finditer(script.encode()):
        text = token.group().decode()
        if text == ";":
            found.append("".join(kept).strip())
            kept.clear()
        elif token.lastgroup != "space" or text.isspace():
            kept.append(text)
    found.append("".join(kept).strip())
    return [statement for statement in found if statement]


def words(sql: str) -> list[str]:
    """A statement cut into words, quoted texts, marks and the space between them; joined they are the statement."""
    return [token.group().decode() for token in _TOKEN.finditer(sql.encode())]


def reading(sql: bytes, *, default_format: str) -> Read:
    """The parts of a statement that gives rows."""
    own_line = _OWN_LINE_FORMAT.search(sql)
    if own_line is not None:
        return Read(sql[: own_line.start()], own_line["format"].decode(), b"")
    words = list(_words(sql))
    for at in range(len(words) - 2, -1, -1):
        word, name = words[at], words[at + 1]
        followed = words[at + 2].text.upper() if at + 2 < len(words) else b""
        if word.depth == 0 and word.text.upper() == b"FORMAT" and followed in {b"", b";", b"SETTINGS"}:
            tail = sql[name.end :].rstrip(b"; \t\r\n")
            return Read(sql[: word.start], name.text.decode(errors="replace"), tail)
    end = words[-1] if words else None
    head = sql[: end.start] if end is not None and end.text == b";" else sql
    return Read(head, default_format, b"")


def inserting(text: bytes) -> Insert | None:
    """The parts of an INSERT that brings rows along, or None for any other statement.

    The text may go on with binary rows: nothing behind the FORMAT or VALUES clause is looked at.
    """
    before: list[_Word] = []
    for word in _words(text):
        upper = word.text.upper()
        if not before and upper != b"INSERT":
            return None
        if word.depth == 0 and len(before) > 2 and before[-1].text != b".":  # behind the table's name
            if len(before) > 3 and before[-1].text.upper() == b"FORMAT" and before[-2].text != b".":
                return _insert(text, before[:-1], before[-1].start, word.text.decode(errors="replace"), word.end)
            if upper == b"VALUES":
                return _insert(text, before, word.start, "Values", word.end)
            if upper in {b"SELECT", b"WITH", b"FROM"}:
                return None
        before.append(word)
    return None


def _insert(text: bytes, before: list[_Word], clause_at: int, name: str, end: int) -> Insert:
    settings_at = clause_at
    for word, following in pairwise(before[3:]):
        if word.depth == 0 and word.text.upper() == b"SETTINGS" and following.text != b"(":
            settings_at = word.start
            break
    data_at = end if name == "Values" else _after_line_end(text, end)
    return Insert(text[:settings_at].rstrip(), text[settings_at:clause_at].rstrip(), name, data_at)


def _after_line_end(text: bytes, at: int) -> int:
    """Rows begin after one line end, or after one blank: a binary format may begin with either byte itself."""
    while at < len(text) and text[at : at + 1] in {b" ", b"\t", b"\r"}:
        at += 1
    return at + 1 if text[at : at + 1] == b"\n" else at


def _words(sql: bytes) -> Iterator[_Word]:
    depth = 0
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "space":
            continue
        text = token.group()
        if text in {b")", b"]", b"}"}:
            depth -= 1
        yield _Word(text, token.start(), token.end(), depth)
        if text in {b"(", b"[", b"{"}:
            depth += 1
