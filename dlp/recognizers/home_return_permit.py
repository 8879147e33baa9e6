"""Permits of Hong Kong and Macao people for the mainland (回乡证), the cards of 1999 and 2013."""

from dlp.kinds import LETTER_AND_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER

# H1234567801, M12345678: the permit of Hong Kong and Macao people for the mainland
HOME_RETURN_PERMIT = Kind(
    name="home_return_permit",
    entity_type="CN_HOME_RETURN_PERMIT",
    gate=LETTER_AND_DIGITS,
    lengths=(9, 11),
    of=DIGIT | UPPER,
    needs=DIGIT,
    pattern=r"[HM][0-9]{10}|[HM][0-9]{8}",
    shape=r"[A-Z][0-9]{8,10}",
    shape_chance=0.08,
    context=("回乡证", "来往内地通行证", "港澳居民"),
    score=0.1,
    in_text_alone=False,
    named_masks=(r"[HM][0-9*]{8}(?:[0-9*]{2})?",),
    examples=(
        "H1234567801",
        "M12345678",
    ),
    counter_examples=(
        "H123456789",
        "A12345678",
    ),
)

KINDS = (HOME_RETURN_PERMIT,)
