"""Made-up values of every type: variations of the examples that each kind gives, checks and all."""

import random
import re

import polars as pl

from dlp.policy import default_policy
from dlp.registry import ENTITY_TYPES, KINDS

_WORDS = ("甲种情况", "乙种情况", "丙种情况", "丁种情况", "戊种情况")
_TRIES = 20_000


def made_up(entity_type: str, count: int = 40, seed: int = 3) -> list[str]:
    """So many values of a type, most of them different."""
    dice = random.Random(seed)  # noqa: S311 - made-up values
    if entity_type not in ENTITY_TYPES:
        return _facts(entity_type, count, dice)
    kind = next(kind for kind in KINDS if kind.entity_type == entity_type)
    found: dict[str, None] = {}
    for _ in range(_TRIES):
        value = _varied(dice.choice(kind.examples), dice)
        if re.fullmatch(kind.pattern, value) and kind.holds(pl.Series([value]))[0]:
            found[value] = None
        if len(found) == count:
            break
    values = list(found)
    return [values[at % len(values)] for at in range(count)]


def column_of(entity_type: str) -> str:
    """A name that says the type, as people call such columns."""
    entity = default_policy().entities[entity_type]
    return next(name for name in reversed(entity.column_names) if name not in entity.vague_names)


def _varied(example: str, dice: random.Random) -> str:
    if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", example):
        return example[0] + dice.choice("志明海燕建国丽娟") + dice.choice("文辉欣怡浩然子涵")
    letters = [
        dice.choice("0123456789") if character.isdigit() and at and dice.random() < 0.6 else character
        for at, character in enumerate(example)
    ]
    made = "".join(letters)
    if "@" in example or example.startswith("wxid_"):
        return made.replace("a", dice.choice("bcdefgh")).replace("e", dice.choice("ijkl"), 1)
    return made


def _facts(entity_type: str, count: int, dice: random.Random) -> list[str]:
    listed = default_policy().entities[entity_type].values
    if entity_type in ("INCOME", "CREDIT_RECORD"):
        return [str(dice.randint(3000, 90_000)) for _ in range(count)]
    if entity_type in ("ACCOUNT_NAME", "VERIFICATION_CODE"):
        return ["".join(dice.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(8)) for _ in range(count)]
    return [dice.choice(listed or _WORDS) for _ in range(count)]
