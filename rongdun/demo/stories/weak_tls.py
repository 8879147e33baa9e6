"""Story 4: an agency's old terminal talks TLS 1.0 with RC4 to the bank's clearing system."""

from rongdun.demo.formats import tls
from rongdun.demo.formats.packets import Endpoint
from rongdun.demo.formats.talks import Talk
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.people import high_port
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import BANK_CAPTURE, World, place

TERMINAL = "10.30.6.44"
ASSET = "bank-clearing"
_START = "09:06"
_SESSIONS = 36
_WEAK = frozenset(
    {
        "316258cb-6536-46f6-a6d0-2b3466480637",  # rules/sigma/tls/old_version.yml
        "d9d57862-0468-4898-91ca-10e1db0d38f5",  # rules/sigma/tls/weak_cipher.yml
    }
)


def story(day: Day) -> Story:
    """What is planted, and the alert that must find it."""
    return Story(
        story_id="weak-tls",
        title_en="Weak TLS to a financial system",
        title_zh="终端以弱加密（TLS 1.0、RC4）访问银行清算系统",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + (_SESSIONS + 1) * 11 * MINUTE),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset({TERMINAL}),
        expects=(AlertExpected("a session in TLS 1.0 with RC4", _WEAK),),
    )


def plant(world: World) -> None:
    """Write sessions about ten minutes apart."""
    dice = world.dice("story/weak-tls")
    clearing = Endpoint(place(ASSET).address, 8443)
    at = world.day.at(_START)
    for _ in range(_SESSIONS):
        talk = Talk(dice, at, Endpoint(TERMINAL, high_port(dice)), clearing, round_trip=6_000).open()
        tls.session(dice, talk, "clearing.bank.fuzhou.example.org", tls.TLS10_RC4, sent=420, received=700)
        world.chronicle.frames(BANK_CAPTURE, talk.close())
        at += dice.randrange(9 * MINUTE, 11 * MINUTE)
