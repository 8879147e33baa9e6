"""Taiwan identity cards, by their check digit."""

from dlp.checksums import taiwan_id_holds
from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

# A123456789
TAIWAN_ID = Kind(
    name="taiwan_id",
    entity_type="TW_IDENTITY_CARD",
    gate=LETTER_AND_DIGITS,
    lengths=(10, 10),
    of=DIGIT | X | UPPER,
    needs=DIGIT,
    pattern=r"[A-Z][1289][0-9]{8}",
    check=taiwan_id_holds,
    check_chance=1 / 10,
    shape=r"[A-Z][0-9]{9}",
    shape_chance=0.05,
    context=("身分證", "身分证", "台湾身份证"),
    score=0.2,
    in_text_alone=False,
    named_masks=(r"[A-Z*][0-9*]{9}",),
    examples=("A123456789",),
    counter_examples=(
        "A123456788",
        "A323456789",
    ),
)

KINDS = (TAIWAN_ID,)
