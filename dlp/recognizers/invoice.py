"""Codes and numbers of invoices: plain digits, so only words speak for them."""

from dlp.formats import pattern_of
from dlp.kinds import SIX_DIGITS, Kind
from dlp.profiles import DIGIT

INVOICE = Kind(
    name="invoice",
    entity_type="CN_INVOICE",
    gate=SIX_DIGITS,
    lengths=(8, 20),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("invoice"),
    context=("发票", "税票", "invoice", "fapiao", "fphm", "fpdm"),
    score=0.1,
    named=0.6,
    in_text_alone=False,
    examples=("01234567", "3500201130", "24352000000012345678"),
    counter_examples=("0123456", "012345678"),
)

KINDS = (INVOICE,)
