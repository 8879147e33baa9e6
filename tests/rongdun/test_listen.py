"""`rongdun listen` as a process: what is sent to it becomes rows, and its counts are in `rongdun status`."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipelines.capture.frames import pcap_file, talk
from tests.pipelines.exports.packets import PLAIN, definition, fset, plain_record, v9
from tests.rongdun.command import Rongdun

MESSAGE = b"<34>1 2026-03-01T10:00:00.003Z rtu-7 sshd 811 - - hello"


@contextmanager
def listening(rongdun: Rongdun, **settings: str) -> Iterator[dict[str, int]]:
    """The ports by scheme, while it listens; it must end well when asked."""
    environment = {**os.environ, "RONGDUN_HOME": str(rongdun.home), **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "rongdun", "listen", "--json"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        feeds = json.loads(process.stdout.readline())["heard"]["feeds"]
        yield {feed.partition(":")[0]: int(feed.rpartition(":")[2]) for feed in feeds if feed[-1].isdigit()}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_for(rongdun: Rongdun, sql: str, wanted: int, *, seconds: float = 30) -> int:
    deadline, found = time.monotonic() + seconds, 0
    while found < wanted and time.monotonic() < deadline:
        (row,) = rongdun.rows(sql)
        found = int(str(row["rows"]))
    return found


def test_what_is_sent_becomes_rows_and_is_counted(rongdun: Rongdun) -> None:
    anywhere = dict.fromkeys(
        ("RONGDUN_LISTEN_SYSLOG_UDP", "RONGDUN_LISTEN_SYSLOG_TCP", "RONGDUN_LISTEN_EXPORTS_UDP"), "0"
    )
    with listening(rongdun, **anywhere) as ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(100):
                sender.sendto(MESSAGE, ("127.0.0.1", ports["syslog+udp"]))
            export = v9(fset(0, definition(256, PLAIN)), fset(256, plain_record()))
            sender.sendto(export, ("127.0.0.1", ports["exports+udp"]))
        with socket.create_connection(("127.0.0.1", ports["syslog+tcp"])) as connection:
            connection.sendall(b"%d %s" % (len(MESSAGE), MESSAGE) * 2 + MESSAGE + b"\n" + MESSAGE)
        both = "SELECT (SELECT count() FROM log_events) + (SELECT count() FROM network_flows) AS rows"
        assert wait_for(rongdun, both, 105) == 105
        status = rongdun.json("status")
    assert isinstance(status, dict)
    counted = status["listening"]
    assert (counted["running"], counted["received"], counted["dropped"], counted["stored"]) == (True, 105, 0, 105)
    afterwards = rongdun.json("status")
    assert isinstance(afterwards, dict)
    assert (afterwards["listening"]["running"], afterwards["listening"]["received"]) == (False, 105)
    by_feed = rongdun.rows(
        "SELECT splitByChar(':', source)[1] AS feed, count() AS rows FROM log_events GROUP BY feed ORDER BY feed"
    )
    assert by_feed == [{"feed": "syslog+tcp", "rows": 4}, {"feed": "syslog+udp", "rows": 100}]


def test_what_came_last_is_stored_before_it_ends(rongdun: Rongdun) -> None:
    with (
        listening(rongdun, RONGDUN_LISTEN_SYSLOG_UDP="0") as ports,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(MESSAGE, ("127.0.0.1", ports["syslog+udp"]))
    assert rongdun.rows("SELECT count() AS rows FROM log_events") == [{"rows": 1}]
    assert [path.name for path in (rongdun.home / "spool").iterdir()] == ["lock"]


def test_syslog_over_tls(rongdun: Rongdun, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    tls = {"RONGDUN_LISTEN_TLS_CERTIFICATE": str(certificate), "RONGDUN_LISTEN_TLS_KEY": str(key)}
    with listening(rongdun, RONGDUN_LISTEN_SYSLOG_TLS="0", **tls) as ports:
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection(("127.0.0.1", ports["syslog+tls"])) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(b"%d %s" % (len(MESSAGE), MESSAGE))
            connection.unwrap()
        assert wait_for(rongdun, "SELECT count() AS rows FROM log_events WHERE source LIKE 'syslog+tls:%'", 1) == 1


_MISTAKES = {
    "nothing to listen to": ({}, "nothing to listen to: set RONGDUN_LISTEN_SYSLOG_UDP"),
    "no place": ({"RONGDUN_LISTEN_SYSLOG_TCP": "here"}, "setting RONGDUN_LISTEN_SYSLOG_TCP: 'here' is no place"),
    "no interface": ({"RONGDUN_LISTEN_INTERFACES": '["nosuch9"]'}, "no interface is called 'nosuch9'"),
    "an option for an interface": ({"RONGDUN_LISTEN_DUMPCAP": '["-w"]'}, "no interface is called '-w'"),
    "dumpcap that is not there": ({"RONGDUN_LISTEN_DUMPCAP": '["lo"]', "PATH": "/nowhere"}, "dumpcap is not installed"),
    "TLS without a key": ({"RONGDUN_LISTEN_SYSLOG_TLS": "6514"}, "RONGDUN_LISTEN_TLS_KEY: PEM files"),
}


@pytest.mark.parametrize(("settings", "expected"), _MISTAKES.values(), ids=_MISTAKES)
def test_a_mistake_is_one_message(tmp_path: Path, settings: dict[str, str], expected: str) -> None:
    finished = Rongdun(tmp_path / "home", settings).run("listen")
    assert finished.returncode == 2
    assert expected in " ".join(finished.stderr.split())


def test_a_port_that_is_taken_is_said(rongdun: Rongdun) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        mine = Rongdun(rongdun.home, {"RONGDUN_LISTEN_SYSLOG_UDP": str(taken.getsockname()[1])})
        finished = mine.run("listen")
    assert finished.returncode == 2
    assert "cannot listen" in finished.stderr


_PUMPS = "format: csv\nrecognise: {columns: [at, pump]}\ntime: {column: at}\ncolumns: {host: pump, action: did}\n"


def test_followed_files_and_dropped_ones_are_read_as_the_site_says(rongdun: Rongdun, tmp_path: Path) -> None:
    mappings, log, folder = rongdun.home / "mappings", tmp_path / "pumps.csv", tmp_path / "dropped"
    mappings.mkdir(parents=True)
    folder.mkdir()
    (mappings / "pumps.yml").write_text(_PUMPS)
    (mappings / "wrong.yml").write_text("format: csv\n")
    head, line = "at,pump,did\n", "2026-03-01T10:00:00Z,p-1,opened\n"
    log.write_text(head + line)
    (folder / "other.csv").write_text(head + line.replace("p-1", "p-2"))
    settings = {"RONGDUN_LISTEN_FILES": json.dumps([str(log)]), "RONGDUN_LISTEN_FOLDER": str(folder)}
    sql = "SELECT count() AS rows FROM log_events WHERE source_type = 'mapping:pumps'"
    with listening(rongdun, **settings):
        assert wait_for(rongdun, sql, 2) == 2
        with log.open("a") as stream:
            stream.write(line.replace("opened", "closed"))
        assert wait_for(rongdun, sql, 3) == 3
    found = rongdun.rows("SELECT host, action FROM log_events ORDER BY host, action")
    assert [(row["host"], row["action"]) for row in found] == [("p-1", "closed"), ("p-1", "opened"), ("p-2", "opened")]


def test_followed_files_and_dropped_ones_become_rows(rongdun: Rongdun, tmp_path: Path) -> None:
    log, folder = tmp_path / "auth.log", tmp_path / "dropped"
    folder.mkdir()
    line = "<38>Mar  1 10:00:00 web-1 sshd[811]: Accepted password for alice from 192.0.2.7 port 4 ssh2\n"
    log.write_text(line)
    (folder / "other.log").write_text(line.replace("web-1", "web-2"))
    settings = {"RONGDUN_LISTEN_FILES": json.dumps([str(log)]), "RONGDUN_LISTEN_FOLDER": str(folder)}
    sql = "SELECT count() AS rows FROM log_events"
    with listening(rongdun, **settings):
        assert wait_for(rongdun, sql, 2) == 2
        with log.open("a") as stream:
            stream.write(line)
        assert wait_for(rongdun, sql, 3) == 3
    followed = rongdun.rows("SELECT count() AS rows FROM log_events WHERE source LIKE 'file:%auth.log'")
    assert followed == [{"rows": 2}]


def may_capture() -> bool:
    """Whether this user may capture at an interface."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except (AttributeError, PermissionError):
        return False
    return True


def test_an_interface_is_captured_at_and_counted(rongdun: Rongdun) -> None:
    if not may_capture():
        pytest.skip("this user may not capture: the test needs CAP_NET_RAW")
    settings = {"RONGDUN_LISTEN_INTERFACES": '["lo"]', "RONGDUN_LISTEN_SYSLOG_UDP": "0"}
    with (
        listening(rongdun, **settings) as ports,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for _ in range(20):
            sender.sendto(MESSAGE, ("127.0.0.1", ports["syslog+udp"]))
        assert wait_for(rongdun, "SELECT count() AS rows FROM log_events WHERE source LIKE 'syslog%'", 20) == 20
        status = rongdun.json("status")
    assert isinstance(status, dict)
    heard = status["listening"]["heard"]["feeds"]["interface://lo"]
    assert heard["received"] >= 20
    assert heard["kernel_dropped"] == 0
    sql = f"SELECT packets_out AS rows FROM network_flows WHERE destination_port = {ports['syslog+udp']}"
    assert rongdun.rows(sql) == [{"rows": 20}]


def test_a_ring_of_captures_is_followed_also_where_dumpcap_is_started_for_it(rongdun: Rongdun, tmp_path: Path) -> None:
    whole, program = tmp_path / "whole.pcap", tmp_path / "bin" / "dumpcap"
    ring = tmp_path / "ring"
    ring.mkdir()
    whole.write_bytes(pcap_file(talk((True, b"ask"), (False, b"answer"))))
    program.parent.mkdir()
    # What dumpcap is given: -q -i lo -w FILE ...
    program.write_text(f'#!/bin/sh\ncp {whole} "$5"\nexec sleep 600\n')
    program.chmod(0o755)
    (ring / "one.pcap").write_bytes(pcap_file(talk((True, b"other"), port=50001)))
    settings = {
        "RONGDUN_LISTEN_CAPTURES": json.dumps([str(ring)]),
        "RONGDUN_LISTEN_DUMPCAP": '["lo"]',
        "PATH": f"{program.parent}:{os.environ['PATH']}",
    }
    with listening(rongdun, **settings):
        pass
    found = rongdun.rows("SELECT source_port, packets_out, connection_state FROM network_flows ORDER BY source_port")
    assert found == [
        {"source_port": 50000, "packets_out": 5, "connection_state": "SF"},
        {"source_port": 50001, "packets_out": 5, "connection_state": "SF"},
    ]


def test_a_listener_that_is_killed_doubles_nothing_and_finishes_what_it_had_spooled(rongdun: Rongdun) -> None:
    environment = {**os.environ, "RONGDUN_HOME": str(rongdun.home), "RONGDUN_LISTEN_SYSLOG_TCP": "0"}
    sent = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "rongdun", "listen", "--json"], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        heard = json.loads(process.stdout.readline())["heard"]
        with socket.create_connection(("127.0.0.1", int(next(iter(heard["feeds"])).rpartition(":")[2]))) as connection:
            for _ in range(20):
                connection.sendall(
                    b"".join(b"<34>1 2026-03-01T10:00:00Z h a 1 - - n%d\n" % at for at in range(sent, sent + 100))
                )
                sent += 100
                time.sleep(0.05)
        time.sleep(0.5)
        for pid in (process.pid, int(heard["pid"])):
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    with listening(rongdun, RONGDUN_LISTEN_SYSLOG_TCP="0"):
        assert wait_for(rongdun, "SELECT count() AS rows FROM log_events", sent) == sent
    assert rongdun.rows("SELECT uniqExact(message) AS rows FROM log_events") == [{"rows": sent}]
