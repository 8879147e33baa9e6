"""Passports, travel permits, and the identity cards of Hong Kong and Taiwan."""

from dlp.checksums import hong_kong_id_holds, taiwan_id_holds
from dlp.kinds import LETTER_AND_DIGITS, LONG_DIGITS, Kind

# E12345678, EA1234567, G12345678
PASSPORT = Kind(
    name="passport",
    entity_type="CN_PASSPORT",
    gate=LETTER_AND_DIGITS,
    lengths=(8, 10),
    pattern=r"E[0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|G[0-9]{8}|[DSP]E?[0-9]{7,8}|[HK]J?[0-9]{8}|M[AB][0-9]{7}",
    shape=r"[A-Z]{1,2}[0-9]{7,8}",
    shape_chance=0.2,
    context=("护照", "passport", "出入境证件"),
    score=0.1,
    in_text_alone=False,
    masked_forms=(r"[EGDSPHKM][A-Z0-9*]?[0-9*]{7}",),
)

# C12345678, CA1234567: the permit of mainland people for Hong Kong and Macao
EXIT_PERMIT = Kind(
    name="exit_permit",
    entity_type="CN_HK_MACAO_PERMIT",
    gate=LETTER_AND_DIGITS,
    lengths=(9, 9),
    pattern=r"C[A-HJ-NP-Z0-9][0-9]{7}",
    shape=r"[A-Z]{1,2}[0-9]{7,8}",
    shape_chance=0.05,
    context=("往来港澳", "港澳通行证", "通行证"),
    score=0.1,
    in_text_alone=False,
    named_masks=(r"[CW][A-Z0-9*][0-9*]{7}",),
)

# H1234567801, M12345678: the permit of Hong Kong and Macao people for the mainland
HOME_RETURN_PERMIT = Kind(
    name="home_return_permit",
    entity_type="CN_HOME_RETURN_PERMIT",
    gate=LETTER_AND_DIGITS,
    lengths=(9, 11),
    pattern=r"[HM][0-9]{10}|[HM][0-9]{8}",
    shape=r"[A-Z][0-9]{8,10}",
    shape_chance=0.08,
    context=("回乡证", "来往内地通行证", "港澳居民"),
    score=0.1,
    in_text_alone=False,
    named_masks=(r"[HM][0-9*]{8}(?:[0-9*]{2})?",),
)

# 12345678: the card of Taiwan people for the mainland
TAIWAN_PERMIT = Kind(
    name="taiwan_permit",
    entity_type="CN_TAIWAN_PERMIT",
    gate=LONG_DIGITS,
    lengths=(8, 11),
    pattern=r"[0-9]{8}|[0-9]{10}[A-Z]?|[TL][0-9]{8}",
    context=("台胞证", "台湾居民来往", "来往大陆通行证", "往来台湾"),
    score=0.05,
    in_text_alone=False,
    named_masks=(r"[TL]?[0-9*]{8}(?:[0-9*]{2}[A-Z]?)?",),
)

# Such as G123456(A).
HONG_KONG_ID = Kind(
    name="hong_kong_id",
    entity_type="HK_IDENTITY_CARD",
    gate=LETTER_AND_DIGITS,
    lengths=(8, 11),
    pattern=r"[A-Z]{1,2}[0-9]{6}(?:\([0-9A]\)|[0-9A])",
    check=hong_kong_id_holds,
    check_chance=1 / 11,
    shape=r"[A-Z]{1,2}[0-9]{6}\(?[0-9A]\)?",
    shape_chance=0.1,
    context=("香港身份证", "香港身份證", "身份證", "hkid", "hong kong identity"),
    score=0.2,
    in_text_alone=False,
    named_masks=(r"[A-Z]{1,2}[0-9*]{6}(?:\([0-9A*]\)|[0-9A*])?",),
)

# A123456789
TAIWAN_ID = Kind(
    name="taiwan_id",
    entity_type="TW_IDENTITY_CARD",
    gate=LETTER_AND_DIGITS,
    lengths=(10, 10),
    pattern=r"[A-Z][1289][0-9]{8}",
    check=taiwan_id_holds,
    check_chance=1 / 10,
    shape=r"[A-Z][0-9]{9}",
    shape_chance=0.05,
    context=("身分證", "身分证", "台湾身份证"),
    score=0.2,
    in_text_alone=False,
    named_masks=(r"[A-Z*][0-9*]{9}",),
)

KINDS = (PASSPORT, EXIT_PERMIT, HOME_RETURN_PERMIT, TAIWAN_PERMIT, HONG_KONG_ID, TAIWAN_ID)
