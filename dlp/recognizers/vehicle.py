"""Vehicles: Chinese number plates and vehicle identification numbers."""

from dlp.checksums import vin_holds
from dlp.kinds import CHINESE, CODE, Kind

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_PETROL = r"[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领]"
_ELECTRIC = r"[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]"

# 闽A12345, 闽A·D12345, 粤B-05474
PLATE = Kind(
    name="plate",
    entity_type="CN_VEHICLE_REGISTRATION",
    gate=CHINESE,
    lengths=(7, 9),
    pattern=rf"[{_PROVINCES}][A-Z][·.• -]?(?:{_PETROL}|{_ELECTRIC})",
    shape_chance=1e-4,
    context=("车牌", "号牌", "车辆", "牌照", "plate"),
    score=0.6,
    alone=0.0,
    masked_forms=(rf"[{_PROVINCES}*][A-Z*][·.• -]?[A-HJ-NP-Z0-9*]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳领*]",),
)

# 1M8GDM9AXKP042788
VIN = Kind(
    name="vin",
    entity_type="VIN",
    gate=CODE,
    lengths=(17, 17),
    pattern=r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}|[a-hj-npr-z0-9]{8}[0-9x][a-hj-npr-z0-9]{8}",
    check=vin_holds,
    check_chance=1 / 11,
    shape=r"[A-Z0-9]{17}|[a-z0-9]{17}",
    shape_chance=0.1,
    context=("车架号", "车辆识别", "vin", "chassis"),
    score=0.3,
    alone=0.0,
    in_text_alone=False,
    masked_forms=(r"[A-HJ-NPR-Z0-9]{3}[A-HJ-NPR-Z0-9*]{14}",),
    named_masks=(r"[A-HJ-NPR-Z0-9]{3,11}\*{1,13}[A-HJ-NPR-Z0-9]{2,6}",),
)

KINDS = (PLATE, VIN)
