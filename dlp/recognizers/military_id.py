"""Certificates of officers and soldiers: which letters are in use is not public, so words must tell."""

from dlp.formats import pattern_of
from dlp.kinds import SIX_DIGITS, Kind
from dlp.profiles import BEYOND, DIGIT

# 军字第12345678号
MILITARY_ID = Kind(
    name="military_id",
    entity_type="CN_MILITARY_ID",
    gate=SIX_DIGITS,
    lengths=(7, 12),
    of=BEYOND | DIGIT,
    needs=BEYOND | DIGIT,
    pattern=pattern_of("military_id"),
    shape_chance=0.01,
    context=(
        "军官证",
        "士兵证",
        "军人证",
        "军人保障卡",
        "文职",
        "警官证",
        "军官",
        "士兵",
        "士官",
        "现役",
        "部队",
        "officer",
    ),
    score=0.2,
    alone=0.6,
    spread=8,
    in_text_alone=False,
    named_masks=(r"[\u4e00-\u9fff]字?第?[0-9*]{6,8}号?",),
    examples=("军字第12345678号", "士字第0123456号", "海1234567"),
    counter_examples=("第12345678号", "军字第12345号"),
)

KINDS = (MILITARY_ID,)
