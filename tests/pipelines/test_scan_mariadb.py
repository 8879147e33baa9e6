"""A real MariaDB: odd names and old character sets are read, one view is kept, and every obstacle is one line."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine

from dlp.policy import default_policy
from pipelines.grades_in_use import graded_columns
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from store.client import Store
from tests.pipelines.servers import ACCOUNT, PASSWORD, mariadb
from tests.pipelines.test_scan import EXPECTED, IDENTITIES, KEY, PHONES, TABLE, found

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`host:port` of a MariaDB of this test's own."""
    with mariadb() as address:
        yield address


@pytest.fixture
def base(server: str) -> Iterator[Engine]:
    """An engine that writes, and an empty base `civil`."""
    engine = create_engine(f"mysql+pymysql://{ACCOUNT}:{PASSWORD}@{server}/")
    _do(engine, "DROP DATABASE IF EXISTS civil", "CREATE DATABASE civil CHARACTER SET utf8mb4")
    yield engine
    engine.dispose()


@pytest.fixture
def url(server: str, base: Engine) -> str:
    """The URL of the base, with a table of residents whose columns have character sets of their own."""
    _do(
        base,
        "CREATE TABLE civil.residents (`姓名` varchar(20) CHARACTER SET gbk, `身份证号` char(18) CHARACTER SET latin1, "
        "`手机号` bigint, `备注` text CHARACTER SET gb2312, amount decimal(10, 2)) ENGINE=InnoDB",
    )
    with base.begin() as connection:
        rows = [tuple(row) for row in TABLE.rows()]
        connection.exec_driver_sql("INSERT INTO civil.residents VALUES (%s, %s, %s, %s, %s)", rows)
    return f"mysql://{ACCOUNT}:{PASSWORD}@{server}/civil"


def _do(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def scanned(store: Store, target: str, **how: object) -> list[ScanReport]:
    return scan(target, store, key=KEY, scope="fuzhou", policy=default_policy(), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "mysql+pymysql"])
def test_tables_in_old_character_sets_are_data_sets(store: Store, url: str, server: str, dialect: str) -> None:
    (report,) = scanned(store, url.replace("mysql", dialect, 1))
    assert report.dataset == f"{dialect.partition('+')[0]}://{server}/civil.residents"
    assert (report.reason, report.rows) == ("", 60)
    assert found(report) >= EXPECTED
    assert "姓名" in graded_columns(store, ["civil.residents"])["civil.residents"]
    assert PASSWORD not in repr(report) + str(store.rows("SELECT * FROM pii_scans"))


ODD = {
    "a backtick": "身`份",
    "statements": 'id"; DROP TABLE residents; --',
    "placeholders": "%(id)s :id %s {id}",
    "blanks": " id  no",
    "Chinese": "身份证（号）",
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_a_column_may_have_any_name(store: Store, url: str, base: Engine, name: str) -> None:
    quoted = name.replace("`", "``").replace("%", "%%")
    with base.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE civil.odd (`{quoted}` varchar(18))")
        connection.exec_driver_sql(f"INSERT INTO civil.odd VALUES ('{IDENTITIES[0]}'), ('{IDENTITIES[1]}')")
    (report,) = scanned(store, url + "#civil.odd")
    assert (report.reason, report.rows) == ("", 2)
    assert found(report) == {(name.strip(), "CN_RESIDENT_ID")}


def test_blobs_zero_dates_and_types_that_the_library_does_not_know_are_read(
    store: Store, url: str, base: Engine
) -> None:
    _do(
        base,
        "SET SESSION sql_mode = ''",
        "CREATE TABLE civil.wide (name varchar(20), pic longblob, told blob, born date, at datetime, seen "
        "timestamp NULL, took time, kind enum('男', '女'), note json, place point, address inet6, "
        "hidden varchar(20) INVISIBLE)",
    )
    with base.begin() as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql(
            "INSERT INTO civil.wide (name, pic, told, born, at, seen, took, kind, note, place, address, hidden) VALUES "
            f"('林😀', x'ffd8ff00', '{PHONES[0]}', '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', "
            f"'-838:59:59', '男', '{{\"tel\": \"{PHONES[1]}\"}}', POINT(1, 2), '2001:db8::1', '{IDENTITIES[0]}'), "
            f"('张', NULL, NULL, '2024-00-00', '2024-02-31 00:00:00', NULL, '1:00', '', '{{}}', NULL, NULL, NULL)"
        )
    (report,) = scanned(store, url + "#civil.wide")
    assert (report.reason, report.rows) == ("", 2)
    assert {("told", "PHONE_NUMBER"), ("note", "PHONE_NUMBER"), ("hidden", "CN_RESIDENT_ID")} <= found(report)


def _while_reading(store: Store, url: str, base: Engine, *statements: str) -> ScanReport:
    """The report on a table of 600 rows, on which this is done when the first 50 were read."""
    _do(base, "USE civil", "INSERT INTO residents SELECT residents.* FROM residents, seq_1_to_9")
    done: list[float] = []

    def meanwhile(share: float, _name: str) -> None:
        if 0 < share < 1 and not done:
            done.append(share)
            _do(base, *statements)

    (report,) = scanned(store, url + "#civil.residents", progress=meanwhile)
    assert done
    return report


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM civil.residents",
        "UPDATE civil.residents SET `身份证号` = ''",
        "INSERT INTO civil.residents SELECT * FROM civil.residents",
    ],
)
def test_a_table_in_use_is_read_as_it_stood(
    store: Store, url: str, base: Engine, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sql_tables._FIRST_ROWS", 50)
    report = _while_reading(store, url, base, statement)
    assert (report.reason, report.rows) == ("", 600)
    assert found(report) >= EXPECTED


def test_a_connection_that_is_cut_says_where_it_ended(
    store: Store, url: str, base: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sql_tables._FIRST_ROWS", 50)
    # Rows long enough that the rest has not arrived yet.
    _do(base, "UPDATE civil.residents SET `备注` = repeat('x', 60000)")
    report = _while_reading(
        store,
        url,
        base,
        "BEGIN NOT ATOMIC FOR one IN (SELECT id FROM information_schema.processlist "
        "WHERE db = 'civil' AND id <> connection_id()) DO KILL CONNECTION one.id; END FOR; END",
    )
    assert "broke off" in report.reason
    assert 0 < report.rows < 600
    assert report.state.partial


def test_a_locked_table_is_one_line_and_stops_no_other(
    store: Store, url: str, base: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sql_tables._PATIENCE", 1.0)
    _do(base, "CREATE TABLE civil.other (mail varchar(40))", "INSERT INTO civil.other VALUES ('lin@example.org')")
    with base.connect() as holder:
        holder.exec_driver_sql("LOCK TABLES civil.residents WRITE")
        reports = {report.dataset.rpartition(".")[2]: report for report in scanned(store, url)}
        holder.exec_driver_sql("UNLOCK TABLES")
    assert "locked the table" in reports["residents"].reason
    assert found(reports["other"]) == {("mail", "EMAIL_ADDRESS")}
    assert store.value("SELECT count() FROM pii_scans") == 1


def test_a_scan_that_broke_off_goes_on_with_the_tables_that_it_lacks(store: Store, url: str, base: Engine) -> None:
    _do(base, "CREATE TABLE civil.second (mail varchar(40))", "INSERT INTO civil.second VALUES ('lin@example.org')")

    class _Off(Exception):
        pass

    def broken(_share: float, name: str) -> None:
        if name.endswith("second"):
            raise _Off

    with pytest.raises(_Off):
        scanned(store, url, progress=broken)
    hour = timedelta(hours=1)
    first, second = scanned(store, url, fresh=hour)
    assert (first.unchanged, second.unchanged) == (True, False)
    assert found(first) >= EXPECTED
    assert [report.unchanged for report in scanned(store, url, fresh=hour)] == [True, True]
    assert [report.unchanged for report in scanned(store, url, fresh=hour, again=True)] == [False, False]
    assert [report.unchanged for report in scanned(store, url)] == [False, False]


def test_a_wrong_password_a_missing_base_and_a_missing_right_are_one_line(
    store: Store, url: str, base: Engine, server: str
) -> None:
    (refused,) = scanned(store, url.replace(PASSWORD, "wrong-canary"))
    assert "check user and password" in refused.reason
    assert "canary" not in repr(refused)
    (missing,) = scanned(store, url.replace("civil", "nobody"))
    assert "does not exist" in missing.reason
    _do(
        base,
        f"CREATE OR REPLACE USER narrow IDENTIFIED BY '{PASSWORD}'",
        "GRANT INSERT ON civil.residents TO narrow",
    )
    (barred,) = scanned(store, f"mysql://narrow:{PASSWORD}@{server}/civil")
    assert "grant it SELECT" in barred.reason
