"""Story 6: the log of a substation's gateway stops while every other source goes on."""

from rongdun.demo.moments import SECOND, Day, as_datetime
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import place

ASSET = "substation-luoyuan"
_START = "19:52"


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
        expects=(AlertExpected("no line from a host that wrote several a minute", frozenset()),),
    )


def silent_from(day: Day) -> dict[str, int]:
    """The host that stops being heard, and the moment it does."""
    return {place(ASSET).host: day.at(_START)}
