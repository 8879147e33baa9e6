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
    ],
)
def test_a_name_that_only_resembles_one_says_nothing(column: str) -> None:
    assert not name_hints(column, default_policy()).says


@pytest.mark.parametrize("column", ["order_no", "timestamp", "流水号", "trace_id", "createdTime"])
def test_a_number_made_by_a_machine_is_known_by_its_name(column: str) -> None:
    assert name_hints(column, default_policy()).machine


@pytest.mark.parametrize("column", ["column_1", "Column2", "", "_c0", "123"])
def test_a_made_up_header_says_nothing_at_all(column: str) -> None:
    assert not name_hints(column, default_policy()).speaks
