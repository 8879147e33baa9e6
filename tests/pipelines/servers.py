"""Real database servers of a test's own, on loopback, from Debian's packages; where one is absent the test says so."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest

ACCOUNT, PASSWORD = "reader", "pw-canary"

_PATIENCE = 60.0  # seconds until a server answers


@contextmanager
def postgresql() -> Iterator[str]:
    """`host:port` of a PostgreSQL whose account may do everything."""
    found_at = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found_at:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with _folder_of("postgres", "rongdun-pg-") as folder:
        as_user: Sequence[str] = ("runuser", "-u", "postgres", "--") if os.getuid() == 0 else ()
        programs, port, data = found_at[-1].parent, _free_port(), folder / "data"
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        made = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", ACCOUNT]
        made += ["-A", "scram-sha-256", f"--pwfile={secret}"]
        subprocess.run(made, check=True, capture_output=True, cwd="/")
        options = f"-p {port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
        begun = [*control, "-l", str(folder / "log"), "-o", options, "start"]
        subprocess.run(begun, check=True, stdout=subprocess.DEVNULL, cwd="/")
        try:
            yield f"127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")


@contextmanager
def mariadb() -> Iterator[str]:
    """`host:port` of a MariaDB whose account may do everything."""
    server = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if server is None or installer is None:
        pytest.skip("no MariaDB server is installed: apt-get install mariadb-server")
    with _folder_of("mysql", "rongdun-my-") as folder:
        port, data, socket_file = _free_port(), folder / "data", folder / "socket"
        as_user = ["--user=mysql"] if os.getuid() == 0 else []
        made = [installer, "--no-defaults", *as_user, f"--datadir={data}", "--skip-test-db"]
        made += ["--auth-root-authentication-method=normal"]
        subprocess.run(made, check=True, capture_output=True, cwd="/")
        asked = [server, "--no-defaults", *as_user, f"--datadir={data}", f"--socket={socket_file}", f"--port={port}"]
        asked += ["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"]
        asked += ["--character-set-server=utf8mb4", "--innodb-buffer-pool-size=32M", f"--pid-file={folder / 'pid'}"]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(asked, stdout=log, stderr=log, cwd="/")
        try:
            _with_account(socket_file)
            yield f"127.0.0.1:{port}"
        finally:
            running.kill()
            running.wait()


@contextmanager
def _folder_of(user: str, prefix: str) -> Iterator[Path]:
    """A folder for the data of a server, which does not run as root: it is the user's who runs it then."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if os.getuid() == 0:
            try:
                owner = pwd.getpwnam(user)
            except KeyError:
                pytest.skip(f"the server does not run as root, and there is no user {user}")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_account(socket_file: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    # The driver leaves the socket of a connection that failed open: none is tried before the server listens.
    while not socket_file.exists():
        assert time.monotonic() < deadline, "MariaDB did not answer"
        time.sleep(0.05)
    with pymysql.connect(unix_socket=str(socket_file), user="root") as root, root.cursor() as cursor:
        cursor.execute(f"CREATE USER '{ACCOUNT}'@'%' IDENTIFIED BY '{PASSWORD}'")
        cursor.execute(f"GRANT ALL ON *.* TO '{ACCOUNT}'@'%' WITH GRANT OPTION")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
