"""Payment card numbers, credit and debit, by issuer prefix and the Luhn sum."""

from dlp.checksums import luhn_holds
from dlp.kinds import LONG_DIGITS, Kind

_UNIONPAY = r"62[0-9]{14,17}"
_BRANDS = (
    r"4[0-9]{12}|4[0-9]{15}|4[0-9]{18}"  # Visa, 13, 16 or 19 digits
    r"|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12}"  # Discover
    r"|35[0-9]{14}|(?:2131|1800)[0-9]{11}"  # JCB
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}"  # Diners Club
    r"|(?:5018|5020|5038|5[6-8][0-9]{2}|6304|6759|676[1-3])[0-9]{8}(?:[0-9]{1,7})?"  # Maestro
)
_OLD_DEBIT = r"(?:9558|95599|4563|6013|9400|9843|9909|1030|5240|5187)[0-9]{12,15}"

# Grouped as printed on the card: 6222 0212 3456 7890 123
_GROUPED = r"(?:[2-6][0-9]{3}|9558)(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{1,3})?|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}"

BANK_CARD = Kind(
    name="bank_card",
    entity_type="CREDIT_CARD",
    gate=LONG_DIGITS,
    lengths=(12, 23),
    pattern=f"{_UNIONPAY}|{_BRANDS}|{_OLD_DEBIT}|{_GROUPED}",
    check=luhn_holds,
    check_chance=1 / 10,
    shape=r"[0-9]{12,19}",
    shape_chance=0.02,
    context=(
        "银行卡",
        "卡号",
        "信用卡",
        "储蓄卡",
        "借记卡",
        "银联",
        "账号",
        "账户",
        "开户",
        "card",
        "visa",
        "mastercard",
        "credit",
        "debit",
        "amex",
    ),
    score=0.4,
    alone=0.0,
    masked_forms=(
        r"[2-69][0-9]{3,7}\*{4,12}[0-9]{3,4}",
        r"(?:[0-9]{4}|\*{4})(?:[ -](?:[0-9]{4}|\*{4})){3}(?:[ -]?[0-9*]{1,3})?",
        r"[2-69][0-9]{3}(?:[ -][0-9*]{4}){2}[ -][0-9*]{4,7}(?:[ -]?[0-9*]{1,3})?",
        r"\*{8,15}[0-9]{4}",
    ),
    named_masks=(r"[0-9]{0,8}[* ]{2,15}[0-9]{3,4}",),
)

KINDS = (BANK_CARD,)
