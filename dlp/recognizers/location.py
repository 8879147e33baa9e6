"""Postal addresses of people: Chinese by province and street words, English by number and street word."""

from itertools import pairwise

import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import CHINESE, Kind
from dlp.profiles import BEYOND, DIGIT, LETTER, LOWER, OTHER, SEPARATOR, UPPER

_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    "台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_CITIES = (
    "福州|厦门|泉州|漳州|莆田|三明|南平|龙岩|宁德|鼓楼|台江|仓山|马尾|晋安|长乐|福清|闽侯|连江|罗源|闽清|永泰|平潭"
)
_DOOR = r"(?:[0-9A-Za-z一二三四五六七八九十]{1,5}(?:号|座|栋|幢|室|单元|弄|组|楼))"

_PLACE = rf"(?:{_PROVINCES}|{_CITIES})[\u4e00-\u9fff]{{0,12}}"
_STREET = r"(?:路|街|道|巷|村|里|弄|大道|胡同|小区|花园|苑|城|园)"
_DIVISION = r"(?:市|区|县|旗|镇|乡)"


def _but(without: str) -> str:
    """The Chinese characters but these, as the ranges of a class that both engines read."""
    edges = [0x4DFF, *sorted(map(ord, without)), 0xA000]
    return "".join(f"\\u{low + 1:04x}-\\u{high - 1:04x}" for low, high in pairwise(edges) if high - low > 1)


# A sentence goes on: 8号的门口, 401室被盗, 401室(林某收)
_WITHIN = f"[{_but('的在被了收')}0-9A-Za-z#-]"
_REST = rf"{_WITHIN}{{0,30}}(?:[（(]{_WITHIN}{{1,16}}[)）]{_WITHIN}{{0,12}})?(?: [0-9]{{6}})?"
_ANY = r"[\u4e00-\u9fff0-9A-Za-z]"

# 家住晋安区, 户籍地仙游县: no part of the town's name
_TOWN = f"[{_but('住在到寄的址是地')}]"
_CHINESE, _NUMBERED = r"[\u4e00-\u9fff]", r"[\u4e00-\u9fff0-9A-Za-z]"
_GATE = r"[0-9](?:号|弄|组|室|栋|幢|座|单元)"
_ROOM = r"(?:[0-9A-Za-z]{1,3}(?:栋|幢|座|号楼|单元)[0-9A-Za-z单元层楼-]{0,8}?[0-9]{2,4}室?|[0-9]{2,4}室)"

_TAIWAN = (
    "臺北|台北|新北|桃園|臺中|台中|臺南|台南|高雄|基隆|新竹|苗栗|彰化|南投|"
    "雲林|嘉義|屏東|宜蘭|花蓮|臺東|台東|澎湖|金門|連江"
)

# 福建省福州市鼓楼区东街口8号
CHINESE_ADDRESS = Kind(
    name="chinese_address",
    entity_type="LOCATION",
    gate=CHINESE,
    lengths=(8, 120),
    needs=BEYOND,
    pattern=rf"{_PLACE}{_DIVISION}{_ANY}{{0,20}}?{_STREET}[\u4e00-\u9fff]{{0,3}}{_DOOR}{_REST}",
    shape_chance=1e-4,
    context=("地址", "住址", "住在", "家住", "收货", "address"),
    score=0.5,
    alone=0.2,
    named=0.2,
    masked_forms=(rf"{_PLACE}{_ANY}{{0,20}}\*{{2,}}[0-9A-Za-z*省市区县镇乡村组路街道巷弄号室栋幢座楼单元层-]{{0,20}}",),
    named_masks=(r"[\u4e00-\u9fff*][\u4e00-\u9fff0-9A-Za-z*-]{5,60}",),
    examples=("福建省福州市鼓楼区东街口8号",),
    counter_examples=("福建省福州市",),
)

# 西湖区文三路8号, 尤溪县洋中镇后厝村12组34号, 工业路8号5栋401室: of any town, known by its parts
LOCAL_ADDRESS = Kind(
    name="local_address",
    entity_type="LOCATION",
    gate=_GATE,
    lengths=(8, 80),
    needs=BEYOND | DIGIT,
    pattern=rf"{_TOWN}{{2,8}}(?:[市区县旗镇乡]|街道)"
    rf"(?:{_CHINESE}{{0,14}}?[路街道巷弄同](?:[一二三四五六七八九十东西南北中]段?)?|{_CHINESE}{{1,8}}(?:村|社区){_NUMBERED}{{0,8}}?)"
    rf"[0-9]{{1,5}}[号弄组]{_REST}",
    shape_chance=1e-4,
    context=CHINESE_ADDRESS.context,
    score=0.45,
    alone=0.2,
    named=0.2,
    examples=("西湖区文三路8号", "尤溪县洋中镇后厝村12组34号"),
    counter_examples=("西湖区文三路", "五四路公交2号线", "第3号公告"),
)

# 工业路8号5栋401室: a street, a house and a room
DOOR_ADDRESS = Kind(
    name="door_address",
    entity_type="LOCATION",
    gate=_GATE,
    lengths=(8, 80),
    needs=BEYOND | DIGIT,
    pattern=rf"{_TOWN}{{2,8}}[路街道巷弄同][0-9]{{1,5}}[号弄]{_NUMBERED}{{0,14}}?{_ROOM}",
    shape_chance=1e-4,
    context=CHINESE_ADDRESS.context,
    score=0.45,
    alone=0.2,
    named=0.2,
    examples=("工业路8号5栋401室", "古田路12号3号楼501"),
    counter_examples=("工业路8号", "工业路5栋401室"),
)

# 桂湖云庭3栋2单元401: an estate, and a door that only dwellings have
ESTATE_ADDRESS = Kind(
    name="estate_address",
    entity_type="LOCATION",
    gate=_GATE,
    lengths=(7, 40),
    needs=BEYOND | DIGIT,
    pattern=rf"{_NUMBERED}{{2,16}}?(?:[0-9](?:栋|幢|号楼|座)[一二三四五六七八九十]{{1,2}}|(?:栋|幢|号楼|座|#楼?|号)[东西南北]?[0-9]{{1,2}})单元-?"
    r"(?:[0-9]{1,2}[层楼])?[0-9]{2,4}[室号户房]?",
    shape_chance=1e-4,
    context=CHINESE_ADDRESS.context,
    score=0.45,
    alone=0.2,
    named=0.2,
    examples=("桂湖云庭3栋2单元401", "云庭花园12号楼一单元1503室"),
    counter_examples=("第3单元测试", "3号楼201", "控制单元401"),
)

# 697 嘉義市劍潭巷1段97號4樓
TAIWAN_ADDRESS = Kind(
    name="taiwan_address",
    entity_type="LOCATION",
    gate=CHINESE,
    lengths=(8, 80),
    needs=BEYOND | DIGIT,
    pattern=rf"(?:[0-9]{{3,6}} ?)?(?:{_TAIWAN})(?:市|縣|县)[\u4e00-\u9fff]{{0,12}}?(?:路|街|道|巷|村|里|弄)"
    r"[\u4e00-\u9fff0-9A-Za-z-]{0,8}?[0-9]{1,5}(?:號|号)[\u4e00-\u9fff0-9A-Za-z-]{0,20}",
    shape_chance=1e-4,
    context=("地址", "住址", "住在", "address"),
    score=0.5,
    alone=0.2,
    named=0.2,
    examples=("697 嘉義市劍潭巷1段97號4樓",),
    counter_examples=("嘉義市",),
)

_STREET_WORDS = (
    "Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Lane|Ln|Loop|Court|Ct|Circle|Boulevard|Blvd|Way|Place|Pl|Square|Parkway|"
    "Highway|Trail|Terrace"
)

# 42 Elm Street, Springfield, IL 62704
AMERICAN_ADDRESS = Kind(
    name="american_address",
    entity_type="LOCATION",
    gate=r", [A-Z]{2} [0-9]{5}",
    lengths=(16, 160),
    needs=DIGIT | UPPER | LOWER | SEPARATOR | OTHER,
    pattern=rf"[0-9]{{1,6}} (?:[A-Z0-9][A-Za-z0-9.'-]* ){{1,4}}(?:{_STREET_WORDS})\.?"
    r"(?:,? (?:Apt|Suite|Unit|#)\.? ?[0-9A-Z]{1,6})?"
    r"[ ,\n]{1,3}[A-Z][A-Za-z. '-]{1,40}, [A-Z]{2} [0-9]{5}(?:-[0-9]{4})?",
    shape_chance=1e-5,
    context=("address", "street", "live"),
    score=0.5,
    alone=0.2,
    named=0.2,
    examples=("42 Elm Street, Springfield, IL 62704",),
    counter_examples=("42 Elm Street", "Springfield, IL 62704"),
)

# 5646 Johnson Loop Apt. 307
ENGLISH_ADDRESS = Kind(
    name="english_address",
    entity_type="LOCATION",
    gate=r"[0-9] [A-Z]|[A-Z]{2} [0-9]{5}",
    lengths=(8, 160),
    needs=DIGIT,
    pattern=rf"[0-9]{{1,6}} (?:[A-Z][A-Za-z.'-]+ ){{1,4}}(?:{_STREET_WORDS})\.?(?:[ ,\n]+[A-Za-z0-9#.,\n -]{{0,60}})?"
    # 42 Any Name Suite 7, a town, and an American state with its code
    r"|(?:[0-9]{1,6} [A-Z][A-Za-z.' -]{2,40}(?:(?:Apt\.|Suite|Unit) [0-9]{1,6})?"
    r"|(?:PSC|Unit|USNS|USS|USCGC|USNV) [A-Za-z0-9, ]{2,40})"
    r"[ ,\n]+[A-Z][A-Za-z. '-]{1,40},? [A-Z]{2} [0-9]{5}(?:-[0-9]{4})?",
    shape_chance=1e-3,
    context=("address", "street", "live", "reside", "ship to", "deliver to", "mail to"),
    score=0.4,
    alone=0.5,
    in_text_alone=False,
    examples=("5646 Johnson Loop Apt. 307",),
    counter_examples=("Johnson Loop",),
)


def named_address_holds(values: pl.Series) -> Verdicts:
    """Whether each is more than one word of ASCII, as pointers, codes and names of hosts are."""
    return values.str.contains(r"[^\x00-\x7f]|[0-9A-Za-z][ ,#/-]+[0-9A-Za-z]").to_numpy()


# Punctuation that no address has; classes of Unicode such as \p{L} cost fifty times as much.
_NEVER = r"\x00-\x08\x0b\x0c\x0e-\x1f!\x22$%&*+:;<=>?@\[\\\]^_`{|}~"

# 关岭街m座: believed only where the column says so
NAMED_ADDRESS = Kind(
    name="named_address",
    entity_type="LOCATION",
    gate="",
    lengths=(4, 161),
    some_of=LETTER | BEYOND,
    pattern=rf"[^{_NEVER},.'()/ -][^{_NEVER}]{{5,}}"
    r"|[\u4e00-\u9fff]{1,4}[路街巷村弄里苑][0-9A-Za-z\u4e00-\u9fff]{1,3}[号座栋幢室]",
    check=named_address_holds,
    named=0.6,
    in_text=False,
    examples=("关岭街m座",),
    counter_examples=("街", "0x7ffd12ab34"),
)

KINDS = (
    CHINESE_ADDRESS,
    LOCAL_ADDRESS,
    DOOR_ADDRESS,
    ESTATE_ADDRESS,
    TAIWAN_ADDRESS,
    AMERICAN_ADDRESS,
    ENGLISH_ADDRESS,
    NAMED_ADDRESS,
)
