"""A correlation's condition in words, of every type, in either language."""

import pytest

from dashboards.grounds import condition_text, read_grounds, span_text
from dashboards.translation import words_in


def _condition(**changed: object) -> dict[str, object]:
    rules = [{"title": "A", "title_zh": "甲"}, {"title": "B", "title_zh": ""}]
    return {
        "type": "event_count",
        "operator": "gte",
        "threshold": 10,
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
            {"group_by": [], "operator": "lt"},
            "Fewer than 10 events of 'A', 'B' within 5 min",
            "5 分钟内，命中“甲”、“B”的事件少于 10 条",
            id="without a group",
        ),
        pytest.param(
            {"type": "value_count", "operator": "gt", "span_seconds": 90},
            "More than 10 different values of port in events of 'A', 'B' by source_ip, user within 90 s",
            "90 秒内，source_ip、user 相同，命中“甲”、“B”的事件中 port 的不同取值多于 10 个",
            id="values",
        ),
        pytest.param(
            {"type": "temporal", "threshold": 2, "group_by": ["user"]},
            "2 or more of the rules 'A', 'B' matching by user within 5 min, in any order",
            "5 分钟内，user 相同，“甲”、“B”中不少于 2 条规则命中，先后不限",
            id="several rules",
        ),
        pytest.param(
            {"type": "temporal_ordered", "group_by": ["user"], "span_seconds": 7200},
            "'A', then 'B', in this order by user within 2 h",
            "2 小时内，user 相同，依次命中“甲”，然后“B”",
            id="in order",
        ),
        pytest.param(
            {"type": "value_sum", "group_by": []},
            "value_sum: 10 or more over 'A', 'B' within 5 min port",
            "5 分钟内，“甲”、“B” port：value_sum，不少于 10 ",
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
