"""Story 8: a contractor on maintenance duty reads identity numbers that nobody granted."""

from rongdun.demo.everyday.databases import exchange_query
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.people import BASTION
from rongdun.demo.stories.story import Story, UseExpected
from rongdun.demo.world import World

ACCOUNT = "ops_minan"
_START = "14:08"


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="contractor-read",
        title_en="A contractor reads identity numbers without a basis",
        title_zh="外包运维人员无依据读取未脱敏身份证号",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 15 * MINUTE),
        asset_ids=frozenset({"gov-exchange", "gov-bastion"}),
        addresses=frozenset({BASTION}),
        expects=(UseExpected("protected columns without a grant", "no_basis", account=ACCOUNT),),
    )


def plant(world: World) -> None:
    """Write three looks into the table, between lawful maintenance."""
    at = world.day.at(_START)
    for minute, text in (
        (0, "SHOW CREATE TABLE exchange.eldercare"),
        (1, "SELECT count() FROM exchange.eldercare"),
        (3, "SELECT * FROM exchange.eldercare LIMIT 50"),
        (6, "SELECT e.id_no, e.name FROM exchange.eldercare AS e WHERE e.district = '鼓楼' LIMIT 50"),
        (11, "WITH x AS (SELECT id_no FROM exchange.eldercare) SELECT id_no FROM x LIMIT 50"),
    ):
        rows = 50 if "LIMIT" in text else 1
        exchange_query(world, at + minute * MINUTE, ACCOUNT, BASTION, text, rows=rows)
