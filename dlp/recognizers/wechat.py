"""WeChat accounts: identities with the service's prefix, and chosen names."""

from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER, OTHER, SEPARATOR

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

KINDS = (WECHAT, CHOSEN_WECHAT)
