"""What other columns of a row show of a mask, whatever stands around it; and what only fits it by accident."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from tests.dlp.masking import checked, kinds, people, windowed

PEOPLE = people(200, seed=31)
IDS, PHONES, NAMES = (PEOPLE[name].to_list() for name in ("id_card", "phone", "name"))
OTHERS = people(200, seed=32)
HIDDEN = windowed(PHONES, 3, 4)
STARRED = [name[0] + "**" for name in NAMES]
LOCALS = [f"{'abcdefgh'[at * 7 % 8]}{'xyzuvw'[at % 6]}{at * 37 % 1000}" for at in range(200)]
MAILS = [f"{local[0]}***@example.com" for local in LOCALS]
_SPELLED = {"陈": "chen", "林": "lin", "黄": "huang", "张": "zhang", "李": "li", "王": "wang", "吴": "wu", "刘": "liu"}
_SPELLED |= {"蔡": "cai", "杨": "yang", "许": "xu", "郑": "zheng"}
_GIVEN = {
    sign: first + last
    for sign, first, last in zip(
        "志明海燕建国丽娟文辉欣怡浩然子涵梓桐", "bcdfgh" * 3, ["ai", "ing", "uo"] * 6, strict=True
    )
}
PINYIN = [_SPELLED[name[0]] + "".join(_GIVEN[sign] for sign in name[1:]) for name in NAMES]


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (HIDDEN, [f"u{one}" for one in PHONES]),
        (HIDDEN, [f"DD{one}0{at:04}" for at, one in enumerate(PHONES)]),
        (HIDDEN, [f"{one[:3]}.{one[3:7]}.{one[7:]}" for one in PHONES]),
        (windowed(IDS, 6, 4), [f"/files/ID{one}A.jpg" for one in IDS]),
        (MAILS, LOCALS),
        (STARRED, [f"{name}的快递已到，请及时领取" for name in NAMES]),
        (STARRED, [f"尊敬的{name}先生" for name in NAMES]),
        (STARRED, PINYIN),
        (STARRED, [f"{one}{at}@example.com" for at, one in enumerate(PINYIN)]),
    ],
)
def test_what_a_mask_hides_stands_in_a_column_of_its_row(hidden: Sequence[str], shown: Sequence[str]) -> None:
    found = [one for one in checked({"it": hidden, "other": shown}) if one.check == "beside"]
    assert [(one.columns, one.severity) for one in found] == [(("it", "other"), "critical")]


def test_given_names_in_a_column_of_their_own_complete_the_masks() -> None:
    table = {"姓名": STARRED, "名": [name[1:] for name in NAMES]}
    assert ("beside", "姓名") in kinds(checked(table))
    assert not checked({"姓名": STARRED, "产地": [name[1:] for name in NAMES]})


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (HIDDEN, [f"u{one}" for one in OTHERS["phone"]]),
        (HIDDEN, [one[-4:] for one in PHONES]),
        (HIDDEN, [f"T{one[:3]}{at:08}" for at, one in enumerate(PHONES)]),
        (MAILS, [f"k{at}" for at in range(200)]),
        (STARRED, [f"{name[0]}先生您好" for name in NAMES]),
        (STARRED, [f"{name[0]}女士的快递" for name in NAMES]),
        (STARRED, [f"{name}的快递已到" for name in OTHERS["name"]]),
        (STARRED, [f"user{at}" for at in range(200)]),
        (STARRED, [_SPELLED[name[0]] for name in NAMES]),
    ],
)
def test_what_belongs_to_others_or_tells_no_more_is_let_be(hidden: Sequence[str], shown: Sequence[str]) -> None:
    assert not [one for one in checked({"it": hidden, "other": shown}) if one.check in ("beside", "windows")]


def test_a_few_rows_are_enough() -> None:
    remarks = [f"ref{one}" if at % 20 == 0 else quote("已处理") for at, one in enumerate(PHONES)]
    found = [one for one in checked({"phone": HIDDEN, "remark": remarks}) if one.check == "beside"]
    assert [(one.severity, one.evidence["rows_same_value"]) for one in found] == [("high", 10)]
