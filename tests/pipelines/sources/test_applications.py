"""Events of real captures, held to scapy's dissection of each packet alone."""

import io
import random
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.batch import SCHEMAS, Batch
from pipelines.errors import SourceBroken
from pipelines.sources import capture
from tests.pipelines.sources.application_oracle import told_by_events, told_by_scapy
from tests.pipelines.sources.rows import EVENTS, events_of

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
        batches = _read(path.read_bytes())
        events = [event for batch in batches if batch.table in EVENTS for event in events_of(batch).to_dicts()]
        untold |= {(path.name, kind) for kind, *_ in expected - told_by_events(events)}
    assert untold <= _UNTOLD
    assert all(captures[kind] >= least for kind, least in _LEAST.items()), captures


# Behind the headers of Ethernet, IPv4 and TCP: what is changed here reaches the readers of applications.
_HEADERS = 54
_FOLDERS = ("dnp3", "dns", "krb", "modbus", "quic", "rdp", "smb", "ssh", "tls")


@pytest.mark.slow
@pytest.mark.parametrize("folder", _FOLDERS)
def test_mutated_payloads_of_real_captures_never_raise(shared_data: Path, folder: str) -> None:
    captures = sorted((shared_data / "pcap" / "zeek" / "testing" / "btest" / "Traces" / folder).rglob("*.pcap"))
    assert captures
    for path in captures:
        content = path.read_bytes()[:150_000]
        for seed in range(3):
            chance = random.Random(f"{path.name} {seed}")  # noqa: S311 - repeatable, not secret
            for batch in _read(_with_other_payloads(content, chance)):
                assert batch.rows.schema == SCHEMAS[batch.table]


def _read(content: bytes) -> Iterator[Batch]:
    """What a capture gives, up to where it breaks off."""
    with suppress(SourceBroken):
        yield from capture.read(io.BytesIO(content))


def _with_other_payloads(content: bytes, chance: random.Random) -> bytes:
    """A pcap in which some bytes of some payloads are others; lengths and large numbers among them."""
    if content[:4] not in (bytes.fromhex("d4c3b2a1"), bytes.fromhex("4d3cb2a1")):
        return content
    changed, position = bytearray(content), 24
    while position + 16 <= len(content):
        (captured,) = struct.unpack_from("<I", content, position + 8)
        start, position = position + 16 + _HEADERS, position + 16 + captured
        end = min(position, len(content))
        for _ in range(chance.choice((0, 0, 1, 3)) if end > start else 0):
            # Most lengths and types lie near the beginning.
            at = start + min(int(chance.expovariate(1 / 40)), end - start - 1)
            changed[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(changed)
