"""A real PostgreSQL: its tables are data sets, nothing of the account is in a name, and rows come in pieces."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from dlp.policy import default_policy
from pipelines.grades_in_use import graded_columns
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from store.client import Store
from tests.pipelines.servers import PASSWORD, postgresql
from tests.pipelines.test_scan import EXPECTED, KEY, TABLE, found

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`host:port` of a PostgreSQL of this test's own."""
    with postgresql() as address:
        yield address


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """The URL of a base with a table of residents in a schema."""
    address = f"postgresql://reader:{PASSWORD}@{server}/postgres"
    engine = create_engine(address.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA civil"))
        connection.execute(
            text(
                'CREATE TABLE civil.residents ("姓名" text, "身份证号" text, "手机号" bigint, "备注" text, '
                "amount numeric, at date, address inet, note jsonb, id uuid DEFAULT gen_random_uuid())"
            )
        )
        rows = [dict(zip("abcde", row, strict=True)) for row in TABLE.rows()]
        connection.execute(
            text(
                "INSERT INTO civil.residents VALUES "
                "(:a, :b, CAST(:c AS bigint), :d, :e, now(), '192.0.2.7', '{\"k\": 1}')"
            ),
            rows,
        )
        connection.execute(text("CREATE TABLE public.nothing (a int)"))
    yield address
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA civil CASCADE"))
        connection.execute(text("DROP TABLE public.nothing"))
    engine.dispose()


def scanned(store: Store, target: str) -> list[ScanReport]:
    return scan(target, store, key=KEY, scope="fuzhou", policy=default_policy())


def test_tables_of_a_database_are_data_sets(
    store: Store, url: str, server: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    reports = {report.dataset: report for report in scanned(store, url)}
    name = f"postgresql://{server}/postgres/civil.residents"
    assert set(reports) == {name, f"postgresql://{server}/postgres/public.nothing"}
    assert reports[name].reason == ""
    assert reports[name].rows == 60
    assert found(reports[name]) >= EXPECTED
    assert "姓名" in graded_columns(store, ["civil.residents"])["civil.residents"]
    written = [repr(reports), str(store.rows("SELECT * FROM pii_scans")), caplog.text, *capfd.readouterr()]
    assert not any(PASSWORD in each or "reader" in each for each in written)


def test_a_password_may_come_from_the_environment(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVIL_PASSWORD", PASSWORD)
    (report,) = scanned(store, url.replace(PASSWORD, "$CIVIL_PASSWORD") + "#civil.residents")
    assert report.rows == 60


def test_a_wrong_password_and_a_missing_table_are_one_line(store: Store, url: str) -> None:
    (refused,) = scanned(store, url.replace(PASSWORD, "wrong-canary"))
    assert "check user and password" in refused.reason
    assert "canary" not in repr(refused)
    (missing,) = scanned(store, url + "#civil.nobody")
    assert "no table" in missing.reason


def test_a_table_in_use_is_read_as_it_stood(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sql_tables._FIRST_ROWS", 50)
    engine = create_engine(url.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO civil.residents SELECT * FROM civil.residents, generate_series(1, 9)".replace(
                    "*", "residents.*"
                )
            )
        )
    seen: list[float] = []

    def emptied(share: float, _name: str) -> None:
        if 0 < share < 1 and not seen:
            seen.append(share)
            with engine.begin() as other:
                other.execute(text("DELETE FROM civil.residents"))

    (report,) = scan(f"{url}#civil.residents", store, key=KEY, scope="s", policy=default_policy(), progress=emptied)
    assert seen
    assert (report.reason, report.rows) == ("", 600)
    engine.dispose()


def test_a_locked_table_is_one_line_and_stops_no_other(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sql_tables._PATIENCE", 1.0)
    engine = create_engine(url.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE civil.residents IN ACCESS EXCLUSIVE MODE"))
        reports = {report.dataset.rpartition(".")[2]: report for report in scanned(store, url)}
    assert "locked the table" in reports["residents"].reason
    assert reports["nothing"].reason == ""
    engine.dispose()
