import re

import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.policy import default_policy
from dlp.registry import ENTITY_TYPES
from tests.dlp.cases import CHINESE, DICE, ENGLISH, Make, bank_card, digits, judge, mobile, order_number

ROWS = 600


@pytest.fixture(autouse=True)
def _same_values_every_time() -> None:
    CHINESE.seed_instance(11)
    ENGLISH.seed_instance(11)
    DICE.seed(11)


@pytest.mark.parametrize(
    ("entity_type", "make"),
    [
        ("CN_RESIDENT_ID", CHINESE.ssn),
        ("PHONE_NUMBER", CHINESE.phone_number),
        ("PHONE_NUMBER", lambda: "+86 " + CHINESE.phone_number()),
        ("PHONE_NUMBER", lambda: "0591-8" + digits(7)),
        ("PHONE_NUMBER", ENGLISH.basic_phone_number),
        ("CREDIT_CARD", bank_card),
        ("CREDIT_CARD", ENGLISH.credit_card_number),
        ("CN_VEHICLE_REGISTRATION", CHINESE.license_plate),
        ("EMAIL_ADDRESS", CHINESE.email),
        ("PERSON", CHINESE.name),
        ("LOCATION", CHINESE.address),
        ("IP_ADDRESS", CHINESE.ipv4),
        ("IP_ADDRESS", CHINESE.ipv6),
        ("MAC_ADDRESS", CHINESE.mac_address),
        ("VIN", CHINESE.vin),
        ("IBAN_CODE", CHINESE.iban),
        ("US_SSN", ENGLISH.ssn),
    ],
)
def test_a_column_without_a_header_is_told_by_its_values(entity_type: str, make: Make) -> None:
    found = judge([make() for _ in range(ROWS)])
    assert list(found) == [entity_type]
    assert not found[entity_type].masked
    assert found[entity_type].hits > 0.85 * ROWS


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: digits(11), id="random 11 digits"),
        pytest.param(lambda: digits(13), id="random 13 digits"),
        pytest.param(lambda: digits(15), id="random 15 digits"),
        pytest.param(lambda: digits(16), id="random 16 digits"),
        pytest.param(lambda: digits(18), id="random 18 digits"),
        pytest.param(lambda: digits(19, "18"), id="snowflake ids"),
        pytest.param(order_number, id="order numbers with a time"),
        pytest.param(lambda: digits(11, "1"), id="random 11 digits that begin with 1"),
        pytest.param(lambda: f"{DICE.randrange(10)}.{digits(1)}.{DICE.randrange(40)}.{digits(2)}", id="versions"),
        pytest.param(lambda: digits(16, "17"), id="epoch microseconds"),
        pytest.param(lambda: digits(13, "17"), id="epoch milliseconds"),
        pytest.param(lambda: digits(15, "35"), id="equipment numbers"),
        pytest.param(lambda: "SN" + digits(8), id="serial numbers"),
        pytest.param(lambda: "".join(DICE.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=18)), id="codes of 18"),
        pytest.param(lambda: "".join(DICE.choices("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", k=17)), id="codes of 17"),
        pytest.param(lambda: str(CHINESE.uuid4()), id="UUIDs"),
        pytest.param(lambda: str(CHINESE.md5()), id="hashes in an unnamed column"),
        pytest.param(lambda: str(CHINESE.date_time()), id="times"),
        pytest.param(lambda: str(DICE.random()), id="fractions"),
        pytest.param(lambda: f"{DICE.randint(0, 9)}.{DICE.randint(0, 30)}.{DICE.randint(0, 9)}", id="versions"),
        pytest.param(CHINESE.company, id="companies"),
        pytest.param(CHINESE.job, id="jobs"),
        pytest.param(CHINESE.city, id="cities"),
        pytest.param(CHINESE.sentence, id="sentences"),
        pytest.param(CHINESE.word, id="words"),
        pytest.param(ENGLISH.sentence, id="English sentences"),
        pytest.param(ENGLISH.company, id="English companies"),
        pytest.param(ENGLISH.user_agent, id="browsers"),
        pytest.param(ENGLISH.url, id="web addresses"),
    ],
)
def test_what_only_looks_like_an_identifier_is_not_reported(make: Make) -> None:
    assert judge([make() for _ in range(ROWS)]) == {}


@pytest.mark.parametrize("column", ["order_no", "流水号", "timestamp", "物料编码", "sku"])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: "1" + DICE.choice("3456789") + digits(9), id="drawn by chance"),
        pytest.param(lambda: digits(11, "138"), id="of one beginning"),
        pytest.param(lambda: digits(11, "15"), id="of one decade"),
    ],
)
def test_numbers_named_as_a_machines_are_no_telephones(column: str, make: Make) -> None:
    assert judge([make() for _ in range(ROWS)], column) == {}


@pytest.mark.parametrize("column", ["order_no", "流水号", "type", "数量"])
@pytest.mark.parametrize(("entity_type", "make"), [("PHONE_NUMBER", mobile), ("PERSON", CHINESE.name)])
def test_people_speak_louder_than_a_name_that_is_about_something_else(
    column: str, entity_type: str, make: Make
) -> None:
    assert set(judge([make() for _ in range(ROWS)], column)) == {entity_type}


@pytest.mark.parametrize("many", [6, 60])
def test_a_few_mobiles_among_codes_of_another_form_are_contamination(many: int) -> None:
    found = judge(["YT" + digits(13) for _ in range(2000)] + [mobile() for _ in range(many)], "物流单号")
    assert set(found) == {"PHONE_NUMBER"}
    assert found["PHONE_NUMBER"].review.startswith("contamination")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("值班员", ["林立", "陈小东"]),
        ("cbr", ["黄建", "吴秀英", "郑平"]),
        ("收费员", ["李敏"]),
        ("driver", ["王强", "赵海"]),
        ("河长", ["林国", "陈为"]),
        ("捐赠人", ["王芳", "李静", "赵敏", "爱心人士"]),
    ],
)
def test_a_few_people_under_a_word_for_what_they_are_are_people(column: str, values: list[str]) -> None:
    assert set(judge(values * 100, column)) == {"PERSON"}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("值班员", ["财务部", "信息中心"]),
        ("时长", ["10", "20"]),
        ("运维方", ["华为", "施耐德电气"]),
        ("星期", ["周一", "周三", "周五"]),
        ("处理结果", ["成功", "失败"]),
        ("优先级", ["高", "中"]),
        ("姓氏", ["陈", "林"]),
    ],
)
def test_words_that_only_begin_as_names_do_are_no_people(column: str, values: list[str]) -> None:
    assert judge(values * 100, column) == {}


@pytest.mark.parametrize(
    ("entity_type", "make"),
    [
        ("PERSON", lambda: f"{CHINESE.name()}、{CHINESE.name()}"),
        ("PERSON", lambda: f"{CHINESE.name()};{CHINESE.name()};{CHINESE.name()}"),
        ("PERSON", lambda: f"{CHINESE.name()} {mobile()}"),
        ("PHONE_NUMBER", lambda: f"{CHINESE.name()}（{mobile()}）"),
        ("PERSON", lambda: f"{mobile()}/{CHINESE.name()}"),
        ("LOCATION", lambda: f"云山雅苑{DICE.randint(1, 30)}栋{DICE.randint(1, 3)}单元{digits(3, '1')}"),
    ],
)
def test_several_things_in_one_cell_are_each_seen(entity_type: str, make: Make) -> None:
    assert entity_type in judge([make() for _ in range(ROWS)])


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: ":".join(digits(2) for _ in range(20)), id="SHA-1 with colons"),
        pytest.param(lambda: ":".join(f"{DICE.randrange(256):02X}" for _ in range(32)), id="SHA-256 with colons"),
        pytest.param(lambda: "-".join(f"{DICE.randrange(256):02x}" for _ in range(16)), id="MD5 with hyphens"),
    ],
)
def test_fingerprints_of_keys_hold_no_addresses(make: Make) -> None:
    assert judge([make() for _ in range(ROWS)]) == {}


@pytest.mark.parametrize("between", [" ", "/", "(", "（"])
def test_a_masked_name_beside_a_masked_number_are_two_masks(between: str) -> None:
    found = judge([f"李**{between}138****{digits(4)}" for _ in range(ROWS)])
    assert {name: verdict.masked for name, verdict in found.items()} == {"PERSON": True, "PHONE_NUMBER": True}


def test_no_machine_makes_number_plates() -> None:
    codes = [f"K{digits(7)}" for _ in range(ROWS)]
    assert set(judge([*codes, *(f"闽A{digits(5)}" for _ in range(3))], "sku")) == {"CN_VEHICLE_REGISTRATION"}


def test_grades_under_a_name_for_people_are_none() -> None:
    assert judge(["A级", "B级"] * ROWS, "姓名") == {}


@pytest.mark.parametrize("value", ["400-820-8820", "4008208820", "800-810-8888", "0591-12345", "95533", "96110"])
def test_numbers_of_services_are_nobodys(value: str) -> None:
    assert judge([value] * ROWS, "咨询电话") == {}


def test_versions_named_as_such_are_no_addresses() -> None:
    assert judge([f"10.{DICE.randint(0, 9)}.{DICE.randint(0, 9)}.1" for _ in range(ROWS)], "version") == {}


@pytest.mark.parametrize(
    "make", [CHINESE.city, CHINESE.word, CHINESE.country, ENGLISH.city, ENGLISH.country, ENGLISH.company, CHINESE.md5]
)
def test_things_that_have_a_name_are_no_people(make: Make) -> None:
    assert judge([str(make()) for _ in range(ROWS)], "name") == {}


@pytest.mark.parametrize("make", [CHINESE.name, ENGLISH.name, Faker("zh_TW").name])
def test_people_are_told_from_things_where_the_column_is_called_name(make: Make) -> None:
    assert list(judge([make() for _ in range(ROWS)], "name")) == ["PERSON"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: digits(16), id="16 digits"),
        pytest.param(lambda: digits(10, "17"), id="epoch seconds"),
        pytest.param(lambda: digits(13, "17"), id="epoch milliseconds"),
        pytest.param(CHINESE.date, id="dates"),
        pytest.param(lambda: f"{DICE.randint(1, 99_999)}.{digits(2)}", id="amounts"),
        pytest.param(CHINESE.isbn13, id="book numbers"),
        pytest.param(lambda: f"1.3.6.1.4.1.{DICE.randint(1, 9_999)}", id="object identifiers"),
    ],
)
def test_a_name_does_not_make_a_telephone_of_what_cannot_be_dialled(make: Make) -> None:
    assert judge([make() for _ in range(ROWS)], "phone") == {}


@pytest.mark.parametrize(
    ("entity_type", "value", "column"),
    [
        ("CN_RESIDENT_ID", "110105 19491231 002X", "column_1"),
        ("CN_RESIDENT_ID", "110105-19491231-002x", "column_1"),
        ("CN_SOCIAL_CREDIT_CODE", "91350100m000100y43", "column_1"),
        ("PHONE_NUMBER", "1.3800138000E+10", "手机"),
        ("VIN", "1m8gdm9axkp042788", "vin"),
        ("MAC_ADDRESS", "02005e005301", "mac"),
        ("US_SSN", "244768917", "ssn"),
    ],
)
def test_other_ways_of_writing_a_number_are_read(entity_type: str, value: str, column: str) -> None:
    assert list(judge([value], column)) == [entity_type]


def test_consecutive_numbers_are_no_telephones() -> None:
    assert judge([str(13_800_000_000 + at) for at in range(ROWS)]) == {}


@pytest.mark.parametrize("base", [CHINESE.sentence, CHINESE.word, lambda: digits(19, "18"), lambda: digits(8)])
def test_one_resident_id_among_many_rows_is_reported_as_contamination(base: Make) -> None:
    values = [base() for _ in range(20_000)]
    values[777] = CHINESE.ssn()
    found = judge(values)
    assert list(found) == ["CN_RESIDENT_ID"]
    assert found["CN_RESIDENT_ID"].hits == 1
    assert "contamination" in found["CN_RESIDENT_ID"].review


@pytest.mark.parametrize(
    "text",
    ["客户{}来访", "身份证：{}，请核对", "id={}&page=2", "号码（{}）有误", "'{}'", "\u200b{}\u200b", "name,{},x"],
)
def test_an_identifier_is_seen_beside_chinese_characters_and_punctuation(text: str) -> None:
    assert list(judge([CHINESE.sentence() for _ in range(50)] + [text.format("11010519491231002X")])) == [
        "CN_RESIDENT_ID"
    ]


def test_a_star_beside_a_whole_number_hides_nothing() -> None:
    assert list(judge([CHINESE.word() for _ in range(50)] + ["某用户*13800138000"])) == ["PHONE_NUMBER"]


def test_full_width_digits_are_digits() -> None:
    assert judge(["１１０１０５１９４９１２３１００２Ｘ"], "身份证号")["CN_RESIDENT_ID"].hits == 1


def test_a_longer_number_does_not_hold_a_shorter_one() -> None:
    assert judge(["单号A11010519491231002X9", "0.13800138000", "x13800138000"]) == {}


@pytest.mark.parametrize(
    ("entity_type", "make", "column"),
    [
        ("CN_RESIDENT_ID", lambda: re.sub(r"(?<=^.{4}).{10}", "*" * 10, CHINESE.ssn()), "column_1"),
        ("CN_RESIDENT_ID", lambda: re.sub(r"(?<=^.{3}).{13}", "*" * 13, CHINESE.ssn()), "身份证号"),
        ("PHONE_NUMBER", lambda: re.sub(r"(?<=^.{3}).{4}", "****", CHINESE.phone_number()), "column_1"),
        ("PHONE_NUMBER", lambda: re.sub(r"(?<=^.{3}).{4}", "xxxx", CHINESE.phone_number()), "手机"),
        ("PERSON", lambda: CHINESE.last_name()[0] + "**", "column_1"),
        ("PERSON", lambda: CHINESE.name()[0] + "某", "姓名"),
        ("EMAIL_ADDRESS", lambda: CHINESE.email()[0] + "***@example.org", "column_1"),
        ("CREDIT_CARD", lambda: "6222" + "*" * 11 + bank_card()[-4:], "column_1"),
        ("CN_VEHICLE_REGISTRATION", lambda: "闽A" + "***" + digits(2), "车牌"),
        ("CN_RESIDENT_ID", lambda: "*" * 18, "id_card"),
        ("CN_RESIDENT_ID", lambda: CHINESE.ssn()[:3] + "****" + digits(4), "身份证号"),
        ("CN_RESIDENT_ID", lambda: CHINESE.ssn()[:6] + " ******** " + digits(4), "column_1"),
        ("CN_RESIDENT_ID", lambda: "[REDACTED]", "身份证号"),
        ("PHONE_NUMBER", lambda: "已脱敏", "手机号"),
        ("PHONE_NUMBER", lambda: CHINESE.phone_number()[:3] + " **** " + digits(4), "column_1"),
        ("PHONE_NUMBER", lambda: CHINESE.phone_number()[:3] + "●●●●" + digits(4), "column_1"),
        ("PHONE_NUMBER", lambda: CHINESE.phone_number()[:3] + "＊＊＊＊" + digits(4), "column_1"),
        ("PHONE_NUMBER", lambda: "*******" + digits(4), "phone"),
        ("PERSON", lambda: CHINESE.last_name()[0] + "○○", "姓名"),
        ("CREDIT_CARD", lambda: "6222 **** **** " + digits(4), "column_1"),
        ("CREDIT_CARD", lambda: "尾号" + digits(4), "银行卡号"),
        ("US_SSN", lambda: "XXX-XX-" + digits(4), "column_1"),
        ("IBAN_CODE", lambda: "GB82********" + digits(4), "iban"),
        ("TW_IDENTITY_CARD", lambda: "A1*****" + digits(3), "身分證"),
        ("CN_PASSPORT", lambda: "E****" + digits(4), "护照号"),
    ],
)
def test_a_masked_form_is_a_finding_that_says_masked(entity_type: str, make: Make, column: str) -> None:
    found = judge([make() for _ in range(ROWS)], column)
    assert list(found) == [entity_type]
    assert found[entity_type].masked
    assert found[entity_type].hits == ROWS


def test_partial_masking_says_how_much_is_raw() -> None:
    values = [re.sub(r"(?<=^.{3}).{4}", "****", CHINESE.phone_number()) for _ in range(90)]
    found = judge(values + [CHINESE.phone_number() for _ in range(10)], "phone")["PHONE_NUMBER"]
    assert not found.masked
    assert found.hits == 100
    assert "10.00%" in found.review


@pytest.mark.parametrize(
    ("mask", "masked", "says"),
    [
        ("3501**********002X", True, ""),
        ("350102********002X", True, "weak mask"),
        ("3501021990****002X", False, "only 33"),
    ],
)
def test_a_mask_is_as_good_as_what_it_leaves_open(mask: str, masked: bool, says: str) -> None:
    found = judge([mask], "身份证号")["CN_RESIDENT_ID"]
    assert found.masked is masked
    assert says in found.review


def test_one_weak_mask_among_many_good_ones_is_enough() -> None:
    good = ["3" + "*" * 15 + f"{at:02}" for at in range(20, 90)]
    assert judge(good, "身份证号")["CN_RESIDENT_ID"].masked
    assert not judge([*good, "3501021990****002X"], "身份证号")["CN_RESIDENT_ID"].masked


def test_a_plain_hash_of_a_telephone_counts_as_not_masked() -> None:
    hashes = [str(CHINESE.md5()) for _ in range(ROWS)]
    assert not judge(hashes, "phone_md5")["PHONE_NUMBER"].masked
    assert judge(hashes, "phone_hmac_md5")["PHONE_NUMBER"].masked


def test_numbers_whose_check_digits_fail_are_doubted_where_the_name_expects_them() -> None:
    wrong = [value[:17] + ("0" if value[17] != "0" else "1") for value in (CHINESE.ssn() for _ in range(ROWS))]
    found = judge(wrong, "身份证号")["CN_RESIDENT_ID"]
    assert found.confidence <= 0.5
    assert "check digits" in found.review
    assert judge(wrong) == {}


def test_every_type_has_a_policy() -> None:
    assert set(ENTITY_TYPES) <= set(default_policy().entities)


@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=20))
@settings(max_examples=40, deadline=None)
def test_any_text_under_any_name_is_judged_without_an_error(values: list[str], column: str) -> None:
    for verdict in judge(values, column).values():
        assert 0 < verdict.hits <= verdict.rows
        assert 0 < verdict.confidence <= 1


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_slips_and_other_numbers_hide_no_telephones(share: float) -> None:
    values = [digits(11, "1") if DICE.random() < share else CHINESE.phone_number() for _ in range(ROWS)]
    assert list(judge(values)) == ["PHONE_NUMBER"]


@pytest.mark.parametrize("make", [lambda: f"10.0.{digits(1)}.{digits(1)}", lambda: f"9.9.9.{DICE.randrange(1, 255)}"])
def test_hosts_with_small_numbers_are_no_versions(make: Make) -> None:
    assert list(judge([make() for _ in range(ROWS)])) == ["IP_ADDRESS"]
