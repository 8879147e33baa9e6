"""Payment card numbers, credit and debit, by issuer prefix and the Luhn sum."""

import numpy as np
import polars as pl

from dlp.checksums import Verdicts, luhn_holds
from dlp.formats import pattern_of
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT, SEPARATOR
from dlp.recognizers.resident_id import RESIDENT_ID

# Grouped as printed on the card: 6222 0212 3456 7890 123
_GROUPED = r"(?:[2-6][0-9]{3}|9558)(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{1,3})?|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}"


def card_holds(values: pl.Series) -> Verdicts:
    """The Luhn sum of ISO/IEC 7812-1, and no resident ID: those of Gansu begin with 62, as UnionPay's cards do."""
    resident = values.str.contains(RESIDENT_ID.whole).to_numpy().copy()
    resident[resident] = RESIDENT_ID.holds(values.filter(pl.Series(resident))).to_numpy()
    return np.asarray(luhn_holds(values) & ~resident)


_CONTEXT = (
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
)

# 6222021234567890128; the prefix says the issuer, or the groups that it is printed on a card
BANK_CARD = Kind(
    name="bank_card",
    entity_type="CREDIT_CARD",
    gate=LONGER_DIGITS,
    lengths=(12, 23),
    of=DIGIT | SEPARATOR,
    needs=DIGIT,
    pattern=f"{pattern_of('unionpay_cards', 'old_debit_cards')}|{_GROUPED}",
    check=card_holds,
    check_chance=1 / 10,
    shape=r"[0-9]{12,19}",
    shape_chance=0.02,
    context=_CONTEXT,
    score=0.4,
    alone=0.0,
    masked_forms=(
        r"[2-69][0-9]{3,7}\*{4,12}[0-9]{3,4}",
        r"(?:[0-9]{4}|\*{4})(?:[ -](?:[0-9]{4}|\*{4})){3}(?:[ -]?[0-9*]{1,3})?",
        r"[2-69][0-9]{3}(?:[ -][0-9*]{4}){2}[ -][0-9*]{4,7}(?:[ -]?[0-9*]{1,3})?",
        r"\*{8,15}[0-9]{4}",
    ),
    named_masks=(r"[0-9]{0,8}[* ]{2,15}[0-9]{3,4}", r"[0-9*]{12,19}"),
    examples=(
        "6222021234567890128",
        "4111 1111 1111 1111",
    ),
    counter_examples=(
        "620102199003070069",  # a resident ID of Gansu whose Luhn sum holds too
        "4111 1111 1111 1112",
        "9111111111111111",
    ),
)

# Of 38 random numbers of 16 digits one has an issuer's prefix and the sum: where a word says that it is another number,
# it is one.
_OTHER_NUMBERS = (
    *(
        "流水",
        "流水号",
        "单据",
        "单据号",
        "单号",
        "订单",
        "订单号",
        "工单",
        "编号",
        "编码",
        "票号",
        "序号",
        "批次",
        "设备",
        "设备号",
        "终端号",
    ),
    *("户号", "凭证号", "合同号", "保单号"),
    *(f"(?i:{word})" for word in ("serial", "order", "ticket", "trace", "request", "batch", "invoice")),
)
_MARKS = ("", "[ :=：#-]", "[:=：#] ", "[为是]", "_id[:=]", " id[ :=]", " no[. :]")

# 4111111111111111
INTERNATIONAL_CARD = Kind(
    name="international_card",
    entity_type="CREDIT_CARD",
    gate=LONGER_DIGITS,
    lengths=(12, 19),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("international_cards"),
    check=card_holds,
    check_chance=1 / 10,
    shape=r"[0-9]{12,19}",
    shape_chance=0.02,
    context=_CONTEXT,
    score=0.3,
    alone=0.0,
    not_after=tuple(f"{word}{mark}" for word in _OTHER_NUMBERS for mark in _MARKS),
    examples=("4111111111111111",),
    counter_examples=("4111111111111112", "9111111111111111"),
)

KINDS = (BANK_CARD, INTERNATIONAL_CARD)
