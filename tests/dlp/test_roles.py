"""Roles: what statements say of them, who holds which and when, and which uses a grant to a role covers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.access_checks import breaches
from dlp.access_policy import default_access_policy
from dlp.errors import GrantInvalid
from dlp.role_statements import RoleStep, Step, role_steps
from dlp.roles import DeclaredRole, LoggedStep, Membership, declared_role, granted_to_members, memberships
from dlp.uses import GradedColumn, Use
from tests.dlp.test_access_checks import granted

DAY = datetime(2026, 11, 2, tzinfo=UTC)
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def at(hour: int, day: int = 2) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("service", "statement", "steps"),
    [
        ("postgresql", "GRANT readers TO lin", [("readers", "lin", "given")]),
        (
            "postgresql",
            'GRANT Readers, "Big" TO lin, Chen WITH ADMIN OPTION',
            [
                ("readers", "lin", "given"),
                ("readers", "chen", "given"),
                ("Big", "lin", "given"),
                ("Big", "chen", "given"),
            ],
        ),
        ("postgresql", "GRANT readers TO CURRENT_USER", [("readers", "boss", "given")]),
        (
            "mysql",
            "GRANT 'readers'@'%' TO 'lin'@'192.0.2.%', `chen`",
            [
                ("readers", "lin", "given"),
                ("readers", "chen", "given"),
            ],
        ),
        ("clickhouse", "GRANT ON CLUSTER city readers TO lin", [("readers", "lin", "given")]),
        ("clickhouse", "GRANT Readers TO lin", [("Readers", "lin", "given")]),
        ("postgresql", "/* a */ GRANT readers -- b\n TO lin;", [("readers", "lin", "given")]),
        ("postgresql", "REVOKE readers FROM lin CASCADE", [("readers", "lin", "taken")]),
        ("mysql", "REVOKE IF EXISTS readers FROM lin", [("readers", "lin", "taken")]),
        ("postgresql", "ALTER GROUP readers ADD USER lin", [("readers", "lin", "given")]),
        ("postgresql", "ALTER GROUP readers DROP USER lin", [("readers", "lin", "taken")]),
        (
            "postgresql",
            "CREATE USER lin LOGIN IN ROLE readers, writers",
            [
                ("readers", "lin", "given"),
                ("writers", "lin", "given"),
            ],
        ),
        ("postgresql", "DROP ROLE IF EXISTS readers", [("readers", "", "taken"), ("", "readers", "taken")]),
        ("mysql", "DROP USER 'lin'@'%'", [("", "lin", "taken")]),
        ("postgresql", "SET ROLE readers", [("readers", "boss", "held")]),
        ("postgresql", "SET SESSION ROLE 'readers';", [("readers", "boss", "held")]),
        ("mysql", "SET ROLE readers, writers", [("readers", "boss", "held"), ("writers", "boss", "held")]),
        ("postgresql", "SET ROLE NONE", []),
        ("mysql", "SET ROLE ALL EXCEPT readers", []),
        ("postgresql", "RESET ROLE", []),
        ("postgresql", "GRANT SELECT ON residents TO lin", []),
        ("postgresql", "GRANT SELECT (a, b), INSERT ON residents TO lin", []),
        ("postgresql", "REVOKE ALL ON residents FROM lin", []),
        ("clickhouse", "GRANT SELECT(a) ON civil.* TO lin", []),
        ("postgresql", "SELECT 'GRANT readers TO lin'", []),
        ("postgresql", "CREATE ROLE readers", []),
        ("postgresql", "SET ROLE", []),
    ],
)
def test_what_a_statement_says_of_roles(service: str, statement: str, steps: list[tuple[str, str, Step]]) -> None:
    told = role_steps(statement, "boss", folds=service == "postgresql")
    assert told == [RoleStep(*step) for step in steps]


@given(
    st.text(max_size=300), st.sampled_from(["GRANT ", "REVOKE a", "SET ROLE ", "DROP USER ", "CREATE USER x IN ROLE "])
)
def test_any_text_is_read_within_bounds(text: str, begin: str) -> None:
    assert all(step.role or step.member for step in role_steps(begin + text, "boss"))


def role(**other: object) -> DeclaredRole:
    entry: dict[str, object] = {"role": "readers", "members": ["lin"], "valid_from": BEGIN, "valid_until": END}
    return declared_role({**entry, "approved_by": "wu", **other})


def step(what: Step, moment: datetime, member: str = "lin", by: str = "boss", of: str = "readers") -> LoggedStep:
    return LoggedStep(RoleStep(of, member, what), moment, by)


LOGGED = role(members=[], as_logged=True)


@pytest.mark.parametrize(
    ("steps", "spans"),
    [
        ([step("given", at(9))], [(at(9), END)]),
        ([step("given", at(9)), step("taken", at(12))], [(at(9), at(12))]),
        ([step("taken", at(12)), step("given", at(9))], [(at(9), at(12))]),
        ([step("given", at(9)), step("given", at(10)), step("taken", at(12))], [(at(9), at(12))]),
        ([step("given", at(9)), step("taken", at(12), member="")], [(at(9), at(12))]),
        ([step("given", at(9)), step("taken", at(12), of="")], [(at(9), at(12))]),
        ([step("given", at(9)), step("taken", at(12), of="writers")], [(at(9), END)]),
        ([step("given", at(9), by="lin")], []),
        ([step("held", at(9))], [(DAY, DAY + timedelta(days=1))]),
        ([step("held", at(9)), step("taken", at(12))], [(DAY, at(12))]),
        ([step("taken", at(8)), step("held", at(9))], [(at(8), DAY + timedelta(days=1))]),
        (
            [step("held", at(9)), step("taken", at(12)), step("held", at(15))],
            [
                (DAY, at(12)),
                (at(12), DAY + timedelta(days=1)),
            ],
        ),
        (
            [step("held", at(9)), step("held", at(9, day=4))],
            [
                (DAY, DAY + timedelta(days=1)),
                (at(0, day=4), at(0, day=5)),
            ],
        ),
        ([step("given", datetime(2025, 5, 1, tzinfo=UTC))], [(BEGIN, END)]),
        ([step("taken", at(9))], []),
    ],
)
def test_what_the_logs_make_of_a_membership(steps: list[LoggedStep], spans: list[tuple[datetime, datetime]]) -> None:
    assert memberships([LOGGED], steps) == [Membership("readers", "lin", *span) for span in spans]
    assert memberships([role(members=["chen"])], steps) == [Membership("readers", "chen", BEGIN, END)]


def used(account: str, hour: int) -> Use:
    moment = at(hour)
    return Use(account, "civil.residents", frozenset({"phone"}), moment, moment, moment, rows=1)


def told(held: list[Membership], account: str, hour: int, **grant: object) -> list[str]:
    grants = granted_to_members([granted(subject="readers", unmasked=True, **grant)], held)
    grades = {"civil.residents": {"phone": GradedColumn("general-3")}}
    return [each.check for each in breaches([used(account, hour)], grants, grades, default_access_policy())]


HELD = Membership("readers", "lin", at(8), at(12))


@pytest.mark.parametrize(
    ("held", "account", "hour", "checks"),
    [
        ([HELD], "lin", 9, []),
        ([HELD], "readers", 9, []),
        ([HELD], "chen", 9, ["no_basis"]),
        ([], "lin", 9, ["no_basis"]),
        ([HELD], "lin", 7, ["outside_window"]),
        ([HELD], "lin", 12, ["outside_window"]),
        (
            [Membership("readers", "writers", at(8), at(12)), Membership("writers", "lin", at(10), at(20))],
            "lin",
            11,
            [],
        ),
        (
            [Membership("readers", "writers", at(8), at(12)), Membership("writers", "lin", at(10), at(20))],
            "lin",
            13,
            ["outside_window"],
        ),
        ([Membership("writers", "lin", at(8), at(12))], "lin", 9, ["no_basis"]),
        ([Membership("readers", "readers", at(8), at(12)), HELD], "lin", 9, []),
        ([Membership("readers", "wu", at(8), at(12))], "wu", 9, ["no_basis"]),
    ],
    ids=[
        "a member",
        "the role itself",
        "another",
        "no members",
        "before",
        "at its end",
        "through a role",
        "through a role that ended",
        "another role",
        "a circle",
        "who approved the grant",
    ],
)
def test_a_grant_to_a_role_covers_who_holds_it_at_the_time(
    held: list[Membership], account: str, hour: int, checks: list[str]
) -> None:
    assert told(held, account, hour) == checks


def test_roles_within_roles_in_a_circle_come_to_an_end() -> None:
    held = [Membership(f"r{at}", f"r{(at + 1) % 5}", BEGIN, END) for at in range(5)]
    grants = granted_to_members([granted(subject="r0")], held)
    assert {grant.subject for grant in grants} == {f"r{at}" for at in range(5)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"members": []}, "nobody would hold it"),
        ({"members": ["app_*"]}, "not patterns"),
        ({"approved_by": "lin"}, "another one must"),
        ({"valid_until": BEGIN}, "not after"),
        ({"valid_from": "2026-01-01"}, "time zone"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_role_that_cannot_be_says_why(change: dict[str, object], says: str) -> None:
    with pytest.raises(GrantInvalid, match=says):
        role(**change)
