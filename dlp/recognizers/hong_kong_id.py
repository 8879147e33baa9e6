"""Hong Kong identity cards, by their check digit."""

from dlp.checksums import hong_kong_id_holds
from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, OTHER, UPPER, X

# Such as G123456(A).
HONG_KONG_ID = Kind(
    name="hong_kong_id",
    entity_type="HK_IDENTITY_CARD",
    gate=LETTER_AND_DIGITS,
    lengths=(8, 11),
    of=DIGIT | X | UPPER | OTHER,
    needs=DIGIT,
    pattern=r"[A-Z]{1,2}[0-9]{6}(?:\([0-9A]\)|[0-9A])",
    check=hong_kong_id_holds,
    check_chance=1 / 11,
    shape=r"[A-Z]{1,2}[0-9]{6}\(?[0-9A]\)?",
    shape_chance=0.1,
    context=("香港身份证", "香港身份證", "身份證", "hkid", "hong kong identity"),
    score=0.2,
    in_text_alone=False,
    named_masks=(r"[A-Z]{1,2}[0-9*]{6}(?:\([0-9A*]\)|[0-9A*])?",),
    examples=(
        "G123456(A)",
        "AB987654(3)",
        "L5555550",
    ),
    counter_examples=(
        "AB987654(4)",
        "G123456(B)",
    ),
)

KINDS = (HONG_KONG_ID,)
