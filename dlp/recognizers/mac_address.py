"""Hardware addresses of stations (IEEE 802)."""

import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import DIGIT, DOT, LOWER, OTHER, SEPARATOR, UPPER


def hardware_address_holds(values: pl.Series) -> Verdicts:
    """Whether each is a station's own address (IEEE 802): not broadcast, not all zero, not multicast."""
    bare = values.str.replace_all(r"[.:-]", "").str.to_lowercase()
    multicast = bare.str.slice(1, 1).is_in(list("13579bdf"))
    return (~multicast & (bare != "000000000000")).to_numpy()


MAC = Kind(
    name="mac",
    entity_type="MAC_ADDRESS",
    gate=r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|[0-9A-Fa-f]{4}[.][0-9A-Fa-f]{4}[.]",
    lengths=(14, 17),
    of=DIGIT | UPPER | LOWER | SEPARATOR | DOT | OTHER,
    pattern=r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}",
    check=hardware_address_holds,
    check_chance=0.04,
    # A fingerprint of a key is longer: 43:6E:63:10 and so on, of 16, 20 or 32 bytes.
    not_after=("[^0-9A-Za-z][0-9A-Fa-f]{2}[:-]",),
    not_before=("[:-][0-9A-Fa-f]{2}",),
    context=("mac", "物理地址", "硬件地址"),
    score=0.6,
    alone=0.0,
    masked_forms=(r"(?:[0-9A-Fa-f*]{2}[:-]){5}[0-9A-Fa-f*]{2}",),
    examples=(
        "02:00:5e:00:53:01",
        "0200.5e00.5301",
    ),
    counter_examples=(
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:53:01",
    ),
)

# 02005e005301: believed only where the column says so
BARE_MAC = Kind(
    name="bare_mac",
    entity_type="MAC_ADDRESS",
    gate=r"[0-9A-Fa-f]{12}",
    lengths=(12, 12),
    of=DIGIT | UPPER | LOWER,
    pattern=r"[0-9A-Fa-f]{12}",
    check=hardware_address_holds,
    named=0.6,
    in_text=False,
    examples=("02005e005301",),
    counter_examples=(
        "01005e005301",
        "02005e00530",
    ),
)

KINDS = (MAC, BARE_MAC)
