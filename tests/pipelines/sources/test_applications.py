"""Events of real captures, held to scapy's dissection of each packet alone."""

import io
from collections import Counter
from pathlib import Path

import pytest

from pipelines.sources import capture
from tests.pipelines.sources.application_oracle import told_by_events, told_by_scapy

# What scapy tells and events do not: names that loop, targets with a space, GRE in UDP.
_UNTOLD: set[tuple[str, str]] = set()
# So many captures of the folder tell something of each kind; fewer mean that the comparison is hollow.
_LEAST = {
    "dns question": 60,
    "dns answer": 60,
    "http request": 100,
    "http status": 80,
    "tls client": 60,
    "tls server": 60,
    "modbus request": 5,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # scapy's own, on damaged captures
def test_events_tell_all_that_scapy_finds_in_single_packets(shared_data: Path) -> None:
    untold: set[tuple[str, str]] = set()
    captures: Counter[str] = Counter()
    for path in sorted((shared_data / "pcap").rglob("*.*cap*")):
        if path.suffix == ".gz" or not capture.recognises(path.read_bytes()[:4096]):
            continue
        expected = told_by_scapy(path)
        captures.update({kind for kind, *_ in expected})
        batches = capture.read(io.BytesIO(path.read_bytes()))
        events = [event for batch in batches if batch.table == "log_events" for event in batch.rows.to_dicts()]
        untold |= {(path.name, kind) for kind, *_ in expected - told_by_events(events)}
    assert untold == _UNTOLD
    assert all(captures[kind] >= least for kind, least in _LEAST.items()), captures
