"""Telephone numbers: Chinese mobile and fixed lines, and numbers written the international or American way."""

import polars as pl

from dlp.checksums import Verdicts
from dlp.formats import pattern_of
from dlp.kinds import LONG_DIGITS, LONGER_DIGITS, Kind
from dlp.profiles import DIGIT, DOT, OTHER, SEPARATOR, X

CONTEXT = (
    "手机",
    "电话",
    "联系方式",
    "致电",
    "来电",
    "拨打",
    "号码",
    "短信",
    "微信",
    "固话",
    "座机",
    "传真",
    "总机",
    "fax",
    "phone",
    "mobile",
    "call",
    "tel",
    "contact",
    "cell",
    "sms",
)


# Groups of four digits before it: the end of a card number.
# 400-820-8820, 4008208820, 0591-12345, 95533, 021 96xxx
_SERVICE = (
    r"^\(?[48]00[0-9]?\)?[-. ]|^[48]00[0-9]{7}$|^(?:\(?0[0-9]{2,3}\)?[- ]?)?(?:12[0-9]{3}|9[56][0-9]{3}|100[0-9]{2})$"
)
_SHORTEST_ABROAD = 8  # digits, the country's among them
_GROUP = ("[0-9]{4}[ -][0-9]{4}[ -]",)


def spoken_number_holds(values: pl.Series) -> Verdicts:
    """Whether each has the digits of a telephone (ITU-T E.164: at most 15) and is no date, host or service number."""
    count = values.str.count_matches(r"[0-9]")
    other = values.str.contains(_SERVICE + r"|^(?:19|20)[0-9]{2}[-. ][0-9]{1,2}\b|^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$")
    return (count.is_between(7, 15) & ~other).to_numpy()


def named_number_holds(values: pl.Series) -> Verdicts:
    """Whether each may be dialled: 7 to 12 digits, 15 with a plus, and no date, amount, version or book number."""
    digits = values.str.replace_all(r"[^0-9]", "")
    count = digits.str.len_chars()
    fits = count.is_between(7, 12) | values.str.starts_with("+") & (count <= 15) | digits.str.contains(r"^86[0-9]{11}$")
    # Ten or eleven digits that begin with 1 are a Chinese mobile, an American number with its country, or a time.
    time = digits.str.contains(r"^1[3-9][0-9]{8}$|^1[01][0-9]{9}$") & ~values.str.contains(r"^\+?1[^0-9]")
    date = values.str.contains(
        r"^(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./]|^[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}"
    )
    other = values.str.contains(r"^[0-9]+\.[0-9]+$|^97[89][- ]|(?:\.[0-9]+){3}|" + _SERVICE)
    return (fits & ~time & ~date & ~other).to_numpy()


def personal_number_holds(values: pl.Series) -> Verdicts:
    """Whether each is as long as a number that can be dialled and none of services: 400 and 800 belong to companies."""
    count = values.str.count_matches(r"[0-9]")
    return ((count >= _SHORTEST_ABROAD) & ~values.str.contains(_SERVICE)).to_numpy()


# 13800138000, +86 138-0013-8000
MOBILE = Kind(
    name="mobile",
    entity_type="PHONE_NUMBER",
    gate=LONGER_DIGITS,
    lengths=(11, 26),
    of=DIGIT | SEPARATOR | OTHER,
    needs=DIGIT,
    # ... 1380 0138 000, and digit by digit, as numbers are hidden from filters
    pattern=r"(?:(?:\+|00)?86[- ]?)?(?:1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|1[3-9][0-9]{2}[- ][0-9]{4}[- ][0-9]{3}"
    r"|1 [3-9](?: [0-9]){9})",
    shape=r"[0-9]{3}[- ]?[0-9]{4}[- ]?[0-9]{4}|[0-9]{4}[- ][0-9]{4}[- ][0-9]{3}|[0-9]{13}|[0-9]{15}|\+86[0-9]{11}",
    shape_chance=0.08,  # 7.8 % of random 11-digit numbers
    context=CONTEXT,
    score=0.5,
    alone=0.5,
    spread=3,
    given_out=pattern_of("mobile_segments"),
    not_after=(*_GROUP, "[0-9] [0-9] [0-9] "),
    masked_forms=(r"(?:\+?86[- ]?)?1[3-9*][0-9*][- ]?[0-9*]{4}[- ]?[0-9*]{4}", r"1[3-9][0-9]\*{3,8}[0-9]{2,4}"),
    examples=(
        "13800138000",
        "+86 138-0013-8000",
        "008613800138000",
        "1380 0138 000",
        "1 3 8 0 0 1 3 8 0 0 0",
    ),
    counter_examples=(
        "12800138000",
        "1380013800",
    ),
)

_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"

# 0591-87654321, (0591)8765-4321, +86-591-87654321
LANDLINE = Kind(
    name="landline",
    entity_type="PHONE_NUMBER",
    gate=r"0[0-9]{2,3}[-) ]{1,2}[2-8]|86[- ]?(?:\(0\))?[1-9][0-9]{1,2}[- ]?[2-8]",
    lengths=(10, 27),
    of=DIGIT | SEPARATOR | OTHER,
    needs=DIGIT,
    # 0591 8765 4321 is a part of a card or an IBAN, 0591-8765-4321 of a UUID, too: they need a word beside them.
    pattern=rf"(?:0{_AREA}[- ][2-8][0-9]{{6,7}}"
    rf"|(?:\(0{_AREA}\) ?|(?:\+|00)86[- ]?(?:\(0\))?{_AREA}[- ]?)[2-8][0-9]{{2,3}}[- ]?[0-9]{{4}})"
    r"(?:-[0-9]{1,6})?",
    shape=r"0[0-9]{2,3}[- ][0-9]{6,9}",
    shape_chance=0.05,
    context=CONTEXT,
    not_after=_GROUP,
    score=0.4,
    alone=0.5,
    masked_forms=(r"0[0-9]{2,3}-[0-9*]{7,8}",),
    examples=(
        "0591-87654321",
        "(0591)87654321",
        "010-66012345-801",
        "(0591)8765-4321",
        "+86-591-87654321",
        "+86 (0)10 66012345",
    ),
    counter_examples=(
        "0591-1765432",
        "400-123-4567",
    ),
)

# 059187654321
PLAIN_LANDLINE = Kind(
    name="plain_landline",
    entity_type="PHONE_NUMBER",
    gate=LONG_DIGITS,
    lengths=(9, 12),
    of=DIGIT,
    needs=DIGIT,
    pattern=r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}",
    shape=r"[0-9]{10,12}",
    shape_chance=0.06,
    context=CONTEXT,
    score=0.2,
    in_text_alone=False,
    examples=("059187654321",),
    counter_examples=("059117654321",),
)

# +1-533-478-8762, (651)802-7346, 769.358.9693x50492, +44 20 7946 0958
INTERNATIONAL = Kind(
    name="international",
    entity_type="PHONE_NUMBER",
    gate=r"[0-9]{3}[-. ][0-9]{4}|\+[1-9]",
    lengths=(10, 34),
    of=DIGIT | SEPARATOR | DOT | OTHER | X,
    needs=DIGIT,
    pattern=r"(?:(?:\+?1|001)[-. ]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[0-9]{3}[-. ][0-9]{4}(?: ?x[0-9]{1,6})?"
    r"|1[3-9][0-9]\.[0-9]{4}\.[0-9]{4}"  # a Chinese mobile
    r"|\+[1-9][0-9]{0,2}[-. ]?(?:\([0-9]{1,5}\)[-. ]?)?[0-9]{1,5}(?:[-. ][0-9]{2,5}){1,4}(?: ?x[0-9]{1,6})?",
    check=personal_number_holds,
    shape=r"\+?[0-9()][0-9() .-]{6,18}[0-9]",
    shape_chance=0.01,
    context=CONTEXT,
    score=0.4,
    alone=0.3,
    masked_forms=(r"(?:\+?1[-. ])?[(]?[0-9*]{3}[)]?[-. ][0-9*]{3}[-. ][0-9*]{4}",),
    examples=(
        "+1-533-478-8762",
        "(651)802-7346",
        "+44 20 7946 0958",
        "138.0013.8000",
    ),
    counter_examples=(
        "400-123-4567",
        "800-820-8820",
        "+86-755",
    ),
)

# 6518027346, 020 7946 0958: believed only where the column says so
NAMED = Kind(
    name="named_phone",
    entity_type="PHONE_NUMBER",
    gate=r"[0-9]",
    lengths=(7, 30),
    of=DIGIT | SEPARATOR | DOT | OTHER | X,
    needs=DIGIT,
    pattern=r"\+?[0-9(][0-9() ./-]{5,20}[0-9](?: ?x[0-9]{1,6})?",
    check=named_number_holds,
    in_text=False,
    named=0.6,
    named_masks=(
        r"\*{1,8}[0-9]{3,10}",
        r"\(?0?\*{2,4}\)?[- ][2-8][0-9]{6,7}",
        r"\(?[0-9+][0-9() .-]{0,18}\*{2,}[0-9*() .-]{0,14}",
    ),
    examples=(
        "6518027346",
        "020 7946 0958",
    ),
    counter_examples=(
        "2024-01-02",
        "12",
        "400-820-8820",
        "4008208820",
        "0591-12345",
    ),
)

# 07700 063 966, (37) 788-063: believed in text only beside a word for it
SPOKEN = Kind(
    name="spoken_phone",
    entity_type="PHONE_NUMBER",
    gate=r"[0-9][-. )]{1,2}[0-9]|\+[0-9]",
    lengths=(9, 20),
    of=DIGIT | SEPARATOR | DOT | OTHER,
    needs=DIGIT,
    pattern=r"(?:\+[0-9]{1,3}[- ]?)?\(?[0-9]{2,5}\)?(?:[-. ][0-9]{2,5}){1,4}",
    check=spoken_number_holds,
    context=CONTEXT,
    score=0.1,
    in_text_alone=False,
    named=0.6,
    examples=("07700 063 966",),
    counter_examples=("2024-01-02", "400-123-4567", "4008-123-456"),
)

KINDS = (MOBILE, LANDLINE, INTERNATIONAL, PLAIN_LANDLINE, SPOKEN, NAMED)
