"""Story 11: a list of the old goes to a bank that no sharing list names."""

from rongdun.demo.everyday.exchanges import Exchanged, note
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.stories.story import Story, UseExpected
from rongdun.demo.world import World

ACCOUNT = "clerk_lin"
DESK = "10.1.7.71"
_START = "14:52"


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="groundless-exchange",
        title_en="A list of the old goes to a bank without a ground",
        title_zh="无依据向银行共享高龄老人名单",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 5 * MINUTE),
        asset_ids=frozenset({"gov-exchange"}),
        addresses=frozenset({DESK}),
        expects=(UseExpected("no sharing list names who got it", "exchange_without_basis", account=ACCOUNT),),
    )


def plant(world: World) -> None:
    """Write the exchange."""
    columns = ("name", "id_no", "phone")
    sent = Exchanged("exchange.eldercare", "榕城银行（演示）", columns, 900, account=ACCOUNT, client=DESK)
    note(world, world.day.at(_START), sent)
