"""Rules fire on what captures tell, not only on what sensors log: the whole way from packets to matches."""

import struct
from pathlib import Path

import pytest

from detectors.placeholders import load_placeholders
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from pipelines.ingest import ingest
from store.client import Store
from tests.pipelines.capture.certificate_bytes import certificate, distinguished, rsa_key
from tests.pipelines.capture.frames import Timed, out, pcap_file, talk, udp

RULES = Path(__file__).parents[2] / "rules"


def _dnp3(function: int) -> bytes:
    return b"\x05\x64\x08\xc4\x0a\0\x01\0\xcc\xcc" + bytes([0xC0, 0xC3, function]) + b"\xee\xee"


def _s7(parameter: bytes, role: int = 1) -> bytes:
    body = struct.pack("!BBHHHH", 0x32, role, 0, 7, len(parameter), 0) + parameter
    return struct.pack("!BBH", 3, 0, 7 + len(body)) + b"\x02\xf0\x80" + body


def _iec104(kind: int) -> bytes:
    return b"\x68\x0e" + bytes(4) + bytes([kind, 1, 6, 0, 3, 0, 1, 0, 0, 1])


def _opcua(kind: bytes, body: bytes) -> bytes:
    return kind + b"F" + struct.pack("<I", 8 + len(body)) + body


def _bacnet(service: int) -> bytes:
    return b"\x81\x0a\0\x0a\x01\x04" + bytes([0x00, 0x05, 1, service])


def _sized(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width, "big") + content


def _shown(content: bytes) -> bytes:
    hello = b"\x02" + _sized(b"\x03\x03" + bytes(32) + b"\0\xc0\x2f\0", 3)
    chain = b"\x0b" + _sized(_sized(_sized(content, 3), 3), 3)
    return b"\x16\x03\x03" + _sized(hello + chain + b"\x0e\0\0\0", 2)


def _offer(*lists: str) -> bytes:
    body = b"\x14" + bytes(16) + b"".join(_sized(text.encode(), 4) for text in lists) + bytes(9)
    return (len(body) + 1).to_bytes(4, "big") + b"\0" + body


_WEAK = ("diffie-hellman-group1-sha1", "ssh-dss", "3des-cbc", "3des-cbc", "hmac-md5", "hmac-md5", "none", "none")
_POLICY = b"http://opcfoundation.org/UA/SecurityPolicy#None"
_OPENED = bytes(4) + struct.pack("<I", len(_POLICY)) + _POLICY + b"\xff" * 8 + bytes(8) + b"\x01\0\xbe\x01"


def _to(port: int, payload: bytes) -> list[Timed]:
    return talk((True, payload), to=port)


def _datagrams(payload: bytes, count: int = 1) -> list[Timed]:
    return [(1000.0 + at, out(udp(47808, 47808, payload), 17)) for at in range(count)]


def _served(content: bytes) -> list[Timed]:
    return talk((False, _shown(content)), to=443)


CAPTURED = [
    ("ics/dnp3_control_from_elsewhere", _to(20000, _dnp3(5))),
    ("ics/dnp3_restart_or_stop", _to(20000, _dnp3(13))),
    ("ics/dnp3_file_or_configuration", _to(20000, _dnp3(25))),
    ("ics/s7_stop_or_download", _to(102, _s7(b"\x29\0\0\0\0\0\x09P_PROGRAM"))),
    ("ics/s7_written_from_elsewhere", _to(102, _s7(b"\x1a\0\x01\0\0\0\0\0\x09_0800001P"))),
    ("ics/s7_program_read", _to(102, _s7(b"\x1d\0\0\0\0\0\0\0\x09_0800001P"))),
    ("ics/s7_clock_set", _to(102, _s7(b"\0\x01\x12\x04\x11\x47\x02\0", 7))),
    ("ics/iec104_control_from_elsewhere", _to(2404, _iec104(45))),
    ("ics/iec104_reset_or_clock", _to(2404, _iec104(105))),
    ("ics/bacnet_write_from_elsewhere", _datagrams(_bacnet(15))),
    ("ics/bacnet_device_control", _datagrams(_bacnet(17))),
    ("ics/bacnet_enumeration", _datagrams(b"\x81\x0b\0\x08\x01\0\x10\x08", 12)),
    ("ics/opcua_write_from_elsewhere", _to(4840, _opcua(b"MSG", bytes(16) + b"\x01\0\xa1\x02"))),
    ("ics/opcua_without_security", _to(4840, _opcua(b"OPN", _OPENED))),
    ("tls/certificate_expired", _served(certificate(begin=b"19600101000000Z", end=b"19690101000000Z"))),
    ("tls/certificate_self_signed", _served(certificate(subject=distinguished(("2.5.4.3", b"Example CA"))))),
    ("tls/certificate_weak", _served(certificate(key=rsa_key(1024)))),
    (
        "network/ssh_weak_algorithms",
        talk((False, b"SSH-2.0-a\r\n" + _offer(*_WEAK)), (True, b"SSH-2.0-b\r\n" + _offer(*_WEAK)), to=22),
    ),
]


@pytest.mark.parametrize(("rule", "packets"), CAPTURED, ids=[rule for rule, _ in CAPTURED])
def test_a_rule_fires_on_what_a_capture_tells(rule: str, packets: list[Timed], store: Store, tmp_path: Path) -> None:
    path = tmp_path / "captured.pcap"
    path.write_bytes(pcap_file(packets))
    ingest([path], store, scope="fuzhou")
    placeholders = load_placeholders(RULES / "placeholders.yml")
    detect(store, load_ruleset(RULES / "sigma" / f"{rule}.yml", placeholders=placeholders))
    found = store.rows("SELECT DISTINCT rule_path FROM alert_matches")
    assert [Path(str(row["rule_path"])).stem for row in found] == [Path(rule).stem]
