"""The number of a resident identity card of the People's Republic of China, 18 characters or the older 15 digits."""

import polars as pl

from dlp.checksums import Verdicts, old_resident_id_holds, resident_id_holds
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT, SEPARATOR, UPPER, X

# Digits 1-2 are the province of GB/T 2260; 81-83 are the residence permits of Hong Kong, Macao and Taiwan people.
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"

_BREAK = r"(?:[ -]|\r?\n)?"  # forms and letters break the line between the parts

CONTEXT = (
    "身份证",
    "身份号码",
    "公民身份",
    "证件",
    "代证",
    "居民身份",
    "居住证",
    "社会保障号",
    "驾驶证",
    "id card",
    "identity",
    "idcard",
)

# 11010519491231002X
RESIDENT_ID = Kind(
    name="resident_id",
    entity_type="CN_RESIDENT_ID",
    gate=LONGER_DIGITS,
    lengths=(18, 22),
    of=DIGIT | X | SEPARATOR,
    needs=DIGIT,
    pattern=rf"{_PROVINCE}[0-9]{{4}}{_BREAK}(?:18|19|20)[0-9]{{2}}{_DAY}{_BREAK}[0-9]{{3}}[0-9Xx]",
    check=resident_id_holds,
    check_chance=1 / 11,
    shape=rf"[0-9]{{6}}{_BREAK}[0-9]{{8}}{_BREAK}[0-9]{{3}}[0-9Xx]",
    # Measured: 0.008 % of random digits, 0.082 % of order numbers that begin with a time.
    shape_chance=0.001,
    context=CONTEXT,
    score=0.5,
    alone=0.0,
    masked_forms=(
        r"[1-8*][0-9*]{5}[ -]?(?:19|20|[12]\*|\*[0-9*])[0-9*]{6}[ -]?[0-9*]{3}[0-9Xx*]",
        r"[1-8][0-9]{5}\*{1,7}[0-9]{3}X",
    ),
    named_masks=(r"[1-8][0-9]{2,5}\*{1,17}[0-9]{0,3}[0-9Xx]",),
    examples=(
        "11010519491231002X",
        "440524188001010014",
        "110105 19491231 002x",
    ),
    counter_examples=(
        "110105194912310021",
        "110105209912310024",
    ),
)

# 1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X: as numbers are hidden from filters
SPACED = Kind(
    name="spaced_resident_id",
    entity_type="CN_RESIDENT_ID",
    gate=LONGER_DIGITS,
    lengths=(35, 35),
    of=DIGIT | X | SEPARATOR,
    needs=DIGIT,
    pattern=r"[1-8](?: [0-9]){16} [0-9Xx]",
    check=resident_id_holds,
    check_chance=1 / 11,
    shape_chance=0.001,
    context=CONTEXT,
    score=0.5,
    alone=0.0,
    examples=("1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X",),
    counter_examples=("1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 1",),
)

# 350102900307461
OLD_RESIDENT_ID = Kind(
    name="old_resident_id",
    entity_type="CN_RESIDENT_ID",
    gate=LONGER_DIGITS,
    lengths=(15, 15),
    of=DIGIT,
    needs=DIGIT,
    pattern=rf"{_PROVINCE}[0-9]{{4}}[0-9]{{2}}{_DAY}[0-9]{{3}}",
    check=old_resident_id_holds,
    shape=r"[0-9]{15}",
    shape_chance=0.034,  # IMEI and IMSI numbers collide
    context=CONTEXT,
    score=0.05,
    in_text_alone=False,
    masked_forms=(r"[1-8*][0-9*]{14}",),
    examples=("350102900307461",),
    counter_examples=(
        "350102901307461",
        "990102900307461",
    ),
)


def student_number_holds(values: pl.Series) -> Verdicts:
    """Whether what stands behind the letter of each is a resident ID number."""
    return resident_id_holds(values.str.slice(1))


# G11010519491231002X: the number of a pupil in the country's register (学籍号) is the resident ID behind a letter
STUDENT_NUMBER = Kind(
    name="student_number",
    entity_type="CN_RESIDENT_ID",
    gate=LONGER_DIGITS,
    lengths=(19, 19),
    of=DIGIT | X | UPPER,
    needs=DIGIT,
    pattern=rf"[GLJ]{_PROVINCE}[0-9]{{4}}(?:19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9Xx]",
    check=student_number_holds,
    check_chance=1 / 11,
    shape_chance=0.001,
    context=("学籍", "学号"),
    score=0.5,
    alone=0.0,
    in_text_alone=False,
    examples=("G11010519491231002X",),
    counter_examples=("G110105194912310021", "A11010519491231002X"),
)

KINDS = (RESIDENT_ID, SPACED, STUDENT_NUMBER, OLD_RESIDENT_ID)
