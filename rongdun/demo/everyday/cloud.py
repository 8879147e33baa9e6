"""The government cloud's border as Suricata sees it: citizens' sessions, lookups, and signatures that mean little."""

from rongdun.demo.formats import eve
from rongdun.demo.formats.eve import Flow
from rongdun.demo.moments import CITIZENS, MACHINES, SECOND, moments
from rongdun.demo.people import RESOLVER, SCANNERS, citizen, high_port
from rongdun.demo.world import EVE, World

_FRONT = ("198.51.100.21", "198.51.100.22", "198.51.100.23", "198.51.100.24")
_INNER = ("10.10.1.21", "10.10.1.22", "10.10.1.23", "10.10.1.24", "10.10.1.25")
_NAMES = ("portal-01.cloud", "portal-02.cloud", "apply-03.cloud", "identity.cloud")


def happen(world: World) -> None:
    """Write a day of EVE events."""
    _sessions(world)
    _lookups(world)
    _noise(world)


def _sessions(world: World) -> None:
    dice = world.dice("eve/tls")
    for at in moments(dice, world.day, 9_000, CITIZENS):
        client, site = citizen(dice), dice.randrange(len(_FRONT))
        server = "2001:db8:591:10::21" if ":" in client else _FRONT[site]
        flow = Flow(dice.getrandbits(50), client, high_port(dice), server, 443)
        version = dice.choices(("TLS 1.3", "TLS 1.2"), weights=(7, 3))[0]
        tls = {"sni": f"{_NAMES[site]}.fuzhou.example.org", "version": version}
        world.chronicle.line(EVE, at, eve.event(at, "tls", flow, {"tls": tls}))
        seconds = dice.uniform(0.2, 60)
        ended = at + int(seconds * SECOND)
        sent, received = dice.randrange(800, 12_000), dice.randrange(3_000, 500_000)
        line = eve.flow_ended(ended, flow, application="tls", seconds=seconds, bytes_out=sent, bytes_in=received)
        world.chronicle.line(EVE, ended, line)


def _lookups(world: World) -> None:
    dice = world.dice("eve/dns")
    for at in moments(dice, world.day, 4_000, MACHINES):
        flow = Flow(dice.getrandbits(50), dice.choice(_INNER), high_port(dice), RESOLVER, 53, "UDP")
        name = f"{dice.choice(('updates', 'identity', 'mail', 'exchange'))}.fuzhou.example.org"
        asked = {"type": "query", "id": dice.getrandbits(16), "rrname": name, "rrtype": "A", "tx_id": 0}
        world.chronicle.line(EVE, at, eve.event(at, "dns", flow, {"dns": asked}))


def _noise(world: World) -> None:
    dice = world.dice("eve/alerts")
    for at in moments(dice, world.day, 60, MACHINES):
        flow = Flow(dice.getrandbits(50), dice.choice(SCANNERS), high_port(dice), dice.choice(_FRONT), 443)
        line = eve.alert(
            at,
            flow,
            signature_id=9_000_001,
            signature="RONGDUN DEMO survey scanner seen",
            category="Misc activity",
            severity=3,
        )
        world.chronicle.line(EVE, at, line)
