"""What is carried from packet to packet and from file to file: templates, waiting data, losses."""

import struct
from pathlib import Path

import pytest

from pipelines.exports.known import ExporterMemory, KnownExporters, load_known, save_known
from pipelines.exports.layouts import Layout
from pipelines.exports.templates import Templates
from pipelines.exports.waiting import MOST_BYTES, MOST_SETS, Held, PacketHeader, Waiting
from pipelines.ingest import ingest
from store.client import Store
from tests.pipelines.exports.packets import (
    PLAIN,
    captured,
    definition,
    fset,
    ipfix,
    plain_record,
    read,
    read_captured,
    v5,
    v5_record,
    v9,
    v9_options,
)

TEMPLATE = fset(0, definition(256, PLAIN))
DATA = fset(256, plain_record())


def test_data_waits_for_its_template() -> None:
    found = read(v9(DATA), v9(DATA, sequence=1), v9(TEMPLATE, sequence=2))
    assert [each["source_offset"] for each in found.rows] == [0, 1]
    assert found.reasons == []


def test_data_whose_template_never_comes_is_named() -> None:
    found = read(v9(DATA), v9(DATA, sequence=1), v9(fset(300, b"12345678"), sequence=2, domain=9))
    assert found.rows == []
    size = len(DATA) - 4
    assert found.reasons == [
        f"no template 256 of source id 1 came in time: 2 data sets ({2 * size} bytes) cannot be read",
        "no template 300 of source id 9 came in time: 1 data sets (8 bytes) cannot be read",
    ]


def test_what_waits_is_bounded() -> None:
    waiting, name = Waiting(), ("ipfix", "192.0.2.1", 1, 300)
    for at in range(MOST_SETS + 10):
        waiting.hold(name, Held(b"1234", PacketHeader(at, 0, 0, 0)))
    for _ in range(2 * MOST_BYTES // 60_000):
        waiting.hold((*name[:3], 301), Held(bytes(60_000), PacketHeader(0, 0, 0, 0)))
    assert len(waiting.release(name)) == MOST_SETS
    assert [missing.sets for _, missing in waiting.rest()] == [2 * MOST_BYTES // 60_000, 10]
    assert not any(missing.held for _, missing in waiting.rest())


def test_the_template_heard_of_longest_ago_is_forgotten_first() -> None:
    templates = Templates(most_fields=20)
    layout = Layout(((8, 4), (12, 4)))
    for number in (256, 257, 258, 256, 259):
        templates.put(("ipfix", "192.0.2.1", 0, number), layout)
    assert [name[3] for name, _ in templates.items()] == [258, 256, 259]


_SEQUENCES: dict[str, tuple[tuple[bytes, ...], str]] = {
    "v9 counts packets": ((v9(TEMPLATE), v9(DATA, sequence=5)), "4 packets of source id 1"),
    "v5 counts flows": (
        (v5(v5_record(), v5_record()), v5(v5_record(), sequence=12)),
        "10 flows of engine 258",
    ),
    "IPFIX counts records": (
        (
            ipfix(fset(2, definition(256, PLAIN)), fset(256, plain_record() * 3)),
            ipfix(fset(256, plain_record()), sequence=4),
        ),
        "1 records of observation domain 1",
    ),
    "over the end of the counter": (
        (v9(TEMPLATE, sequence=0xFFFF_FFFF), v9(DATA, sequence=2)),
        "2 packets of source id 1",
    ),
}


@pytest.mark.parametrize(("packets", "expected"), _SEQUENCES.values(), ids=_SEQUENCES)
def test_what_was_lost_on_the_way_is_told(packets: tuple[bytes, ...], expected: str) -> None:
    (reason,) = read(*packets).reasons
    assert reason.startswith(f"{expected} were lost on the way: 1 gaps")


_HARMLESS: dict[str, tuple[bytes, ...]] = {
    "overtaken": (v9(TEMPLATE), v9(DATA, sequence=2), v9(DATA, sequence=1), v9(DATA, sequence=3)),
    "started anew": (v9(TEMPLATE, sequence=90_000), v9(DATA, sequence=0), v9(DATA, sequence=1)),
    "another domain": (v9(TEMPLATE), v9(TEMPLATE, domain=7, sequence=900), v9(DATA, sequence=1)),
    "records of unknown number": (
        ipfix(fset(2, definition(256, ((8, 4), (12, 4), (96, 65535)))), fset(256, bytes(9))),
        ipfix(fset(256, bytes(9)), sequence=40),
    ),
}


@pytest.mark.parametrize("packets", _HARMLESS.values(), ids=_HARMLESS)
def test_nothing_is_lost_where_numbers_only_look_so(packets: tuple[bytes, ...]) -> None:
    assert read(*packets).reasons == []


def test_a_file_of_templates_alone_says_so() -> None:
    options = fset(1, v9_options(257, [(1, 4)], [(34, 4)])) + fset(257, bytes(8))
    assert read(v9(TEMPLATE)).reasons == ["holds templates 256, and no flow"]
    assert read(v9(TEMPLATE + options)).reasons == [
        "holds templates 256, 257 and 1 records about the exporter, and no flow"
    ]


def test_a_capture_tells_the_flows_of_its_exporters_by_their_address() -> None:
    content = captured(v9(TEMPLATE), v9(DATA, sequence=1))
    found = read_captured(content)
    assert [(each["fields"]["exporter"], each["source_offset"]) for each in found.rows] == [("192.0.2.250", 1)]
    assert "netflow_v9" in found.types


@pytest.mark.parametrize("port", [2055, 9995, 9996, 4739, 6343])
def test_a_capture_knows_exports_by_their_ports(port: int) -> None:
    assert len(read_captured(captured(v5(v5_record()), port=port)).rows) == 1


def test_what_is_no_export_on_such_a_port_is_no_complaint() -> None:
    assert read_captured(captured(b"GET / HTTP/1.1 something else entirely")).reasons == []
    assert read_captured(captured(v5(v5_record()), port=2056)).rows == []


def test_exporters_do_not_share_templates() -> None:
    one = captured(v9(TEMPLATE), sender="192.0.2.11")
    other = captured(v9(DATA), sender="192.0.2.12")
    found = read_captured(one + other[24:])
    assert found.rows == []
    assert "exporter 192.0.2.12, source id 1" in found.reasons[0]


def test_templates_and_options_are_known_in_the_next_capture(tmp_path: Path) -> None:
    options = fset(1, v9_options(257, [(1, 4)], [(34, 4)])) + fset(257, b"\0\0\0\1\0\0\0\x08")
    known, path = KnownExporters(), tmp_path / "exporters" / "known.json"
    read_captured(captured(v9(TEMPLATE + options)), known)
    save_known(path, known)
    found = read_captured(captured(v9(DATA, sequence=1)), load_known(path))
    assert [(each["packets_out"], each["fields"]["sampling_rate"]) for each in found.rows] == [(24, "8")]


def test_what_two_processes_save_is_known_to_both(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    for sender in ("192.0.2.11", "192.0.2.12"):
        known = KnownExporters()
        read_captured(captured(v9(TEMPLATE), sender=sender), known)
        save_known(path, known)
    assert [name[1] for name, _ in load_known(path).templates.items()] == ["192.0.2.11", "192.0.2.12"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"form": 1}', '{"form": 1, "templates": [[1]], "origins": []}'])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(content)
    assert len(load_known(path).templates) == 0


def test_a_template_outlives_the_run_that_heard_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "home" / "known.json"
    first, second = tmp_path / "first.pcap", tmp_path / "second.pcap"
    first.write_bytes(captured(v9(TEMPLATE)))
    second.write_bytes(captured(v9(DATA, sequence=1)))
    for capture in (first, second):
        ingest([capture], store, scope="fuzhou", exporters=ExporterMemory(path))
    assert store.value("SELECT count() FROM network_flows WHERE source_type = 'netflow_v9'") == 1


def test_a_file_of_packets_is_stored_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "v9.dat"
    path.write_bytes(v9(TEMPLATE, DATA) + v5(v5_record()))
    for _ in range(2):
        ingest([path], store, scope="fuzhou")
    stored = store.rows(
        "SELECT source_type, ip_bytes_out, fields['template'] AS template FROM network_flows ORDER BY 1"
    )
    assert stored == [
        {"source_type": "netflow_v5", "ip_bytes_out": 180, "template": ""},
        {"source_type": "netflow_v9", "ip_bytes_out": 180, "template": "256"},
    ]


@pytest.mark.parametrize("tail", [b"", b"\0\x0a\0\x08"], ids=["whole", "with a cut one behind"])
def test_messages_that_share_a_datagram_are_all_read(tail: bytes) -> None:
    first = ipfix(fset(2, definition(256, PLAIN)), DATA)
    found = read_captured(captured(first + ipfix(DATA, sequence=1) + tail, port=4739))
    assert len(found.rows) == 2


def test_the_rate_of_an_interface_is_known_to_the_next_file(tmp_path: Path) -> None:
    known = KnownExporters()
    options = [fset(1, v9_options(257, [(2, 4)], [(34, 4)])), fset(257, struct.pack(">II", 7, 100))]
    read_captured(captured(v9(*options, fset(0, definition(256, (*PLAIN, (10, 2)))))), known)
    save_known(tmp_path / "known.json", known)
    later = captured(v9(fset(256, plain_record() + struct.pack(">H", 7)), sequence=1))
    (found,) = read_captured(later, load_known(tmp_path / "known.json")).rows
    assert (found["packets_out"], found["fields"]["sampling_rate"]) == (300, "100")
