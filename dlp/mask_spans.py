"""Personal data inside of sentences, JSON and URLs, replaced where it stands by Presidio's anonymizer."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial

import polars as pl
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

from dlp.context import speaking_word
from dlp.escapes import plain, read, written_like
from dlp.free_text import language_of
from dlp.json_leaves import Leaf, is_json, json_leaves
from dlp.kinds import Kind
from dlp.mask_operators import replaced
from dlp.mask_policy import Operator
from dlp.registry import KINDS

_GUESSED = "PERSON"
_PRIVATE_KEY = "PRIVATE_KEY"
_LAST_LINE = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONG_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]{3,}")  # four digits and more: shorter ones are nobody's
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
    if is_json(text):
        return _json_replaced(text, operators, sure, key, guess_names=guess_names)
    return _replaced(text, operators, sure, key, guess_names=guess_names)


def _json_replaced(
    text: str, operators: dict[str, Operator], sure: frozenset[str], key: bytes, *, guess_names: bool
) -> str:
    """JSON that stays JSON: what stands for a number is a string, and JSON within a string is masked by itself."""
    leaves = list(json_leaves(text))
    inner = {}
    for at, leaf in enumerate(leaves):
        if leaf.is_string and is_json(leaf.value):
            made = _json_replaced(leaf.value, operators, sure, key, guess_names=guess_names)
            inner[at] = leaf.text if made == leaf.value else json.dumps(made, ensure_ascii=False)
    held = dict.fromkeys(inner, '""')
    held |= {at: f'"{leaf.text}"' for at, leaf in enumerate(leaves) if _LONG_NUMBER.fullmatch(leaf.text)}
    told = _replaced(_with(text, leaves, held), operators, sure, key, guess_names=guess_names)
    now = list(json_leaves(told)) if is_json(told) else []
    if len(now) != len(leaves):  # a private key goes on to the end of the text, whatever stands behind it
        return told
    kept = {at: leaf.text for at, leaf in enumerate(leaves) if at not in inner and now[at].text == held.get(at)}
    return _with(told, now, {**kept, **inner})


def _with(text: str, leaves: Sequence[Leaf], texts: Mapping[int, str]) -> str:
    """JSON with some of its leaves, told by their place, written otherwise."""
    made, done = list[str](), 0
    for at in sorted(texts):
        made += [text[done : leaves[at].start], texts[at]]
        done = leaves[at].end
    return "".join([*made, text[done:]])


def _replaced(text: str, operators: dict[str, Operator], sure: frozenset[str], key: bytes, *, guess_names: bool) -> str:
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
            score = _score(kind, text, match, sure)
            if score and bool(kind.holds(pl.Series([match.group()]))[0]):
                found.append(RecognizerResult(kind.entity_type, match.start(), _end(kind, text, match), score))
    return found


def _score(kind: Kind, text: str, match: re.Match[str], sure: frozenset[str]) -> float:
    """Of two types for one place that which its form alone tells, then the one that a word beside it names."""
    if kind.in_text_alone:
        return 0.9
    if speaking_word(kind.words, text, *match.span()):
        return 0.8
    return 0.7 if kind.entity_type in sure else 0.0


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
