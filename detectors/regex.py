r"""Sigma's regular expressions in RE2: the same matches, or a reason why there can be none.

Rules are written for PCRE and checked with Python; ClickHouse runs RE2. The pattern is parsed and written out anew, so
that what the dialects spell differently (`$`, `\s`, `{,n}`, `\u00e9`, POSIX classes) keeps its meaning. Character
classes are ASCII, as PCRE has them by default. https://github.com/google/re2/wiki/Syntax
"""

import re
from collections.abc import Callable, Iterable
from re import _constants as sre  # type: ignore[attr-defined]  # no public parser exists
from re import _parser  # type: ignore[attr-defined]  # no public parser exists
from typing import Any

from detectors.errors import UnsupportedRule

_MOST_REPEATS = 1000  # RE2 refuses more

_AT = {
    sre.AT_BEGINNING_STRING: r"\A",
    sre.AT_END_STRING: r"\z",
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
}
_CATEGORY = {
    sre.CATEGORY_DIGIT: r"0-9",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\t\n\v\f\r ",
    sre.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1f\x21-\x{10FFFF}",
    sre.CATEGORY_WORD: r"0-9A-Za-z_",
    sre.CATEGORY_NOT_WORD: r"\W",
}
_REFUSED = {
    sre.ASSERT: "lookahead or lookbehind",
    sre.ASSERT_NOT: "negative lookahead or lookbehind",
    sre.GROUPREF: "a back-reference",
    sre.GROUPREF_EXISTS: "a conditional group",
    sre.ATOMIC_GROUP: "an atomic group",
    sre.POSSESSIVE_REPEAT: "a possessive quantifier",
}
_SHORT_COUNTS = {"{0,}": "*", "{1,}": "+", "{0,1}": "?"}
_SINGLE_CHARACTERS = frozenset({sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN})
_HARMLESS = "_ !#%',/:;<=>@"
_PUNCTUATION = r"""\.+*?()|[]{}^$-&~"`"""
_FLAG_LETTERS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


def re2_pattern(pattern: str, *, ignore_case: bool = False, multiline: bool = False, dot_all: bool = False) -> str:
    """The RE2 pattern that matches what this pattern matches, anywhere in a text.

    Raises:
        UnsupportedRule: RE2 has no such construct.
    """
    flags = re.IGNORECASE * ignore_case | re.MULTILINE * multiline | re.DOTALL * dot_all
    try:
        tree = _parser.parse(pattern, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnsupportedRule(f"the regular expression is not valid: {error}", culprit=pattern) from error
    letters = "".join(letter for flag, letter in _FLAG_LETTERS.items() if tree.state.flags & flag)
    # ClickHouse lets `.` match a newline unless told otherwise.
    prefix = f"(?{letters})" if "s" in letters else f"(?{letters}-s)"
    try:
        return prefix + _sequence(tree, multiline="m" in letters)
    except UnsupportedRule as error:
        raise UnsupportedRule(error.reason, culprit=pattern) from error
    except RecursionError as error:
        raise UnsupportedRule("the regular expression is nested too deeply", culprit=pattern) from error


def exactly(text: str) -> str:
    """The pattern that matches this text and nothing else."""
    return "".join(_character(ord(each)) for each in text)


def _sequence(items: Iterable[tuple[Any, Any]], *, multiline: bool) -> str:
    return "".join(_node(op, argument, multiline=multiline) for op, argument in items)


def _node(op: Any, argument: Any, *, multiline: bool) -> str:
    if op in _REFUSED:
        raise UnsupportedRule(f"the regular expression uses {_REFUSED[op]}, which RE2 does not have")
    writer = _WRITERS.get(op)
    if writer is None:
        raise UnsupportedRule(f"the regular expression uses {str(op).lower()}, which is not translated")
    return writer(argument, multiline)


def _character(code: int) -> str:
    text = chr(code)
    if 0xD800 <= code <= 0xDFFF:
        raise UnsupportedRule("the regular expression names half of a surrogate pair, which no text holds")
    if text.isalnum() or text in _HARMLESS:
        return text
    return f"\\{text}" if text in _PUNCTUATION else f"\\x{{{code:X}}}"


def _not_literal(code: int, _: bool) -> str:
    return f"[^{_character(code)}]"


def _at(where: Any, multiline: bool) -> str:
    if where is sre.AT_BEGINNING:
        return "^"
    if where is sre.AT_END:
        # PCRE and Python let `$` stand before a last newline, RE2 does not; in multi-line mode all agree.
        return "$" if multiline else r"(?:\n?\z)"
    return _AT[where]


def _set(items: list[tuple[Any, Any]], _: bool) -> str:
    negated = bool(items) and items[0][0] is sre.NEGATE
    members = items[1:] if negated else items
    return f"[{'^' if negated else ''}{''.join(_member(op, argument) for op, argument in members)}]"


def _member(op: Any, argument: Any) -> str:
    if op is sre.RANGE:
        return f"{_character(argument[0])}-{_character(argument[1])}"
    if op is sre.CATEGORY:
        return _CATEGORY[argument]
    return _character(argument)


def _repeat(argument: tuple[Any, Any, Any], multiline: bool, *, lazy: str = "") -> str:
    least, most, body = argument
    unbounded = most is sre.MAXREPEAT
    if least > _MOST_REPEATS or (not unbounded and most > _MOST_REPEATS):
        raise UnsupportedRule(f"the regular expression repeats more than {_MOST_REPEATS} times, which RE2 refuses")
    body_text = _sequence(body, multiline=multiline)
    if len(body) != 1 or body[0][0] not in _SINGLE_CHARACTERS:
        body_text = f"(?:{body_text})"
    counts = f"{{{least},}}" if unbounded else f"{{{least},{most}}}"
    return f"{body_text}{_SHORT_COUNTS.get(counts, counts)}{lazy}"


def _lazy_repeat(argument: tuple[Any, Any, Any], multiline: bool) -> str:
    return _repeat(argument, multiline, lazy="?")


def _subpattern(argument: tuple[Any, int, int, Any], multiline: bool) -> str:
    _, added, removed, body = argument
    on = "".join(letter for flag, letter in _FLAG_LETTERS.items() if added & flag)
    off = "".join(letter for flag, letter in _FLAG_LETTERS.items() if removed & flag)
    inner = (multiline or "m" in on) and "m" not in off
    return f"(?{on}{'-' + off if off else ''}:{_sequence(body, multiline=inner)})"


def _branch(argument: tuple[None, list[Any]], multiline: bool) -> str:
    return f"(?:{'|'.join(_sequence(option, multiline=multiline) for option in argument[1])})"


_WRITERS: dict[Any, Callable[[Any, bool], str]] = {
    sre.LITERAL: lambda code, _: _character(code),
    sre.NOT_LITERAL: _not_literal,
    sre.ANY: lambda _, __: ".",
    sre.AT: _at,
    sre.IN: _set,
    sre.MAX_REPEAT: _repeat,
    sre.MIN_REPEAT: _lazy_repeat,
    sre.SUBPATTERN: _subpattern,
    sre.BRANCH: _branch,
}
