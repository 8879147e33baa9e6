"""The data centre's border as Zeek sees it: name resolution, services, clocks, the night backup, and scanners."""

from dataclasses import dataclass

from rongdun.demo.dice import Dice
from rongdun.demo.formats import zeek
from rongdun.demo.formats.zeek import Connection
from rongdun.demo.moments import CITIZENS, MACHINES, MINUTE, OFFICE, every, moments
from rongdun.demo.people import AGENTS, RESOLVER, SCANNERS, TIME_SERVER, citizen, high_port
from rongdun.demo.world import ZEEK, World, place, places

_NAMES = (
    "portal",
    "identity",
    "mail",
    "updates",
    "map",
    "pay",
    "static-01",
    "static-02",
    "api",
    "video",
    "notice",
    "weather",
)
_FRONT = ("198.51.100.40", "198.51.100.45", "198.51.100.65", "198.51.100.95", "198.51.100.97")
_SUITES = (("TLSv13", "TLS_AES_128_GCM_SHA256", 7), ("TLSv12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 3))


@dataclass(frozen=True)
class Lookup:
    """One name that was asked for; without an answer it does not exist."""

    client: str
    query: str
    kind: str
    answers: tuple[str, ...]
    resolver: str = RESOLVER


def happen(world: World) -> None:
    """Write a day of conn, dns, ssl and http logs."""
    _name_resolution(world)
    _public_services(world)
    _health_checks(world)
    _clocks(world)
    _night_backup(world)
    _scans(world)


def look_up(world: World, dice: Dice, at: int, lookup: Lookup) -> None:
    """Write one name lookup, in conn.log and dns.log."""
    seen = Connection(
        source=lookup.client,
        source_port=high_port(dice),
        destination=lookup.resolver,
        destination_port=53,
        protocol="udp",
        service="dns",
        seconds=dice.uniform(0.0004, 0.03),
        bytes_out=len(lookup.query) + 18,
        bytes_in=len(lookup.query) + 34 + sum(len(answer) for answer in lookup.answers),
        history="Dd",
    )
    uid = zeek.uid(dice)
    world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, uid, seen))
    line = zeek.dns(at, uid, seen, query=lookup.query, kind=lookup.kind, answers=list(lookup.answers))
    world.chronicle.line(f"{ZEEK}/dns.log", at, line)


def _name_resolution(world: World) -> None:
    dice = world.dice("zeek/dns")
    clients = [each.address for each in places() if each.hosts and "/" not in each.address]
    for at in moments(dice, world.day, 17_000, OFFICE) + moments(dice, world.day, 4_000, MACHINES):
        kind = dice.choices(("A", "AAAA", "PTR", "TXT"), weights=(70, 24, 5, 1))[0]
        answers = (_answer(dice, kind),) if dice.random() > 0.01 else ()
        look_up(world, dice, at, Lookup(dice.choice(clients), _asked(dice, kind), kind, answers))


def _asked(dice: Dice, kind: str) -> str:
    if kind == "PTR":
        return f"{dice.randrange(1, 255)}.100.51.198.in-addr.arpa"
    return f"{dice.choice(_NAMES)}.example.org"


def _answer(dice: Dice, kind: str) -> str:
    last = dice.randrange(1, 200)
    given = {"A": f"192.0.2.{last}", "AAAA": f"2001:db8:f01::{last:x}", "PTR": "host.example.org"}
    return given.get(kind, "v=spf1 -all")


def _public_services(world: World) -> None:
    dice = world.dice("zeek/ssl")
    for at in moments(dice, world.day, 10_000, CITIZENS):
        version, cipher, _ = dice.choices(_SUITES, weights=[weight for _, _, weight in _SUITES])[0]
        client, server = citizen(dice), dice.choice(_FRONT)
        if ":" in client:
            server = "2001:db8:591:20::45"
        seen = Connection(
            client,
            high_port(dice),
            server,
            443,
            "tcp",
            "ssl",
            dice.uniform(0.1, 30),
            dice.randrange(700, 9_000),
            dice.randrange(4_000, 400_000),
        )
        uid = zeek.uid(dice)
        world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, uid, seen))
        name = f"{dice.choice(_NAMES)}.fuzhou.example.org"
        world.chronicle.line(
            f"{ZEEK}/ssl.log", at, zeek.ssl(at, uid, seen, version=version, cipher=cipher, server_name=name)
        )


def _health_checks(world: World) -> None:
    dice = world.dice("zeek/http")
    checked = [each.address for each in places() if each.kind == "application server"]
    for number, at in enumerate(every(dice, world.day, 25)):
        server = checked[number % len(checked)]
        seen = Connection(
            "10.20.0.9", high_port(dice), server, 8080, "tcp", "http", dice.uniform(0.002, 0.09), 180, 420
        )
        uid = zeek.uid(dice)
        world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, uid, seen))
        line = zeek.http(at, uid, seen, method="GET", host=server, uri="/health", agent=AGENTS[3], status=200)
        world.chronicle.line(f"{ZEEK}/http.log", at, line)


def _clocks(world: World) -> None:
    for each in places():
        dice = world.dice(f"zeek/ntp/{each.asset_id}")
        for at in every(dice, world.day, 1_024) if each.expected_sources else []:
            seen = Connection(each.address, 123, TIME_SERVER, 123, "udp", "ntp", 0.002, 48, 48, "SF", "Dd")
            world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, zeek.uid(dice), seen))


def _night_backup(world: World) -> None:
    dice, storage = world.dice("zeek/backup"), place("dc-storage-17")
    clients = [
        each
        for each in places()
        if each.sector in {"cloud", "data_centre"} and each.expected_sources and each != storage
    ]
    for number, each in enumerate(clients):
        at = world.day.at("01:10") + number * 6 * MINUTE
        size = dice.randrange(200, 2_000) * 1_000_000
        seen = Connection(
            each.address, high_port(dice), storage.address, 873, "tcp", "", dice.uniform(120, 330), size, size // 900
        )
        world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, zeek.uid(dice), seen))


def _scans(world: World) -> None:
    dice = world.dice("zeek/scans")
    for at in moments(dice, world.day, 350, MACHINES):
        port = dice.choice((22, 23, 80, 443, 3389, 8080, 5900))
        state, history = dice.choice((("S0", "S"), ("REJ", "Sr")))
        seen = Connection(
            dice.choice(SCANNERS), high_port(dice), dice.choice(_FRONT), port, state=state, history=history
        )
        world.chronicle.line(f"{ZEEK}/conn.log", at, zeek.conn(at, zeek.uid(dice), seen))
