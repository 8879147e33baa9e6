"""Positions in degrees inside China's extent: pairs in one value, and columns of longitudes and of latitudes.

Four decimals are about 11 m: from there on a position is precise, and below it is coarse.
"""

from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, DOT, OTHER, SEPARATOR

_LONGITUDES = ("经度", "东经", "longitude", "lng", "lon")
_LATITUDES = ("纬度", "北纬", "latitude", "lat")
CONTEXT = ("经度", "纬度", "经纬度", "坐标", "定位", "位置", "longitude", "latitude", "coordinates", "gps", "location")

_PRECISE, _COARSE = "{4,15}", "{1,3}"


def _degrees(name: str, decimals: str) -> str:
    return f"(?:{pattern_of(name).replace('{1,15}', decimals)})"


def _pair(decimals: str) -> str:
    longitude, latitude = _degrees("longitude", decimals), _degrees("latitude", decimals)
    between = r" ?[,; |] ?"
    return rf"(?:{longitude}{between}{latitude}|{latitude}{between}{longitude})"


PAIR = Kind(
    name="position_pair",
    entity_type="PRECISE_POSITION",
    gate=r"[0-9]\.[0-9]{4,15} ?[,; |] ?[0-9]+\.",
    lengths=(13, 42),
    of=DIGIT | DOT | OTHER | SEPARATOR,
    needs=DIGIT | DOT,
    pattern=_pair(_PRECISE),
    shape_chance=0.05,
    context=CONTEXT,
    score=0.5,
    alone=0.3,
    spread=9,
    examples=("119.306239,26.075302", "26.0753, 119.3062", "119.306239 26.075302"),
    counter_examples=("219.306239,26.075302", "119.3,26.1"),
)

COARSE_PAIR = Kind(
    name="coarse_position_pair",
    entity_type="COARSE_POSITION",
    gate=r"[0-9]\.[0-9]{1,3} ?[,; |] ?[0-9]+\.",
    lengths=(8, 20),
    of=DIGIT | DOT | OTHER | SEPARATOR,
    needs=DIGIT | DOT,
    pattern=_pair(_COARSE),
    context=CONTEXT,
    score=0.2,
    named=0.6,
    in_text_alone=False,
    examples=("119.30,26.07",),
    counter_examples=("119,26", "119.306239,26.075302"),
)


def _axis(name: str, decimals: str, entity_type: str, words: tuple[str, ...], examples: tuple[str, ...]) -> Kind:
    return Kind(
        name=f"{name}_of_{entity_type.lower()}",
        entity_type=entity_type,
        gate=r"[0-9]\.[0-9]{4}",
        lengths=(3, 20),
        of=DIGIT | DOT,
        needs=DIGIT | DOT,
        pattern=_degrees(name, decimals),
        context=words,
        score=0.1,
        named=0.6,
        # lat=12.5 is a time that something took, too.
        in_text=decimals == _PRECISE,
        in_text_alone=False,
        examples=examples,
        counter_examples=("40587123.45", "0.5", "180.0"),
    )


LONGITUDE = _axis("longitude", _PRECISE, "PRECISE_POSITION", _LONGITUDES, ("119.306239",))
LATITUDE = _axis("latitude", _PRECISE, "PRECISE_POSITION", _LATITUDES, ("26.075302",))
COARSE_LONGITUDE = _axis("longitude", _COARSE, "COARSE_POSITION", _LONGITUDES, ("119.30",))
COARSE_LATITUDE = _axis("latitude", _COARSE, "COARSE_POSITION", _LATITUDES, ("26.07",))

KINDS = (PAIR, LONGITUDE, LATITUDE, COARSE_PAIR, COARSE_LONGITUDE, COARSE_LATITUDE)
