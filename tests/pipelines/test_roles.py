"""Grants to database roles, from files and logs to alerts, on the real engine."""

import json
from pathlib import Path

import pytest

from detectors.rule import RuleHead
from dlp.access_policy import default_access_policy
from dlp.errors import GrantInvalid
from pipelines.access_judging import judge_accesses
from pipelines.grant_files import import_grants
from pipelines.grants import grant_uses
from pipelines.roles import role_memberships
from response.audit import verify_chain
from store.client import Store
from tests.pipelines.test_accesses import GRANTS, NOW, RULES, _alerts, _ingested, _judged, _query, scanned

__all__ = ["scanned"]  # a fixture

POLICY = default_access_policy()
ROLE_GRANTS = GRANTS.replace("app_licences", "licence_readers")
DECLARED = """
roles:
  - role: licence_readers
    members: [lin, app_licences]
    valid_from: 2026-10-20T00:00:00+08:00
    valid_until: 2026-11-02T17:30:00+08:00
    approved_by: wu
"""
LOGGED = """
roles:
  - role: licence_readers
    as_logged: true
    valid_from: 2026-10-20T00:00:00+08:00
    valid_until: 2027-01-01T00:00:00+08:00
    approved_by: wu
"""
READ = "SELECT phone FROM residents"


def _imported(store: Store, folder: Path, roles: str, actor: str = "chen", *, remove_missing: bool = False) -> None:
    path = folder / "grants.yml"
    path.write_text(ROLE_GRANTS + roles, encoding="utf-8")
    import_grants(path, store, POLICY, actor=actor, remove_missing=remove_missing)


def test_a_member_is_covered_another_is_not_and_nobody_after_the_end(scanned: Store, tmp_path: Path) -> None:
    _imported(scanned, tmp_path, DECLARED)
    _ingested(scanned, tmp_path, *(_query(at, user, READ) for at, user in ((1, "lin"), (2, "student"), (31, "lin"))))
    _judged(scanned)
    # 17:30 in China is 09:30 UTC.
    assert _alerts(scanned) == [("no_basis", "student"), ("outside_window", "lin")]
    assert verify_chain(scanned).intact


def test_a_role_that_is_declared_later_has_past_uses_judged_again(scanned: Store, tmp_path: Path) -> None:
    _imported(scanned, tmp_path, "")
    _ingested(scanned, tmp_path, _query(1, "lin", READ))
    _judged(scanned)
    assert _alerts(scanned) == [("no_basis", "lin")]
    _imported(scanned, tmp_path, DECLARED)
    assert _judged(scanned).settled == 1
    (alert,) = scanned.rows("SELECT state FROM alerts")
    assert alert["state"] == "closed"


def test_what_the_databases_log_of_a_role_counts_where_the_house_says_so(scanned: Store, tmp_path: Path) -> None:
    _imported(scanned, tmp_path, LOGGED)
    _ingested(
        scanned,
        tmp_path,
        _query(1, "boss", "GRANT licence_readers TO lin"),
        _query(2, "lin", READ),
        _query(3, "boss", "REVOKE licence_readers FROM lin"),
        _query(4, "lin", READ),
        _query(5, "chen", "GRANT licence_readers TO chen"),
        _query(6, "chen", READ),
    )
    _judged(scanned)
    assert _alerts(scanned) == [("no_basis", "chen"), ("outside_window", "lin")]
    assert [(one.member, one.valid_until.hour) for one in role_memberships(scanned)] == [("lin", 9)]
    _imported(scanned, tmp_path, "", remove_missing=True)
    assert _judged(scanned).judged_again == 0  # it counted until now


def test_the_databases_logs_alone_make_nobody_a_member(scanned: Store, tmp_path: Path) -> None:
    _imported(scanned, tmp_path, DECLARED.replace("lin, ", ""))
    _ingested(scanned, tmp_path, _query(1, "boss", "GRANT licence_readers TO lin"), _query(2, "lin", READ))
    _judged(scanned)
    assert _alerts(scanned) == [("no_basis", "lin")]


@pytest.mark.parametrize("roles", [["licence_readers", "other"], ["other"], []])
def test_clickhouse_says_which_roles_a_query_used(scanned: Store, tmp_path: Path, roles: list[str]) -> None:
    _imported(scanned, tmp_path, LOGGED)
    _ingested(scanned, tmp_path, json.dumps({**json.loads(_query(1, "lin", READ)), "used_roles": roles}))
    _judged(scanned)
    assert _alerts(scanned) == ([] if "licence_readers" in roles else [("no_basis", "lin")])
    used = {use.grant.grant_id: use.last_used for use in grant_uses(scanned)}
    assert (used["G-1"] is not None) is ("licence_readers" in roles)


def test_a_session_of_postgresql_that_takes_a_role_holds_it_that_day(scanned: Store, tmp_path: Path) -> None:
    from pipelines.ingest import ingest  # noqa: PLC0415

    _imported(scanned, tmp_path, LOGGED)
    path = tmp_path / "postgresql.csv"
    line = (
        '2026-11-{day:02} {hour:02}:00:00.123 UTC,"{user}","civil",811,"192.0.2.7:40022",5c78f6e2.32b,3,"SELECT",'
        '2026-11-02 08:59:00 UTC,3/41,0,LOG,00000,"statement: {text}",,,,,,,,,"psql","client backend",,0\n'
    )
    told = [
        {"day": 2, "hour": 9, "user": "lin", "text": "SET ROLE Licence_Readers"},
        {"day": 2, "hour": 10, "user": "lin", "text": READ},
        {"day": 2, "hour": 10, "user": "chen", "text": READ},
        {"day": 3, "hour": 10, "user": "lin", "text": READ},
    ]
    path.write_text("".join(line.format(**each) for each in told), encoding="utf-8")
    (report,) = ingest([path], scanned, scope="fuzhou").files
    assert (report.format, report.rejected) == ("postgres_csv", 0)
    judge_accesses(scanned, POLICY, _rules(), scope="fuzhou", now=NOW)
    assert _alerts(scanned) == [("no_basis", "chen"), ("outside_window", "lin")]
    # Drawing the same events again makes nobody a member twice.
    judge_accesses(scanned, POLICY, _rules(), scope="fuzhou", now=NOW)
    assert scanned.value("SELECT count() FROM role_steps FINAL") == 1


def _rules() -> dict[str, RuleHead]:
    from pipelines.access_rules import access_rules_of  # noqa: PLC0415

    return dict(access_rules_of(RULES))


@pytest.mark.parametrize(
    ("roles", "actor", "says"),
    [
        (DECLARED, "lin", "lin imports a role that lin holds"),
        (DECLARED.replace("    approved_by: wu\n", ""), "chen", "nobody approved it"),
        (DECLARED.replace("members", "member"), "chen", r"grants.yml:\d+: member"),
        ("\nrolls: []\n", "chen", "the keys grants, roles"),
    ],
)
def test_a_file_with_a_role_that_cannot_be_is_refused_whole(
    store: Store, tmp_path: Path, roles: str, actor: str, says: str
) -> None:
    with pytest.raises(GrantInvalid, match=says):
        _imported(store, tmp_path, roles, actor)
    assert store.value("SELECT count() FROM role_records") == 0
    assert store.value("SELECT count() FROM data_grant_records") == 0
