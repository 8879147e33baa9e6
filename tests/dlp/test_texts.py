"""Labelled sentences: what each holds as it is counted in a column, and traps that hold nothing."""

from urllib.parse import quote

import polars as pl
import pytest

from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.counting import observe_table
from dlp.escapes import plain
from dlp.normal import normalised
from dlp.policy import default_policy
from dlp.registry import KINDS
from dlp.spans import spans
from dlp.tables import table_verdicts
from tests.dlp.cases import DICE, KEY, judge


def held(text: str) -> set[tuple[str, str]]:
    """Every value that is believed where it stands in a text, with its type."""
    frame = pl.DataFrame({"value": normalised(pl.Series([text])), "rows": [1]})
    found = set()
    for kind in (kind for kind in KINDS if kind.in_text):
        tokens = spans(kind, frame)
        tokens = tokens.filter(kind.holds(tokens["token"]))
        if not kind.in_text_alone:
            tokens = tokens.filter(pl.col("context"))
        found |= {(kind.entity_type, token) for token in tokens["token"]}
    return found


@pytest.mark.parametrize(
    ("text", "entity_type"),
    [
        ("李* 0591-87654321", "PHONE_NUMBER"),
        ("张* zhang@example.org", "EMAIL_ADDRESS"),
        ("**邮箱**：zhang@example.org", "EMAIL_ADDRESS"),
        ("王*，闽A12345", "CN_VEHICLE_REGISTRATION"),
        ("● 02:00:5e:00:53:01", "MAC_ADDRESS"),
        ("陈某（G123456(A)）", "HK_IDENTITY_CARD"),
        ("福州某某有限公司（91350100M000100Y43）", "CN_SOCIAL_CREDIT_CODE"),
        ("**** 138 0013 8000", "PHONE_NUMBER"),
    ],
)
def test_a_mask_hides_no_raw_value_beside_it(text: str, entity_type: str) -> None:
    found = judge([text] * 3)
    assert not found[entity_type].masked
    assert found[entity_type].hits == 3


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("138****8000", "备注"),
        ("6222 0212 **** 0128", "备注"),
        ("zh****88.a@example.org", "备注"),
        ("QQ 1234****", "备注"),
        ("住院号 123456**", "备注"),
        ("192.0.*.*", "备注"),
        ("姓名：张*，电话：138****8000", "备注"),
        ("福建省福州市鼓楼区东街口8号****", "地址"),
        ("350102********002X", "身份证"),
    ],
)
def test_what_a_mask_shows_is_no_raw_value(text: str, column: str) -> None:
    assert all(found.masked or "mask does not hold" in found.review for found in judge([text] * 3, column).values())


def test_a_company_whose_name_is_left_out_is_no_masked_address() -> None:
    assert judge(["福州某某公司"] * 20, "单位名称") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fax: +86-755-46781571", ("PHONE_NUMBER", "+86-755-46781571")),
        ("请转到6222021234567890128，谢谢", ("CREDIT_CARD", "6222021234567890128")),
        ("VISA 4111111111111111", ("CREDIT_CARD", "4111111111111111")),
        ("信用卡4111111111111111", ("CREDIT_CARD", "4111111111111111")),
        ("已处理4111111111111111，请核对", ("CREDIT_CARD", "4111111111111111")),
        ("持91184019850101001X办理", ("CN_FOREIGN_RESIDENT_ID", "91184019850101001X")),
        ("固话059187654321", ("PHONE_NUMBER", "059187654321")),
        ("电话0591-8765-4321", ("PHONE_NUMBER", "0591-8765-4321")),
        ("座机：0591 8765 4321", ("PHONE_NUMBER", "0591 8765 4321")),
        ("打1380 0138 000找我", ("PHONE_NUMBER", "1380 0138 000")),
        ("加1 3 8 0 0 1 3 8 0 0 0", ("PHONE_NUMBER", "1 3 8 0 0 1 3 8 0 0 0")),
        ("M. 138.0013.8000", ("PHONE_NUMBER", "138.0013.8000")),
        ("公民身份号码\n110105\n19491231002X", ("CN_RESIDENT_ID", "110105\n19491231002X")),
        ("被告林某，女，1969年12月18日生，汉族", ("BIRTH_DATE", "1969年12月18日生")),
        ("1988年6月出生", ("BIRTH_DATE", "1988年6月出生")),
        ("我QQ564068567", ("QQ_NUMBER", "QQ564068567")),
        ("微信号：lindrr688", ("WECHAT_ID", "微信号:lindrr688")),
        ("加我v：lingdp6245", ("WECHAT_ID", "加我v:lingdp6245")),
        ("wechat: xiaofis33345", ("WECHAT_ID", "wechat: xiaofis33345")),
        ("?email=zy2001%40example.org&lang=zh", ("EMAIL_ADDRESS", "zy2001%40example.org")),
        ("数据库口令是：Kd%fnyPgn3W", ("PASSWORD", "口令是:Kd%fnyPgn3W")),
        ("the password is Kd%fnyPgn3W", ("PASSWORD", "password is Kd%fnyPgn3W")),
        ("初始密码Xm@GK98b，请尽快修改", ("PASSWORD", "密码Xm@GK98b")),
        ("redis://:ZEXWRyqHpkR2@cache.example.org:6379/0", ("PASSWORD", "redis://:ZEXWRyqHpkR2@cache.example.org")),
        ("mysql -uroot -pFz8LttNwiVH -h db", ("PASSWORD", "mysql -uroot -pFz8LttNwiVH")),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMIIB0aB1MIIB0aB1MIIB0aB1\naB1=\n-----END EC PRIVATE KEY-----",
            (
                "PRIVATE_KEY",
                "-----BEGIN EC PRIVATE KEY-----\nMIIB0aB1MIIB0aB1MIIB0aB1\naB1=\n-----END EC PRIVATE KEY-----",
            ),
        ),
        (
            "k=-----BEGIN PRIVATE KEY-----MIIB0aB1MIIB0aB1",
            ("PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----MIIB0aB1MIIB0aB1"),
        ),
        ("mysql 10.0.0.1:3306", ("IP_ADDRESS", "10.0.0.1")),
        ("家住西湖区文三路8号2幢301室", ("LOCATION", "西湖区文三路8号2幢301室")),
        ("停在福州市晋安区福马路8号2栋301室被盗", ("LOCATION", "福州市晋安区福马路8号2栋301室")),
        ("福州市晋安区福马路8号2栋301室（林某收）13800138000", ("LOCATION", "福州市晋安区福马路8号2栋301室")),
        ("ship to 42 Elm Street, Springfield, IL 62704", ("LOCATION", "42 Elm Street, Springfield, IL 62704")),
        ("台灣居民，持台胞證12345678", ("CN_TAIWAN_PERMIT", "12345678")),
        ("病歷號：ZY0012345", ("MEDICAL_RECORD_NUMBER", "ZY0012345")),
        ("經度119.306239，緯度26.075302", ("PRECISE_POSITION", "26.075302")),
        ('{"lng":119.306239,"lat":26.075302,"v":3}', ("PRECISE_POSITION", "119.306239")),
        ("患儿1990年3月7日08时15分出生", ("BIRTH_DATE", "1990年3月7日08时15分出生")),
        ("create user 'a'@'%' identified by 'Kd%fnyP3W'", ("PASSWORD", "identified by 'Kd%fnyP3W")),
        ("alter role app password 'Kd%fnyP3W'", ("PASSWORD", "password 'Kd%fnyP3W")),
        ("smtp:\n  pass: Kd9fnyP3W", ("PASSWORD", "pass: Kd9fnyP3W")),
        ("client_secret=qL4xT9bZ2mWv", ("PASSWORD", "client_secret=qL4xT9bZ2mWv")),
        ("curl -u app:Kd%fnyP3W https://example.org", ("PASSWORD", "curl -u app:Kd%fnyP3W")),
        ("echo Kd%fnyP3W | sudo -S id", ("PASSWORD", "echo Kd%fnyP3W | sudo -S")),
        ("Authorization: Basic Y2l0eTpTM2N1cmUhcGFzcw==", ("PASSWORD", "Basic Y2l0eTpTM2N1cmUhcGFzcw")),
        ("<password>Kd9fnyP3W</password>", ("PASSWORD", "password>Kd9fnyP3W")),
        ("- name: DB_PASSWORD\n  value: Kd9fnyP3W", ("PASSWORD", "DB_PASSWORD\n  value: Kd9fnyP3W")),
        ("初始密码（首次）为：Kd9fnyP3W", ("PASSWORD", "密码(首次)为:Kd9fnyP3W")),
        ("尤溪县洋中镇后厝村12组34号", ("LOCATION", "尤溪县洋中镇后厝村12组34号")),
        ("工业路349号5栋401室，放门卫", ("LOCATION", "工业路349号5栋401室")),
        ("车牌号：苏gub402", ("CN_VEHICLE_REGISTRATION", "苏gub402")),
        ("第一代证号码350102900307461", ("CN_RESIDENT_ID", "350102900307461")),
        ("mailto:zhang@example.org", ("EMAIL_ADDRESS", "zhang@example.org")),
        ("https://example.org?mail=zhang@example.org", ("EMAIL_ADDRESS", "zhang@example.org")),
    ],
)
def test_a_text_holds(text: str, found: tuple[str, str]) -> None:
    assert found in held(text)


@pytest.mark.parametrize(
    "text",
    [
        "客服电话：400-870-9276",
        "流水4111111111111111已处理",
        "单据5105105105105100归档",
        "order 4111111111111111 paid",
        "order_id=4111111111111111",
        "编码999840198501010011",  # the check digit of a foreigner's card, and no such province
        "编码911999198501010016",  # no such country
        "请拨打800-820-8820咨询",
        "致电4008-123-456",
        "电压138.00138000",
        "本办法自2024年1月1日生效",
        "2024年3月生产",
        "QQ音乐会员，订单88123456",
        "微信支付",
        "wx:wx0123456789abcdef",
        "微信登录失败，请重试",
        "ssh://git@example.org:22/tool.git",
        "section 1.2.3.4 of the manual",
        "第1.2.3.4条",
        "trace 289c7850-0591-4932-7389-ba5149ad0591",
        "软件版本号：6.29.82.51",
        "Oracle 11.2.0.4",
        "升级到6.2.2.1版",
        "密码为空",
        "密码AES256加密",
        "password is required",
        "密码错误，请重试",
        "-----BEGIN PUBLIC KEY-----MIIB0aB1MIIB0aB1",
        "五四路公交2号线改道",
        "西湖区文三路施工",
        "排到12号窗口",
        "云server01重启",
        "鲁mysql57",
        "git@git.example.org:city/tool.git",
        "见2.1.3.4节",
        "第10.2.1.1条规定",
        'password = os.environ["DB_PASSWORD"]',
        "卡号尾段 6222 0212 1380 0138 000",
        '{"appVersion":"3.1.4.15"}',
        "GET /app.js?v=3.1.4.15",
        "pip install tool==3.1.4.15",
        "netty 4.1.109.2",
        "tool-3.1.4.15.jar",
        "pass: 118/120, skipped 2",
        "secret: default-token-x2x4z",
        '{"pwd":null}',
        "password: changeme_please",
        "fio lat=112.5 usec",
        "延迟lat 26.0753ms",
        "sign=be39096123456769abcd1234567890ab",
    ],
)
def test_a_text_holds_nothing(text: str) -> None:
    assert held(text) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ref=https%3A%2F%2Fexample.org%2F%3Fmobile%3D13800138000", ("PHONE_NUMBER", "13800138000")),
        (f"q={quote(quote('福州市晋安区福马路8号'))}", ("LOCATION", "福州市晋安区福马路8号")),
        ("p=119.306239%2C26.075302", ("PRECISE_POSITION", "119.306239,26.075302")),
        (r'{"m":"手机\n13800138000"}', ("PHONE_NUMBER", "13800138000")),
        (r'"a":"\u95fdA12345"', ("CN_VEHICLE_REGISTRATION", "")),
        ("<u t=&quot;13800138000&quot;/>", ("PHONE_NUMBER", "13800138000")),
    ],
)
def test_what_stands_escaped_is_seen_as_it_is_meant(text: str, found: tuple[str, str]) -> None:
    entity_type, value = found
    assert judge([text], "内容")[entity_type].hits == 1
    assert value == "" or found in held(plain(text))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("192.0.2.0", "192.0.2.0"), ("13800138000.0", "13800138000"), ("1.3800138E+10", "13800138000")],
)
def test_a_number_that_a_spreadsheet_kept_loses_its_ending_and_an_address_does_not(written: str, meant: str) -> None:
    assert normalised(pl.Series([written])).to_list() == [meant]


def test_one_password_among_sentences_as_long_is_reported() -> None:
    found = judge(["密码：Kd%O18lzTog@55", *(f"路灯不亮，请尽快维修，编号{at:04}" for at in range(500))], "备注")
    assert found["PASSWORD"].hits == 1


def judged(values: list[str], column: str) -> set[str]:
    evidence = {column: ColumnEvidence()}
    observe_table(pl.DataFrame({column: values}), evidence, key=KEY, policy=default_policy())
    told = table_verdicts(evidence, {column: name_hints(column, default_policy())}, default_policy())
    return {verdict.entity_type for verdict in told[column]}


PINS = [f"{DICE.randrange(10**6):06}" for _ in range(60)]


@pytest.mark.parametrize(
    ("beside", "name", "values", "is_password"),
    [
        ("用户名", "mm", PINS, True),
        ("login_name", "mm", [f"Ab{pin}" for pin in PINS], True),
        ("email", "mm", PINS, True),
        ("用户名", "mm", [str(1 + at % 12) for at in range(60)], False),
        ("length", "mm", [str(1000 + at) for at in range(60)], False),
        ("length", "mm", PINS, False),
        ("length", "pwd", PINS, True),
        ("length", "passwd", PINS, True),
    ],
)
def test_what_mm_means_is_told_by_the_column_beside_it(
    beside: str, name: str, values: list[str], is_password: bool
) -> None:
    table = pl.DataFrame({beside: [f"u{at}" for at in range(60)], name: values})
    evidence = {column: ColumnEvidence() for column in table.columns}
    observe_table(table, evidence, key=KEY, policy=default_policy())
    hints = {column: name_hints(column, default_policy()) for column in table.columns}
    told = table_verdicts(evidence, hints, default_policy())
    assert ("PASSWORD" in {verdict.entity_type for verdict in told[name]}) is is_password


MOBILES = [f"1{first}{DICE.randrange(10**8):08}" for first in ("38", "59", "86", "77", "99") * 4]


@pytest.mark.parametrize(
    ("column", "values", "types"),
    [
        ("状态", ["正常", "停用"] * 200 + MOBILES, {"PHONE_NUMBER"}),
        ("phone_count", [str(count) for count in range(400)], set()),
        ("版本号", [f"{major}.2.{minor}.7" for major in range(1, 9) for minor in range(40)], set()),
        ("台湾居民来往大陆通行证号", [f"{number:08}" for number in range(1_000_000, 1_000_400)], {"CN_TAIWAN_PERMIT"}),
        ("资产编号", [f"ZC{number:010}" for number in range(400)], set()),
        ("学籍号", ["G11010519491231002X"] * 5, {"CN_RESIDENT_ID", "EDUCATION_WORK"}),
        ("addr_ptr", [f"0x7ffd{number:08x}" for number in range(400)], set()),
        ("c1", [f"138-----{number:03}" for number in range(100)], {"PHONE_NUMBER"}),
        ("c1", ["4111111111111111", "5105105105105100"] * 9, {"CREDIT_CARD"}),
        ("card_tail", ["****1234", "****0128"] * 20, set()),
        ("办公电话", [f"0571-2345{number:04}-12" for number in range(400)], {"PHONE_NUMBER"}),
        ("IBAN", ["GB82 WEST 1234 5698 7654 32", "NL91 ABNA 0417 1643 00"] * 9, {"IBAN_CODE"}),
    ],
)
def test_a_column_is_what_its_values_say_and_its_name_does_not_refute(
    column: str, values: list[str], types: set[str]
) -> None:
    assert judged(values, column) == types
