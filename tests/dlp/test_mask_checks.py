"""The masking checks over small tables of made-up people: what fires, on which column, and what stays quiet."""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote

import pytest

from dlp.mask_findings import MaskCheck, MaskFinding
from tests.dlp.masking import KEY, checked, identity, kinds, md5, people, windowed

PEOPLE = people(300)
IDS, PHONES, NAMES = (PEOPLE[name].to_list() for name in ("id_card", "phone", "name"))
BIRTHS, GENDERS, DISTRICTS = (PEOPLE[name].to_list() for name in ("birth_date", "gender", "district"))
MASKED_PHONES, MASKED_IDS = windowed(PHONES, 3, 4), windowed(IDS, 1, 2)


def keyed(values: list[str]) -> list[str]:
    return [hmac.new(KEY, value.encode(), hashlib.sha256).hexdigest() for value in values]


def encoded(values: list[str]) -> list[str]:
    return [base64.b64encode(value.encode()).decode() for value in values]


def the(check: MaskCheck, table: dict[str, list[str]]) -> MaskFinding:
    (found,) = [finding for finding in checked(table) if finding.check is check]
    return found


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # (1) raw values where masks are declared
        (
            {"phone_masked": [PHONES[0], *MASKED_PHONES[1:]]},
            {("raw_value", "phone_masked"), ("partial", "phone_masked"), ("coverage", "phone_masked")},
        ),
        ({"手机号_脱敏": PHONES}, {("raw_value", "手机号_脱敏"), ("coverage", "手机号_脱敏")}),
        ({"phone": [*PHONES[:20], *MASKED_PHONES[20:]]}, {("raw_value", "phone"), ("partial", "phone")}),
        # (2) coverage
        ({"phone_masked": ["n/a", "unknown"] * 5 + MASKED_PHONES}, {("coverage", "phone_masked")}),
        ({"phone": windowed(PHONES, 5, 4)}, {("coverage", "phone"), ("residual", "phone")}),
        # (3) residual candidates
        ({"id_card": windowed(IDS, 6, 4)}, {("residual", "id_card")}),
        ({"id_card": windowed(IDS, 14, 0)}, {("residual", "id_card"), ("coverage", "id_card")}),
        ({"phone": windowed(PHONES, 8, 0)}, {("residual", "phone"), ("coverage", "phone")}),
        # (4) partial masking
        ({"id_card": [*IDS[:100], *MASKED_IDS[100:]]}, {("raw_value", "id_card"), ("partial", "id_card")}),
        # (5) windows
        ({"phone_a": windowed(PHONES, 7, 0), "phone_b": windowed(PHONES, 0, 4)}, {("windows", "phone_a")}),
        ({"phone": MASKED_PHONES, "phone_tail": windowed(PHONES, 3, 4)}, set()),
        # (6) digests
        ({"phone": PHONES, "phone_md5": md5(PHONES)}, {("digest", "phone_md5")}),
        ({"phone": MASKED_PHONES, "h": md5(PHONES)}, {("digest", "h")}),
        ({"phone_hash": keyed(PHONES)}, {("digest", "phone_hash")}),
        ({"request": md5(NAMES)}, set()),
        # (7) encodings
        ({"phone": encoded(PHONES)}, {("encoding", "phone")}),
        ({"payload": encoded(encoded(IDS))}, {("encoding", "payload")}),
        ({"id_card": [value.encode().hex() for value in IDS]}, {("encoding", "id_card")}),
        ({"name": [quote(name) for name in NAMES]}, {("encoding", "name")}),
        ({"code": [value[::-1] for value in IDS]}, {("encoding", "code")}),
        # (8) in the clear beside a mask
        (
            {"phone": MASKED_PHONES, "remark": [f"来电{phone}，已回复" for phone in PHONES]},
            {("beside", "phone")},
        ),
        # (9) stand-ins that pass
        (
            {"id_token": [identity(value[:16] + str((int(value[16]) + 2) % 10)) for value in IDS]},
            {("stand_in", "id_token")},
        ),
        ({"id_token": [value[:17] + ("1" if value[17] != "1" else "2") for value in IDS]}, set()),
        ({"phone_token": PHONES}, {("stand_in", "phone_token")}),
        ({"phone_token": [f"2{phone[1:]}" for phone in PHONES]}, set()),
        # raw values where digests are declared
        ({"phone_md5": [*PHONES[:30], *md5(PHONES[30:])]}, {("raw_value", "phone_md5"), ("digest", "phone_md5")}),
        # (10) derived
        (
            {"id_card": MASKED_IDS, "birth_date": BIRTHS, "gender": GENDERS, "district": DISTRICTS},
            {("derived", "id_card")},
        ),
        # masks that hold
        ({"email": ["z***@example.org", "l***@example.org"] * 50}, set()),
        ({"bank_card": [f"622202******{number:04}" for number in range(100)]}, set()),
        ({"is_masked": ["1", "0"] * 50, "phone": PHONES[:100]}, set()),
        ({"order_no": [str(20240101000000 + number) for number in range(100)]}, set()),
        ({"id_card": MASKED_IDS, "phone": MASKED_PHONES, "name": windowed(NAMES, 1, 0)}, set()),
        ({"id_card": MASKED_IDS, "district": DISTRICTS}, set()),
    ],
)
def test_each_check_fires_where_it_should(table: dict[str, list[str]], expected: set[tuple[str, str]]) -> None:
    assert kinds(checked(table)) == expected


def test_one_raw_value_among_masks_is_told_with_its_rate() -> None:
    found = the(MaskCheck.partial, {"phone_masked": [PHONES[0], *MASKED_PHONES[1:]]})
    assert found.evidence["raw_rows"] == 1
    assert found.evidence["masked_rows"] == 299
    assert found.evidence["rate_low"] < 1 / 300 < found.evidence["rate_high"]  # type: ignore[operator]  # floats


@pytest.mark.parametrize(
    ("head", "tail", "severity"), [(6, 4, "medium"), (14, 0, "high"), (14, 1, "high"), (4, 2, None), (1, 2, None)]
)
def test_fewer_candidates_are_worse(head: int, tail: int, severity: str | None) -> None:
    found = [one.severity for one in checked({"id_card": windowed(IDS, head, tail)}) if one.check is MaskCheck.residual]
    assert found == ([severity] if severity else [])


@pytest.mark.parametrize(("head", "tail", "severity"), [(7, 4, "high"), (9, 8, "critical")])
def test_windows_that_make_the_value_whole(head: int, tail: int, severity: str) -> None:
    table = {"phone_a": windowed(PHONES, head, 0), "phone_b": windowed(PHONES, 0, tail)}
    found = the(MaskCheck.windows, table)
    assert (found.severity, found.evidence["candidates_together"]) == (severity, 1)
    # Only places that both show prove that they hold the same value.
    assert (found.evidence["rows_proven"] == 300) == (severity == "critical")


def test_numbers_of_different_people_do_not_add_up() -> None:
    table = {"phone": windowed(PHONES, 3, 4), "emergency_phone": windowed(PHONES[::-1], 5, 2)}
    assert not [one for one in checked(table) if one.check is MaskCheck.windows]


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512", "sm3"])
def test_digests_are_undone_by_the_column_beside_them(name: str) -> None:
    digests = [hashlib.new(name, value.encode()).hexdigest().upper() for value in PHONES]
    found = the(MaskCheck.digest, {"phone": PHONES, "phone_digest": digests})
    assert (found.severity, found.evidence["algorithm"], found.evidence["undone"]) == ("critical", name, 300)


def test_base64_digests_are_digests() -> None:
    digests = [base64.b64encode(hashlib.sha256(value.encode()).digest()).decode() for value in PHONES]
    found = the(MaskCheck.digest, {"phone": PHONES, "token_of": digests})
    assert found.evidence["undone"] == 300


@pytest.mark.parametrize(
    ("column", "severity", "mend"),
    [("phone_sha256", "medium", "digest_bare"), ("phone_hmac", "informational", "digest_keyed")],
)
def test_a_digest_that_nothing_undoes_is_a_warning(column: str, severity: str, mend: str) -> None:
    found = the(MaskCheck.digest, {column: keyed(PHONES)})
    assert (found.severity, found.mend_key) == (severity, mend)


def test_values_of_other_data_sets_undo_digests() -> None:
    (found,) = checked({"uid": md5(PHONES)}, known=PHONES)
    assert found.evidence["undone_by"] == "other data sets"


@pytest.mark.parametrize(
    "left",
    [{"birth_date": BIRTHS}, {"birth_date": [birth[:7] for birth in BIRTHS]}, {"birth_date": BIRTHS, "性别": GENDERS}],
)
def test_each_known_column_leaves_fewer(left: dict[str, list[str]]) -> None:
    found = the(MaskCheck.derived, {"id_card": windowed(IDS, 6, 2), **left})
    assert found.evidence["candidates_least"] < found.evidence["candidates_alone_least"]  # type: ignore[operator]  # ints


def test_no_finding_holds_a_value() -> None:
    table = {
        "phone_masked": [*PHONES[:20], *MASKED_PHONES[20:]],
        "phone_md5": md5(PHONES),
        "enc": encoded(IDS),
        "remark": [f"{name} {value}" for name, value in zip(NAMES, IDS, strict=True)],
        "id_card": windowed(IDS, 6, 4),
        "birth_date": BIRTHS,
    }
    told = json.dumps([(one.columns, one.evidence_json()) for one in checked(table)], ensure_ascii=False)
    assert not [value for value in (*IDS, *PHONES, *NAMES) if value in told]
    assert not [value for value in (*IDS, *PHONES) if value[-6:] in told]
