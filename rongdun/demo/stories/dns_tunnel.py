"""Story 2: a storage node of the data centre sends files out through name lookups."""

from rongdun.demo.dice import Dice
from rongdun.demo.everyday.data_centre import Lookup, look_up
from rongdun.demo.moments import MINUTE, SECOND, Day, as_datetime
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import World, place

ASSET = "dc-storage-17"
_START = "02:20"
_TUNNEL = frozenset(
    {
        "807ad57d-7538-4687-8c62-49220ac0a4ed",  # rules/sigma/dns/tunnel_long_names.yml
        "e5400692-0bee-4f7e-b7b6-a1cdc3bb4293",  # rules/sigma/dns/many_text_lookups.yml
    }
)
_ZONE = "t.sync-relay.example.org"
_OUTSIDE = "192.0.2.53"  # a name server on the Internet, past the data centre's own resolver
_QUERIES = 1_200
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # base32, as tunnels use: DNS ignores case (RFC 4343)


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="dns-tunnel",
        title_en="DNS tunnelling out of a data centre",
        title_zh="数据中心存储节点利用 DNS 隧道外传数据",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 60 * MINUTE),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset({place(ASSET).address}),
        expects=(AlertExpected("content carried in name lookups", _TUNNEL),),
    )


def plant(world: World) -> None:
    """Write TXT lookups of long random names below one zone, two seconds apart."""
    dice, client = world.dice("story/dns-tunnel"), place(ASSET).address
    at = world.day.at(_START)
    for number in range(_QUERIES):
        at += SECOND + dice.randrange(2 * SECOND)
        carried = Lookup(client, _name(dice, number), "TXT", (_letters(dice, 60),), resolver=_OUTSIDE)
        look_up(world, dice, at, carried)


def _name(dice: Dice, number: int) -> str:
    return f"{number:04x}{_letters(dice, 48)}.{_letters(dice, 52)}.{_ZONE}"


def _letters(dice: Dice, count: int) -> str:
    return "".join(dice.choices(_LETTERS, k=count))
