import polars as pl
import pytest

from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.text_analysis import analysed, with_text
from tests.dlp.cases import KEY

POLICY = default_policy()
REMARKS = [f"第{at}号路灯不亮，请尽快安排维修，谢谢" for at in range(60)]


def hinted(texts: list[str]) -> dict[str, str]:
    """What Presidio adds to what is counted of a column of texts, with its review."""
    column = ColumnEvidence()
    column.observe(pl.DataFrame({"value": texts, "rows": [1] * len(texts)}), key=KEY, policy=POLICY)
    found, _ = with_text([], column.texts, column.rows, key=KEY, policy=POLICY.text)
    return {verdict.entity_type: verdict.review for verdict in found}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["联系人：张伟，请回电", "业主王芳反映，楼道里积水很深"], True),
        (["李娜女士来电，咨询公积金提取", "患者陈静，女，今天上午来复诊"], True),
        (["联系人：张伟，请回电"], False),
        (["今天路过，听说王芳来过了", "昨天见过李娜一次"], False),
    ],
)
def test_names_in_a_few_remarks_are_hinted_at_where_somebody_is_called_by_them(texts: list[str], told: bool) -> None:
    assert ("PERSON" in hinted([*REMARKS, *texts])) is told


@pytest.mark.parametrize("text", ["请师傅上门维修一下水管，谢谢", "家住阳光花园，楼道灯不亮", "孩子很安静，大家都满意"])
def test_common_words_are_no_names(text: str) -> None:
    assert "PERSON" not in analysed([(text, 1)], key=KEY, policy=POLICY.text).seen


@pytest.mark.parametrize("text", ["家住西湖区文三路8号2幢301室，请上门", "住在尤溪县洋中镇后厝村12组34号的老人"])
def test_addresses_of_every_form_count(text: str) -> None:
    assert "LOCATION" in analysed([(text, 1)], key=KEY, policy=POLICY.text).seen
