import json
import struct
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from dlp.mask_findings import MaskCheck
from dlp.policy import default_policy
from pipelines.scan import scan
from rongdun.demo.city import City
from rongdun.demo.stories import brute_force, dns_tunnel, modbus_write, weak_tls
from rongdun.demo.stories.resident_export import DATASET
from rongdun.demo.world import place
from store.client import Store


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _packets(path: Path) -> Iterator[bytes]:
    """Frames of a classic pcap, read without the code that wrote it."""
    content = path.read_bytes()
    at = 24
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at + 8)
        yield content[at + 16 : at + 16 + length]
        at += 16 + length


def _story_names(city: City) -> list[str]:
    return [story.story_id for story in city.stories]


def test_eleven_stories_lie_within_the_day(city: City) -> None:
    assert len(set(_story_names(city))) == 11
    assert all(city.starts_at <= story.starts_at < story.ends_at for story in city.stories)
    assert all(story.starts_at < city.ends_at for story in city.stories)


def test_guessing_precedes_the_login_then_root_then_the_web_shell(city: City) -> None:
    corporate = _lines(city.telemetry / "collector-corporate/syslog.log")
    attacker = [line for line in corporate if brute_force.ATTACKER in line or "COMMAND=/bin/bash" in line]
    failed = [number for number, line in enumerate(attacker) if "Failed password" in line]
    accepted = [number for number, line in enumerate(attacker) if "Accepted password" in line]
    root = [number for number, line in enumerate(attacker) if "COMMAND=/bin/bash" in line]
    assert len(failed) >= 100
    assert max(failed) < accepted[0] < root[0]
    shell = [line for line in _lines(city.telemetry / "gov-cloud-hosts/apply-03/access.log") if ".jsp?cmd=" in line]
    assert all(line.split(" ")[1] == brute_force.ATTACKER for line in shell)
    assert len(shell) == 5


def test_no_benign_client_is_at_an_address_of_a_story(city: City) -> None:
    access = _lines(city.telemetry / "gov-cloud-hosts/portal-01/access.log")
    assert not [line for line in access if f" {brute_force.ATTACKER} " in line]


def test_the_tunnel_asks_for_names_that_nobody_else_asks_for(city: City) -> None:
    lookups = [json.loads(line) for line in _lines(city.telemetry / "data-centre-zeek/dns.log")]
    tunnelled = [row for row in lookups if row["query"].endswith("sync-relay.example.org")]
    assert {row["id.orig_h"] for row in tunnelled} == {place(dns_tunnel.ASSET).address}
    assert len({row["query"] for row in tunnelled}) == len(tunnelled) == 1_200
    assert all(len(label) <= 63 for row in tunnelled for label in row["query"].split("."))
    assert max(len(row["query"]) for row in lookups if row not in tunnelled) < 40


def test_the_desk_writes_to_the_controller_and_the_scada_server_mostly_reads(city: City) -> None:
    requests: Counter[tuple[str, int]] = Counter()
    for frame in _packets(city.telemetry / "water-tap/control-network.pcap"):
        payload, to_plc = frame[14 + 20 + 20 :], frame[36:38] == struct.pack("!H", 502)
        if to_plc and len(payload) > 7 and payload[2:4] == b"\0\0":
            requests[".".join(str(octet) for octet in frame[26:30]), payload[7]] += 1
    assert {function for source, function in requests if source == modbus_write.DESK} == {3, 5, 16}
    scada = place("water-scada").address
    assert requests[scada, 3] > 8_000
    assert requests[scada, 6] == 6


def _pcapng_packets(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    at = 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == 6:
            (captured,) = struct.unpack_from("<I", content, at + 20)
            yield content[at + 28 : at + 28 + captured]
        at += length


def _server_hellos(path: Path) -> Iterator[tuple[str, int, int]]:
    """For each ServerHello over IPv4: who it is for, the version of the hello, the cipher suite."""
    for frame in _pcapng_packets(path):
        payload = frame[14 + 20 + (frame[46] >> 4) * 4 :]
        if payload[:1] == b"\x16" and payload[5:6] == b"\x02":
            version, cipher = struct.unpack_from("!H", payload, 9)[0], struct.unpack_from("!H", payload, 44)[0]
            yield ".".join(str(octet) for octet in frame[30:34]), version, cipher


def test_only_the_old_terminal_speaks_tls_1_0_and_rc4(city: City) -> None:
    hellos = list(_server_hellos(city.telemetry / "bank-tap/front.pcapng"))
    weak = [client for client, version, cipher in hellos if version < 0x0303 or cipher in {0x0004, 0x0005, 0x000A}]
    assert weak == [weak_tls.TERMINAL] * 36
    assert len(hellos) > 1_000


def test_the_resident_table_is_in_clear_and_the_hospital_table_is_masked(city: City) -> None:
    residents = pl.read_csv(city.folder / DATASET, infer_schema=False)
    visits = pl.read_parquet(city.tables / "dept-health/outpatient_visits.parquet")
    assert residents["身份证号"].str.contains(r"^\d{17}[\dX]$").all()
    assert residents["身份证号"].n_unique() == len(residents)
    for column in ("姓名", "身份证号", "手机号"):
        assert visits[column].str.contains("*", literal=True).all()


def test_two_systems_show_riders_masked_so_that_together_they_do_not_hold(city: City, store: Store) -> None:
    path = city.tables / "dept-transport/transit_links.csv"
    (report,) = scan(path, store, key=b"a key for tests only, 32 bytes..", scope="fuzhou", policy=default_policy())
    assert report.findings
    assert all(finding.masked for finding in report.findings)
    (mask,) = report.masks
    assert (mask.check, mask.severity, mask.entity_type) == (MaskCheck.windows, "high", "CN_RESIDENT_ID")
    assert mask.columns == ("公交系统身份证号", "应用身份证号")


def _last_lines(city: City) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for line in _lines(city.telemetry / "collector-field/syslog.log"):
        moment = datetime.strptime(f"2026 {line[4:19]} +0000", "%Y %b %d %H:%M:%S %z")
        latest[line[20:].split(" ", 1)[0]] = moment
    return latest


def test_one_gateway_falls_silent_four_hours_before_the_end_while_all_others_go_on(city: City) -> None:
    latest = _last_lines(city)
    silent = place("substation-luoyuan").host
    assert 4 * 3600 < (city.ends_at - latest.pop(silent)).total_seconds() < 4.5 * 3600
    assert all((city.ends_at - moment).total_seconds() < 600 for moment in latest.values())


@pytest.mark.parametrize(
    "path",
    ["gov-cloud-hosts/portal-01/access.log", "data-centre-zeek/ssl.log", "data-centre-zeek/dns.log"],
)
def test_the_morning_is_busier_than_lunch_and_lunch_than_the_night(city: City, path: str) -> None:
    hours = Counter(_local_hour(line) for line in _lines(city.telemetry / path) if "sync-relay" not in line)
    assert hours[10] > 1.2 * hours[12] > 1.2 * hours[3]


def _local_hour(line: str) -> int:
    if line.startswith("{"):
        return int(json.loads(line)["ts"] // 3600 + 8) % 24
    return int(line.split("[", 1)[1].split(":")[1])


@pytest.mark.parametrize(
    "path", ["data-centre-zeek/conn.log", "data-centre-zeek/dns.log"], ids=["connections", "lookups"]
)
def test_lines_are_in_order_of_time(city: City, path: str) -> None:
    stamps = [json.loads(line)["ts"] for line in _lines(city.telemetry / path)]
    assert all(earlier <= later for earlier, later in pairwise(stamps))


def test_every_connection_has_its_own_id(city: City) -> None:
    uids = [json.loads(line)["uid"] for line in _lines(city.telemetry / "data-centre-zeek/conn.log")]
    assert len(uids) == len(set(uids))
