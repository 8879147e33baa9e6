"""Address ranges as an inventory writes them: one address, a CIDR network, or first-last."""

import ipaddress
from dataclasses import dataclass

from assets.errors import AddressInvalid

_LONGEST = 100

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, order=True)
class AddressRange:
    """The addresses from `first` to `last`, both included, as integers of one IP version."""

    version: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many addresses the range holds."""
        return self.last - self.first + 1

    def contains(self, other: "AddressRange") -> bool:
        """Whether every address of the other range is in this one."""
        return self.version == other.version and self.first <= other.first and other.last <= self.last

    def overlaps(self, other: "AddressRange") -> bool:
        """Whether the two ranges share an address."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last


def parse_range(text: str) -> AddressRange:
    """The range that `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` or `192.0.2.1-192.0.2.9` stands for.

    An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is its IPv4 address.

    Raises:
        AddressInvalid: the text is none of these.
    """
    if len(text) > _LONGEST:
        raise AddressInvalid(f"an address of {len(text)} characters: write an IP, a CIDR network or first-last")
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        return _between(text, parse_address(first), parse_address(last))
    if "/" in text:
        return _network(text.strip())
    return _between(text, parse_address(first), parse_address(first))


def parse_address(text: str) -> Address:
    """One address, IPv4 where it is an IPv4-mapped IPv6 address.

    Raises:
        AddressInvalid: the text is no address, or carries a zone (`%eth0`).
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise AddressInvalid(f"{text!r} is no IP address, CIDR network or first-last range") from error
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.scope_id is not None:
        raise AddressInvalid(f"{text!r} names a network interface: write the address without %{address.scope_id}")
    return address.ipv4_mapped or address


def _between(text: str, first: Address, last: Address) -> AddressRange:
    if first.version != last.version:
        raise AddressInvalid(f"{text!r} runs from IPv{first.version} to IPv{last.version}: use one version")
    if int(first) > int(last):
        raise AddressInvalid(f"{text!r} runs backwards: write the lower address first")
    return AddressRange(first.version, int(first), int(last))


def _network(text: str) -> AddressRange:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise AddressInvalid(f"{text!r} is no CIDR network: write for example 192.0.2.0/24") from error
    if int(ipaddress.ip_interface(text)) != int(network.network_address):
        raise AddressInvalid(f"{text!r} has host bits set: write {network} or the address alone")
    first, last = network.network_address, network.broadcast_address
    if isinstance(first, ipaddress.IPv6Address) and isinstance(last, ipaddress.IPv6Address):
        mapped = first.ipv4_mapped, last.ipv4_mapped
        if mapped[0] and mapped[1]:
            return AddressRange(4, int(mapped[0]), int(mapped[1]))
    return AddressRange(first.version, int(first), int(last))
