"""A full disk: one line says so, good rows stay, drops are counted, and what was broken off is finished later."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.listening.segments import Feed, feed_of, messages
from pipelines.listening.spool import Spool, closed_segments
from tests.rongdun.command import Rongdun

FEED = Feed("syslog+udp://127.0.0.1:514", "syslog")
LINES = 60_000
COUNTED = "SELECT count() AS rows, uniqExact(source_offset) AS places FROM syslog_messages WHERE source LIKE '%big.log'"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here to make a small disk with")
    if mounted.returncode:
        pytest.skip(f"a small disk may not be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def filled(place: Path, *, left: int) -> Iterator[None]:
    """The disk with so many bytes left."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        room = os.statvfs(place)
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left)
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 64 * 1024, 2 * 1024 * 1024], ids=["nothing left", "64 KiB", "2 MiB"])
def test_an_ingestion_that_a_full_disk_breaks_off_is_finished_later(
    small_disk: Path, left: int, tmp_path: Path
) -> None:
    rongdun = Rongdun(small_disk / "home")
    small, big = tmp_path / "small.log", tmp_path / "big.log"
    small.write_text("".join(f"Mar  1 10:00:{at % 60:02} web-1 app[{at}]: small\n" for at in range(100)))
    # What no compression makes small.
    big.write_text(
        "".join(f"Mar  1 10:00:{at % 60:02} web-1 app[{at}]: {os.urandom(60).hex()}\n" for at in range(LINES))
    )
    try:
        rongdun.json("ingest", small)
        with filled(small_disk, left=left):
            broken = rongdun.run("ingest", big)
        kept = rongdun.rows("SELECT count() AS rows FROM syslog_messages WHERE message = 'small'")
        assert broken.returncode != 0
        assert "is full" in broken.stderr
        assert "free space" in broken.stderr
        assert "Traceback" not in broken.stderr
        assert kept == [{"rows": 100}]
        rongdun.json("ingest", big)
        assert rongdun.rows(COUNTED) == [{"rows": LINES, "places": LINES}]
    finally:
        rongdun.run("stop")


@pytest.mark.slow
def test_a_listener_on_a_full_disk_counts_what_it_drops_and_goes_on(small_disk: Path) -> None:
    rongdun = Rongdun(small_disk / "home")
    environment = {**os.environ, "RONGDUN_HOME": str(rongdun.home), "RONGDUN_LISTEN_SYSLOG_UDP": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rongdun", "listen", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        (feed,) = json.loads(process.stdout.readline())["heard"]["feeds"]
        port = int(feed.rpartition(":")[2])
        sent = _send(port, 200)
        _await(rongdun, 200)
        with filled(small_disk, left=0):
            for _ in range(20):
                sent += _send(port, 50)
                time.sleep(0.2)
            assert process.poll() is None
        time.sleep(3)
        sent += _send(port, 200)
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        told, said = process.communicate(timeout=120)
        assert process.returncode == 0
        counts = json.loads(told.splitlines()[-1])
        assert counts["received"] + counts["kernel_dropped"] == sent
        assert counts["dropped"] > 0
        assert (counts["heard"]["problem"], counts["storing"]["problem"]) == ("", "")
        lines = said.splitlines()
        assert sum("takes nothing more" in line and "No space left on device" in line for line in lines) == 1
        assert sum("takes what comes again" in line for line in lines) == 1
        (row,) = rongdun.rows("SELECT count() AS rows FROM syslog_messages")
        assert row["rows"] == counts["received"] - counts["dropped"] >= 400
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        rongdun.run("stop")


def _send(port: int, messages: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(messages):
            # Each is larger than what waits in memory for a moment: the disk is asked at once.
            text = f"<34>1 2026-03-01T10:00:00Z h app {number} - - {'x' * 8000}"
            sender.sendto(text.encode(), ("127.0.0.1", port))
            time.sleep(0.0005)
    return messages


def _await(rongdun: Rongdun, wanted: int) -> None:
    deadline, found = time.monotonic() + 30, 0
    while found < wanted and time.monotonic() < deadline:
        (row,) = rongdun.rows("SELECT count() AS rows FROM syslog_messages")
        found = int(str(row["rows"]))
    assert found == wanted


@contextmanager
def longest_file(size: int) -> Iterator[None]:
    """No file may become longer: what a full disk says, without a disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_disk_does_not_take_waits_and_what_comes_then_is_dropped_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", limit_bytes=10**9, segment_bytes=10**9, segment_seconds=0)
    taken = [spool.append(FEED, b"%04d" % number + bytes(996), peer=b"") for number in range(50)]
    with longest_file(20_000):
        spool.close_due()
        refused = [spool.append(FEED, b"refused", peer=b"") for _ in range(7)]
        assert (all(taken), any(refused), spool.is_full) == (True, False, True)
        assert "File too large" in spool.problem
        assert not spool.write_out("syslog")
    spool.measure()
    spool.close_due()
    assert (spool.problem, spool.counts_of(FEED).received, spool.counts_of(FEED).dropped) == ("", 57, 7)
    assert _numbers(spool.folder) == list(range(50))


def test_what_still_waits_at_the_end_is_counted_too_and_what_was_written_is_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", limit_bytes=10**9, segment_bytes=10**9, segment_seconds=60)
    for number in range(10):
        spool.append(FEED, b"%04d" % number + bytes(996), peer=b"")
    spool.close_due()
    for number in range(10, 30):
        spool.append(FEED, b"%04d" % number + bytes(996), peer=b"")
    with longest_file(20_000):
        spool.close()
    assert spool.counts_of(FEED).dropped == 20
    assert _numbers(spool.folder) == list(range(10))


def _numbers(folder: Path) -> list[int]:
    found = list[int]()
    for path in closed_segments(folder):
        with path.open("rb") as stream:
            feed_of(stream)
            found += [int(heard.content[:4]) for heard in messages(stream)]
    return found
