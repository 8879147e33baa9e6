"""Numbers of QQ accounts: any five to eleven digits, so only words speak for them."""

from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER

QQ = Kind(
    name="qq",
    entity_type="QQ_NUMBER",
    gate=r"[0-9]{5}",
    lengths=(5, 11),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("qq"),
    context=("qq", "扣扣"),
    score=0.1,
    named=0.6,
    in_text_alone=False,
    not_before=("@",),
    named_masks=(r"[1-9][0-9]{0,4}\*{2,9}[0-9]{0,4}",),
    examples=("10001", "1234567890"),
    counter_examples=("0123456", "1234"),
)

# QQ1234567
MARKED_QQ = Kind(
    name="marked_qq",
    entity_type="QQ_NUMBER",
    gate="QQ|qq|Qq|qQ",
    lengths=(7, 13),
    of=DIGIT | LETTER,
    needs=DIGIT,
    pattern=rf"[Qq]{{2}}(?:{pattern_of('qq')})",
    context=QQ.context,
    marked=True,
    score=0.5,
    alone=0.0,
    examples=("QQ1234567", "qq10001"),
    counter_examples=("QQ0123456", "QQ1234"),
)

KINDS = (QQ, MARKED_QQ)
