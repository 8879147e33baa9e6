"""What was counted of each kind of personal data in one column."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from dlp.kinds import Kind
from dlp.masking import fingerprint, masked
from dlp.profiles import LONGEST, fitting


@dataclass
class KindCount:
    """What was counted of one kind in one column; `rows` count rows, everything else distinct values.

    Attributes:
        whole: values that are nothing else, and hold.
        candidates: values of its pattern, whether they hold or not.
        hit_lengths: how long the hits are, in characters, 255 for that many or more.
        in_text: values inside longer text, of `text_candidates`, among `text_shapes` opportunities.
        with_context: of those, how many stand beside a word that speaks for them.
        prefixes: what they begin with, at most some.
        strange: of whole, how many begin as none that is in use.
        mistaken: of whole, how many something else is written as.
        sample: one of them, masked.
    """

    rows: int = 0
    whole: int = 0
    candidates: int = 0
    hit_lengths: set[int] = field(default_factory=set)
    text_rows: int = 0
    in_text: int = 0
    text_candidates: int = 0
    text_shapes: int = 0
    with_context: int = 0
    prefixes: set[str] = field(default_factory=set)
    strange: int = 0
    mistaken: int = 0
    shown: str = field(default="", repr=False)
    sample: str = ""
    sample_fingerprint: str = ""

    def show(self, values: pl.Series, kind: Kind, key: bytes) -> None:
        """Keep one of these values to show, masked."""
        # The least of all, so that it does not depend on the order in which values come.
        self.show_one(str(values.min()), kind, key)

    def show_one(self, value: str, kind: Kind, key: bytes) -> None:
        """Show this value, masked, when it is less than the one that is shown."""
        if not self.shown or value < self.shown:
            self.shown = value
            self.sample = masked(value, kind.entity_type)
            self.sample_fingerprint = fingerprint(value, key)


@dataclass
class KindCounts:
    """What was counted of every kind.

    Attributes:
        hashes: rows that hold something as long as an MD5, SHA-1 or SHA-256 in hex.
        kinds: by the name of the kind.
        profiles: of the unmasked distinct values, how many have each profile (`dlp.profiles`).
    """

    hashes: int = 0
    kinds: dict[str, KindCount] = field(default_factory=dict)
    profiles: Counter[int] = field(default_factory=Counter)

    def count(self, kind: Kind) -> KindCount:
        """What was counted of a kind."""
        return self.kinds.setdefault(kind.name, KindCount())

    def look_alikes(self, kind: Kind) -> int:
        """Distinct values that could be taken for a hit of a kind: made of the same, and as long as one."""
        count = self.kinds.get(kind.name)
        if count is None or not count.hit_lengths:
            return 0
        if kind.marked:
            return count.candidates
        alike = fitting(kind.of, kind.needs, 0, LONGEST, some=kind.some_of)
        return sum(many for made, many in self.profiles.items() if alike[made] and made & LONGEST in count.hit_lengths)
