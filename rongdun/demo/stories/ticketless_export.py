"""Story 9: an analyst who may export writes a table into a file without a ticket."""

from rongdun.demo.everyday.databases import exchange_query
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.stories.story import Story, UseExpected
from rongdun.demo.world import World

ACCOUNT = "analyst_wu"
DESK = "10.10.1.33"
_START = "16:45"


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="ticketless-export",
        title_en="An analyst exports personal data without a ticket",
        title_zh="分析人员无工单导出个人信息",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 5 * MINUTE),
        asset_ids=frozenset({"gov-exchange"}),
        addresses=frozenset({DESK}),
        expects=(UseExpected("rows left the database without a ticket", "export_without_ticket", account=ACCOUNT),),
    )


def plant(world: World) -> None:
    """Write the export."""
    text = "SELECT name, phone FROM exchange.eldercare INTO OUTFILE 'eldercare.csv' FORMAT CSVWithNames"
    exchange_query(world, world.day.at(_START), ACCOUNT, DESK, text, rows=900)
