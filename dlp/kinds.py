"""What a kind of identifier is: its shape, its check, and what counts as finding one by accident.

One description serves both the whole-column count (Rust regular expressions, no look-around) and the Presidio
recognizer, so the two cannot drift apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.checksums import Verdicts
from dlp.profiles import ANY, fitting
from dlp.traditional import with_traditional

# Not \b: Chinese characters count as word characters, so \b sees no edge between them and a digit.
# Nor the digits behind a decimal point.
BEFORE = r"(?<![0-9A-Za-z])(?<![0-9][.])"
AFTER = r"(?![0-9A-Za-z])(?![.][0-9])"


# What the gates are made of: a text that holds none of it need not be looked at again.
SIX_DIGITS = r"[0-9]{6}"
LONG_DIGITS = r"[0-9]{4}[ -]?[0-9]{3}"
LONGER_DIGITS = r"[0-9](?:(?:[ -]|\r?\n)?[0-9]){10}"
CHINESE = r"[\u4e00-\u9fff]"
CAPITALS = r"[A-Z]"
LETTER_AND_DIGITS = r"[A-Z][0-9]{6}"
CODE = r"[0-9A-Za-z]{17}"


@dataclass(frozen=True)
class Kind:
    """One way of writing one type of personal data.

    Attributes:
        name: its own name, since one type may be written in several ways.
        entity_type: Presidio's name of the type.
        pattern: the value without its boundaries, in the syntax that Rust's and Python's engines share.
        gate: what a text must contain to hold such a value, cheap to look for and shared by many kinds.
        lengths: the fewest and the most characters of a value that is nothing else.
        of: the classes of characters (`dlp.profiles`) a value may be made of; whatever is of them and as long as a hit
            could be taken for one, and counts as an opportunity.
        needs: the classes that every value has.
        some_of: classes of which every value has one.
        check: whether each value of that shape holds (check digit, calendar); None when nothing can be checked.
        check_chance: how often a value of that shape passes the check by accident.
        shape: the opportunities inside text: a looser pattern of what could be taken for it, such as any 18 digits.
        shape_chance: how often a random value that could be taken for this kind is.
        context: words near a value in text that speak for it, as the mainland writes them.
        marked: it holds a mark that nothing else has, so that only what has its whole form could be taken for it.
        score: Presidio's score for the pattern alone.
        alone: the share of a column's rows from which it is this kind without its name saying so; None: never.
        named: the share from which it is, when the name says so.
        in_text: whether it is looked for inside longer text.
        in_text_alone: whether text around it need not speak for it.
        spread: how many leading characters must vary when nothing but the shape speaks for it.
        given_out: the pattern of the leading characters that are in use; numbers of anything else have others, too.
        mistaken: the pattern of values that something else is written as: where nearly all are of it, they are that.
        not_after: what must not stand before it in text, besides letters and digits.
        not_before: what must not stand behind it.
        masked_forms: patterns of its masked forms, with `*` for a hidden character.
        named_masks: more of them, believed only where the name of the column says so.
        examples: made-up or published values that are of this kind.
        counter_examples: values that look like it and are not.
    """

    name: str
    entity_type: str
    pattern: str
    gate: str
    lengths: tuple[int, int]
    of: int = ANY
    needs: int = 0
    some_of: int = 0
    check: Callable[[pl.Series], Verdicts] | None = None
    check_chance: float = 1.0
    shape: str = ""
    shape_chance: float = 1e-6
    context: tuple[str, ...] = ()
    marked: bool = False
    score: float = 0.4
    alone: float | None = None
    named: float = 0.3
    in_text: bool = True
    in_text_alone: bool = True
    spread: int = 0
    given_out: str = ""
    mistaken: str = ""
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    masked_forms: tuple[str, ...] = ()
    named_masks: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that speak for it, in simplified and in traditional characters."""
        return with_traditional(self.context)

    @property
    def whole(self) -> str:
        """The pattern of a value that is nothing else."""
        return f"^(?:{self.pattern})$"

    @property
    def bounded(self) -> str:
        """The pattern inside text, with boundaries that hold beside Chinese characters (Python's `re`)."""
        before = "".join(f"(?<!{words})" for words in self.not_after)
        # Many words are looked for only where a value begins.
        before = f"(?={self.pattern}){before}" if before else ""
        after = "".join(f"(?!{words})" for words in self.not_before)
        return f"{BEFORE}{before}(?:{self.pattern}){AFTER}{after}"

    @property
    def fits(self) -> NDArray[np.bool_]:
        """For every profile, whether a value of it may be of this kind and nothing else."""
        return fitting(self.of, self.needs, *self.lengths, some=self.some_of)

    def holds(self, values: pl.Series) -> pl.Series:
        """For each value of this shape, whether its check holds."""
        if self.check is None or values.is_empty():
            return pl.Series([True] * len(values), dtype=pl.Boolean)
        return pl.Series(self.check(values), dtype=pl.Boolean)
