"""Made-up values with valid check digits, and look-alikes that are none."""

import random
from collections.abc import Callable

import polars as pl
from faker import Faker

from dlp.checksums import luhn_holds
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.verdicts import Verdict, verdicts

KEY = b"a key for tests only, 32 bytes.."
CHINESE, ENGLISH = Faker("zh_CN"), Faker("en_US")
DICE = random.Random(7)  # noqa: S311  # made-up values, nothing secret

_LATER = (
    "177",
    "178",
    "180",
    "181",
    "182",
    "183",
    "185",
    "186",
    "187",
    "188",
    "189",
    "191",
    "193",
    "195",
    "198",
    "199",
)

Make = Callable[[], str]


def digits(count: int, first: str = "") -> str:
    return first + "".join(DICE.choices("0123456789", k=count - len(first)))


def bank_card() -> str:
    stem = digits(18, "622202")
    return next(stem + str(last) for last in range(10) if luhn_holds(pl.Series([stem + str(last)]))[0])


def mobile() -> str:
    """A number as they are given out, by any of the networks."""
    return digits(
        11, DICE.choice(("133", "135", "138", "139", "150", "152", "155", "158", "159", "166", "173", "176", *_LATER))
    )


def order_number() -> str:
    return f"2024{DICE.randint(1, 12):02}{DICE.randint(1, 28):02}{DICE.randint(0, 23):02}{digits(8)}"


def judge(values: list[str], column: str = "column_1") -> dict[str, Verdict]:
    """The verdicts on a column of these values, by type."""
    counted = pl.DataFrame({"value": values}, schema={"value": pl.String}).group_by("value").len("rows")
    evidence = ColumnEvidence()
    evidence.observe(counted, key=KEY, policy=default_policy())
    hints = name_hints(column, default_policy())
    return {verdict.entity_type: verdict for verdict in verdicts(evidence, hints, default_policy())}
