"""What a scan asks a person to look at, in the reader's language: scans write it in English, with its numbers."""

import re
from collections.abc import Mapping

from dashboards.translation import Words

_INTERVAL = r"\(95 % interval (?P<low>\S+) to (?P<high>[^)]+)\)"

# Each sentence by the key of its words.
SENTENCES: Mapping[str, re.Pattern[str]] = {
    "partly": re.compile(rf"partly masked: (?P<share>\S+) of the values are not masked {_INTERVAL}"),
    "contamination": re.compile(rf"contamination: (?P<rows>\d+) of (?P<total>\d+) rows hold it {_INTERVAL}"),
    "weak": re.compile(
        r"weak mask: a masked value could be one of only (?P<left>\d+) \(policy: at least (?P<least>\d+)\)"
    ),
    "broken": re.compile(
        r"the mask does not hold: a masked value could be one of only (?P<left>\d+), so it counts as not masked"
    ),
    "keyed_hash": re.compile(r"a keyed hash: see that the key is kept elsewhere"),
    "bare_hash": re.compile(
        r"an unsalted hash of so few possible values is undone by trying them all, so it counts as not masked"
    ),
    "wrong_check": re.compile(r"the form fits but the check digits do not: made-up or damaged numbers"),
    "names": re.compile(
        r"a hint to look at: names guessed in (?P<seen>\d+) of (?P<texts>\d+) texts that Presidio analysed "
        r"\((?P<by>.*)\); the other rows were not analysed"
    ),
    "spoken_for": re.compile(
        r"a hint to look at: seen beside words that speak for it in (?P<seen>\d+) of (?P<texts>\d+) texts "
        r"that Presidio analysed \((?P<by>.*)\); the other rows were not analysed"
    ),
}


def review_words(words: Words, text: str) -> str:
    """A sentence of a scan in the reader's language; one that is not known stays as it is."""
    for key, pattern in SENTENCES.items():
        found = pattern.fullmatch(text)
        if found:
            return words(f"to_look_at.{key}", **found.groupdict())
    return text
