import polars as pl
import pytest

from dlp.column_names import NameHints, name_hints
from dlp.columns import ColumnEvidence
from dlp.counting import observe_table
from dlp.policy import default_policy
from dlp.tables import table_verdicts
from tests.dlp.cases import CHINESE, DICE, KEY, Make, digits, mobile

ROWS = 200


@pytest.fixture(autouse=True)
def _same_values_every_time() -> None:
    CHINESE.seed_instance(11)
    DICE.seed(11)


def told(table: dict[str, list[str]]) -> dict[str, set[str]]:
    evidence = {column: ColumnEvidence() for column in table}
    observe_table(pl.DataFrame(table), evidence, key=KEY, policy=default_policy())
    hints = {column: name_hints(column, default_policy()) for column in table}
    found = table_verdicts(evidence, hints, default_policy(), key=KEY)
    return {column: {verdict.entity_type for verdict in verdicts} for column, verdicts in found.items()}


def longitudes() -> list[str]:
    return [f"119.{digits(6)}" for _ in range(ROWS)]


def latitudes() -> list[str]:
    return [f"26.{digits(6)}" for _ in range(ROWS)]


def old_resident_ids() -> list[str]:
    return [
        f"350102{DICE.randint(40, 99)}{DICE.randint(1, 12):02}{DICE.randint(1, 28):02}{digits(3)}" for _ in range(ROWS)
    ]


def test_a_latitude_beside_a_longitude_is_a_position() -> None:
    assert told({"c1": longitudes(), "c2": latitudes()}) == {"c1": {"PRECISE_POSITION"}, "c2": {"PRECISE_POSITION"}}


def test_a_longitude_by_itself_or_coordinates_in_metres_are_none() -> None:
    metres = [f"{DICE.randint(40_500_000, 40_600_000)}.{digits(3)}" for _ in range(ROWS)]
    assert told({"c1": longitudes()}) == {"c1": set()}
    assert told({"x": metres, "y": [value[2:] for value in metres]}) == {"x": set(), "y": set()}


def test_named_coordinates_are_as_precise_as_their_decimals() -> None:
    coarse = [value[:6] for value in longitudes()]
    assert told({"经度": longitudes(), "lat": latitudes()}) == {
        "经度": {"PRECISE_POSITION"},
        "lat": {"PRECISE_POSITION"},
    }
    assert told({"lng": coarse}) == {"lng": {"COARSE_POSITION"}}


def test_fifteen_digits_beside_people_are_the_older_resident_id() -> None:
    names = [CHINESE.name() for _ in range(ROWS)]
    assert told({"c1": old_resident_ids()}) == {"c1": set()}
    assert told({"姓名": names, "c2": old_resident_ids()})["c2"] == {"CN_RESIDENT_ID"}
    assert told({"姓名": names, "订单号": old_resident_ids()})["订单号"] == set()


def test_a_column_of_document_kinds_speaks_for_the_numbers_beside_it() -> None:
    kinds = ["居民身份证" if at % 10 else "护照" for at in range(ROWS)]
    numbers = [CHINESE.ssn() if at % 10 else f"E{digits(8)}" for at in range(ROWS)]
    assert told({"公民身份号码": numbers})["公民身份号码"] == {"CN_RESIDENT_ID"}
    found = told({"证件类型": kinds, "公民身份号码": numbers})
    assert found["公民身份号码"] == {"CN_RESIDENT_ID", "CN_PASSPORT"}
    assert found["证件类型"] == set()


@pytest.mark.parametrize(
    ("column", "number", "entity_type"),
    [
        ("证件号码", lambda: f"E{digits(8)}", "CN_PASSPORT"),
        ("cert_no", lambda: f"EA{digits(7)}", "CN_PASSPORT"),
        ("zjhm", lambda: f"M{digits(8)}", "CN_HOME_RETURN_PERMIT"),
        ("证件", lambda: f"CB{digits(7)}", "CN_HK_MACAO_PERMIT"),
        ("Doc No.", lambda: f"G{digits(8)}", "CN_PASSPORT"),
    ],
)
def test_a_column_for_any_document_holds_other_documents_too(column: str, number: Make, entity_type: str) -> None:
    numbers = [CHINESE.ssn() if at % 20 else number() for at in range(ROWS)]
    assert told({column: numbers})[column] == {"CN_RESIDENT_ID", entity_type}


def test_numbers_of_papers_are_no_documents_of_people() -> None:
    assert told({"document_no": [f"E{digits(8)}" for _ in range(ROWS)]}) == {"document_no": set()}


@pytest.mark.parametrize(
    ("make", "types"),
    [
        (lambda: f'{{"name": "{CHINESE.name()}", "tel": "{mobile()}"}}', {"PERSON", "PHONE_NUMBER"}),
        (lambda: f'{{"p": {{"xm": "{CHINESE.name()}"}}, "n": {digits(3)}}}', {"PERSON"}),
        (lambda: f'[{{"detail": "云山雅苑{digits(1, "")}栋1单元40{digits(1)}"}}]', {"LOCATION"}),
        (lambda: f'{{"phone": "138****{digits(4)}", "t": 1}}', {"PHONE_NUMBER"}),
        (lambda: f"客户：{CHINESE.name()}；电话：{mobile()}", {"PERSON", "PHONE_NUMBER"}),
        (lambda: f"name={CHINESE.name()}&mobile={mobile()}&page=1", {"PERSON", "PHONE_NUMBER"}),
        (
            lambda: f"姓名 {CHINESE.name()} 性别 男 民族 汉 单位 第三建筑工程处 电话 {mobile()}",
            {"PERSON", "PHONE_NUMBER", "GENDER", "ETHNICITY"},
        ),
        (lambda: f'{{"sku": "{digits(11)}", "name": "{DICE.choice(["闸阀", "钢管", "水表"])}"}}', set()),
        (lambda: f'{{"name": "{CHINESE.name()}", "cut off', {"PERSON"}),
        (lambda: f'{{"level": {digits(2)}, "theme": "dark"}}', set()),
        (lambda: "{" * 5000, set()),
    ],
)
def test_the_fields_of_a_cell_are_judged_as_columns_are(make: Make, types: set[str]) -> None:
    assert told({"payload": [make() for _ in range(ROWS)]})["payload"] == types


def test_a_field_shows_only_a_masked_value_and_says_where_it_is() -> None:
    evidence = {"payload": ColumnEvidence()}
    names = [CHINESE.name() for _ in range(ROWS)]
    table = pl.DataFrame({"payload": [f'{{"user": {{"realName": "{name}"}}}}' for name in names]})
    observe_table(table, evidence, key=KEY, policy=default_policy())
    (found,) = table_verdicts(evidence, {"payload": NameHints()}, default_policy(), key=KEY)["payload"]
    assert "'user.realName'" in found.review
    assert not any(name in f"{found}" for name in names)


@pytest.mark.parametrize(
    ("column", "values", "entity_type"),
    [
        ("婚姻状况", ["未婚", "已婚", "离异"], "MARITAL_STATUS"),
        ("column_1", ["未婚", "已婚", "离异"], "MARITAL_STATUS"),
        ("marital_status", ["single", "Married"], "MARITAL_STATUS"),
        ("民族", ["汉族", "畲族", "回族"], "ETHNICITY"),
        ("mz", ["汉族", "畲族", "回族"], "ETHNICITY"),
        ("宗教信仰", ["佛教", "无宗教信仰"], "RELIGION"),
        ("血型", ["A", "AB", "O型"], "BLOOD_TYPE"),
        ("诊断", ["高血压", "糖尿病"], "HEALTH"),
        ("cyzd", ["高血压", "糖尿病"], "HEALTH"),
        ("残疾等级", ["一级", "二级"], "DISABILITY"),
        ("月收入", ["5000", "8000"], "INCOME"),
        ("征信", ["良好", "逾期"], "CREDIT_RECORD"),
        ("人脸特征", ["0.11,0.52", "0.31,0.77"], "BIOMETRIC"),
        ("犯罪记录", ["无前科", "有"], "CRIMINAL_RECORD"),
        ("监护人", ["张伟", "李娜"], "MINOR"),
        ("政治面貌", ["群众", "中共党员"], "POLITICAL_STATUS"),
    ],
)
def test_what_has_no_form_is_told_by_name_and_closed_lists_r55(
    column: str, values: list[str], entity_type: str
) -> None:
    assert entity_type in told({column: values * 20})[column]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("mz", ["门诊", "住院"]),
        ("column_1", ["男", "女"]),
        ("单位类型", ["机关", "企业"]),
        ("设备指纹", ["a1b2", "c3d4"]),
        ("营业收入", ["5000", "8000"]),
        ("状态", ["有效", "无效"]),
    ],
)
def test_what_only_resembles_such_a_name_or_list_says_nothing(column: str, values: list[str]) -> None:
    assert told({column: values * 20})[column] == set()


def test_words_for_nothing_are_no_values() -> None:
    values = ["-", "NULL", "无", "N/A", "", "未知"] * 20 + [CHINESE.ssn() for _ in range(3)]
    evidence = {"身份证号": ColumnEvidence()}
    observe_table(pl.DataFrame({"身份证号": values}), evidence, key=KEY, policy=default_policy())
    assert (evidence["身份证号"].rows, evidence["身份证号"].valued) == (103, 3)
