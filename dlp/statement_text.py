"""The text of a statement without what it holds: literals and comments taken out, as each database writes them."""

import re
from dataclasses import dataclass

LITERAL = "'?'"
NUMBER = "0"

# What never closes goes on to the end: a search that gave up there would begin again at every sign that opens.
_COMMENT = r"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|--[^\n]*"
_BACKSLASHED = r"'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)"
_NAMES = r'"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z)'
_DOLLARS = r"\$(?P<tag>\w*)\$(?:(?!\$(?P=tag)\$).)*(?:\$(?P=tag)\$|\Z)"
_NUMBER = r"(?<![\w$.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)"
# Long lists of literals say no more than one: equal statements are to look equal.
_IN = re.compile(
    rf"\bIN\s*\(\s*(?:{re.escape(LITERAL)}|{NUMBER})(?:\s*,\s*(?:{re.escape(LITERAL)}|{NUMBER}))*\s*\)", re.IGNORECASE
)
_TUPLE = r"\((?:[^()]|\([^()]*\))*\)"
_VALUES = re.compile(rf"\b(VALUES\s*{_TUPLE})(?:\s*,\s*{_TUPLE})+", re.IGNORECASE)
_FORMS = {
    "mysql": (rf"{_COMMENT}|\#[^\n]*", rf'{_BACKSLASHED}|"(?:[^"\\]|\\.|"")*(?:"|\\?\Z)', r"`(?:[^`]|``)*(?:`|\Z)"),
    "postgresql": (_COMMENT, rf"\b[eE]{_BACKSLASHED}|'(?:[^']|'')*(?:'|\Z)|{_DOLLARS}", _NAMES),
    "clickhouse": (rf"{_COMMENT}|\#[!\ ][^\n]*", _BACKSLASHED, _NAMES),
}
_PATTERNS = {
    service: re.compile(
        f"(?P<comment>{comment})|(?P<literal>{literal})|(?P<name>{name})|(?P<number>{_NUMBER})", re.DOTALL
    )
    for service, (comment, literal, name) in _FORMS.items()
}


@dataclass(frozen=True)
class BareText:
    """A statement without literals and comments, and its comments, a blank between them."""

    text: str
    comments: str


def bare_text(text: str, service: str) -> BareText:
    """A statement of clickhouse, mysql or postgresql: texts told as `'?'`, numbers as 0, lists of them as one."""
    comments: list[str] = []

    def without(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            comments.append(found["comment"])
            return " "
        if found["number"] is not None:
            return NUMBER
        return found["name"] if found["name"] is not None else LITERAL

    held = _PATTERNS.get(service, _PATTERNS["clickhouse"]).sub(without, text)
    plain = _VALUES.sub(r"\1", _IN.sub(f"IN ({LITERAL})", " ".join(held.split())))
    return BareText(plain, " ".join(comments))
