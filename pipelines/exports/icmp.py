"""ICMP's type and code as exporters put them."""

import numpy as np

from pipelines.capture.window import Flags, Words
from pipelines.exports import elements
from pipelines.exports.records import Records, first

_BYTE = np.uint64(0xFF)


def icmp_type_code(records: Records, icmp: Flags) -> tuple[Words, Words]:
    """Type and code of the records that are ICMP: of their own, in one number, or in the destination port as in v5."""
    if any(records.has(name) for name in elements.ICMP_TYPE):
        kind, code = first(records, elements.ICMP_TYPE), first(records, elements.ICMP_CODE)
    else:
        named = [name for name in elements.ICMP_BOTH if records.has(name)]
        both = first(records, named or elements.DESTINATION_PORT)
        kind, code = both >> np.uint64(8), both
    nothing = np.uint64(0)
    return np.where(icmp, kind & _BYTE, nothing), np.where(icmp, code & _BYTE, nothing)
