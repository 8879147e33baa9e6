"""Text that a regular expression cannot match without: what lets most events be passed over unread."""

import re
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]  # no public parser exists
from re import _parser  # type: ignore[attr-defined]  # no public parser exists
from typing import Any

_SHORTEST = 3
_MOST = 3


def necessary_texts(pattern: str) -> tuple[str, ...]:
    """ASCII texts, lower-cased, that are all in the lower-cased form of every ASCII text in which the pattern matches.

    The longest ones, at most three; none when the pattern has no such text or is not valid.
    """
    try:
        runs = set(_runs(_parser.parse(pattern)))
    except (re.error, RecursionError, OverflowError):
        return ()
    longest = sorted(runs, key=lambda run: (-len(run), run))
    return tuple(run for run in longest if len(run) >= _SHORTEST)[:_MOST]


def _runs(items: Iterable[tuple[Any, Any]]) -> Iterable[str]:
    """Every longest run of literal characters that each match must go through."""
    run = ""
    for op, argument in items:
        if op is sre.LITERAL and argument < 0x80:
            run += chr(argument).lower()
            continue
        if run:
            yield run
            run = ""
        if op is sre.SUBPATTERN:
            yield from _runs(argument[3])
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[0] >= 1:
            yield from _runs(argument[2])
    if run:
        yield run
