"""Made-up people, and the masking checks of a small table of them."""

import hashlib
import random
from collections.abc import Mapping, Sequence

import polars as pl

from dlp.cell_columns import field_facts
from dlp.columns import ColumnEvidence
from dlp.counting import observe_table
from dlp.mask_checks import Judging, dataset_checks
from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskFinding
from dlp.mask_policy import ChecksPolicy, default_mask_policy
from dlp.mask_tables import table_facts
from dlp.policy import default_policy

KEY = b"a key for tests only, 32 bytes.."
DIVISIONS = ("350102", "350103", "350104", "350105", "350111", "350121", "350181")
SURNAMES = "陈林黄张李王吴刘蔡杨许郑"
GIVEN = "志明海燕建国丽娟文辉欣怡浩然子涵梓桐"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(body: str) -> str:
    """Seventeen digits with the check character behind them."""
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def people(count: int, seed: int = 1) -> pl.DataFrame:
    """Made-up people: `name`, `id_card`, `phone`, `birth_date`, `gender`, `district`."""
    dice = random.Random(seed)  # noqa: S311 - made-up people
    rows = []
    for _ in range(count):
        division = dice.choice(DIVISIONS)
        year, month, day = dice.randint(1950, 2005), dice.randint(1, 12), dice.randint(1, 28)
        serial = dice.randint(1, 999)
        rows.append(
            {
                "name": dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN),
                "id_card": identity(f"{division}{year}{month:02}{day:02}{serial:03}"),
                "phone": f"1{dice.choice('35789')}{dice.randint(0, 9)}{dice.randint(0, 99999999):08}",
                "birth_date": f"{year}-{month:02}-{day:02}",
                "gender": "男" if serial % 2 else "女",
                "district": division,
            }
        )
    return pl.DataFrame(rows)


def windowed(values: Sequence[str], head: int, tail: int) -> list[str]:
    """The values with only their beginnings and ends left."""
    return [value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :] for value in values]


def md5(values: Sequence[str]) -> list[str]:
    """Digests as so many systems store them."""
    return [hashlib.md5(value.encode(), usedforsecurity=False).hexdigest() for value in values]


def facts(
    table: Mapping[str, Sequence[str | None]], dataset: str = "table.csv", checks: ChecksPolicy | None = None
) -> list[ColumnFacts]:
    """The columns of a table as the checks see them."""
    policy = default_policy()
    rows = pl.DataFrame({name: pl.Series(list(values), dtype=pl.String) for name, values in table.items()})
    evidence = {name: ColumnEvidence() for name in table}
    observe_table(rows, evidence, key=KEY, policy=policy)
    return table_facts(evidence, rows, dataset=dataset, policy=policy, checks=checks or default_mask_policy().checks)


def checked(
    table: Mapping[str, Sequence[str | None]], *, known: Sequence[str] = (), checks: ChecksPolicy | None = None
) -> list[MaskFinding]:
    """The findings on a table, and on the fields inside of its cells."""
    judging = Judging(default_policy(), checks or default_mask_policy().checks, KEY, digests=200_000)
    columns = facts(table, checks=checks)
    sample = pl.DataFrame({column.name: column.sample for column in columns})
    evidence = {column.name: column.evidence for column in columns}
    fields = field_facts(evidence, sample, dataset="table.csv", policy=judging.policy, checks=judging.checks, key=KEY)
    return dataset_checks([*columns, *fields], judging, lambda: known)


def kinds(findings: Sequence[MaskFinding]) -> set[tuple[str, str]]:
    """Check and first column of each finding."""
    return {(finding.check.value, finding.columns[0]) for finding in findings}
