"""WeChat accounts: identities with the service's prefix, and chosen names."""

import polars as pl

from dlp.checksums import Verdicts
from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import BEYOND, DIGIT, LETTER, OTHER, SEPARATOR

_SERVICE = r"[Ww]e[Cc]hat|WECHAT|[Ww]ei[Xx]in|[Vv][Xx]"
_LABEL = rf"(?:微信(?:号码?|[Ii][Dd])?|(?:{_SERVICE})(?:[ _-]?[Ii][Dd])?|[Vv薇威]信|加我?[Vv])"


def chosen_name_holds(values: pl.Series) -> Verdicts:
    """Whether what each names is one that a person would choose: with a digit, and no id of an app or a service."""
    name = values.str.extract(r"([A-Za-z][A-Za-z0-9_-]*)$", 1)
    service = name.str.contains(r"(?i)^(?:wx|gh_|ww)[0-9a-f]{12,16}$|^(?:http|app|pay|sdk|api|login|v[0-9]+$)")
    return (name.str.contains("[0-9]") & ~service).fill_null(value=False).to_numpy()


# wxid_ and letters and digits
WECHAT = Kind(
    name="wechat",
    entity_type="WECHAT_ID",
    gate="wxid_",
    lengths=(17, 21),
    of=DIGIT | LETTER | OTHER,
    needs=OTHER,
    pattern=pattern_of("wechat"),
    context=("微信", "wechat", "weixin"),
    marked=True,
    score=0.6,
    alone=0.0,
    masked_forms=(r"wxid_[a-z0-9]{0,6}\*{3,16}[a-z0-9]{0,6}",),
    examples=("wxid_a1b2c3d4e5f6g7",),
    counter_examples=("wxid_short", "wxid-a1b2c3d4e5f6g7"),
)

CHOSEN_WECHAT = Kind(
    name="chosen_wechat",
    entity_type="WECHAT_ID",
    gate="",
    lengths=(6, 20),
    of=DIGIT | LETTER | OTHER | SEPARATOR,
    needs=0,
    pattern=pattern_of("wechat_chosen"),
    named=0.5,
    in_text=False,
    named_masks=(r"[A-Za-z][A-Za-z0-9_-]{0,6}\*{2,16}[A-Za-z0-9_-]{0,6}", r"[A-Za-z*][A-Za-z0-9_*-]{5,19}"),
    examples=("zhang_san-88",),
    counter_examples=("88zhang", "abc"),
)

# 微信号：zhang_san-88
SPOKEN_WECHAT = Kind(
    name="spoken_wechat",
    entity_type="WECHAT_ID",
    gate=rf"[Vv薇威微]信|{_SERVICE}|加我?[Vv]",
    lengths=(8, 40),
    of=DIGIT | LETTER | OTHER | SEPARATOR | BEYOND,
    pattern=rf"(?:{_LABEL}[\"']?\s?[:=是为]\s?[\"']?|{_LABEL}\s|(?:微信(?:号码?|[Ii][Dd])?|[Vv薇威]信))(?:{pattern_of('wechat_chosen')})",
    check=chosen_name_holds,
    shape_chance=1e-3,
    context=WECHAT.context,
    marked=True,
    score=0.5,
    examples=("微信号:zhang_san-88", "wechat: lin2008", "加我v:fuzhou_88", "vx happy2008"),
    counter_examples=("微信支付", "wechat:login", "微信:wx0123456789abcdef"),
)

KINDS = (WECHAT, SPOKEN_WECHAT, CHOSEN_WECHAT)
