"""Masks that only seem to hide, what undoes them from beside, and what looks like a mask and is none."""

import base64
import hashlib
from collections.abc import Callable, Sequence

import pytest

from dlp.mask_findings import MaskCheck
from tests.dlp.masking import checked, kinds, md5, people, windowed

PEOPLE = people(300)
IDS, PHONES, NAMES = (PEOPLE[name].to_list() for name in ("id_card", "phone", "name"))
MIDDLES = [phone[3:7] for phone in PHONES]
HIDDEN_MIDDLES = windowed(PHONES, 3, 4)
MAILS = [f"lin{at:03}{'abcd'[at % 4]}" for at in range(300)]

WEAK = {("residual", "it"), ("coverage", "it")}
RAW = {("raw_value", "it")}


def signs(values: Sequence[str], head: int, sign: str, count: int) -> list[str]:
    """The values with so many characters behind a head hidden by a sign, or by a word in their place."""
    return [value[:head] + sign + value[head + count :] for value in values]


def turned(values: Sequence[str], by: int) -> list[str]:
    return ["".join(str((int(sign) + by) % 10) if sign.isdigit() else sign for sign in value) for value in values]


def digests(make: Callable[[bytes], bytes]) -> list[str]:
    return [make(phone.encode()).hex() for phone in PHONES]


def _md5(raw: bytes) -> bytes:
    return hashlib.md5(raw, usedforsecurity=False).digest()


@pytest.mark.parametrize(
    "sign", ["****", "＊＊＊＊", "●●●●", "○○○○", "✕✕✕✕", "××××", "XXXX", "####", "____", "????", "····", "～～～～"]
)
def test_whatever_sign_hides_a_resident_id_the_check_digit_is_counted(sign: str) -> None:
    table = {"身份证号": signs(IDS, 14, sign, 4)}
    assert {check for check, _ in kinds(checked(table))} == {"residual", "coverage"}


@pytest.mark.parametrize("sign", ["**", "＊＊", "●●", "XX", "xx", "##", "__", "??", "··", "[隐藏]", "（脱敏）"])
def test_whatever_sign_hides_two_digits_of_a_telephone_it_is_weak(sign: str) -> None:
    assert "residual" in {check for check, _ in kinds(checked({"phone": signs(PHONES, 9, sign, 2)}))}


@pytest.mark.parametrize(
    "sign", ["****", "＊＊＊＊", "●●●●", "XXXX", "####", "____", "????", "····", "…", "----", "-----"]
)
def test_whatever_sign_hides_four_digits_of_a_telephone_it_holds(sign: str) -> None:
    assert not checked({"phone": signs(PHONES, 3, sign, 4)})


@pytest.mark.parametrize(
    "values",
    [
        [f"{phone[:3]}*{phone[3:7]}*{phone[7:]}" for phone in PHONES],
        [f"{phone[:3]}●{phone[3:7]}●{phone[7:]}" for phone in PHONES],
        [f"+86 {phone[:3]}*{phone[3:7]}*{phone[7:]}" for phone in PHONES],
        [f"****{phone}" for phone in PHONES],
        [f"{phone}**" for phone in PHONES],
        [f"{number[:6]}*{number[6:14]}*{number[14:]}" for number in IDS],
        [f"**{number}**" for number in IDS],
    ],
)
@pytest.mark.parametrize("name", ["column", "it_masked"])
def test_a_mask_that_hides_nothing_is_no_mask(values: list[str], name: str) -> None:
    found = [one for one in checked({name: values}) if one.check is MaskCheck.raw_value]
    assert [one.severity for one in found] == ["critical"]


@pytest.mark.parametrize(
    ("table", "severity"),
    [
        ({"phone": HIDDEN_MIDDLES, "phone_mid": MIDDLES}, "high"),
        ({"phone": HIDDEN_MIDDLES, "中段": MIDDLES}, "high"),
        ({"phone": HIDDEN_MIDDLES, "seg": MIDDLES}, "medium"),
        ({"phone": windowed(PHONES, 7, 0), "尾号": [phone[-4:] for phone in PHONES]}, "high"),
        ({"id_card": windowed(IDS, 6, 4), "b": [number[6:14] for number in IDS]}, "critical"),
        ({"id_card": windowed(IDS, 6, 4), "b": PEOPLE["birth_date"].to_list()}, "critical"),
        (
            {"id_card": windowed(IDS, 0, 4), "b": [one[6:14] for one in IDS], "a": [one[:6] for one in IDS]},
            "critical",
        ),
        # Four digits that are nobody's middle
        ({"phone": HIDDEN_MIDDLES, "pin": MIDDLES}, None),
        ({"phone": HIDDEN_MIDDLES, "取件码": MIDDLES}, None),
        ({"phone": HIDDEN_MIDDLES, "sms_code": MIDDLES}, None),
        ({"phone": HIDDEN_MIDDLES, "year": [str(1950 + at % 60) for at in range(300)]}, None),
        ({"phone": HIDDEN_MIDDLES, "room": [f"{1 + at % 20:02}{1 + at % 6:02}" for at in range(300)]}, None),
        ({"id_card": windowed(IDS, 6, 4), "d": [f"{2000 + at % 20}0{1 + at % 9}1{at % 9}" for at in range(300)]}, None),
    ],
)
def test_what_a_mask_hides_stands_in_another_column(table: dict[str, list[str]], severity: str | None) -> None:
    found = [one.severity for one in checked(table) if one.check is MaskCheck.windows]
    assert found == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("shown", "severity"),
    [
        (lambda one: one[:14] + "***" + one[17], "high"),  # 100 serials, 91 of which the check digit rules out
        (lambda one: one[:14] + "****", "high"),
        (lambda one: "******" + one[6:14] + "***" + one[17], "medium"),
        (lambda one: one[:6] + "********" + one[14:], "medium"),
        (lambda one: one[:6] + "***********" + one[17], None),
        (lambda one: "*" * 14 + one[14:], None),
    ],
)
def test_windows_of_a_resident_id(shown: Callable[[str], str], severity: str | None) -> None:
    found = [one.severity for one in checked({"id_card": list(map(shown, IDS))}) if one.check is MaskCheck.residual]
    assert found == ([severity] if severity else [])


@pytest.mark.parametrize(
    "values",
    [
        [digest.upper() for digest in md5(PHONES)],
        [f"md5:{digest}" for digest in md5(PHONES)],
        [f"0x{digest}" for digest in md5(PHONES)],
        ["{MD5}" + base64.b64encode(_md5(phone.encode())).decode() for phone in PHONES],
        [base64.b64encode(_md5(phone.encode())).decode() for phone in PHONES],
        [base64.b64encode(digest.encode()).decode() for digest in md5(PHONES)],
        [digest[:8] for digest in md5(PHONES)],
        [digest[:12] for digest in md5(PHONES)],
        [digest[8:24] for digest in md5(PHONES)],
        [digest[-10:] for digest in md5(PHONES)],
        [digest[:20] for digest in digests(lambda raw: hashlib.sha256(raw).digest())],
        [digest[:32] for digest in digests(lambda raw: hashlib.sha512(raw).digest())],
        digests(lambda raw: _md5(raw + b"salt")),
        digests(lambda raw: _md5(b"123456" + raw)),
    ],
)
def test_digests_in_whatever_writing_are_undone_by_what_is_beside_them(values: list[str]) -> None:
    (found,) = [one for one in checked({"phone": PHONES, "h": values}) if one.check is MaskCheck.digest]
    assert (found.severity, found.entity_type) == ("critical", "PHONE_NUMBER")


def test_a_salt_that_stands_beside_the_digest_undoes_it() -> None:
    salts = [f"s{at:03}" for at in range(300)]
    own = [_md5(f"{phone}{salt}".encode()).hex() for phone, salt in zip(PHONES, salts, strict=True)]
    same = [_md5(f"city{phone}".encode()).hex() for phone in PHONES]
    for table in ({"phone": PHONES, "h": own, "salt": salts}, {"phone": PHONES, "h": same, "c": ["city"] * 300}):
        (found,) = [one for one in checked(table) if one.check is MaskCheck.digest]
        assert found.severity == "critical"
        assert "city" not in found.evidence_json()


@pytest.mark.parametrize(
    ("table", "encoded"),
    [
        ({"x": [base64.b64encode(one.encode()).decode() for one in PHONES]}, True),
        ({"x": [base64.b32encode(one.encode()).decode() for one in PHONES]}, True),
        ({"x": [base64.b16encode(one.encode()).decode() for one in PHONES]}, True),
        ({"x": [one[::-1] for one in IDS]}, True),
        *(({"x": turned(IDS, by)}, True) for by in range(1, 10)),
        ({"x": [one[::-1] for one in turned(IDS, 4)]}, True),
        ({"x": [one.translate(str.maketrans("0123456789", "abcdefghij")) for one in IDS]}, True),
        ({"phone": [one.translate(str.maketrans("0123456789", "零一二三四五六七八九")) for one in PHONES]}, True),
        # A mask is no encoding, nor are numbers that have nothing to hide
        ({"id_card": signs(IDS, 14, "XXXX", 4)}, False),
        ({"order_no": [str(20_240_101_000_000 + 7 * at) for at in range(300)]}, False),
        ({"phone_token": [f"2{phone[1:]}" for phone in PHONES]}, False),
        ({"serial": [f"{at * 7919:018}" for at in range(300)]}, False),
        # Turned in one of two dozen ways, every other number is a card: one or two prove nothing
        *(({"card_token": [f"78925125578697118{end}"]}, False) for end in range(10, 100)),
    ],
)
def test_encodings(table: dict[str, list[str]], encoded: bool) -> None:
    assert (MaskCheck.encoding in {one.check for one in checked(table)}) is encoded


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"email": [f"{mail}@*******" for mail in MAILS]}, {"residual", "coverage"}),
        ({"email": [f"{mail}@***.org" for mail in MAILS]}, {"residual", "coverage"}),
        ({"email": [f"{mail[:-1]}*@example.org" for mail in MAILS]}, {"residual", "coverage"}),
        ({"email": [f"{mail[0]}***@example.org" for mail in MAILS]}, set()),
        ({"name": [f"{name[0]}*" for name in NAMES]}, set()),
        ({"name": [f"{name[0]}某某" for name in NAMES]}, set()),
        ({"name": [f"{name[0]}**" for name in NAMES]}, set()),
        ({"name": [f"{name[0]}XX" for name in NAMES]}, set()),
        ({"name": [f"*{name[1:]}" for name in NAMES]}, {"residual"}),
        ({"phone": [PHONES[0], *HIDDEN_MIDDLES[1:] * 4]}, {"raw_value", "partial"}),
        ({"phone": HIDDEN_MIDDLES, "ext": [f'{{"p":"{phone}"}}' for phone in PHONES]}, {"beside"}),
        ({"phone": HIDDEN_MIDDLES, "u": [f"http://example.org/?m={phone}&t=1" for phone in PHONES]}, {"beside"}),
        ({"id_token": people(300, seed=99)["id_card"].to_list()}, {"stand_in"}),
    ],
)
def test_mail_names_and_single_rows(table: dict[str, list[str]], expected: set[str]) -> None:
    assert {check for check, _ in kinds(checked(table))} == expected


@pytest.mark.parametrize(
    "table",
    [
        {"sku": [f"AB**{at:04}" for at in range(300)]},
        {"product_code": [f"{at:03}****{at:04}" for at in range(300)]},
        {"model": [f"138****{at:04}" for at in range(300)]},
        {"part_no": [f"{at:03}--{at:04}" for at in range(300)]},
        {"身份证号": ["*" * 6 + one[6:14] + "****" for one in IDS], "手机号": windowed(PHONES, 3, 4)},
        {"rating": ["*****", "***", "****"] * 100},
        {"pattern": ["*.log", "/var/log/*", "*.csv"] * 100},
        {"price": ["12.50*", "13.00*"] * 100},
        {"part": [f"{at:04}XX{at:03}" for at in range(300)]},
        {"path": [f"a__b__{at}" for at in range(300)]},
        {"colour": [f"{at * 40_503 % 2**24:06x}" for at in range(300)]},
        {"commit": [hashlib.sha256(str(at).encode()).hexdigest()[:12] for at in range(300)]},
        {"device": [hashlib.sha256(str(at).encode()).hexdigest()[:8] for at in range(300)], "phone": PHONES},
    ],
)
def test_decoys_are_left_alone(table: dict[str, list[str]]) -> None:
    assert not checked(table)


def test_a_column_that_only_its_neighbour_tells_is_judged_with_it() -> None:
    numbers = [f"E{at * 7_919 % 10**8:08}" for at in range(300)]
    partly = [*numbers[:30], *windowed(numbers[30:], 1, 2)]
    alone, beside = ({"号码": partly}, {"证件类型": ["护照"] * 300, "号码": partly})
    assert "partial" not in {check for check, _ in kinds(checked({"备注": alone["号码"]}))}
    assert {("raw_value", "号码"), ("partial", "号码")} <= kinds(checked(beside))
