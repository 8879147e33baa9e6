"""Which words near a value in text speak for it: those it is the value of, and not those of the value beside it."""

import re
from functools import cache

from dlp.traditional import SIMPLIFIED

_BEFORE, _AFTER = 24, 8  # characters
_SHORT_WORD = 4  # letters, up to which a word must stand by itself: a hotel has no tel

_APART = r"[,，;；。\n\r\t|&]"
# 证件：护照，号码E12345678: what only says that a number follows belongs to the word before.
_NUMBER = r"(?:其|该|证件|证|card ?)?(?:号码|号|编号|代码|number|no\b\.?)"
_ANOTHER = re.compile(
    rf"{_APART}\s*[\"'(（\[{{]*(?!{_NUMBER})(?=[A-Za-z\u4e00-\u9fff])(?P<label>[^:：=]{{0,24}}[:：=])?", re.IGNORECASE
)
_TAKEN = re.compile(r"[0-9]{3}")
# 病案号：MZ0123456  联系电话：13800138000: forms have nothing but blanks between a value and the next label.
_NEXT = re.compile(
    rf"[:：=]\s?[^\s:：=]*\s+(?!{_NUMBER})[A-Za-z\u4e00-\u9fff][^\s:：=]{{0,16}}(?: [a-z]{{1,12}}){{0,2}}\s?[:：=]",
    re.IGNORECASE,
)
# QQ订单88123456, 护照签发日期2024-03-01: words right before a value that say it is something else.
_ELSE = re.compile(
    r"(?:(?:订单|单号|流水|金额|押金|费用|总额|合计|合同|收据|房号|工号|批次|序号|order|amount|fee|price|total)(?:编?号码?|no|id)?"
    r"|(?:办理|登记|入职|签发|发证|到期|失效|创建|更新|受理|报名)(?:日期|时间|于)?)[\s:：=\"']*$",
    re.IGNORECASE,
)
# 13800138000 QQ：12345678, 13800138000 QQ12345678: a word that has a value of its own.
_LABELS = re.compile(r"^(?:号码?|账号|ID| ?number| ?no\b\.?)?[\"']?\s?(?:[:：=]|[0-9])", re.IGNORECASE)
_FOLLOWED = re.compile(r"^[^,，;；。\n]{0,6}?[\"']?\s*[:：=]?\s*[\"']?[0-9]")


def speaking_word(words: tuple[str, ...], text: str, start: int, end: int) -> str:
    """The word near `text[start:end]` that speaks for it; '' when there is none.

    A word counts up to 24 characters before the value and 8 behind it. It does not when another one stands between:
    in `QQ 12345678，金额：20000` the number at the end is no account, and in `20000，QQ 12345678` the first is none.
    """
    first = max(0, start - _BEFORE)
    before, after = text[first:start].translate(SIMPLIFIED), text[end : end + _AFTER].translate(SIMPLIFIED)
    pattern = _any_word(words)
    spoken = list(pattern.finditer(before))
    if spoken and not _is_of_another(before[spoken[-1].end() :]):
        return text[first + spoken[-1].start() : first + spoken[-1].end()]
    behind = pattern.search(after)
    if behind is not None and not _leads_on(after[: behind.start()], text[end + behind.end() : end + 24]):
        return text[end + behind.start() : end + behind.end()]
    return ""


def _is_of_another(between: str) -> bool:
    if _ELSE.search(between) is not None or _NEXT.search(between) is not None:
        return True
    label = _ANOTHER.search(between)
    return label is not None and (label["label"] is not None or _TAKEN.search(between) is not None)


def _leads_on(between: str, rest: str) -> bool:
    if _LABELS.search(rest) is not None:
        return True
    return re.search(_APART, between) is not None and _FOLLOWED.search(rest) is not None


@cache
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_edged(word.translate(SIMPLIFIED)) for word in words) or r"(?!)", re.IGNORECASE)


def _edged(word: str) -> str:
    escaped = re.escape(word)
    if not word.isascii():
        return escaped
    # Not the name of a host: an address at qq.com speaks for no account.
    edged = rf"(?<![@.]){escaped}(?!\.[A-Za-z])"
    return f"(?<![A-Za-z]){edged}(?![A-Za-z])" if len(word) <= _SHORT_WORD else edged
