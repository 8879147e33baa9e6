"""Every benchmark runs on a tiny size, and its JSON holds the keys that others name."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.fuzz_seeds import made_up_seeds
from pipelines.sources.registry import SOURCES, Source, source_for
from tests.rongdun.test_listen import may_capture

ROOT = Path(__file__).parents[2]
MODULES = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}

# module -> its smallest sizes, and keys of its JSON that documentation and others name
_SMALL: dict[str, tuple[list[str], list[str]]] = {
    "capture": (["--megabytes", "1"], ["flows_packets_per_second", "flows_peak_rss_mb"]),
    "correlations": (["--sizes", "100", "--types", "event_count"], ["matches_per_cpu_second", "peak_rss_mb"]),
    "desk": (["--events", "2000", "--alerts", "50", "--limit", "60"], ["load"]),
    "detect": (["--copies", "1"], ["warm_events_per_second", "cold_first_alert_seconds", "peak_rss_mb"]),
    "detect_ways": ([], []),
    "dlp": (["--rows", "100"], ["cells_per_second", "ratio_to_presidio_batch", "same_verdicts", "peak_rss_mb"]),
    "dlp_texts": (["--rounds", "1"], ["texts", "spans", "all"]),
    "event_logs": (["--copies", "1"], ["as_they_are_rows_per_second", "full_chunks_in_one_month_microseconds_a_row"]),
    "flow_storage": (["--rows", "2000"], ["bytes_a_flow", "columns"]),
    "exports": (["--records", "500"], ["netflow_v9_stored_per_second", "netflow_v9_peak_rss_mb"]),
    "fuzz": (["--cases", "10", "--format", "squid"], ["squid"]),
    "ingest": (
        ["--megabytes", "1", "--rows", "200", "--only", "syslog", "--without-nfstream"],
        ["pcap_packets_per_second", "pcap_peak_rss_mb", "ratio_to_nfstream", "syslog_lines_per_second_parsed"],
    ),
    "kafka": (["--flows", "5000"], ["put_per_second", "stored_per_second"]),
    "listen": (["--events", "400", "--rate", "400"], ["listen_received", "listen_dropped", "listen_stored"]),
    "live_capture": (["--packets", "400", "--rates", "400"], ["sent_per_second", "dropped", "stored", "flows"]),
    "logs": (["--rows", "200"], ["syslog_rows_per_second", "eve_rows_per_second"]),
    "many_files": (["--files", "2"], ["ingest_seconds", "ingest_again_seconds"]),
    "store": (["--rows", "1000"], ["select_1_ms", "insert_rows_per_second"]),
}
_ON_EVENTS = ("detect", "detect_ways")


def test_every_benchmark_has_a_smallest_size_here() -> None:
    assert set(_SMALL) == MODULES


@pytest.mark.slow
@pytest.mark.parametrize("module", _SMALL)
def test_a_benchmark_runs_and_tells_what_is_named(module: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    words, keys = _SMALL[module]
    if module == "kafka" and not os.environ.get("RONGDUN_TEST_KAFKA"):
        pytest.skip("no Kafka to read from: RONGDUN_TEST_KAFKA names none")
    if module == "live_capture" and not may_capture():
        pytest.skip("no right to capture at an interface: CAP_NET_RAW")
    if module in _ON_EVENTS:
        words = [*words, *_events_and_rules(request.getfixturevalue("shared_data"), tmp_path)]
    if module in ("event_logs", "flow_storage"):
        words = [str(_few_files(request.getfixturevalue("shared_data"), tmp_path / "few")), *words]
    if module == "ingest":
        words = [str(tmp_path), *words]
    ran = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *words, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    # What a benchmark prints on its way comes before the document.
    begin = min(at for at in (ran.stdout.find("{"), ran.stdout.find("[{")) if at >= 0)
    told = json.loads(ran.stdout[begin:])
    assert told
    assert set(keys) <= set(told[-1] if isinstance(told, list) else told)


_THREE_CHUNKS = 4096 + 3 * 65_536


def _few_files(shared: Path, place: Path) -> Path:
    """A few small event logs and captures, in folders as the shared ones."""
    for folder, pattern, many in (("evtx", "*.evtx", 4), ("pcap", "*.pcap", 20)):
        (place / folder).mkdir(parents=True)
        files = [path for path in (shared / folder).rglob(pattern) if path.stat().st_size > 10_000]
        by_size = sorted(files, key=lambda path: (path.stat().st_size, path.name))
        # Of more than three chunks the first are full.
        longer = [path for path in by_size if path.stat().st_size > _THREE_CHUNKS][:1] if folder == "evtx" else []
        for number, path in enumerate([*by_size[:many], *longer]):
            shutil.copy(path, place / folder / f"{number}-{path.name}")
    return place


def _events_and_rules(shared: Path, place: Path) -> list[str]:
    """A few real event logs and a few rules about them."""
    events, rules = place / "events", place / "rules"
    events.mkdir()
    rules.mkdir()
    logs = sorted((shared / "evtx").rglob("*.evtx"), key=lambda path: (path.stat().st_size, path.name))[:4]
    for log in logs:
        shutil.copy(log, events / log.name)
    for rule in sorted((ROOT / "rules" / "sigma").rglob("windows/**/*.yml"))[:5]:
        shutil.copy(rule, rules / rule.name)
    return ["--events", str(events), "--rules", str(rules)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.NAME)
def test_what_is_made_up_for_fuzzing_is_of_its_format(source: Source) -> None:
    seeds = made_up_seeds(source.NAME)
    assert seeds or source.NAME == "evtx"
    for seed in seeds:
        found = source_for(seed)
        assert found is not None
        assert found.NAME == source.NAME
        fuzz.judge(source, seed)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.NAME)
def test_no_damage_makes_a_source_fail(source: Source) -> None:
    seeds = made_up_seeds(source.NAME) or [b"ElfFile\0" + bytes(4096)]
    form = fuzz.FORMATS.get(source.NAME, fuzz.Format())
    for number in range(1_000_000, 1_000_100):
        content = fuzz.damaged(seeds, number, form)
        source.recognises(content)
        fuzz.judge(source, content)
