"""What hides characters of a value: stars of any script, runs of X, # and dots, words; and what only seems to."""

import re

import polars as pl

from dlp.registry import KINDS

_LONG = 40  # characters: more is text, not a masked value
_STARS = r"[*•●×█▇▓▒░■□◯○∗✱✕✖✗╳⬤⚫某]"
_WORDS = (
    r"^[\[(<{【（#]*(?i:redacted|masked|hidden|removed|anonymi[sz]ed|confidential|name|phone|email|id|number|person|ssn)"
    r"[\])>}】）#]+$|^[\[(<{【（]*(?i:redacted|masked|anonymi[sz]ed|已?脱敏|已?隐藏|已?屏蔽|已?遮蔽|已?加密|保密|匿名)(?:处理|用户)?[\])>}】）]*$"
)
_HIDDEN_CAPITALS = r"(?:^|[-:. ])X{2,}(?:$|[-:. ])"
# Signs that hide where nothing but digits is beside them: 13800138##, 350102_____002X, 138...8000, 138-----678
_RUN = r"(?:X{2,}|x{2,}|#{2,}|_{2,}|\?{2,}|[·‧・]{2,}|~{2,}|\.{3,}|\${2,}|%{2,}|&{2,}|\^{2,}|-{3,})"
_RUN_IN_DIGITS = rf"^\+?[0-9]{{1,17}}{_RUN}[0-9]{{0,14}}[0-9Xx]?$|^{_RUN}[0-9]{{3,17}}[0-9Xx]?$"
# ... or where one or two Chinese characters are: 张XX, 李#
_RUN_IN_NAMES = r"^[\u4e00-\u9fff]{1,2}(?:X{1,3}|x{1,3}|#{1,3}|_{1,3}|\?{1,3}|[·‧・]{1,3}|~{1,3})[\u4e00-\u9fff]?$"
_WORD_IN_DIGITS = (
    r"^[0-9]+[\[(<{【（](?i:已?隐藏|已?脱敏|已?屏蔽|省略|略|masked|hidden|redacted)[\])>}】）][0-9]*[0-9Xx]?$"
)
_WITHIN = f"{_RUN_IN_DIGITS}|{_RUN_IN_NAMES}|{_WORD_IN_DIGITS}"
_CHARACTERS = _STARS + r"|x{3,}|X{4,}|#{3,}|[0-9A-Z]\.{4,}|^尾号[0-9]{3,4}$|" + f"{_HIDDEN_CAPITALS}|{_WITHIN}|{_WORDS}"
_PART = r"[^\s,，;；:：|、=()（）<>《》\[\]{}\x22'/。！？!?]"
_SIGNS = _STARS.replace("某", "")
_MASK = rf"[0-9]*{_SIGNS}(?:[0-9]|{_SIGNS})*"
_LEADING, _TRAILING = r"(?:(?-u:\b)[0-9]{2,6}[ -])", r"(?:[ -][0-9]{4}(?-u:\b))"
_MASKED_PART = rf"{_LEADING}+{_MASK}{_TRAILING}*|{_MASK}{_TRAILING}+|{_PART}*{_STARS}{_PART}*"
_PAIR = r"^([\u4e00-\u9fff]{1,2}[*某]{1,3}[\u4e00-\u9fff]?)[ ,;/:(-]{1,2}([0-9][0-9* -]{5,}[0-9Xx])\)?$"
_MAY_BE_RAW = "[0-9@]"
_MOBILE = r"^1[3-9][0-9]{9}$"
# Whose check digits leave no doubt that the whole value is there.
_SURE = ("CN_RESIDENT_ID", "CREDIT_CARD", "CN_SOCIAL_CREDIT_CODE")
_SHORTEST_SURE = 15
_MOST_SIGNS = 12
_WEAK = 0.05  # the chance of a check from which a single hit says little
_MOBILE_LENGTH, _RESIDENT_LENGTH = 11, 18


def is_masked(values: pl.Series) -> pl.Series:
    """Which values hold a mask, somewhere."""
    return values.str.contains(_CHARACTERS)


def is_nothing_else(values: pl.Series) -> pl.Series:
    """Which of the values that hold a mask are to be looked at as masked values only.

    Long text, codes with a run of X and stars beside a whole number are looked at both ways.
    """
    short = values.str.len_chars() <= _LONG
    template = values.str.contains(r"^[\u4e00-\u9fff][A-Z][·.-]?X{4,}$")  # no plate has four times the same letter
    starred = short & values.str.contains(_STARS) & ~values.str.contains(r"[0-9]{11}")
    return starred | template | values.str.contains(f"{_RUN_IN_DIGITS}|{_WORD_IN_DIGITS}|{_WORDS}")


def hollow(values: pl.Series) -> pl.Series:
    """Of the values that hold a mask, those of which it hides nothing, without it; null for the others.

    `138*0013*8000` has signs in the place of separators, `***13800138000` beside the value.
    """
    short = values.set(values.str.len_chars() > _LONG, None)
    bare = short.str.replace_all(_STARS, "").str.replace_all(r"[ -]", "").str.replace(r"^(?:\+|00)?86(1)", "$1")
    few = short.str.len_chars() - bare.str.len_chars() <= _MOST_SIGNS
    bare = bare.set(~few.fill_null(value=False) | (bare.str.len_chars() < 11), None)
    shown = bare.str.contains(_MOBILE).fill_null(value=False)
    for kind in KINDS:
        if kind.entity_type not in _SURE or kind.check is None:
            continue
        fits = (bare.str.contains(kind.whole) & (bare.str.len_chars() >= _SHORTEST_SURE)).fill_null(value=False)
        if fits.any():
            at = fits.arg_true()
            holds = kind.holds(bare.gather(at))
            # One in ten numbers passes Luhn: of order numbers with stars some do.
            if kind.check_chance < _WEAK or holds.sum() > len(at) / 2:
                shown = shown.scatter(at, shown.gather(at) | holds)
    return bare.set(~shown, None)


def beside_masks(values: pl.Series) -> pl.Series:
    """What stands beside the masked parts of each value and may be raw, as in `李* 0591-87654321`; null for none."""
    left = values.str.replace_all(_MASKED_PART, " ").str.strip_chars()
    return left.set(~(left.str.contains(_MAY_BE_RAW) & values.str.contains(_STARS)).fill_null(value=False), None)


def in_pairs(values: pl.DataFrame) -> pl.DataFrame:
    """Masked values (column `value`), where one is a name and a number, as in `李** 138****8000`, each by itself."""
    paired = values["value"].str.contains(_PAIR)
    if not paired.any():
        return values
    both, parts = values.filter(paired), values["value"].filter(paired)
    pieces = [both.with_columns(parts.str.extract(_PAIR, at).alias("value")) for at in (1, 2)]
    return pl.concat([values.filter(~paired), *pieces])


def one_mask(value: str) -> str:
    """The value with every hidden character as `*`: runs of x, X, # and dots, words for a mask, `尾号1234`."""
    if re.search(_WORDS, value):
        return "*"
    stars = re.sub(_STARS, "*", re.sub(r"^尾号(?=[0-9])", "*" * 12, value))
    if re.search(_WITHIN, stars):
        stars = re.sub(r"[\[(<{【（].*[\])>}】）]", _as_long_as_needed, stars)
        stars = re.sub(r"[Xx#_?·‧・~.$%&^]{2,}|-{3,}", _as_stars, stars)
        return re.sub(r"(?<=[\u4e00-\u9fff])[Xx#_?·‧・~]", "*", stars)
    stars = re.sub(r"(?<=[0-9A-Z])\.{4,}", _as_stars, stars)
    stars = re.sub(r"(?:(?<=[-:. ])|^)[xX]{2,}(?=[-:. ]|$)", _as_stars, stars)
    return re.sub(r"x{3,}|X{4,}|#{3,}", _as_stars, stars)


def _as_long_as_needed(word: re.Match[str]) -> str:
    """So many stars that a mobile, or else a resident ID, is whole: a word does not tell how much it hides."""
    left = len(word.string) - len(word.group())
    is_mobile = re.match(r"1[3-9]", word.string) is not None and left < _MOBILE_LENGTH
    return "*" * max(1, (_MOBILE_LENGTH if is_mobile else _RESIDENT_LENGTH) - left)


def _as_stars(run: re.Match[str]) -> str:
    return "*" * len(run.group())
