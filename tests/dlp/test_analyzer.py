import string
import subprocess
import sys
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import PatternRecognizer
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IpRecognizer,
    MacAddressRecognizer,
    UsSsnRecognizer,
)

from dlp.analyzer import KindRecognizer, analyzer
from dlp.kinds import Kind
from dlp.registry import KINDS
from tests.dlp.cases import CHINESE, DICE, ENGLISH, bank_card, digits, judge, order_number

_ASCII = st.sampled_from(string.ascii_letters + string.digits + ".:@-_+%()<=/[]{}|~^!#$*?,; '口令密码")
VALUES: dict[str, Callable[[], str]] = {
    "resident id": CHINESE.ssn,
    "mobile": CHINESE.phone_number,
    "card": bank_card,
    "e-mail": ENGLISH.email,
    "plate": CHINESE.license_plate,
    "address": CHINESE.address,
    "ipv4": CHINESE.ipv4_public,
    "hardware address": CHINESE.mac_address,
    "iban": ENGLISH.iban,
    "ssn": ENGLISH.ssn,
}


def spans(text: str, language: str) -> set[tuple[str, str]]:
    results = analyzer().analyze(text, language=language, score_threshold=0.3)
    return {(result.entity_type, text[result.start : result.end]) for result in results}


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("身份证11010519491231002X的用户", "zh", ("CN_RESIDENT_ID", "11010519491231002X")),
        ("请拨打13800138000联系", "zh", ("PHONE_NUMBER", "13800138000")),
        ("银行卡6222021234567890128已注销", "zh", ("CREDIT_CARD", "6222021234567890128")),
        ("信用代码91350100M000100Y43有效", "zh", ("CN_SOCIAL_CREDIT_CODE", "91350100M000100Y43")),
        ("邮箱zhang@example.org已验证", "zh", ("EMAIL_ADDRESS", "zhang@example.org")),
        ("车牌闽A12345违停", "zh", ("CN_VEHICLE_REGISTRATION", "闽A12345")),
        ("护照E12345678过期", "zh", ("CN_PASSPORT", "E12345678")),
        ("来自192.0.2.7的登录", "zh", ("IP_ADDRESS", "192.0.2.7")),
        ("联系人张伟已到", "zh", ("PERSON", "张伟")),
        ("住在福建省福州市鼓楼区东街口8号", "zh", ("LOCATION", "福建省福州市鼓楼区东街口8号")),
        ("my social security number is 244-76-8917", "en", ("US_SSN", "244-76-8917")),
        ("mail jo@example.org today", "en", ("EMAIL_ADDRESS", "jo@example.org")),
        ("card 4111111111111111 declined", "en", ("CREDIT_CARD", "4111111111111111")),
        ("IBAN GB82WEST12345698765432", "en", ("IBAN_CODE", "GB82WEST12345698765432")),
    ],
)
def test_text_gives_its_spans(text: str, language: str, found: tuple[str, str]) -> None:
    assert found in spans(text, language)


@pytest.mark.parametrize(
    "text",
    ["订单号20240101123456789012", "身份证110105194912310021", "车牌号段闽A", "版本10.0.0.256", "单号E123456789"],
)
def test_look_alikes_give_nothing(text: str) -> None:
    assert {kind for kind, _ in spans(text, "zh")} <= {"PERSON", "LOCATION", "ORGANIZATION"}


@pytest.mark.parametrize(
    ("recognizer", "entity_type", "text", "value"),
    [
        (CreditCardRecognizer(), "CREDIT_CARD", "银行卡4111111111111111已注销", "4111111111111111"),
        (UsSsnRecognizer(), "US_SSN", "号码244-76-8917有误", "244-76-8917"),
        (EmailRecognizer(), "EMAIL_ADDRESS", "邮箱zhang@example.org已验证", "zhang@example.org"),
        (IpRecognizer(), "IP_ADDRESS", "来自192.0.2.7的登录", "192.0.2.7"),
        (MacAddressRecognizer(), "MAC_ADDRESS", "网卡02:00:5e:00:53:01离线", "02:00:5e:00:53:01"),
    ],
    ids=["card", "ssn", "email", "ip", "mac"],
)
def test_presidios_own_recognizers_miss_what_stands_beside_chinese(
    recognizer: PatternRecognizer, entity_type: str, text: str, value: str
) -> None:
    theirs = recognizer.analyze(text, [entity_type])
    assert value not in {text[result.start : result.end] for result in theirs}
    assert (entity_type, value) in spans(text, "zh")


@pytest.mark.parametrize("text", ["", "\x00", "𠀀😀", " " * 2000, "1" * 5000, "@" * 500])
def test_odd_text_gives_nothing_and_no_error(text: str) -> None:
    assert spans(text, "zh") == set()


def test_scanning_columns_does_not_import_presidio() -> None:
    code = "import sys, pipelines.scan; sys.exit('presidio_analyzer' in sys.modules or 'spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.in_text and kind.check and kind.check_chance < 1])
@given(examples=st.data())
@settings(max_examples=25, deadline=None)
def test_presidio_and_the_column_count_agree_on_values_with_a_check(kind: Kind, examples: st.DataObject) -> None:
    value = examples.draw(st.from_regex(f"\\A(?:{kind.pattern})\\Z", alphabet=_ASCII))
    holds = bool(kind.holds(pl.Series([value]))[0])
    seen = KindRecognizer(kind, "zh").analyze(f"号码{value}。", [kind.entity_type], None)
    whole = [result for result in seen if (result.start, result.end) == (2, 2 + len(value))]
    assert bool(whole) == holds


@pytest.mark.parametrize("make", VALUES.values(), ids=list(VALUES))
def test_presidio_sees_in_a_value_what_the_column_is_found_to_hold(make: Callable[[], str]) -> None:
    values = [make() for _ in range(20)]
    (found,) = judge(values)
    seen = [{result.entity_type for result in analyzer().analyze(value, language="zh")} for value in values]
    assert all(found in types for types in seen)


@pytest.mark.parametrize(
    "make",
    [lambda: digits(13), lambda: digits(19, "18"), order_number, lambda: f"{DICE.random():.12f}"],
    ids=["13 digits", "snowflake", "order number", "fraction"],
)
def test_presidio_sees_nothing_sure_in_look_alikes_that_no_column_is_reported_for(make: Callable[[], str]) -> None:
    values = [make() for _ in range(50)]
    assert judge(values) == {}
    sure = [analyzer().analyze(value, language="zh", score_threshold=0.9) for value in values]
    assert sum(bool(results) for results in sure) <= len(values) // 4
