"""Story 3: a desk in the water company's office network writes to the intake station's controller."""

from rongdun.demo.formats import modbus
from rongdun.demo.formats.packets import Endpoint
from rongdun.demo.formats.talks import Talk
from rongdun.demo.moments import MINUTE, SECOND, Day, as_datetime
from rongdun.demo.people import high_port
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import WATER_CAPTURE, World, place

DESK = "10.40.8.23"  # the office network is 10.40.8.0/24, the control network 10.40.1.0/24
ASSET = "water-plc-intake"
_START = "12:41"
_UNIT = 1
_WRITE = frozenset({"8b240f07-aa64-49c1-b03a-a968a35c0577"})  # rules/sigma/ics/modbus_write_from_elsewhere.yml


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="modbus-write",
        title_en="Modbus write to a water-works controller from an office network",
        title_zh="办公网主机向水厂控制器下发 Modbus 写指令",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 15 * MINUTE),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset({DESK}),
        expects=(AlertExpected("a write command from outside the control network", _WRITE),),
    )


def plant(world: World) -> None:
    """Write one connection: a look at the registers, then a coil switched off and three registers set."""
    dice = world.dice("story/modbus-write")
    desk, controller = Endpoint(DESK, high_port(dice)), Endpoint(place(ASSET).address, 502)
    talk = Talk(dice, world.day.at(_START), desk, controller, round_trip=4_000).open()
    talk.client_says(modbus.read_request(1, _UNIT, 100, 8)).server_says(modbus.read_answer(1, _UNIT, [300] * 8))
    stop = modbus.write_single(2, _UNIT, modbus.WRITE_SINGLE_COIL, 12, 0)
    talk.client_says(stop, after=40 * SECOND).server_says(stop)
    talk.client_says(modbus.write_multiple(3, _UNIT, 40, [0, 0, 1_000]), after=6 * SECOND)
    talk.server_says(modbus.written_answer(3, _UNIT, 40, 3))
    world.chronicle.frames(WATER_CAPTURE, talk.close())
