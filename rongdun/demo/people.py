"""Who is on the network of the demo city: its citizens, its administrators, the Internet around it."""

from rongdun.demo.dice import Dice

ADMINISTRATORS = ("linyx", "chenwj", "zhengsq", "huangmh", "wuzt", "ops-deploy")
BASTION = "10.10.9.5"
TIME_SERVER = "10.20.0.123"
RESOLVER = "10.20.0.53"
SCANNERS = ("203.0.113.200", "203.0.113.201", "192.0.2.250")

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux loongarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36",
)


def citizen(dice: Dice) -> str:
    """A citizen's address: RFC 5737's third range, and once in eight RFC 3849."""
    if dice.random() < 0.125:
        return f"2001:db8:f00:{dice.randrange(1, 256):x}::{dice.randrange(1, 65_536):x}"
    return f"203.0.113.{dice.randrange(70, 190)}"


def high_port(dice: Dice) -> int:
    """An ephemeral source port."""
    return dice.randrange(32_768, 61_000)
