"""Events of real captures, held to scapy's dissection of each packet alone."""

import io
from collections import Counter
from pathlib import Path

import pytest

from pipelines.sources import capture
from tests.pipelines.sources.application_oracle import told_by_events, told_by_scapy

# What scapy tells and events do not.
_UNTOLD = {
    # Targets without a URI or with a space in it, which readers take apart differently.
    ("connect-with-smtp.pcap", "http request"),
    ("no-uri.pcap", "http request"),
    # Names that lead back to themselves, or break off.
    ("dns-invalid-names.pcap", "dns question"),
    ("dns-zlip-1.pcap", "dns question"),
    ("dns-zlip-2.pcap", "dns question"),
    ("dns-zlip-3.pcap", "dns question"),
    # A length that is wrong on purpose hides what follows it in its stream; so does an IP header that lies.
    ("fuzz-72.pcap", "modbus request"),
    ("ipv4_invalid_total_length_2.pcap", "dns question"),
    # GRE in UDP is no tunnel that flows are read from.
    ("gre-over-udp-4754.pcap", "http request"),
    ("gre-over-udp-4754.pcap", "http status"),
}
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
    assert untold <= _UNTOLD
    assert all(captures[kind] >= least for kind, least in _LEAST.items()), captures
