"""Identities of mobile subscribers (3GPP TS 23.003): country 460, network, subscriber; no check digit."""

from dlp.formats import pattern_of
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT

IMSI = Kind(
    name="imsi",
    entity_type="IMSI",
    gate=LONGER_DIGITS,
    lengths=(15, 15),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("imsi"),
    shape=r"[0-9]{15}",
    shape_chance=0.0002,
    context=("imsi", "用户识别码", "sim"),
    score=0.2,
    alone=0.5,
    spread=9,
    in_text_alone=False,
    named_masks=(r"460[0-9*]{12}",),
    examples=("460001234567890",),
    counter_examples=("461001234567890", "460991234567890"),
)

KINDS = (IMSI,)
