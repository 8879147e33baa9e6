"""Chinese number plates (GA 36-2018), petrol, electric, and those of embassies and the armed police."""

import polars as pl

from dlp.checksums import Verdicts
from dlp.formats import pattern_of
from dlp.kinds import CHINESE, Kind
from dlp.profiles import BEYOND, DIGIT, DOT, LOWER, SEPARATOR, UPPER, X

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_LEAST_DIGITS = 2
_ELECTRIC = pattern_of("plate_of_electric_cars")
_SPECIAL = pattern_of("plate_of_embassies_and_police")
_PETROL = r"[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领]"

# 闽A12345, 闽A·D12345, 粤B-05474
PLATE = Kind(
    name="plate",
    entity_type="CN_VEHICLE_REGISTRATION",
    gate=CHINESE,
    lengths=(7, 11),
    of=DIGIT | X | UPPER | DOT | SEPARATOR | BEYOND,
    needs=BEYOND,
    pattern=rf"[{_PROVINCES}][A-Z][·.• -]?(?:{_PETROL}|{_ELECTRIC})|{_SPECIAL}",
    shape_chance=1e-4,
    context=("车牌", "号牌", "车辆", "牌照", "plate"),
    score=0.6,
    alone=0.0,
    masked_forms=(rf"(?:[{_PROVINCES}][A-Z*]|\*[A-Z])[·.• -]?[A-HJ-NP-Z0-9*]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳领*]",),
    named_masks=(r"\*{2}[·.• -]?[A-HJ-NP-Z0-9*]{4,5}[A-HJ-NP-Z0-9挂学警港澳领*]",),
    examples=(
        "闽A12345",
        "闽A·D12345",
        "粤B-05474",
        "闽AD12345",
        "使014578",
        "WJ闽1234X",
    ),
    counter_examples=(
        "闽A1234I",
        "型A12345",
    ),
)


def typed_plate_holds(values: pl.Series) -> Verdicts:
    """Whether each has a small letter, so that it is not written as on the plate, and digits."""
    return (values.str.contains("[a-z]") & (values.str.count_matches("[0-9]") >= _LEAST_DIGITS)).to_numpy()


# 闽a12345: as it is typed, believed beside words for it
TYPED_PLATE = Kind(
    name="typed_plate",
    entity_type="CN_VEHICLE_REGISTRATION",
    gate=CHINESE,
    lengths=(7, 9),
    of=DIGIT | X | UPPER | LOWER | DOT | SEPARATOR | BEYOND,
    needs=BEYOND,
    pattern=rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·.• -]?[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}",
    check=typed_plate_holds,
    context=(*PLATE.context, "车", "违停"),
    score=0.3,
    alone=0.5,
    in_text_alone=False,
    spread=3,
    examples=("闽a12345", "粤b-d1234f"),
    counter_examples=("闽A12345", "云server1", "新updates"),
)

KINDS = (PLATE, TYPED_PLATE)
