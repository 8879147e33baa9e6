"""Numbers of social security and medical insurance cards; the social security number is the resident ID number."""

from dlp.formats import pattern_of
from dlp.kinds import SIX_DIGITS, Kind
from dlp.profiles import DIGIT, UPPER, X

SOCIAL_SECURITY_CARD = Kind(
    name="social_security_card",
    entity_type="CN_SOCIAL_SECURITY_CARD",
    gate=SIX_DIGITS,
    lengths=(9, 12),
    of=DIGIT | UPPER | X,
    needs=DIGIT,
    pattern=pattern_of("social_security_card"),
    context=("社保卡", "医保卡", "社会保障卡", "医疗保险卡", "医保号", "social security card", "medicare"),
    score=0.1,
    named=0.6,
    in_text_alone=False,
    named_masks=(r"[A-Z0-9*][0-9*]{8,11}",),
    examples=("A12345678", "0123456789"),
    counter_examples=("AB12345678", "12345678"),
)

KINDS = (SOCIAL_SECURITY_CARD,)
