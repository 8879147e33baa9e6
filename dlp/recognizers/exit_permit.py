"""Permits of mainland people for Hong Kong and Macao (往来港澳通行证), as the notice of December 2018 numbers them."""

from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

# C12345678, CA1234567: the permit of mainland people for Hong Kong and Macao
EXIT_PERMIT = Kind(
    name="exit_permit",
    entity_type="CN_HK_MACAO_PERMIT",
    gate=LETTER_AND_DIGITS,
    lengths=(9, 9),
    of=DIGIT | X | UPPER,
    needs=DIGIT,
    pattern=r"C[A-HJ-NP-Z0-9][0-9]{7}",
    shape=r"[A-Z]{1,2}[0-9]{7,8}",
    shape_chance=0.05,
    context=("往来港澳", "港澳通行证", "通行证"),
    score=0.1,
    in_text_alone=False,
    named_masks=(r"[CW][A-Z0-9*][0-9*]{7}",),
    examples=(
        "C12345678",
        "CA1234567",
    ),
    counter_examples=(
        "CI1234567",
        "W12345678",
    ),
)

KINDS = (EXIT_PERMIT,)
