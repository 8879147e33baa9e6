"""Information elements by number: IANA's IPFIX registry, NetFlow v9's own (RFC 3954), and vendors' where they help.

A key is the enterprise number and the element number in one integer; NetFlow v9 knows no enterprises.
"""

from typing import Final

# RFC 5103: an element under this enterprise counts the answers of the same flow.
REVERSE: Final = 29305
# Beyond every enterprise: scopes of v9's options are no elements.
_SCOPE: Final = 1 << 60


def key(number: int, enterprise: int = 0) -> int:
    """One integer for an element."""
    return (enterprise << 16) | number


def reverse(number: int) -> int:
    """The element that counts the other direction."""
    return key(number, REVERSE)


def scope(kind: int) -> int:
    """A scope of NetFlow v9's options: 1 system, 2 interface, 3 line card, 4 cache, 5 template (RFC 3954 §6.1)."""
    return _SCOPE | kind


OCTETS: Final = (1, 85)
PACKETS: Final = (2, 86)
OUT_OCTETS: Final = 23
OUT_PACKETS: Final = 24
PROTOCOL: Final = 4
TCP_FLAGS: Final = 6
SOURCE_PORT: Final = (7, 180, 182)
DESTINATION_PORT: Final = (11, 181, 183)
UDP_PORTS: Final = (180, 181)
TCP_PORTS: Final = (182, 183)
SOURCE_V4: Final = (8, 44)
DESTINATION_V4: Final = (12, 45)
SOURCE_V6: Final = (27, 170)
DESTINATION_V6: Final = (28, 169)
INGRESS: Final = 10
EGRESS: Final = 14
NEXT_HOP_V4: Final = (15, 18)
NEXT_HOP_V6: Final = (62, 63)
SOURCE_AS: Final = 16
DESTINATION_AS: Final = 17
END_UPTIME: Final = 21
START_UPTIME: Final = 22
ICMP_BOTH: Final = (32, 139)
ICMP_TYPE: Final = (176, 178)
ICMP_CODE: Final = (177, 179)
SAMPLING_INTERVAL: Final = 34
SAMPLER: Final = (48, 302)
SAMPLER_INTERVAL: Final = 50
SAMPLED_PACKETS: Final = 305
SAMPLED_SPACE: Final = 306
SAMPLE_SIZE: Final = 309
SAMPLE_POPULATION: Final = 310
SAMPLING_PROBABILITY: Final = 311
SOURCE_MAC: Final = (56, 81)
DESTINATION_MAC: Final = (80, 57)
VLAN: Final = (58, 243)
DIRECTION: Final = 61
INTERFACE_NAME: Final = 82
INTERFACE_DESCRIPTION: Final = 83
APPLICATION_ID: Final = 95
# Name by IANA, by Palo Alto Networks (56701), by ntop in v9 (57591) and in IPFIX.
APPLICATION_NAMES: Final = (96, 56701, 57591, key(119, 35632))
START_SECONDS: Final = 150
END_SECONDS: Final = 151
START_MS: Final = 152
END_MS: Final = 153
START_US: Final = 154
END_US: Final = 155
START_NS: Final = 156
END_NS: Final = 157
START_DELTA: Final = 158
END_DELTA: Final = 159
BOOT_MS: Final = 160
DURATION_MS: Final = 161
DURATION_US: Final = 162
OBSERVED_SECONDS: Final = 322
OBSERVED_MS: Final = 323
OBSERVED_US: Final = 324
OBSERVED_NS: Final = 325
INITIATOR_OCTETS: Final = 231
RESPONDER_OCTETS: Final = 232
INITIATOR_PACKETS: Final = 298
RESPONDER_PACKETS: Final = 299
TRANSPORT_OCTETS: Final = 401
# By IANA, and as older firewalls of Cisco number them in v9.
NAT_SOURCE_V4: Final = (225, 40001)
NAT_DESTINATION_V4: Final = (226, 40002)
NAT_SOURCE_PORT: Final = (227, 40003)
NAT_DESTINATION_PORT: Final = (228, 40004)
NAT_SOURCE_V6: Final = (281,)
NAT_DESTINATION_V6: Final = (282,)
NAT_EVENT: Final = (230,)
FIREWALL_EVENT: Final = (233, 40005)
EXTENDED_EVENT: Final = (33002,)
USER: Final = (371, 40000, 56702)
INGRESS_VRF: Final = 234
EGRESS_VRF: Final = 235
SEGMENT: Final = 351

# RFC 8158 §4.1 and IANA's registry of natEvent.
NAT_EVENTS: Final = {
    1: "nat translation create",
    2: "nat translation delete",
    3: "nat addresses exhausted",
    4: "nat44 session create",
    5: "nat44 session delete",
    6: "nat64 session create",
    7: "nat64 session delete",
    8: "nat44 binding create",
    9: "nat44 binding delete",
    10: "nat64 binding create",
    11: "nat64 binding delete",
    12: "nat ports exhausted",
    13: "quota exceeded",
    14: "address binding create",
    15: "address binding delete",
    16: "port block allocation",
    17: "port block deallocation",
    18: "threshold reached",
}
# IANA's registry of firewallEvent.
FIREWALL_EVENTS: Final = {1: "created", 2: "deleted", 3: "denied", 4: "alert", 5: "updated"}

# What is read of a record; all else is stepped over.
_PLAIN = (
    *(*OCTETS, *PACKETS, OUT_OCTETS, OUT_PACKETS, PROTOCOL, TCP_FLAGS, *SOURCE_PORT, *DESTINATION_PORT),
    *(*SOURCE_V4, *DESTINATION_V4, *SOURCE_V6, *DESTINATION_V6, INGRESS, EGRESS, *NEXT_HOP_V4, *NEXT_HOP_V6),
    *(SOURCE_AS, DESTINATION_AS, END_UPTIME, START_UPTIME, *ICMP_BOTH, *ICMP_TYPE, *ICMP_CODE),
    *(SAMPLING_INTERVAL, *SAMPLER, SAMPLER_INTERVAL, SAMPLED_PACKETS, SAMPLED_SPACE, SAMPLE_SIZE, SAMPLE_POPULATION),
    SAMPLING_PROBABILITY,
    *(*SOURCE_MAC, *DESTINATION_MAC, *VLAN, DIRECTION, INTERFACE_NAME, INTERFACE_DESCRIPTION, APPLICATION_ID),
    *(*APPLICATION_NAMES, START_SECONDS, END_SECONDS, START_MS, END_MS, START_US, END_US, START_NS, END_NS),
    *(START_DELTA, END_DELTA, BOOT_MS, DURATION_MS, DURATION_US, OBSERVED_SECONDS, OBSERVED_MS, OBSERVED_US),
    *(OBSERVED_NS, INITIATOR_OCTETS, RESPONDER_OCTETS, INITIATOR_PACKETS, RESPONDER_PACKETS, TRANSPORT_OCTETS),
    *(*NAT_SOURCE_V4, *NAT_DESTINATION_V4, *NAT_SOURCE_PORT, *NAT_DESTINATION_PORT, *NAT_SOURCE_V6),
    *(*NAT_DESTINATION_V6, *NAT_EVENT, *FIREWALL_EVENT, *EXTENDED_EVENT, *USER, INGRESS_VRF, EGRESS_VRF, SEGMENT),
)
_REVERSED = (*OCTETS, *PACKETS, TCP_FLAGS, TRANSPORT_OCTETS)
_SCOPES = (scope(1), scope(2))
READ: Final = frozenset({*_PLAIN, *(reverse(number) for number in _REVERSED), *_SCOPES})
# A record that has none of these tells of no flow: counters, pools, the exporter's own health.
ENDPOINTS: Final = frozenset(
    {*SOURCE_V4, *DESTINATION_V4, *SOURCE_V6, *DESTINATION_V6, *SOURCE_MAC, *DESTINATION_MAC, *NAT_SOURCE_V4}
)
