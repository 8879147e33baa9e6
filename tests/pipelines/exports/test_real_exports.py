"""Export packets of real routers, against a small reader of the tests and against scapy's."""

import re
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.netflow import NetflowDataflowsetV9, NetflowHeader, NetflowRecordV5, netflowv9_defragment
from scapy.packet import Packet

from pipelines.sources import flow_exports
from pipelines.sources.registry import source_for
from pipelines.sources.unread import reason_unread
from tests.pipelines.exports.oracle import flows
from tests.pipelines.exports.packets import Read, read

# Packets of one exporter that belong together: templates first.
_TOGETHER = {
    "barracuda": r"ipfix_test_barracuda_(tpl|data256)",
    "mikrotik": r"ipfix_test_mikrotik_(tpl|data258|data259)",
    "openbsd": r"ipfix_test_openbsd_pflow_(tpl|data)",
    "vmware": r"ipfix_test_vmware_vds_(tpl|data\d+)",
    "viptela": r"ipfix_test_viptela_(tpl|data)257",
    "aci": r"netflow9_test_cisco_aci_(tpl256-258|data256)",
    "asr9k": r"netflow9_test_cisco_asr9k_(tpl260|data260)",
    "fortigate": r"netflow9_test_fortigate_fortios_521_(tpl|data257)",
    "fortigate with applications": r"netflow9_test_fortigate_fortios_542_appid_(tpl258-269|data258_262)",
    "h3c": r"netflow9_test_h3c_(tpl|data)3281",
    "huawei": r"netflow9_test_huawei_netstream_(tpl|data)",
    "macaddr": r"netflow9_test_macaddr_(tpl|data)",
    "nprobe": r"netflow9_test_nprobe_(tpl|data)",
    "palo alto": r"netflow9_test_paloalto_panos_(tpl|data)",
    "palo alto filled up": r"netflow9_test_paloalto_81_.*",
    "edgerouter": r"netflow9_test_ubnt_edgerouter_(tpl|data\d+)",
}
_ALONE = (
    *("netflow5", "netflow5_test_juniper_mx80", "netflow5_test_microtik", "netflow9_cisco_asr1001x_tpl259"),
    *("netflow9_test_cisco_1941K9", "netflow9_test_softflowd_tpl_data", "netflow9_test_valid01", "ipfix"),
    *("netflow9_test_0length_fields_tpl_data", "netflow9_test_streamcore_tpl_data260", "netflow9_test_nprobe_dpi"),
    *("netflow9_test_iptnetflow_reduced_size_encoding_tpldata260", "netflow9_test_unknown_tpl266_292_data"),
)


@pytest.fixture(scope="session")
def exports(shared_data: Path) -> Path:
    folder = shared_data / "netflow"
    if not folder.is_dir():
        pytest.skip(f"no export packets at {folder}")
    return folder


def test_every_file_gives_rows_or_a_reason(exports: Path) -> None:
    silent = []
    for path in sorted(exports.glob("*.dat")):
        content = path.read_bytes()
        if source_for(content) is not flow_exports:
            assert "begins like NetFlow v5" in reason_unread(content), path.name
            continue
        with path.open("rb") as stream:
            found = Read(flow_exports.read(stream))
        if not (found.rows or found.reasons):
            silent.append(path.name)
    assert silent == []


@pytest.mark.parametrize("name", _ALONE)
def test_a_file_agrees_with_a_reader_of_single_records(exports: Path, name: str) -> None:
    content = (exports / f"{name}.dat").read_bytes()
    _agree(_packets(content))


@pytest.mark.parametrize("pattern", _TOGETHER.values(), ids=_TOGETHER)
def test_files_of_one_exporter_agree_with_a_reader_of_single_records(exports: Path, pattern: str) -> None:
    paths = [path for path in sorted(exports.glob("*.dat")) if re.fullmatch(pattern, path.stem)]
    # Data first and templates last is as well: what waits is read when they come.
    ordered = sorted(paths, key=lambda path: "tpl" not in path.name)
    for packets in (ordered, ordered[::-1]):
        _agree([path.read_bytes() for path in packets])


def _agree(packets: list[bytes]) -> None:
    templates: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
    for content in packets:
        list(flows(content, templates))
    expected = [flow for content in packets for flow in flows(content, templates)]
    found = read(*packets)
    told = [flow for flow in expected if flow[0] or flow[1]]
    assert sorted(map(_ends, found.rows)) == sorted(told)
    assert told


def _ends(row: dict[str, Any]) -> tuple[str, str, int, int, int, int]:
    rate = int(row["fields"].get("sampling_rate", "1"))
    icmp = row["protocol"] in ("icmp", "icmp6")
    ports = (-1, -1) if icmp else (row["source_port"], row["destination_port"])
    return (row["source_ip"], row["destination_ip"], *ports, row["packets_out"] // rate, row["ip_bytes_out"] // rate)


def _packets(content: bytes) -> list[bytes]:
    """The packets of a file whose versions say how long they are; v9 is one packet."""
    packets = []
    while content:
        number = int.from_bytes(content[2:4], "big")
        size = {5: 24 + 48 * number, 10: number}.get(content[1], len(content))
        packets.append(content[:size])
        content = content[size:]
    return packets


@pytest.mark.parametrize("name", ["netflow5_test_juniper_mx80", "netflow5_test_microtik"])
def test_scapy_reads_the_same_of_v5(exports: Path, name: str) -> None:
    content = (exports / f"{name}.dat").read_bytes()
    records = []
    layer: Packet | None = NetflowHeader(content).getlayer(NetflowRecordV5)
    while layer is not None:
        records.append((layer.src, layer.dst, layer.srcport, layer.dstport, layer.dpkts, layer.dOctets))
        layer = layer.payload.getlayer(NetflowRecordV5)
    found = [(_ends(row), row["protocol"]) for row in read(content).rows]
    assert len(records) > 20
    assert [ends for ends, protocol in found if protocol != "icmp"] == [
        ends for ends, (_, protocol) in zip(records, found, strict=True) if protocol != "icmp"
    ]


@pytest.mark.parametrize(
    "name", ["netflow9_test_cisco_1941K9", "netflow9_cisco_asr1001x_tpl259", "netflow9_test_valid01"]
)
def test_scapy_reads_the_same_of_v9(exports: Path, name: str) -> None:
    content = (exports / f"{name}.dat").read_bytes()
    (packet,) = netflowv9_defragment([NetflowHeader(content)])  # type: ignore[no-untyped-call]  # scapy is not typed
    records, number = [], 1
    while (layer := packet.getlayer(NetflowDataflowsetV9, number)) is not None:
        old = [record for record in layer.records if "IPV4_SRC_ADDR" in record.fields]
        records += [(record.IPV4_SRC_ADDR, record.IPV4_DST_ADDR) for record in old]
        number += 1
    found = [(row["source_ip"], row["destination_ip"]) for row in read(content).rows if ":" not in row["source_ip"]]
    assert records
    assert found == records
