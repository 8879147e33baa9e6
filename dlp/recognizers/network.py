"""Network addresses: IP addresses and hardware addresses."""

import ipaddress

import numpy as np
import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind


def address_holds(values: pl.Series) -> Verdicts:
    """Whether each is an IPv4 or IPv6 address of a host (RFC 791, RFC 4291), no mask, version or wildcard."""
    return np.array([_is_host(value) for value in values.to_list()], dtype=np.bool_)


def hardware_address_holds(values: pl.Series) -> Verdicts:
    """Whether each is a station's own address (IEEE 802): not broadcast, not all zero, not multicast."""
    bare = values.str.replace_all(r"[.:-]", "").str.to_lowercase()
    multicast = bare.str.slice(1, 1).is_in(list("13579bdf"))
    return (~multicast & (bare != "000000000000")).to_numpy()


def _is_host(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if address.is_unspecified or address.is_multicast or address.is_loopback:
        return False
    # 0.0.0.0/8 and 240/4 hold version numbers and netmasks, not hosts.
    return not (address.version == 4 and (address.packed[0] == 0 or address.packed[0] >= 240))


IPV4 = Kind(
    name="ipv4",
    entity_type="IP_ADDRESS",
    pattern=r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])",
    check=address_holds,
    check_chance=0.04,
    shape=r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+",
    shape_chance=0.04,
    context=("ip", "地址", "来源", "address", "host", "from", "client"),
    score=0.6,
    alone=0.3,
    # Versions are written the same: Chrome/102.0.5005.61, rv:1.9.2.20, version 3.1.4.15.
    not_after=("[A-Za-z]/", "rv:", "(?i:version)[ :=]", "版本", "版本号"),
    masked_forms=(r"(?:[0-9]{1,3}\.){2}(?:[0-9]{1,3}|\*+)\.\*+", r"[0-9]{1,3}\.\*+\.\*+\.[0-9]{1,3}"),
)

_HEX = r"[0-9A-Fa-f]{1,4}"
IPV6 = Kind(
    name="ipv6",
    entity_type="IP_ADDRESS",
    pattern=rf"(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{1,6}}(?::{_HEX}){{1,6}}|(?:{_HEX}:){{2,7}}:",
    check=address_holds,
    check_chance=0.04,
    context=("ip", "ipv6", "address"),
    score=0.6,
    alone=0.3,
)

MAC = Kind(
    name="mac",
    entity_type="MAC_ADDRESS",
    pattern=r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}",
    check=hardware_address_holds,
    check_chance=0.04,
    context=("mac", "物理地址", "硬件地址"),
    score=0.6,
    alone=0.0,
    masked_forms=(r"(?:[0-9A-Fa-f*]{2}[:-]){5}[0-9A-Fa-f*]{2}",),
)

KINDS = (IPV4, IPV6, MAC)
