"""Numbers of mobile equipment (3GPP TS 23.003): fifteen digits, the Luhn sum over all."""

import numpy as np
import polars as pl

from dlp.checksums import Verdicts, luhn_holds
from dlp.formats import pattern_of
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT


def imei_holds(values: pl.Series) -> Verdicts:
    """Whether the Luhn sum of each holds, and it is no Chinese mobile number that is dialled from abroad."""
    abroad = values.str.contains(r"^00861[3-9]").to_numpy()
    return np.asarray(luhn_holds(values) & ~abroad)


# 490154203237518
IMEI = Kind(
    name="imei",
    entity_type="IMEI",
    gate=LONGER_DIGITS,
    lengths=(15, 15),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("imei"),
    check=imei_holds,
    check_chance=1 / 10,
    shape=r"[0-9]{15}",
    shape_chance=0.02,
    context=("imei", "串号", "设备识别码", "手机识别码"),
    score=0.4,
    alone=0.0,
    named_masks=(r"[0-9]{2,8}\*{2,12}[0-9]{0,6}",),
    examples=("490154203237518", "356938035643809"),
    counter_examples=("490154203237517", "770154203237518", "008613800138002"),
)

KINDS = (IMEI,)
