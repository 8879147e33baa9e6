"""Story 6: the log of a substation's gateway stops while every other source goes on."""

from collections.abc import Mapping

from rongdun.demo.everyday.servers import log
from rongdun.demo.moments import SECOND, Day, as_datetime
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import World, place

ASSET = "substation-luoyuan"
_START = "19:52"
_SILENT = "5b0f3c0e-6c6f-4f4a-9a1d-7d1d4b9f2a61"  # rules/detections/silent_source.yml


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="silent-source",
        title_en="A log source falls silent",
        title_zh="变电站网关日志中断",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.end + 600 * SECOND),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset(place(ASSET).addresses),
        expects=(AlertExpected("no line from a host that wrote several a minute", frozenset({_SILENT})),),
    )


def plant(world: World) -> None:
    """Write the last line that is heard."""
    log(world, place(ASSET), world.day.at(_START), "gatewayd", "uplink lost, spooling to local buffer", pid=1_204)


def silent_from(day: Day) -> Mapping[str, int]:
    """The host that stops being heard, and the moment it does."""
    return {place(ASSET).host: day.at(_START) + SECOND}
