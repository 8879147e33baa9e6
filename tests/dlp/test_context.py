import pytest

from dlp.analyzer import analyzer
from dlp.context import speaking_word


@pytest.mark.parametrize(
    ("text", "value", "words", "spoken"),
    [
        ("QQ：12345678，金额：20000", "12345678", ("qq",), "QQ"),
        ("QQ:12345678,金额:20000", "20000", ("qq",), ""),
        ("20000，QQ 12345678", "20000", ("qq",), ""),
        ("QQ订单88123456", "88123456", ("qq",), ""),
        ("12345678是我的QQ", "12345678", ("qq",), "QQ"),
        ("uid=10086123;mail=a@qq.com", "10086123", ("qq",), ""),
        ('{"qq":"12345678","amount":"200000"}', "200000", ("qq",), ""),
        ("住院号ZY00123456，押金50000元", "50000", ("住院号",), ""),
        ("住院号ZY00123456，3床", "ZY00123456", ("住院号",), "住院号"),
        ("证件类型：护照，号码：E12345678", "E12345678", ("护照",), "护照"),
        ("护照号码（Passport No.）：E12345678", "E12345678", ("护照", "passport"), "Passport"),
        ("出生日期：1990-03-07，入职日期：2021-03-04", "2021-03-04", ("出生",), ""),
        ("登记日期2024-01-05，出生日期1990-03-07", "2024-01-05", ("出生",), ""),
        ("1990年3月7日，出生于福州", "1990年3月7日", ("出生",), "出生"),
        ("hotel 0591 8765 4321", "0591 8765 4321", ("tel",), ""),
        ("病案号：ZY0012345  联系电话：13800138000", "13800138000", ("病案号",), ""),
        ("病案号：ZY0012345  联系电话：13800138000", "ZY0012345", ("病案号",), "病案号"),
        ("Passport No.: E12345678 Date of birth: 1990", "1990", ("passport",), ""),
        ("电话：13800138000　QQ：12345678", "13800138000", ("qq",), ""),
        ("13800138000 QQ12345678", "13800138000", ("qq",), ""),
        ("病歷號ZY0012345", "ZY0012345", ("病历号",), "病歷號"),
        ("訂單12345678", "12345678", ("订单",), "訂單"),
        ("", "", ("qq",), ""),
    ],
)
def test_a_word_speaks_for_its_own_value_and_not_for_the_next(
    text: str, value: str, words: tuple[str, ...], spoken: str
) -> None:
    start = text.index(value)
    assert speaking_word(words, text, start, start + len(value)) == spoken


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("住院号ZY66894036，3床", ("MEDICAL_RECORD_NUMBER", "ZY66894036")),
        ("驾驶证档案编号：350105190213", ("CN_DRIVING_LICENCE_FILE", "350105190213")),
        ("社会保障卡卡号：F82988790", ("CN_SOCIAL_SECURITY_CARD", "F82988790")),
        ("台湾居民来往大陆通行证41212426", ("CN_TAIWAN_PERMIT", "41212426")),
    ],
)
def test_presidio_hears_words_that_jieba_cuts_in_two(text: str, found: tuple[str, str]) -> None:
    results = analyzer().analyze(text, language="zh", score_threshold=0.3)
    assert found in {(result.entity_type, text[result.start : result.end]) for result in results}
