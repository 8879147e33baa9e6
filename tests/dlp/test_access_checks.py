"""Uses of data against grants and grades, as a table of behaviour (R42 to R46, R97, R103)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.access_checks import breaches, dormant
from dlp.access_policy import default_access_policy
from dlp.errors import GrantInvalid
from dlp.grants import Grant, GrantUse, grant
from dlp.uses import Breach, GradedColumn, Use

POLICY = default_access_policy()
HOUR = datetime(2026, 11, 2, 9, tzinfo=UTC)
GRADES = {
    "civil.residents": {
        "id_no": GradedColumn("general-4"),
        "phone": GradedColumn("general-3", masked=True),
        "district": GradedColumn("general-1"),
    }
}
ENTRY: dict[str, Any] = {
    "grant_id": "G-1",
    "subject": "app_licences",
    "datasets": ["civil.residents"],
    "legal_basis": "statutory_duty",
    "purpose": "licences",
    "valid_from": "2026-01-01T00:00:00+08:00",
    "valid_until": "2027-01-01T00:00:00+08:00",
    "requested_by": "lin",
    "approved_by": "wu",
}


def granted(**changed: Any) -> Grant:
    return grant({**ENTRY, **changed}, POLICY)


def use(*columns: str, **changed: Any) -> Use:
    plain = Use("app_licences", "civil.residents", frozenset(columns), HOUR, HOUR, HOUR + timedelta(minutes=5), 10)
    return replace(plain, **changed)


def checks(uses: list[Use], *grants: Grant) -> list[str]:
    return [breach.check for breach in breaches(uses, grants, GRADES, POLICY)]


FULL = granted(unmasked=True, export=True, rows_per_day=1_000_000)


@pytest.mark.parametrize(
    ("used", "grants", "told"),
    [
        pytest.param(use("district"), [], [], id="what is not protected needs no grant"),
        pytest.param(use("id_no"), [], ["no_basis"], id="nobody granted it"),
        pytest.param(use("ID_NO"), [], ["no_basis"], id="letter case does not hide a column"),
        pytest.param(use("*"), [], ["no_basis"], id="all columns are the protected ones too"),
        pytest.param(use(), [], [], id="a count reads no column"),
        pytest.param(use("id_no"), [FULL], [], id="granted"),
        pytest.param(use("id_no", account="rongdun"), [], [], id="the platform's own account"),
        pytest.param(use("id_no", account="someone"), [FULL], ["no_basis"], id="granted to another"),
        pytest.param(use("id_no"), [granted(columns=["phone"])], ["no_basis"], id="another column"),
        pytest.param(use("id_no", "phone"), [granted(columns=["phone"])], ["no_basis"], id="more than granted"),
        pytest.param(use("phone"), [granted(columns=["phone"])], [], id="the column that is granted, masked"),
        pytest.param(
            use("id_no"),
            [granted(valid_until="2026-11-02T09:00:00Z")],
            ["outside_window"],
            id="it ended when the use began",
        ),
        pytest.param(
            use("id_no"),
            [granted(valid_until="2026-11-02T09:05:00Z", unmasked=True)],
            ["outside_window"],
            id="it ended before the use did",
        ),
        pytest.param(use("id_no"), [granted(valid_from="2026-12-01T00:00:00Z")], ["outside_window"], id="not yet"),
        pytest.param(use("id_no"), [granted()], ["unmasked_use"], id="granted masked, read raw"),
        pytest.param(use("phone"), [granted()], [], id="granted masked, read masked"),
        pytest.param(use("phone", purpose="licences"), [granted()], [], id="the purpose that was granted"),
        pytest.param(use("phone", purpose="marketing"), [granted()], ["other_purpose"], id="another purpose"),
        pytest.param(
            use("phone", purpose="marketing"),
            [granted(), granted(grant_id="G-2", purpose="marketing")],
            [],
            id="another grant is for that purpose",
        ),
        pytest.param(use("phone", rows=101), [granted(rows_per_day=100)], ["over_budget"], id="more than a day's rows"),
        pytest.param(use("phone", rows=100), [granted(rows_per_day=100)], [], id="as many as a day's rows"),
        pytest.param(
            use("phone", rows=101),
            [granted(rows_per_day=100), granted(grant_id="G-2")],
            [],
            id="another grant has no bound",
        ),
        pytest.param(use("phone", rows=10_000), [granted()], ["bulk_read"], id="much, and no grant says so much"),
        pytest.param(use("phone", rows=10_000), [granted(rows_per_day=20_000)], [], id="much, as granted"),
        pytest.param(
            use("phone", exported=True), [FULL], ["export_without_ticket"], id="exported as granted, without a ticket"
        ),
        pytest.param(use("phone", exported=True, ticket="T-1"), [FULL], [], id="exported as granted, with a ticket"),
        pytest.param(
            use("phone", exported=True, ticket="T-1"), [granted()], ["export_not_granted"], id="export not granted"
        ),
        pytest.param(
            use("id_no", exported=True), [], ["export_without_ticket", "no_basis"], id="exported without anything"
        ),
        pytest.param(use("district", exported=True), [], [], id="exporting what is not protected"),
        pytest.param(use("id_no"), [granted(subject="app_*", unmasked=True)], [], id="a pattern of accounts"),
        pytest.param(use("id_no"), [granted(datasets=["civil.*"], unmasked=True)], [], id="a pattern of tables"),
        pytest.param(
            use("id_no"), [granted(datasets=["civil.resident[s]"])], ["no_basis"], id="brackets are no pattern"
        ),
    ],
)
def test_what_is_told_of_a_use(used: Use, grants: list[Grant], told: list[str]) -> None:
    assert checks([used], *grants) == told


NINE_THIRTY = "2026-11-02T09:30:00Z"
PHONE, IDENTITY = granted(columns=["phone"]), granted(grant_id="G-2", columns=["id_no"], unmasked=True)


def at(minute: int, *columns: str, **changed: Any) -> Use:
    moment = HOUR + timedelta(minutes=minute)
    return use(*columns, **{"first": moment, "last": moment, **changed})


@pytest.mark.parametrize(
    ("uses", "grants", "told"),
    [
        pytest.param([use("id_no", "phone")], [PHONE, IDENTITY], [], id="two grants cover one use together"),
        pytest.param(
            [use("id_no", dataset="civil.residents", columns=frozenset({"ID_NO"}))],
            [granted(datasets=["CIVIL.Residents"], columns=["Id_No"], unmasked=True)],
            [],
            id="letter case of tables and columns does not count",
        ),
        pytest.param(
            [use("id_no")], [granted(subject="APP_LICENCES", unmasked=True)], ["no_basis"], id="that of accounts does"
        ),
        pytest.param(
            [at(0, "phone")], [granted(valid_from="2026-11-02T17:00:00+08:00")], [], id="the first moment, in Fuzhou"
        ),
        pytest.param(
            [at(29, "phone")], [granted(valid_until="2026-11-02T17:30:00+08:00")], [], id="the last minute, in Fuzhou"
        ),
        pytest.param(
            [at(30, "phone")],
            [granted(valid_until=NINE_THIRTY)],
            ["outside_window"],
            id="the minute it ends is not in it",
        ),
        pytest.param(
            [at(29, "phone"), at(30, "phone")],
            [granted(valid_until=NINE_THIRTY), granted(grant_id="G-2", valid_from=NINE_THIRTY)],
            [],
            id="one grant follows the other within the hour",
        ),
        pytest.param(
            [use("phone", rows=50), use("id_no", rows=5_000)],
            [granted(columns=["phone"], rows_per_day=100), IDENTITY],
            [],
            id="rows of another column do not spend the budget",
        ),
        pytest.param(
            [use("phone", rows=5_000), use("id_no", rows=1)],
            [granted(columns=["phone"], rows_per_day=100), IDENTITY],
            ["over_budget"],
            id="nor does a grant for another column lift it",
        ),
        pytest.param(
            [at(1, "phone", rows=60), at(2, "phone", rows=60, dataset="civil.RESIDENTS")],
            [granted(rows_per_day=100)],
            ["over_budget"],
            id="a table in other letters is the same table",
        ),
        pytest.param(
            [use("id_no", "phone", purpose="licences")],
            [granted(columns=["phone"]), granted(grant_id="G-2", columns=["id_no"], unmasked=True, purpose="audit")],
            ["other_purpose"],
            id="the purpose of one column is not that of another",
        ),
        pytest.param(
            [use("id_no", "phone", exported=True, ticket="T-1")],
            [granted(columns=["phone"], export=True), IDENTITY],
            ["export_not_granted"],
            id="one column may leave, the other not",
        ),
        pytest.param([at(1, "id_no"), at(50, "id_no", ticket="T-2")], [], ["no_basis"], id="once an hour"),
    ],
)
def test_what_is_told_of_several_uses_and_grants(uses: list[Use], grants: list[Grant], told: list[str]) -> None:
    grades = {each.dataset: GRADES["civil.residents"] for each in uses}
    assert [breach.check for breach in breaches(uses, grants, grades, POLICY)] == told


def test_a_day_of_too_many_rows_is_one_breach_also_when_an_earlier_hour_of_it_arrives_late() -> None:
    few = granted(rows_per_day=100)
    late = use("phone", rows=200, hour=HOUR - timedelta(hours=3), first=HOUR - timedelta(hours=3))
    (before,) = breaches([use("phone", rows=200)], [few], GRADES, POLICY)
    (after,) = breaches([late, use("phone", rows=200)], [few], GRADES, POLICY)
    assert before.identity == after.identity
    assert after.facts == {"rows": "400", "granted": "100"}


def test_a_budget_and_bulk_are_counted_over_all_uses_of_the_day_and_the_hour() -> None:
    parts = [use("phone", rows=4_000, ticket=f"T-{at}", first=HOUR + timedelta(minutes=at)) for at in range(3)]
    assert checks(parts, granted(rows_per_day=11_999)) == ["over_budget", "bulk_read"]
    tomorrow = replace(parts[2], hour=HOUR + timedelta(days=1), first=HOUR + timedelta(days=1))
    assert checks([*parts[:2], replace(tomorrow, last=tomorrow.first)], granted(rows_per_day=11_999)) == []


def test_a_breach_is_the_same_however_often_it_is_looked_for() -> None:
    (before,) = breaches([use("id_no")], [], GRADES, POLICY)
    (after,) = breaches([use("id_no", "phone", rows=99, event_ids=("a",))], [], GRADES, POLICY)
    assert before.identity == after.identity


@pytest.mark.parametrize(
    ("last_used", "now", "told"),
    [
        (None, datetime(2026, 3, 1, tzinfo=UTC), False),
        (None, datetime(2026, 6, 1, tzinfo=UTC), True),
        (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC), False),
        (None, datetime(2027, 6, 1, tzinfo=UTC), False),
    ],
)
def test_a_grant_that_nobody_used_for_long_is_told_of_while_it_holds(
    last_used: datetime | None, now: datetime, told: bool
) -> None:
    found = list(dormant([GrantUse(granted(), last_used)], now=now, policy=POLICY))
    assert [breach.check for breach in found] == (["dormant_grant"] if told else [])


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"approved_by": "lin"}, "lin approves what they asked for"),
        ({"approved_by": "app_licences"}, "approves what they asked for or use"),
        ({"legal_basis": "because"}, "'because' is none of consent"),
        ({"valid_until": "2026-01-01T00:00:00+08:00"}, "valid_until is not after valid_from"),
        ({"valid_from": "2026-01-01T00:00:00"}, "needs a time zone"),
        ({"grant_id": "a b"}, "grant_id"),
        ({"datasets": []}, "datasets"),
        ({"rows_per_day": 0}, "rows_per_day"),
        ({"colour": "red"}, "colour"),
        ({"purpose": ""}, "purpose"),
    ],
)
def test_a_grant_that_cannot_be_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(GrantInvalid, match=says):
        granted(**changed)


@given(
    st.lists(st.sampled_from(["id_no", "phone", "district", "*"]), max_size=3),
    st.booleans(),
    st.integers(0, 50_000),
    st.booleans(),
)
def test_more_grants_never_bring_a_missing_basis(columns: list[str], exported: bool, rows: int, masked: bool) -> None:
    used = [use(*columns, exported=exported, rows=rows)]
    without, with_one = set(checks(used)), set(checks(used, granted(unmasked=masked)))
    assert "no_basis" not in with_one
    assert with_one - without <= {"unmasked_use", "export_not_granted"}


def test_breaches_name_the_grant_that_comes_closest() -> None:
    late = granted(grant_id="G-2", valid_until="2026-06-01T00:00:00Z")
    early = granted(grant_id="G-1", valid_until="2026-03-01T00:00:00Z")
    found: list[Breach] = list(breaches([use("id_no")], [early, late], GRADES, POLICY))
    assert [(breach.check, breach.grant_id) for breach in found] == [("outside_window", "G-2")]
