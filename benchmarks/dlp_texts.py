"""How exactly values are told inside of text: precision and recall of spans per type, on made-up sentences and traps.

Run as `python -m benchmarks.dlp_texts [--seed N] [--rounds N] [--json] [--mistakes]`. Sentences are of chats, hotlines,
letters, logs, JSON, SQL and code; `{type}` marks where a made-up value of the type stands, and traps hold none. A span
counts as found when it covers most of the value; any other is a false alarm.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from benchmarks.dlp_columns import People, Writing, writings
from benchmarks.dlp_sentences import SENTENCES, TRAPS
from dlp.normal import normalised
from dlp.registry import KINDS
from dlp.spans import spans

_SEED, _ROUNDS = 9001, 3
_COVERED = 0.6  # of a value, by a span of its type
_SLOT = re.compile(r"\{(?P<name>[a-z0-9_]+)\}")

Span = tuple[str, int, int]


@dataclass(frozen=True)
class Text:
    """A text, and where the values in it stand."""

    words: str
    holds: tuple[Span, ...]


def main() -> None:
    """Print the measurements."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=_SEED)
    asked.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each sentence is filled")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--mistakes", action="store_true", help="every sentence that is told wrongly, with the type")
    options = asked.parse_args()
    texts = list(labelled_texts(People.of(options.seed), options.rounds))
    told = mistakes(texts) if options.mistakes else accuracy(texts)
    if options.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for name, value in told.items():
        print(f"{name:<32} {value}")


def labelled_texts(people: People, rounds: int) -> Iterator[Text]:
    """Every sentence and every trap, filled so often."""
    makers = _makers(people)
    for _ in range(rounds):
        for sentence in (*SENTENCES, *TRAPS):
            yield _filled(sentence, makers)


def accuracy(texts: list[Text]) -> dict[str, object]:
    """Precision and recall of spans, per type and of all."""
    held, found, false = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        seen, missed, wrong = _judged(text)
        held.update(name for name, *_ in text.holds)
        found.update(seen)
        false.update(wrong)
        assert len(seen) + len(missed) == len(text.holds)
    told: dict[str, object] = {"texts": len(texts), "spans": held.total()}
    for name in sorted(held | false):
        told[name] = _words(found[name], false[name], held[name])
    told["all"] = _words(found.total(), false.total(), held.total())
    return told


def mistakes(texts: list[Text]) -> dict[str, object]:
    """What is missed and what is wrongly seen, each with its text."""
    told: dict[str, object] = {}
    for at, text in enumerate(texts):
        _, missed, wrong = _judged(text)
        if missed or wrong:
            told[f"{at}: {text.words[:100]}"] = {"missed": missed, "false": wrong}
    return told


def _words(found: int, false: int, held: int) -> str:
    precision, recall = found / max(1, found + false), found / max(1, held)
    return f"precision {precision:.3f}  recall {recall:.3f}  ({held} spans, {false} false)"


def _judged(text: Text) -> tuple[list[str], list[str], list[str]]:
    """The types of the values seen, of those missed, and of what was seen where nothing is."""
    told = list(_spans(text.words))
    seen = [value[0] for value in text.holds if any(_covers(span, value) for span in told)]
    missed = list((Counter(name for name, *_ in text.holds) - Counter(seen)).elements())
    wrong = [span[0] for span in told if not any(_touches(span, value) for value in text.holds)]
    return seen, missed, sorted(set(wrong))


def _covers(span: Span, value: Span) -> bool:
    return span[0] == value[0] and min(span[2], value[2]) - max(span[1], value[1]) >= _COVERED * (value[2] - value[1])


def _touches(span: Span, value: Span) -> bool:
    return span[0] == value[0] and span[1] < value[2] and value[1] < span[2]


def _spans(words: str) -> Iterator[Span]:
    """What a scan believes of a text where it stands: checked, and spoken for where the type asks for that."""
    frame = pl.DataFrame({"value": [words], "rows": [1]})
    for kind in KINDS:
        if not kind.in_text:
            continue
        tokens = spans(kind, frame)
        tokens = tokens.filter(kind.holds(tokens["token"]))
        if not kind.in_text_alone:
            tokens = tokens.filter(pl.col("context"))
        at = 0
        for token in tokens["token"]:
            start = max(0, words.find(token, at))
            at = start + len(token)
            yield kind.entity_type, start, at


def _filled(sentence: str, makers: dict[str, tuple[str, Callable[[], str]]]) -> Text:
    words, holds, at = "", [], 0
    for slot in _SLOT.finditer(sentence):
        entity_type, make = makers[slot["name"]]
        words += _plain(sentence[at : slot.start()])
        value = _plain(make())
        if entity_type:
            holds.append((entity_type, len(words), len(words) + len(value)))
        words, at = words + value, slot.end()
    return Text(words + _plain(sentence[at:]), tuple(holds))


def _plain(part: str) -> str:
    return str(normalised(pl.Series([f"|{part}|"]))[0])[1:-1]


def _makers(people: People) -> dict[str, tuple[str, Callable[[], str]]]:
    """By the name of a slot: the type of its values ('' for what only looks like one), and what makes them.

    Every way of writing a type is a slot, `phone_number_2` the second of its own.
    """
    made: dict[str, tuple[str, Callable[[], str]]] = {}
    many = Counter[str]()
    for writing in writings(people):
        many[writing.entity_type] += 1
        made[f"{writing.entity_type.lower()}_{many[writing.entity_type]}"] = (writing.entity_type, _unquoted(writing))
    dice, digits = people.dice, people.digits
    return {
        **made,
        "digits": ("", lambda: digits(dice.randint(5, 20))),
        "sixteen": ("", lambda: digits(16, "2")),
        "order": ("", lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{digits(10)}"),
        "snowflake": ("", lambda: str(1_800_000_000_000_000_000 + dice.randrange(10**17))),
        "moment": ("", lambda: str(1_700_000_000_000 + dice.randrange(10**11))),
        "hash": ("", lambda: f"{dice.getrandbits(160):040x}"),
        "version": (
            "",
            lambda: f"{dice.randint(1, 30)}.{dice.randint(0, 99)}.{dice.randint(0, 200)}.{dice.randint(0, 99)}",
        ),
        "hotline": ("", lambda: dice.choice(["12345", "12315", f"400-{digits(3)}-{digits(4)}", f"955{digits(2)}"])),
        "amount": ("", lambda: f"{dice.randint(10**6, 10**10):,}.{digits(2)}"),
        "day": ("", lambda: f"{dice.randint(2019, 2025)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"),
    }


def _unquoted(writing: Writing) -> Callable[[], str]:
    return lambda: writing.make().lstrip("'")


if __name__ == "__main__":
    main()
