"""What was counted of one kind of personal data in one column."""

from dataclasses import dataclass, field

import polars as pl

from dlp.kinds import Kind
from dlp.masking import fingerprint, masked


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
    shown: str = field(default="", repr=False)
    sample: str = ""
    sample_fingerprint: str = ""

    def show(self, values: pl.Series, kind: Kind, key: bytes) -> None:
        """Keep one of these values to show, masked."""
        # The least of all, so that it does not depend on the order in which values come.
        value = str(values.min())
        if not self.shown or value < self.shown:
            self.shown = value
            self.sample = masked(value, kind.entity_type)
            self.sample_fingerprint = fingerprint(value, key)
