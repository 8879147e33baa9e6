"""Permits across the strait: of Taiwan people for the mainland (台胞证) and of mainland people for Taiwan."""

from dlp.formats import pattern_of
from dlp.kinds import LONG_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

# 12345678: the card of Taiwan people for the mainland
TAIWAN_PERMIT = Kind(
    name="taiwan_permit",
    entity_type="CN_TAIWAN_PERMIT",
    gate=LONG_DIGITS,
    lengths=(8, 11),
    of=DIGIT | UPPER | X,
    needs=DIGIT,
    pattern=pattern_of("taiwan_permit"),
    context=("台胞证", "台湾居民来往", "来往大陆通行证", "往来台湾"),
    score=0.05,
    in_text_alone=False,
    named_masks=(r"[TL]?[0-9*]{8}(?:[0-9*]{2}[A-Z]?)?",),
    examples=(
        "12345678",
        "1234567890A",
        "T12345678",
    ),
    counter_examples=(
        "1234567",
        "Q12345678",
    ),
)

KINDS = (TAIWAN_PERMIT,)
