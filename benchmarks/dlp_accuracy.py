"""How exactly columns are told: precision and recall per type, on made-up people and on look-alikes.

Columns of 1,000 rows: every way of writing a type under its own headers, under none and masked; 0.1 %, 1 % and 10 % of
it among sentences and among words; and look-alikes under headers that say nothing, or the wrong thing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from benchmarks.dlp_columns import People, look_alikes, writings
from dlp.attributes import attribute_verdicts
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.verdicts import Verdict, verdicts

ROWS = 1_000
SEEDS = (7001, 7002, 7003)  # not those that the recognizers were developed with
_SHARES = (0.001, 0.01, 0.1)
_MISLEADING = ("column_1", "备注", "name", "身份证号")
# What has the form of a number or of its hash is doubted, not denied, where the name of the column expects it.
_OF_IDENTITIES = "身份证号"
_IS_DOUBTED = re.compile(r"^(?:350102(?:19|20)[0-9]{10}|[0-9a-f]{40})$").match
_NEVER_SPARSE = ("PERSON", "LOCATION", "ETHNICITY", "MARITAL_STATUS", "RELIGION")
_KEY = b"a key for benchmarks only, 32 b."


@dataclass(frozen=True)
class Accuracy:
    """Of the columns that hold a type, how many were found; of the columns said to hold it, how many do."""

    holding: int
    found: int
    reported: int

    @property
    def recall(self) -> float:
        """The share of the columns that hold it that were found."""
        return self.found / self.holding if self.holding else 1.0

    @property
    def precision(self) -> float:
        """The share of the columns reported that hold it."""
        return self.found / self.reported if self.reported else 1.0


@dataclass(frozen=True)
class Column:
    """One column of the test.

    Attributes:
        truth: the type it holds, '' for none.
        told: how it was made, in words, for who looks into a mistake.
    """

    header: str
    values: list[str]
    truth: str
    told: str


def accuracy(seeds: tuple[int, ...] = SEEDS) -> dict[str, Accuracy]:
    """For each type, how exactly it is told, over all seeds."""
    holding: Counter[str] = Counter()
    found: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    for seed in seeds:
        for column in columns(seed):
            told = judged(column.values, column.header)
            reported.update(told.keys())
            if column.truth:
                holding[column.truth] += 1
                found[column.truth] += column.truth in told
    return {name: Accuracy(holding[name], found[name], reported[name]) for name in sorted(holding | reported)}


def mistakes(seeds: tuple[int, ...]) -> Iterator[str]:
    """Every column that was told wrongly, in words."""
    for seed in seeds:
        for column in columns(seed):
            told = set(judged(column.values, column.header))
            if told != ({column.truth} if column.truth else set()):
                truth = column.truth or "nothing"
                yield f"{column.header}: {truth} taken for {sorted(told) or 'nothing'} ({column.told})"


def judged(values: list[str], header: str) -> dict[str, Verdict]:
    """The verdicts on a column, by type."""
    counted = pl.DataFrame({"value": values}, schema={"value": pl.String}).group_by("value").len("rows")
    evidence, policy = ColumnEvidence(), default_policy()
    evidence.observe(counted, key=_KEY, policy=policy)
    hints = name_hints(header, policy)
    found = [*verdicts(evidence, hints, policy), *attribute_verdicts(evidence, hints, policy)]
    return {verdict.entity_type: verdict for verdict in found}


def columns(seed: int) -> Iterator[Column]:
    """Every column of the test for one seed."""
    people = People.of(seed)
    for way in writings(people):
        values = [way.make() for _ in range(ROWS)]
        for header in way.headers:
            yield Column(header, values, way.entity_type, "whole column")
        if way.alone:
            yield Column("column_1", values, way.entity_type, "no header")
        if way.mask:
            yield Column(way.headers[0], [way.mask(value) for value in values], way.entity_type, "masked")
        if (
            way.alone
            and way.sparse
            and way.entity_type not in ("PERSON", "LOCATION", "ETHNICITY", "MARITAL_STATUS", "RELIGION")
        ):
            yield from _contaminated(people, values, way.entity_type)
        # Nothing where there is nothing, and a few of the cells are empty words.
        gaps = [value if at % 5 else people.dice.choice(["-", "NULL", "无"]) for at, value in enumerate(values)]
        yield Column(way.headers[0], gaps, way.entity_type, "with gaps")
    for number, make in enumerate(look_alikes(people)):
        values = [str(make()) for _ in range(ROWS)]
        for header in _MISLEADING:
            if header != _OF_IDENTITIES or not _IS_DOUBTED(values[0]):
                yield Column(header, values, "", f"look-alike {number}, such as {values[0]!r}")


def _contaminated(people: People, values: list[str], entity_type: str) -> Iterator[Column]:
    for share in _SHARES:
        few = int(ROWS * share)
        sentences = [people.chinese.sentence() for _ in range(ROWS)]
        sentences[:few] = [f"请核对{value}。" for value in values[:few]]
        yield Column("column_1", sentences, entity_type, f"{share:.1%} among sentences")
        words = [people.chinese.word() for _ in range(ROWS)]
        words[:few] = values[:few]
        yield Column("column_1", words, entity_type, f"{share:.1%} among words")
