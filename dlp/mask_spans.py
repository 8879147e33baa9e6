"""Personal data inside of sentences, JSON and URLs, replaced where it stands by Presidio's anonymizer."""

import re
from functools import cache, partial

import polars as pl
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

from dlp.context import speaking_word
from dlp.escapes import plain, read, written_like
from dlp.free_text import language_of
from dlp.kinds import Kind
from dlp.mask_operators import replaced
from dlp.mask_policy import Operator
from dlp.registry import KINDS

_GUESSED = "PERSON"
_PRIVATE_KEY = "PRIVATE_KEY"
_LAST_LINE = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LEAST_SCORE = 0.3
_LONGEST = 20_000  # characters of a text in which names are guessed at once


def spans_replaced(
    text: str, operators: dict[str, Operator], sure: frozenset[str], key: bytes, *, guess_names: bool
) -> str:
    """The text with every span of personal data replaced.

    Args:
        text: any text.
        operators: what to do with each type; types that are not in it stay.
        sure: types that the column is known to hold: they need no words around them.
        key: behind keyed operators.
        guess_names: whether Presidio's guesses of names are replaced too; takes a millisecond a text.
    """
    meant = read(text)
    found = _form_spans(meant.text, sure & operators.keys(), frozenset(operators))
    if guess_names and _GUESSED in operators:
        found += _guessed_spans(meant.text)
    if not found:
        return text
    for span in found:
        span.start, span.end = meant.starts[span.start], meant.ends[span.end - 1]
    configs = {
        name: OperatorConfig("custom", {"lambda": partial(_hidden, name=name, operator=operators[name], key=key)})
        for name in {span.entity_type for span in found}
    }
    return str(_engine().anonymize(text, found, configs).text)


def _hidden(value: str, *, name: str, operator: Operator, key: bytes) -> str:
    return written_like(replaced(plain(value), name, operator, key), value)


def _form_spans(text: str, sure: frozenset[str], wanted: frozenset[str]) -> list[RecognizerResult]:
    found = []
    for kind in KINDS:
        if kind.entity_type not in wanted or not kind.in_text:
            continue
        for match in _compiled(kind.bounded).finditer(text):
            speaks = kind.in_text_alone or kind.entity_type in sure or speaking_word(kind.words, text, *match.span())
            if speaks and bool(kind.holds(pl.Series([match.group()]))[0]):
                found.append(RecognizerResult(kind.entity_type, match.start(), _end(kind, text, match), 0.9))
    return found


def _end(kind: Kind, text: str, match: re.Match[str]) -> int:
    """Where a span ends: of a private key the first line alone tells it, and all that follows is the key."""
    if kind.entity_type != _PRIVATE_KEY:
        return match.end()
    last = _LAST_LINE.search(text, match.start())
    return last.end() if last else len(text)


def _guessed_spans(text: str) -> list[RecognizerResult]:
    # Seconds to import: only sentences are worth it.
    from dlp.analyzer import analyzer  # noqa: PLC0415

    shown = text[:_LONGEST]
    results = analyzer().analyze(shown, language=language_of(shown), entities=[_GUESSED], score_threshold=_LEAST_SCORE)
    return [RecognizerResult(_GUESSED, result.start, result.end, result.score) for result in results]


@cache
def _engine() -> AnonymizerEngine:
    return AnonymizerEngine()  # type: ignore[no-untyped-call]  # Presidio says nothing of its types


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
