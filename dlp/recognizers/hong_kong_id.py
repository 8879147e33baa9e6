"""Hong Kong identity cards, by their check digit."""

from dlp.checksums import hong_kong_id_holds
from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, OTHER, UPPER, X

CONTEXT = ("香港身份证", "香港身份證", "身份證", "hkid", "hong kong identity")

# Such as G123456(A).
HONG_KONG_ID = Kind(
    name="hong_kong_id",
    entity_type="HK_IDENTITY_CARD",
    gate=r"[0-9]{6}\(",
    lengths=(10, 11),
    of=DIGIT | X | UPPER | OTHER,
    needs=DIGIT | OTHER,
    pattern=r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)",
    check=hong_kong_id_holds,
    check_chance=1 / 11,
    shape=r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)",
    shape_chance=1 / 11,
    context=CONTEXT,
    score=0.4,
    alone=0.0,
    masked_forms=(r"[A-Z]{1,2}[0-9*]{6}\([0-9A*]\)",),
    named_masks=(r"[A-Z]{1,2}[0-9*]{6}(?:\([0-9A*]\)|[0-9A*])?",),
    examples=("G123456(A)", "AB987654(3)"),
    counter_examples=("AB987654(4)", "G123456(B)"),
)

# L5555550: as many passports and part numbers are written
BARE_HONG_KONG_ID = Kind(
    name="bare_hong_kong_id",
    entity_type="HK_IDENTITY_CARD",
    gate=LETTER_AND_DIGITS,
    lengths=(8, 9),
    of=DIGIT | X | UPPER,
    needs=DIGIT,
    pattern=r"[A-Z]{1,2}[0-9]{6}[0-9A]",
    check=hong_kong_id_holds,
    check_chance=1 / 11,
    shape_chance=1 / 11,
    context=CONTEXT,
    score=0.2,
    in_text_alone=False,
    examples=("L5555550",),
    counter_examples=("L5555551",),
)

KINDS = (HONG_KONG_ID, BARE_HONG_KONG_ID)
