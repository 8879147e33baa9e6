"""More masks that only seem to hide, and more decoys: packed and renumbered values, values cut in two, doors, tails."""

import base64
import gzip
import hashlib
import zlib
from collections.abc import Sequence

import pytest

from dlp.encodings import decoded_ways, numbers_behind, xored_ways
from tests.dlp.masking import checked, kinds, md5, people, windowed

PEOPLE = people(200, seed=51)
IDS, PHONES, NAMES = (PEOPLE[name].to_list() for name in ("id_card", "phone", "name"))
HIDDEN = windowed(PHONES, 3, 4)
ORDERS = [f"2026{at % 12 + 1:02}{at % 28 + 1:02}****{at * 37 % 10_000:04}" for at in range(200)]
DOORS = [(f"湖东路{at % 400 + 1}号", f"{at % 30 + 1}幢{at % 20 + 1:02}02室") for at in range(200)]
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def renumbered(number: int, base: int) -> str:
    return (renumbered(number // base, base) if number >= base else "") + _LETTERS[number % base]


def xored(values: Sequence[str], key: int) -> list[bytes]:
    return [bytes(byte ^ key for byte in value.encode()) for value in values]


@pytest.mark.parametrize(
    "values",
    [
        [base64.b64encode(gzip.compress(one.encode(), mtime=0)).decode() for one in IDS],
        [zlib.compress(one.encode()).hex() for one in PHONES],
        [raw.hex() for raw in xored(PHONES, 0x21)],
        [base64.b64encode(raw).decode() for raw in xored(IDS, 0xA7)],
        [f"{int(one):x}" for one in PHONES],
        [renumbered(int(one), 36) for one in PHONES],
        [base64.b32encode(one.encode()).decode().lower() for one in IDS],
        ["".join(str((int(sign) + 4) % 10) for sign in one) for one in PHONES],
    ],
)
def test_what_anyone_undoes_is_no_mask(values: list[str]) -> None:
    found = [one for one in checked({"phone_enc": values}) if one.check == "encoding"]
    assert [one.severity for one in found] == ["critical"]


@pytest.mark.parametrize(
    "values",
    [
        [hashlib.sha256(one.encode()).hexdigest()[:9] for one in PHONES],
        [renumbered(at * 982_451_653, 36) for at in range(10, 210)],
        [hashlib.sha256(one.encode()).digest()[:16].hex() for one in PHONES],
    ],
)
def test_random_codes_are_no_renumbered_telephones(values: list[str]) -> None:
    assert not [one for one in checked({"phone_no": values}) if one.check == "encoding"]


def test_bytes_and_numbers_are_undone_within_bounds() -> None:
    bomb = base64.b64encode(zlib.compress(b"1" * 50_000_000)).decode()
    assert max((len(text) for text, _ in decoded_ways(bomb)), default=0) <= 8192
    assert ("13800138000", "number to the base 16") in set(numbers_behind(f"0x{13800138000:x}"))
    assert not list(xored_ways(["zz", "not packed"]))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"手机前七位": [one[:7] for one in PHONES], "手机后四位": [one[7:] for one in PHONES]},
            {("windows", "手机前七位")},
        ),
        ({"a": [one[:14] for one in IDS], "b": [one[14:] for one in IDS]}, {("windows", "a")}),
        ({"area": [one[:7] for one in PHONES], "room": [one[7:] for one in PHONES]}, set()),
        ({"phone": HIDDEN, "phone_last4": [one[7:] for one in PHONES]}, set()),
        (
            {"phone": [one[:7] + "****" for one in PHONES], "phone_last4": [one[7:] for one in PHONES]},
            {("windows", "phone")},
        ),
        (
            {"contact": [f"{one}({two})" for one, two in zip(HIDDEN, PHONES, strict=True)]},
            {("raw_value", "contact"), ("partial", "contact")},
        ),
        ({"住址": [f"福建省**市**区{road}{room}" for road, room in DOORS]}, {("coverage", "住址")}),
        ({"住址": [f"福建省福州市鼓楼区湖东路**{room[:0]}" for _, room in DOORS]}, set()),
        ({"固定电话": [f"****-{8_000_000 + at * 7919}" for at in range(200)]}, {("residual", "固定电话")}),
        (
            {"imei": [f"{490154200000000 + at * 1009}"[:12] + "***" for at in range(200)]},
            {("residual", "imei"), ("coverage", "imei")},
        ),
        ({"client_ip": [f"117.{at}.*.*" for at in range(200)]}, set()),
        ({"order_no": ORDERS}, set()),
        ({"流水号": [f"62{one[:6]}{one[8:]}5{one[-4:]}" for one in ORDERS]}, set()),
        ({"住址": [f"***{road}" for road, _ in DOORS]}, {("coverage", "住址")}),
        ({"示例": ["闽AXXXXX", "3501XXXXXXXXXXXXXX", "138XXXXXXXX"] * 60}, set()),
        ({"手机号_加密": PHONES}, {("raw_value", "手机号_加密")}),
        ({"id_md5": [one.upper() for one in md5(IDS)]}, {("digest", "id_md5")}),
        ({"file_md5": md5(IDS)}, set()),
        ({"p": PHONES, "crc": [f"{zlib.crc32(one.encode()):08x}" for one in PHONES]}, {("digest", "crc")}),
        ({"p": PHONES, "h": [hashlib.sha256(b"86" + one.encode()).hexdigest() for one in PHONES]}, {("digest", "h")}),
        ({"p": PHONES, "u": [f"https://example.org/a/{one}" for one in md5(PHONES)]}, {("digest", "u")}),
    ],
)
def test_masks_and_what_looks_like_them(table: dict[str, list[str]], expected: set[tuple[str, str]]) -> None:
    assert kinds(checked(table)) == expected
