import pytest

from dlp.column_names import name_hints
from dlp.policy import default_policy


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("mobileNo", "PHONE_NUMBER"),
        ("telno", "PHONE_NUMBER"),
        ("user_phone", "PHONE_NUMBER"),
        ("手机号码", "PHONE_NUMBER"),
        ("联系人电话", "PHONE_NUMBER"),
        ("联系人", "PERSON"),
        ("customerName", "PERSON"),
        ("客户姓名", "PERSON"),
        ("ID_CARD", "CN_RESIDENT_ID"),
        ("idcard", "CN_RESIDENT_ID"),
        ("身份证号", "CN_RESIDENT_ID"),
        ("sfzh", "CN_RESIDENT_ID"),
        ("E-Mail", "EMAIL_ADDRESS"),
        ("email address", "EMAIL_ADDRESS"),
        ("ip_address", "IP_ADDRESS"),
        ("address", "LOCATION"),
        ("家庭住址", "LOCATION"),
        ("救助金银行卡号", "CREDIT_CARD"),
        ("统一社会信用代码", "CN_SOCIAL_CREDIT_CODE"),
        ("护照号", "CN_PASSPORT"),
        ("车牌号", "CN_VEHICLE_REGISTRATION"),
        ("電話", "PHONE_NUMBER"),
        ("主叫号码", "PHONE_NUMBER"),
        ("lianxidianhua", "PHONE_NUMBER"),
        ("BGDH", "PHONE_NUMBER"),
        ("身份證號", "CN_RESIDENT_ID"),
        ("zhengjianhaoma", "CN_RESIDENT_ID"),
        ("id_num", "CN_RESIDENT_ID"),
        ("jsyxm", "PERSON"),
        ("cust_nm", "PERSON"),
        ("passengerName", "PERSON"),
        ("zcdz", "LOCATION"),
        ("邮箱地址", "EMAIL_ADDRESS"),
        ("chushengriqi", "BIRTH_DATE"),
        ("hxzh", "CN_HOME_RETURN_PERMIT"),
        ("医保号", "CN_SOCIAL_SECURITY_CARD"),
        ("app_secret", "PASSWORD"),
        ("Given Names", "PERSON"),
        ("出生日期", "BIRTH_DATE"),
    ],
)
def test_a_name_says_what_its_last_phrase_means(column: str, says: str) -> None:
    assert name_hints(column, default_policy()).says == {says}


@pytest.mark.parametrize(
    "column",
    [
        "hotel_no",
        "email_verified",
        "手机型号",
        "是否实名",
        "file_name",
        "username",
        "productName",
        "card_type",
        "id",
        "状态",
        "cell_id",
        "addr_code",
        "出生地",
        "plateColor",
        "护照国别",
        "email_domain",
        "密码更新时间",
        "pwd_update_time",
        "身份证签发机关",
        "银行卡开户行",
        "持卡人关系",
        "os_ver",
    ],
)
def test_a_name_that_only_resembles_one_says_nothing(column: str) -> None:
    assert not name_hints(column, default_policy()).says


@pytest.mark.parametrize("column", ["司机", "值班员", "driver", "受益人", "药师", "cbr"])
def test_a_word_for_what_somebody_is_names_people_where_the_values_do(column: str) -> None:
    hints = name_hints(column, default_policy())
    assert hints.says == hints.roles == hints.vaguely == {"PERSON"}


@pytest.mark.parametrize("column", ["水管", "预警", "卫生", "边长", "施工", "机器人", "二手"])
def test_a_word_that_ends_like_a_role_and_is_none_names_nobody(column: str) -> None:
    assert not name_hints(column, default_policy()).roles


@pytest.mark.parametrize(
    "column", ["司机单号", "driver_order_no", "order_no", "timestamp", "流水号", "trace_id", "createdTime"]
)
def test_a_number_made_by_a_machine_is_known_by_its_name(column: str) -> None:
    assert name_hints(column, default_policy()).machine


@pytest.mark.parametrize("column", ["column_1", "Column2", "", "_c0", "123"])
def test_a_made_up_header_says_nothing_at_all(column: str) -> None:
    assert not name_hints(column, default_policy()).speaks
