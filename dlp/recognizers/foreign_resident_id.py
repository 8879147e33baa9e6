"""Permanent residence cards of foreigners: the 18 characters of 2023, and the letters and digits of the card before."""

from dlp.checksums import resident_id_holds
from dlp.formats import pattern_of
from dlp.kinds import LETTER_AND_DIGITS, LONGER_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

CONTEXT = ("永久居留", "永居", "外国人", "居留身份证", "permanent residence", "foreigner")

# 91184019850101001X: Beijing, United States; the same check character as a resident's
FOREIGN_RESIDENT_ID = Kind(
    name="foreign_resident_id",
    entity_type="CN_FOREIGN_RESIDENT_ID",
    gate=LONGER_DIGITS,
    lengths=(18, 18),
    of=DIGIT | X,
    needs=DIGIT,
    pattern=pattern_of("foreign_resident_id"),
    check=resident_id_holds,
    check_chance=1 / 11,
    shape=r"[0-9]{17}[0-9Xx]",
    shape_chance=0.0001,
    context=CONTEXT,
    score=0.5,
    alone=0.0,
    masked_forms=(r"9[0-9*]{5}[0-9*]{8}[0-9*]{3}[0-9Xx*]",),
    examples=("91184019850101001X",),
    counter_examples=(
        "911840198501010012",
        "911840198513010013",
        "811840198501010013",
        "999840198501010011",  # no such province
        "911999198501010016",  # no such country
    ),
)

OLD_FOREIGN_RESIDENT_ID = Kind(
    name="old_foreign_resident_id",
    entity_type="CN_FOREIGN_RESIDENT_ID",
    gate=LETTER_AND_DIGITS,
    lengths=(15, 15),
    of=DIGIT | UPPER | X,
    needs=DIGIT,
    pattern=pattern_of("old_foreign_resident_id"),
    context=CONTEXT,
    score=0.1,
    in_text_alone=False,
    examples=("USA110105850101",),
    counter_examples=("US1110105850101",),
)

KINDS = (FOREIGN_RESIDENT_ID, OLD_FOREIGN_RESIDENT_ID)
