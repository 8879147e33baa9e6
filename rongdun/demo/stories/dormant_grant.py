"""Story 10: a grant that outlived its census: nobody has used it for months, and it holds on."""

from rongdun.demo.moments import Day, as_datetime
from rongdun.demo.stories.story import Story, UseExpected
from rongdun.demo.world import World

GRANT = "G-CENSUS-02"


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="dormant-grant",
        title_en="A grant for the census lies unused and holds on",
        title_zh="普查授权长期闲置仍然有效",
        starts_at=as_datetime(day.start),
        ends_at=as_datetime(day.end),
        asset_ids=frozenset(),
        addresses=frozenset(),
        expects=(UseExpected("a grant that nobody uses", "dormant_grant", grant_id=GRANT),),
    )


def plant(world: World) -> None:
    """Nothing happens: that is the story. The grant is among the city's (`grants.yml`)."""
    del world
