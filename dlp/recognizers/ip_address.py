"""IP addresses of hosts, version 4 and 6, with or without the length of their prefix."""

import ipaddress

import numpy as np
import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import DIGIT, DOT, LOWER, OTHER, UPPER


def ipv4_holds(values: pl.Series) -> Verdicts:
    """Whether each dotted quad is a host's address (RFC 791): not this network, loopback, multicast or a netmask."""
    first = values.str.extract(r"^([0-9]+)").cast(pl.Int64)
    return ((first > 0) & (first < 224) & (first != 127)).to_numpy()


def ipv6_holds(values: pl.Series) -> Verdicts:
    """Whether each is the IPv6 address of a host (RFC 4291): not unspecified, loopback or multicast."""
    return np.array([_is_host(value) for value in values.to_list()], dtype=np.bool_)


def _is_host(value: str) -> bool:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast or address.is_loopback)


_VERSION_WORDS = (
    "版本",
    "版本号",
    "固件",
    "升级到",
    "升级至",
    "更新到",
    "更新至",
    "补丁",
    "驱动",
    "内核",
    "章节",
    "条款",
    "附录",
    "附件",
)
_VERSION_NAMES = (
    *("version", "ver", "versions", "release", "build", "firmware", "patch", "upgrade to", "upgraded to", "kernel"),
    *("section", "chapter", "clause", "paragraph", "appendix", "oid"),
)
_PRODUCTS = (
    *("oracle", "weblogic", "jdk", "jre", "java", "windows", "chrome", "firefox", "sdk", "driver", "linux"),
    *("netty", "glibc", "openssl", "python", "android", "ios", "maven", "gradle"),
)
_MARKS = (
    "[ :=-]",
    "[:=] ",
    " v",
    '[ :]"',
    "[\"'][:=]",
    "[\"'][:=][\"']",
    "[\"'][:=] [\"']",
    "=[\"']",
    ">",
    "[:=]v",
    ": v",
)
_FILE_ENDINGS = "jar|war|zip|tar|tgz|gz|exe|msi|deb|rpm|apk|dll|so|js|css|whl|img|bin|iso"

IPV4 = Kind(
    name="ipv4",
    entity_type="IP_ADDRESS",
    gate=r"[0-9]\.[0-9]+\.[0-9]",
    lengths=(7, 18),
    of=DIGIT | DOT | OTHER,
    needs=DIGIT | DOT,
    pattern=r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    r"(?:/(?:3[0-2]|[12]?[0-9]))?",
    check=ipv4_holds,
    check_chance=0.04,
    shape=r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+",
    shape_chance=0.04,
    context=("ip", "地址", "来源", "address", "host", "from", "client"),
    score=0.6,
    alone=0.3,
    # Versions are written the same: Chrome/102.0.5005.61, rv:1.9.2.20, version 3.1.4.15.
    # So are clauses of a document, and products: section 1.2.3.4, Oracle 11.2.0.4.
    not_after=(
        "[A-Za-z]/",
        "rv:",
        *(f"{word}{mark}" for word in _VERSION_WORDS for mark in ("", "[ :=]", "[为是]", "[:=] ")),
        *(f"(?i:{word}){mark}" for word in _VERSION_NAMES for mark in _MARKS),
        *(f"(?i:{word})[ -]" for word in _PRODUCTS),
        # app.js?v=3.1.4.15, numpy==3.1.4.15
        *("[?&]v=", "[=<>~]=", "第"),
    ),
    not_before=(
        *("[版节章款]", "条(?:规|款|的)", " 条"),
        # lib-3.1.4.15.jar, 3.1.4.15-SNAPSHOT
        rf"\.(?:{_FILE_ENDINGS})",
        "@sha256",
        "[-+~_](?i:release|snapshot|beta|alpha|rc|final|ga|generic|stable)",
    ),
    # Of twenty hosts, some have a part of three digits.
    mistaken=r"[0-9](?:\.[0-9]{1,2}){3}",
    masked_forms=(r"(?:[0-9]{1,3}\.){2}(?:[0-9]{1,3}|\*+)\.\*+", r"[0-9]{1,3}\.\*+\.\*+\.[0-9]{1,3}"),
    examples=(
        "192.0.2.7",
        "198.51.100.0/24",
    ),
    counter_examples=(
        "192.0.2.256",
        "0.0.0.6",
        "255.255.255.0",
        "127.0.0.1",
    ),
)

_HEX = r"[0-9A-Fa-f]{1,4}"
IPV6 = Kind(
    name="ipv6",
    entity_type="IP_ADDRESS",
    gate=r"[0-9A-Fa-f:]:[0-9A-Fa-f:]",
    lengths=(3, 39),
    of=DIGIT | UPPER | LOWER | OTHER,
    needs=OTHER,
    pattern=rf"(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{1,6}}(?::{_HEX}){{1,6}}|(?:{_HEX}:){{2,7}}:",
    check=ipv6_holds,
    check_chance=0.04,
    # A fingerprint of a key is longer: 43:6E:63:10 and so on, of 16, 20 or 32 bytes.
    not_after=("[^0-9A-Za-z][0-9A-Fa-f]{2}:",),
    not_before=(":[0-9A-Fa-f]{2}",),
    context=("ip", "ipv6", "address"),
    score=0.6,
    alone=0.3,
    examples=("2001:db8::1",),
    counter_examples=(
        "10:20:30",
        "::1",
    ),
)


KINDS = (IPV4, IPV6)
