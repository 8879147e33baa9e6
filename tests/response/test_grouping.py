"""Which alerts are one row of the queue, as the domain says and as the queue's question says."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from response.grouping import SeenAlert, grouped
from tests.response.generated_alerts import Generated, alert_lists

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _seen(alert_id: str, minute: int, *, lasts: int = 0, rule: str = "r1", **entities: str) -> SeenAlert:
    began = NOW + timedelta(minutes=minute)
    return SeenAlert(alert_id, rule, began, began + timedelta(minutes=lasts), **entities)


@pytest.mark.parametrize(
    ("alerts", "groups"),
    [
        pytest.param([_seen("a", 0, host="h"), _seen("b", 60, host="h")], ["ab"], id="a-gap-of-the-window"),
        pytest.param([_seen("a", 0, host="h"), _seen("b", 61, host="h")], ["a", "b"], id="a-longer-gap"),
        pytest.param(
            [_seen("a", 0, host="h"), _seen("b", 50, host="h"), _seen("c", 100, host="h")], ["abc"], id="it-slides"
        ),
        pytest.param(
            [_seen("a", 0, lasts=90, host="h"), _seen("b", 10, host="h"), _seen("c", 140, host="h")],
            ["abc"],
            id="the-longest-so-far-counts",
        ),
        pytest.param([_seen("b", 1, host="h"), _seen("a", 0, host="h")], ["ab"], id="order-of-arrival-does-not-count"),
        pytest.param([_seen("a", 0, host="h"), _seen("b", 1, host="h", rule="r2")], ["a", "b"], id="another-rule"),
        pytest.param([_seen("a", 0, host="h"), _seen("b", 1, host="g")], ["a", "b"], id="another-host"),
        pytest.param(
            [_seen("a", 0, asset_id="x", host="h"), _seen("b", 1, asset_id="x", host="g")],
            ["ab"],
            id="asset-before-host",
        ),
        pytest.param(
            [_seen("a", 0, source_ip="192.0.2.1"), _seen("b", 1, destination_ip="192.0.2.1")],
            ["a", "b"],
            id="an-address-as-source-and-as-destination",
        ),
        pytest.param([_seen("a", 0), _seen("b", 1)], ["a", "b"], id="about-nothing-known"),
    ],
)
def test_a_group_is_of_one_rule_and_entity_without_a_longer_gap(alerts: list[SeenAlert], groups: list[str]) -> None:
    found = ["".join(alert.alert_id for alert in group) for group in grouped(alerts, HOUR)]
    assert sorted(found) == groups


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(alert_lists("a", until=NOW), st.integers(0, 120))
def test_every_alert_is_in_one_group_and_groups_lie_apart(drawn: list[Generated], minutes: int) -> None:
    alerts = [each.seen_alert for each in drawn]
    window = timedelta(minutes=minutes)
    groups = list(grouped(alerts, window))
    assert sorted(alert.alert_id for group in groups for alert in group) == [alert.alert_id for alert in alerts]
    by_key: dict[object, list[list[SeenAlert]]] = {}
    for group in groups:
        assert len({(alert.rule_id, alert.entity) for alert in group}) == 1
        by_key.setdefault((group[0].rule_id, group[0].entity), []).append(group)
    for same in by_key.values():
        for earlier, later in pairwise(same):
            assert later[0].first_seen - max(alert.last_seen for alert in earlier) > window
