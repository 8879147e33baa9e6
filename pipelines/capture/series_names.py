"""Names that capture tools give to the files of one capture: dumpcap -b, tcpdump -C and -G, editcap -c, Suricata.

A name alone proves nothing: whoever asks has to see that the packets follow one another too.
"""

import re
from typing import Final

# As dumpcap and editcap count: uplink_00003_20260301100500.pcapng, the other way round, or uplink_00003.pcapng
_COUNTED: Final = re.compile(r"_(?:\d{5,7}_\d{14}|\d{14}_\d{5,7}|\d{5,7})(?=\.|$)")

# As tcpdump -G and Suricata date: uplink-20260301100500.pcap, uplink_2026-03-01_10:05:00.pcap, uplink-1772359500.pcap
_DATED: Final = re.compile(
    r"""
    (?<!\d)
    (?: (?:19|20)\d{2} [-_.]? [01]\d [-_.]? [0-3]\d [-_.T\ ]? [0-2]\d [-_:.h]? [0-5]\d (?: [-_:.m]? [0-6]\d )? Z?
      | 1\d{9}
    )
    (?!\d)
    """,
    re.VERBOSE,
)

# As tcpdump -C and -W count: first uplink.pcap, then uplink.pcap1; or from uplink.pcap00 on
_APPENDED: Final = re.compile(
    r"(?P<stem>.*\.(?:pcapng|pcap|cap|dmp|dump|trace|tcpdump))(?P<count>\d{0,6})", re.IGNORECASE
)
_BARE: Final = re.compile(r"(?P<stem>[^.]*[^.\d])(?P<count>\d{0,6})")
_PACKED: Final = re.compile(r"\.(?:gz|zst)$", re.IGNORECASE)


def series_key(name: str) -> str:
    """What the names of a series have in common, '' for a name that belongs to none.

    Names without a number have a key too: tcpdump -C counts from the second file on.
    """
    name = _PACKED.sub("", name)
    appended = _APPENDED.fullmatch(name)
    plain = appended["stem"] if appended else name
    for pattern in (_COUNTED, _DATED):
        masked, found = pattern.subn("*", plain, count=1)
        if found:
            return masked
    counted = appended or _BARE.fullmatch(name)
    return counted["stem"] if counted else ""
