"""Numbers of Chinese passports."""

from dlp.formats import pattern_of
from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

# E12345678, EA1234567, G12345678
PASSPORT = Kind(
    name="passport",
    entity_type="CN_PASSPORT",
    gate=LETTER_AND_DIGITS,
    lengths=(8, 10),
    of=DIGIT | X | UPPER,
    needs=DIGIT,
    pattern=pattern_of("passport"),
    shape=r"[A-Z]{1,2}[0-9]{7,8}",
    shape_chance=0.2,
    context=("护照", "passport", "出入境证件"),
    score=0.1,
    in_text_alone=False,
    masked_forms=(r"[EGDSPHKM][A-Z0-9*]?[0-9*]{7}",),
    examples=(
        "E12345678",
        "EA1234567",
        "G12345678",
    ),
    counter_examples=(
        "E1234567",
        "EI1234567",
    ),
)

KINDS = (PASSPORT,)
