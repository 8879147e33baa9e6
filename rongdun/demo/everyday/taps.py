"""Three taps that capture packets: the water control network, the bank's front, and a county office."""

from rongdun.demo.dice import Dice
from rongdun.demo.formats import dns, modbus, tls
from rongdun.demo.formats.captures import Frame
from rongdun.demo.formats.packets import Endpoint, udp_frame
from rongdun.demo.formats.talks import Talk
from rongdun.demo.moments import CITIZENS, HOUR, MACHINES, OFFICE, SECOND, Day, moments
from rongdun.demo.people import AGENTS, RESOLVER, citizen, high_port
from rongdun.demo.world import BANK_CAPTURE, COUNTY_CAPTURE, WATER_CAPTURE, World, place

_CONTROLLERS = ("water-plc-intake", "water-plc-filter", "water-plc-pump")
_POLL = 30 * SECOND


def happen(world: World) -> None:
    """Write the day of every tap."""
    for number, controller in enumerate(_CONTROLLERS):
        _polling(world, controller, unit=number + 1)
    _banking(world)
    _county_office(world)


def name_lookup(dice: Dice, at: int, client: Endpoint, query: str, kind: str, answer: str) -> list[Frame]:
    """The two packets of a lookup at the city's resolver."""
    resolver, number = Endpoint(RESOLVER, 53), dice.getrandbits(16)
    asked = udp_frame(client, resolver, dns.question(number, query, kind))
    answered = udp_frame(resolver, client, dns.response(number, query, kind, [answer]))
    return [(at, asked), (at + dice.randrange(400, 9_000), answered)]


def _polling(world: World, controller: str, *, unit: int) -> None:
    dice = world.dice(f"modbus/{controller}")
    scada, plc = place("water-scada").address, Endpoint(place(controller).address, 502)
    for hour in range(24):
        opened = world.day.start + hour * HOUR + dice.randrange(SECOND)
        talk = Talk(dice, opened, Endpoint(scada, high_port(dice)), plc).open()
        for turn in range(HOUR // _POLL - 1):
            talk.at = opened + (turn + 1) * _POLL
            _poll(dice, talk, turn, unit)
        if hour in {6, 18}:
            _setpoint(talk, unit)
        world.chronicle.frames(WATER_CAPTURE, talk.close())


def _poll(dice: Dice, talk: Talk, turn: int, unit: int) -> None:
    registers = [dice.randrange(200, 900) for _ in range(8)]
    talk.client_says(modbus.read_request(turn, unit, 100, 8))
    talk.server_says(modbus.read_answer(turn, unit, registers))


def _setpoint(talk: Talk, unit: int) -> None:
    # The dispatcher changes the day and the night set-point from the SCADA server itself.
    order = modbus.write_single(9_000, unit, modbus.WRITE_SINGLE_REGISTER, 40, 620)
    talk.client_says(order).server_says(order)


def _banking(world: World) -> None:
    dice = world.dice("bank/tls")
    server = Endpoint("198.51.100.80", 443)
    for at in moments(dice, world.day, 1_400, CITIZENS):
        client = Endpoint(f"203.0.113.{dice.randrange(70, 190)}", high_port(dice))
        talk = Talk(dice, at, client, server, round_trip=24_000).open()
        parameters = dice.choices((tls.TLS13_AES, tls.TLS12_ECDHE), weights=(8, 2))[0]
        sizes = {"sent": dice.randrange(300, 1_500), "received": dice.randrange(900, 9_000)}
        tls.session(dice, talk, "ebank.bank.fuzhou.example.org", parameters, **sizes)
        world.chronicle.frames(BANK_CAPTURE, talk.close())
    _clearing(world, dice)


def _clearing(world: World, dice: Dice) -> None:
    clearing = Endpoint(place("bank-clearing").address, 8443)
    for at in moments(dice, world.day, 240, OFFICE):
        talk = Talk(dice, at, Endpoint(f"10.30.2.{dice.randrange(10, 40)}", high_port(dice)), clearing).open()
        tls.session(dice, talk, "clearing.bank.fuzhou.example.org", tls.TLS12_ECDHE, sent=600, received=900)
        world.chronicle.frames(BANK_CAPTURE, talk.close())


def _county_office(world: World) -> None:
    dice = world.dice("gulou/office")
    for at in _busy(world.day, dice):
        desk = f"10.11.3.{dice.randrange(20, 60)}"
        lookup = name_lookup(
            dice, at, Endpoint(desk, high_port(dice)), "intranet.gulou.fuzhou.example.org", "A", "10.11.1.10"
        )
        world.chronicle.frames(COUNTY_CAPTURE, lookup)
        talk = Talk(dice, at + 30_000, Endpoint(desk, high_port(dice)), Endpoint("10.11.1.10", 80)).open()
        world.chronicle.frames(COUNTY_CAPTURE, _page(dice, talk).close())
    for at in moments(dice, world.day, 80, CITIZENS):
        client = citizen(dice)
        server = Endpoint("2001:db8:591:11::31" if ":" in client else "198.51.100.31", 443)
        visit = Talk(dice, at, Endpoint(client, high_port(dice)), server).open()
        tls.session(dice, visit, "brain.gulou.fuzhou.example.org", tls.TLS13_AES, sent=400, received=2_000)
        world.chronicle.frames(COUNTY_CAPTURE, visit.close())


def _busy(day: Day, dice: Dice) -> list[int]:
    return sorted(moments(dice, day, 420, OFFICE) + moments(dice, day, 60, MACHINES))


def _page(dice: Dice, talk: Talk) -> Talk:
    body = bytes(dice.choices(b"abcdefghijklmnopqrstuvwxyz \n", k=dice.randrange(300, 2_500)))
    path = dice.choice(("/", "/duty", "/notices", "/forms/leave"))
    request = f"GET {path} HTTP/1.1\r\nHost: intranet.gulou.fuzhou.example.org\r\nUser-Agent: {AGENTS[0]}\r\n\r\n"
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return talk.client_says(request.encode()).server_says(answer + body, after=dice.randrange(2_000, 40_000))
