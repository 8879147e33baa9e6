"""Story 7: a clerk reads district after district at night, far more than a day's budget."""

from rongdun.demo.everyday.databases import DISTRICTS, population_read
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.stories.story import Story, UseExpected
from rongdun.demo.world import World

ACCOUNT = "clerk_zheng"
DESK = "10.1.7.73"
_START = "02:37"


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="night-reading",
        title_en="A clerk reads far more residents at night than granted",
        title_zh="窗口人员深夜超额批量读取居民信息",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 20 * MINUTE),
        asset_ids=frozenset({"dc-population-db", "civil-affairs-office"}),
        addresses=frozenset({DESK}),
        expects=(UseExpected("more rows in a day than granted", "over_budget", account=ACCOUNT),),
    )


def plant(world: World) -> None:
    """Write one reading of a district every three minutes."""
    for number, district in enumerate(DISTRICTS):
        asked = (f"SELECT name, phone FROM residents WHERE district = '{district}'", 400)  # noqa: S608 - made up
        population_read(world, world.day.at(_START) + 3 * number * MINUTE, ACCOUNT, DESK, [asked], application="psql")
