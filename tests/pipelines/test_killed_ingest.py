"""Ingestion killed at fifty random moments, with the database or without: the same rows as if nothing had happened."""

import gzip
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.embedded import running_endpoint, stop
from store.session import open_store
from tests.pipelines.capture import frames

KILLS = 50
SEED = 20_261_126

LONGEST_SECONDS = 2.0  # a run lives at most so long

LINES = 400_000
PACKETS = 60_000
SMALL_FILES = 150
_LINE = "Mar  1 {:02d}:{:02d}:{:02d} web-1 sshd[{}]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"

_EVENTS = """
SELECT source, count() AS rows, uniqExact(event_id) AS ids, sum(cityHash64(source_offset, event_id, message)) AS content
FROM log_events GROUP BY source ORDER BY source
"""
_FLOWS = """
SELECT source, count() AS rows, uniqExact(event_id) AS ids, sum(packets_out + packets_in) AS packets,
    sum(cityHash64(source_offset, event_id, community_id)) AS content
FROM network_flows GROUP BY source ORDER BY source
"""
_REJECTED = "SELECT source, count() AS rows, uniqExact(offset) AS places FROM rejects GROUP BY source ORDER BY source"
_LEDGER = """
SELECT sum(rows) AS rows, sum(rejected) AS rejected, count() AS batches, uniqExact(batch_id) AS names
FROM ingested_batches
"""
_ROLLED_UP = """
SELECT
    (SELECT sum(events) FROM log_activity) AS five_minutes, (SELECT sum(events) FROM log_hours) AS hours,
    (SELECT sum(flows) FROM flow_activity) AS flows, (SELECT sum(flows) FROM flow_hours) AS flows_by_the_hour
"""

# What is killed: an ingestion in a process of its own, which says when it begins.
_RUN = """
import sys
from pathlib import Path
from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.session import open_store

print("ready", flush=True)
home, *files = map(Path, sys.argv[1:])
with open_store(Settings(home=home)) as store:
    ingest(files, store, scope="fuzhou")
"""

pytestmark = pytest.mark.slow


@dataclass
class Tally:
    """What was killed, how often, and how many lives were lived to their end."""

    ingestion: int = 0
    database: int = 0
    ended: int = 0


def test_fifty_kills_change_no_row(tmp_path: Path) -> None:
    files = _written_files(tmp_path / "files")
    undisturbed, killed = Settings(home=tmp_path / "undisturbed"), Settings(home=tmp_path / "killed")
    try:
        _ingested(undisturbed, files)
        wanted = _stored(undisturbed)
        tally = _killed_over_and_over(killed, files, wanted)
    finally:
        stop(undisturbed.run_folder)
        stop(killed.run_folder)
    assert tally.ingestion + tally.database == KILLS
    assert min(tally.ingestion, tally.database) >= KILLS // 4  # else nothing was shown of one of them
    assert tally.ended


def _killed_over_and_over(settings: Settings, files: Sequence[Path], wanted: object) -> Tally:
    """Kill so many runs; each goes on where the one before it ended, and one that ends has stored what it should."""
    chance, tally = random.Random(SEED), Tally()  # noqa: S311 - the same moments in every run
    while tally.ingestion + tally.database < KILLS or not tally.ended:
        command = [sys.executable, "-c", _RUN, str(settings.home), *map(str, files)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"ready\n"
            wait = chance.uniform(0, LONGEST_SECONDS) if tally.ingestion + tally.database < KILLS else 240
            with suppress(subprocess.TimeoutExpired):
                run.wait(wait)
            ended = run.returncode is not None
            if not ended:
                _kill(run, settings, tally, database=chance.random() < 0.5)
        if ended:
            assert run.returncode == 0
            assert _stored(settings) == wanted
            tally.ended += 1
            stop(settings.run_folder)
            shutil.rmtree(settings.home)
    return tally


def _kill(run: "subprocess.Popen[bytes]", settings: Settings, tally: Tally, *, database: bool) -> None:
    """Kill the run, and before it the database if that is wanted and it is there."""
    endpoint = running_endpoint(settings.run_folder) if database else None
    if endpoint is not None:
        server = psutil.Process(endpoint.pid)
        server.kill()
        server.wait(20)
        tally.database += 1
    else:
        tally.ingestion += 1
    run.kill()
    run.wait()


def _ingested(settings: Settings, files: Sequence[Path]) -> None:
    with open_store(settings) as store:
        ingest(files, store, scope="fuzhou")


def _stored(settings: Settings) -> list[list[dict[str, object]]]:
    """What is in the tables, without what differs from run to run: times of arrival, seconds taken."""
    with open_store(settings, user="reader") as store:
        return [[dict(row) for row in store.rows(sql)] for sql in (_EVENTS, _FLOWS, _REJECTED, _LEDGER, _ROLLED_UP)]


def _written_files(folder: Path) -> list[Path]:
    """A log of several blocks with bad lines in it, a packed one, a capture, and many small ones."""
    folder.mkdir()
    lines = [_line(at) for at in range(LINES)]
    (folder / "auth.log").write_text("".join(lines), encoding="utf-8")
    other = "".join(lines[: LINES // 4]).replace("web-1", "db-1")
    (folder / "packed.log.gz").write_bytes(gzip.compress(other.encode(), mtime=0))
    packets = [
        (1_772_330_400 + at / 1000, frames.out(frames.udp(40_000 + at % 5000, 161), 17)) for at in range(PACKETS)
    ]
    (folder / "edge.pcap").write_bytes(frames.pcap_file(packets))
    for number in range(SMALL_FILES):
        few = "".join(lines[number * 5 : number * 5 + 5]).replace("web-1", f"host-{number}")
        (folder / f"host-{number:03}.log").write_text(few, encoding="utf-8")
    return [folder]


def _line(at: int) -> str:
    return _LINE.format(at // 3600 % 24, at // 60 % 60, at % 60, at) if at % 997 else "nonsense\n"
