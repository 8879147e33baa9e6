"""Vehicle identification numbers (ISO 3779)."""

from dlp.checksums import vin_holds
from dlp.kinds import CODE, Kind
from dlp.profiles import DIGIT, LOWER, UPPER, X

# 1M8GDM9AXKP042788
VIN = Kind(
    name="vin",
    entity_type="VIN",
    gate=CODE,
    lengths=(17, 17),
    of=DIGIT | X | UPPER | LOWER,
    pattern=r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}|[a-hj-npr-z0-9]{8}[0-9x][a-hj-npr-z0-9]{8}",
    check=vin_holds,
    check_chance=1 / 11,
    shape=r"[A-Z0-9]{17}|[a-z0-9]{17}",
    shape_chance=1 / 11,
    context=("车架号", "车辆识别", "vin", "chassis"),
    score=0.3,
    alone=0.0,
    masked_forms=(r"[A-HJ-NPR-Z0-9]{3}[A-HJ-NPR-Z0-9*]{14}",),
    named_masks=(r"[A-HJ-NPR-Z0-9]{3,11}\*{1,13}[A-HJ-NPR-Z0-9]{2,6}",),
    examples=("1M8GDM9AXKP042788",),
    counter_examples=(
        "1M8GDM9A1KP042788",
        "IM8GDM9AXKP042788",
    ),
)

KINDS = (VIN,)
