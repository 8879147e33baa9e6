"""What a suppression hides: a table, properties, and that the database says the same."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from response.errors import SuppressionRefused
from response.suppressing import preview, suppress, unsuppress
from response.suppression import (
    COLUMNS,
    AlertFacts,
    Standing,
    Suppression,
    check_expiry,
    named_values,
    suppression_id,
)
from store.client import Store
from tests.response.generated_alerts import MATCHED, VALUES, Generated, add_alerts, alert_lists

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
COUNT = "SELECT alert_id, suppression_id FROM queued_alerts WHERE startsWith(alert_id, {prefix:String})"

FACTS = st.builds(
    AlertFacts,
    alert_id=st.just("a"),
    rule_id=st.sampled_from(("r1", "r2")),
    severity=st.integers(1, 5),
    columns=st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(VALUES)),
    matched_fields=st.dictionaries(st.sampled_from(MATCHED), st.sampled_from(VALUES)),
)
SUPPRESSIONS = st.builds(
    Suppression,
    suppression_id=st.just("s"),
    rule_id=st.sampled_from(("r1", "r2")),
    severity=st.integers(1, 5),
    fields=st.dictionaries(st.sampled_from((*COLUMNS, *MATCHED)), st.sampled_from(VALUES[1:]), min_size=1),
    owner=st.just("lin"),
    reason=st.just("planned work"),
    until=st.datetimes(NOW.replace(tzinfo=None) - 9 * DAY, NOW.replace(tzinfo=None) + 9 * DAY, timezones=st.just(UTC)),
    ended=st.booleans(),
)

MADE = Suppression("s", "r1", 3, {"host": "web-1", "program": "sshd"}, "lin", "planned work", NOW + DAY)
LIKE_IT = AlertFacts("a", "r1", 3, {"host": "web-1"}, {"program": "sshd"})


@pytest.mark.parametrize(
    ("alert", "hidden"),
    [
        pytest.param(LIKE_IT, True, id="like-the-one-it-was-made-from"),
        pytest.param(replace(LIKE_IT, severity=2), True, id="less-severe"),
        pytest.param(replace(LIKE_IT, severity=4), False, id="more-severe"),
        pytest.param(replace(LIKE_IT, rule_id="r2"), False, id="another-rule"),
        pytest.param(replace(LIKE_IT, columns={"host": "web-2"}), False, id="another-host"),
        pytest.param(replace(LIKE_IT, columns={"host": "WEB-1"}), False, id="a-letter-in-another-case"),
        pytest.param(replace(LIKE_IT, columns={"host": "web-1", "user": "root"}), True, id="more-is-known"),
        pytest.param(replace(LIKE_IT, matched_fields={}), False, id="a-value-is-missing"),
        pytest.param(
            AlertFacts("a", "r1", 3, {}, {"host": "web-1", "program": "sshd"}), True, id="a-correlation-saw-the-host"
        ),
        pytest.param(
            AlertFacts("a", "r1", 3, {"host": "db-1"}, {"host": "web-1", "program": "sshd"}), False, id="own-host-first"
        ),
    ],
)
def test_hidden_is_what_equals_it_in_everything_named(alert: AlertFacts, hidden: bool) -> None:
    assert MADE.hides(alert, NOW) is hidden


@pytest.mark.parametrize(
    ("suppression", "standing"),
    [
        pytest.param(MADE, Standing.ACTIVE, id="active"),
        pytest.param(replace(MADE, until=NOW), Standing.EXPIRED, id="on-the-moment"),
        pytest.param(replace(MADE, until=NOW - DAY), Standing.EXPIRED, id="expired"),
        pytest.param(replace(MADE, ended=True), Standing.ENDED, id="ended"),
        pytest.param(replace(MADE, until=NOW - DAY, ended=True), Standing.ENDED, id="ended-before-it-expired"),
    ],
)
def test_one_that_is_over_says_so_and_hides_nothing(suppression: Suppression, standing: Standing) -> None:
    assert suppression.standing(NOW) is standing
    assert suppression.hides(LIKE_IT, NOW) is (standing is Standing.ACTIVE)


@given(SUPPRESSIONS, FACTS)
def test_an_expired_or_ended_one_never_hides(suppression: Suppression, alert: AlertFacts) -> None:
    assume(suppression.ended or suppression.until <= NOW)
    assert not suppression.hides(alert, NOW)


@given(SUPPRESSIONS, FACTS)
def test_a_more_severe_alert_is_never_hidden(suppression: Suppression, alert: AlertFacts) -> None:
    assert not suppression.hides(replace(alert, severity=suppression.severity + 1), NOW)


@given(FACTS, st.data())
def test_an_alert_is_hidden_by_what_was_made_from_it_and_by_equality_alone(
    alert: AlertFacts, data: st.DataObject
) -> None:
    assume(alert.fields)
    names = data.draw(st.lists(st.sampled_from(sorted(alert.fields)), min_size=1))
    values = named_values(alert, names)
    made = Suppression("s", alert.rule_id, alert.severity, values, "lin", "planned", NOW + DAY)
    assert made.hides(alert, NOW)
    for name in values:
        assert not replace(made, fields={**values, name: values[name] + "x"}).hides(alert, NOW)


@given(st.lists(st.sampled_from((*COLUMNS, *MATCHED)), min_size=1))
def test_one_wish_has_one_id(names: list[str]) -> None:
    assert suppression_id("a", names) == suppression_id("a", [*reversed(names), names[0]])
    assert suppression_id("a", names) != suppression_id("b", names)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param([], "name at least one field", id="none"),
        pytest.param([" "], "name at least one field", id="blank"),
        pytest.param(["user"], "has no value of user: use some of host, program", id="without-a-value"),
        pytest.param(["host", "severity"], "has no value of severity", id="no-such-field"),
    ],
)
def test_a_suppression_names_fields_that_the_alert_has(names: list[str], said: str) -> None:
    with pytest.raises(SuppressionRefused, match=said):
        named_values(LIKE_IT, names)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        pytest.param(NOW, "is past", id="now"),
        pytest.param(NOW - DAY, "is past", id="past"),
        pytest.param(NOW + 367 * DAY, "more than 366 days", id="for-good"),
    ],
)
def test_a_suppression_ends(until: datetime, said: str) -> None:
    with pytest.raises(SuppressionRefused, match=said):
        check_expiry(until, NOW)
    check_expiry(NOW + 366 * DAY, NOW)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_database_hides_what_the_domain_hides(store: Store, data: st.DataObject) -> None:
    prefix = uuid.uuid4().hex
    alerts = data.draw(alert_lists(prefix, until=NOW))
    add_alerts(store, alerts)
    made = [
        _made(store, data, alert)
        for alert in data.draw(st.lists(st.sampled_from(alerts), max_size=5))
        if alert.facts.fields
    ]
    hidden = {row["alert_id"]: row["suppression_id"] for row in store.rows(COUNT, {"prefix": prefix})}
    latest = {each.suppression_id: each for each in made}.values()
    assert {alert_id: found != "" for alert_id, found in hidden.items()} == {
        alert.alert_id: any(each.hides(alert.facts, NOW) for each in latest) for alert in alerts
    }
    by_id = {each.suppression_id: each for each in latest}
    assert all(by_id[str(hidden[a.alert_id])].hides(a.facts, NOW) for a in alerts if hidden[a.alert_id])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_preview_counts_what_would_be_hidden(store: Store, data: st.DataObject) -> None:
    alerts = data.draw(alert_lists(uuid.uuid4().hex, until=NOW))
    add_alerts(store, alerts)
    alert = data.draw(st.sampled_from(alerts))
    assume(alert.facts.fields)
    names = data.draw(st.lists(st.sampled_from(sorted(alert.facts.fields)), min_size=1))
    told = preview(store, alert.alert_id, names)
    wished = _wished(alert, names)
    hidden = [each for each in alerts if wished.hides(each.facts, NOW)]
    severe = [each for each in alerts if replace(wished, severity=5).hides(each.facts, NOW)]
    assert (told.hidden, told.open, told.more_severe) == (len(hidden), len(hidden), len(severe) - len(hidden))
    assert told.assets == len({each.columns.get("asset_id", "") for each in hidden} - {""})


def _made(store: Store, data: st.DataObject, alert: Generated) -> Suppression:
    """A suppression from an alert, on record and as the domain has it: standing, run out or ended."""
    names = data.draw(st.lists(st.sampled_from(sorted(alert.facts.fields)), min_size=1, max_size=3))
    wished = _wished(alert, names)
    fate = data.draw(st.sampled_from(("stands", "stands", "expired", "ended")))
    if fate == "expired":
        wished = replace(wished, until=NOW - DAY)
    began = wished.until - 2 * DAY
    suppress(store, alert.alert_id, names, until=wished.until, actor="lin", reason="planned work", now=began)
    if fate == "ended":
        unsuppress(store, wished.suppression_id, actor="wu", reason="work is done", now=began)
    return replace(wished, ended=fate == "ended")


def _wished(alert: Generated, names: list[str]) -> Suppression:
    values: Mapping[str, str] = named_values(alert.facts, names)
    wanted = suppression_id(alert.alert_id, names)
    return Suppression(wanted, alert.rule_id, alert.severity, values, "lin", "planned work", NOW + DAY)
