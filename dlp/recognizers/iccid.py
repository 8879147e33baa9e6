"""Numbers of SIM cards (ITU-T E.118): 8986 for China's mainland, and the Luhn sum."""

from dlp.checksums import luhn_holds
from dlp.formats import pattern_of
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT

ICCID = Kind(
    name="iccid",
    entity_type="ICCID",
    gate=LONGER_DIGITS,
    lengths=(19, 20),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("iccid"),
    check=luhn_holds,
    check_chance=1 / 10,
    shape=r"[0-9]{19,20}",
    shape_chance=0.0001,
    context=("iccid", "sim卡", "sim card", "集成电路卡"),
    score=0.4,
    alone=0.0,
    named_masks=(r"8986[0-9]{0,8}\*{4,16}[0-9]{0,4}",),
    examples=("89860001234567890129",),
    counter_examples=("89860001234567890128",),
)

# Some issuers print twenty digits of which the last is no check digit.
UNCHECKED_ICCID = Kind(
    name="unchecked_iccid",
    entity_type="ICCID",
    gate=LONGER_DIGITS,
    lengths=(19, 20),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("iccid"),
    shape_chance=0.0001,
    alone=0.8,
    in_text=False,
    examples=("89860001234567890128",),
    counter_examples=("8985000000000000000",),
)

KINDS = (ICCID, UNCHECKED_ICCID)
