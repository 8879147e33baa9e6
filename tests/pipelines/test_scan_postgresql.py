"""A real PostgreSQL: its tables are data sets, nothing of the account is in a name, and rows come in pieces."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dlp.policy import default_policy
from pipelines.grades_in_use import graded_columns
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from store.client import Store
from tests.pipelines.test_scan import EXPECTED, KEY, TABLE, found

pytestmark = pytest.mark.slow

PASSWORD = "pw-canary"  # noqa: S105


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`host:port` of a PostgreSQL of this test's own, with the account `reader`."""
    found_at = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found_at:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    as_user: Sequence[str] = ()
    folder = Path(tempfile.mkdtemp(prefix="rongdun-pg-"))
    if os.getuid() == 0:  # PostgreSQL does not run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ("runuser", "-u", "postgres", "--")
    programs, port, data = found_at[-1].parent, free_port(), folder / "data"
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    subprocess.run(
        [
            *as_user,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "reader",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
        ],
        check=True,
        capture_output=True,
        cwd="/",
    )
    options = f"-p {port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run(
        [*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/"
    )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


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
