"""A correlation's condition in words, of every type, in either language."""

import pytest

from dashboards.grounds import condition_text, read_grounds, span_text
from dashboards.translation import words_in


def _bound(operator: str, value: object) -> dict[str, str]:
    return {"operator": operator, "value": str(value)}


A = {"rule": {"title": "A", "title_zh": "甲"}}
B = {"rule": {"title": "B", "title_zh": ""}}


def _condition(**changed: object) -> dict[str, object]:
    rules = [{"title": "A", "title_zh": "甲"}, {"title": "B", "title_zh": ""}]
    return {
        "type": "event_count",
        "bounds": [_bound("gte", 10)],
        "expression": None,
        "percentile": None,
        "span_seconds": 300,
        "group_by": ["source_ip", "user"],
        "values": ["port"],
        "rules": rules,
        **changed,
    }


@pytest.mark.parametrize(
    ("changed", "english", "chinese"),
    [
        pytest.param(
            {},
            "10 or more events of 'A', 'B' by source_ip, user within 5 min",
            "5 分钟内，source_ip、user 相同，命中“甲”、“B”的事件不少于 10 条",
            id="events",
        ),
        pytest.param(
            {"group_by": [], "bounds": [_bound("lt", 10)]},
            "Fewer than 10 events of 'A', 'B' within 5 min",
            "5 分钟内，命中“甲”、“B”的事件少于 10 条",
            id="without a group",
        ),
        pytest.param(
            {"type": "value_count", "bounds": [_bound("gt", 10)], "span_seconds": 90},
            "More than 10 different values of port in events of 'A', 'B' by source_ip, user within 90 s",
            "90 秒内，source_ip、user 相同，命中“甲”、“B”的事件中 port 的不同取值多于 10 个",
            id="values",
        ),
        pytest.param(
            {"type": "temporal", "bounds": [_bound("gte", 2)], "group_by": ["user"]},
            "2 or more of the rules 'A', 'B' matching by user within 5 min, in any order",
            "5 分钟内，user 相同，“甲”、“B”中不少于 2 条规则命中，先后不限",
            id="several rules",
        ),
        pytest.param(
            {"type": "temporal_ordered", "bounds": [_bound("gte", 2)], "group_by": ["user"], "span_seconds": 7200},
            "'A', then 'B', in this order by user within 2 h",
            "2 小时内，user 相同，依次命中“甲”，然后“B”",
            id="in order",
        ),
        pytest.param(
            {"bounds": [_bound("gt", 10), _bound("lt", 5000)], "group_by": []},
            "More than 10 and fewer than 5,000 events of 'A', 'B' within 5 min",
            "5 分钟内，命中“甲”、“B”的事件多于 10 且少于 5,000 条",
            id="a range",
        ),
        pytest.param(
            {"type": "temporal_ordered", "bounds": [_bound("gte", 1)], "group_by": []},
            "1 or more of the rules 'A', 'B' matching within 5 min, in this order",
            "5 分钟内，“甲”、“B”中不少于 1 条规则按此次序命中",
            id="some of them in order",
        ),
        pytest.param(
            {"type": "temporal", "bounds": [], "expression": {"or": [{"and": [A, {"not": B}]}, B]}, "group_by": []},
            "Matches of ('A' and not 'B') or 'B' within 5 min, in any order",
            "5 分钟内，命中情况满足：（“甲”且没有“B”）或“B”，先后不限",
            id="an expression",
        ),
        pytest.param(
            {"type": "temporal_ordered", "bounds": [], "expression": {"and": [A, {"not": {"or": [A, B]}}]}},
            "Matches of 'A' and not ('A' or 'B') by source_ip, user within 5 min, in the order 'A', then 'B'",
            "5 分钟内，source_ip、user 相同，命中情况满足：“甲”且没有（“甲”或“B”），次序为“甲”，然后“B”",
            id="an expression in order",
        ),
        pytest.param(
            {"type": "value_sum", "bounds": [_bound("gte", "1000000.5")], "values": ["bytes"], "group_by": []},
            "The sum of bytes in events of 'A', 'B' within 5 min is at least 1,000,000.5",
            "5 分钟内，命中“甲”、“B”的事件中 bytes 之和不小于 1,000,000.5",
            id="a sum",
        ),
        pytest.param(
            {"type": "value_avg", "bounds": [_bound("gt", 1), _bound("lte", 2)], "group_by": ["user"]},
            "The mean of port in events of 'A', 'B' by user within 5 min is more than 1 and at most 2",
            "5 分钟内，user 相同，命中“甲”、“B”的事件中 port 的平均值大于 1 且不大于 2",
            id="a mean",
        ),
        pytest.param(
            {"type": "value_median", "bounds": [_bound("lt", 3)], "group_by": []},
            "The median of port in events of 'A', 'B' within 5 min is less than 3",
            "5 分钟内，命中“甲”、“B”的事件中 port 的中位数小于 3",
            id="a median",
        ),
        pytest.param(
            {"type": "value_percentile", "percentile": "99.5", "group_by": []},
            "Percentile 99.5 of port in events of 'A', 'B' within 5 min is at least 10",
            "5 分钟内，命中“甲”、“B”的事件中 port 的第 99.5 百分位数不小于 10",
            id="a percentile",
        ),
        pytest.param(
            {"type": "value_guess", "group_by": []},
            "value_guess: 10 or more over 'A', 'B' within 5 min port",
            "5 分钟内，“甲”、“B” port：value_guess，不少于 10 ",
            id="a type that has no sentence yet",
        ),
    ],
)
def test_a_condition_is_a_sentence(changed: dict[str, object], english: str, chinese: str) -> None:
    assert condition_text(words_in("en"), _condition(**changed)) == english
    assert condition_text(words_in("zh"), _condition(**changed)) == chinese


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "61 s"), (3600, "1 h"), (172800, "2 d")]
)
def test_a_span_is_exact(seconds: int, shown: str) -> None:
    assert span_text(words_in("en"), seconds) == shown


def test_an_alert_without_grounds_has_none() -> None:
    assert read_grounds("", words_in("en")) is None
