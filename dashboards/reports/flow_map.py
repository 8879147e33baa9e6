"""The map of data between administrative levels as SVG: levels as bands, organisations in them, what went as arrows."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

from dashboards.harmless import one_line
from dashboards.reports.bars import GRADE_COLOURS
from dashboards.translation import Words
from dlp.levels import LEVELS
from dlp.policy import GRADES

Row = Mapping[str, object]

_WIDTH, _LABEL, _BAND, _BOX = 1000, 96, 112, 40
_MOST = 6  # organisations of a band; the rest are one box
_OTHERS = "…"
_UNGRADED = "#8a949e"
_FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif'


@dataclass(frozen=True)
class Ink:
    """What is drawn in which colour on light or dark ground."""

    text: str = "#1c2b26"
    faint: str = "#cfd9d5"
    box: str = "#eef4f1"
    ground: str = "#ffffff"


LIGHT = Ink()
DARK = Ink(text="#e3ece7", faint="#43524a", box="#22302a", ground="#111916")


@dataclass(frozen=True)
class _Arrow:
    """All that went from one box to another."""

    grade: str
    exchanges: int
    declared: int
    failing: int


_Place = tuple[str, str]  # level and organisation


def flow_map(rows: Iterable[Row], words: Words, *, title: str, ink: Ink = LIGHT) -> str:
    """The map of flows as the question `data_flows` tells them; '' for none.

    An arrow is as wide as exchanges are many, and has the colour of the highest grade that went; it is dashed where
    something failed a check.
    """
    known = list(rows)
    places = _placed(known)
    if not places:
        return ""
    levels = [level for level in (*LEVELS, "") if any(place[0] == level for place in places)]
    tops = {level: at * _BAND + 34 for at, level in enumerate(levels)}
    height = _BAND * len(levels) + 30
    boxes = dict(_boxes(places, levels, tops))
    arrows = _arrows(known, boxes)
    drawn = [
        *(_band(level, tops[level], words, ink) for level in levels),
        *(_curve(boxes[ends[0]], boxes[ends[1]]).drawn(arrow) for ends, arrow in arrows.items()),
        *(_box(place, x, y, wide, words, ink) for place, (x, y, wide) in boxes.items()),
        *(_curve(boxes[ends[0]], boxes[ends[1]]).labelled(_label(arrow, words), ink) for ends, arrow in arrows.items()),
        *_legend(arrows.values(), height - 8, words, ink),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" width="{_WIDTH}" height="{height}" style="max-width:100%;height:auto" '
        f"font-family='{_FONT}' font-size=\"12\">{''.join(drawn)}</svg>"
    )


def _placed(rows: Iterable[Row]) -> dict[_Place, int]:
    """Every organisation with the exchanges that it took part in, the busiest first."""
    counted: dict[_Place, int] = defaultdict(int)
    for row in rows:
        for side in ("sender", "receiver"):
            counted[_place(row, side)] += _number(row, "exchanges") + _number(row, "declared")
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _place(row: Row, side: str) -> _Place:
    level = str(row[f"{side}_level"])
    return level if level in LEVELS else "", str(row[side])


def _boxes(
    places: Mapping[_Place, int], levels: Sequence[str], tops: Mapping[str, int]
) -> Iterator[tuple[_Place, tuple[float, float, float]]]:
    """Where the box of each organisation is, and how wide; those beyond the busiest share one."""
    for level in levels:
        names = [name for known, name in places if known == level]
        shown = sorted(names[:_MOST]) + ([_OTHERS] if len(names) > _MOST else [])
        step = (_WIDTH - _LABEL) / len(shown)
        wide = min(step - 34, 190)
        for at, name in enumerate(shown):
            yield (level, name), (_LABEL + step * (at + 0.5), tops[level], wide)


def _arrows(rows: Iterable[Row], boxes: Mapping[_Place, object]) -> dict[tuple[_Place, _Place], _Arrow]:
    together: dict[tuple[_Place, _Place], list[Row]] = defaultdict(list)
    for row in rows:
        ends = [_place(row, side) for side in ("sender", "receiver")]
        sender, receiver = (end if end in boxes else (end[0], _OTHERS) for end in ends)
        together[sender, receiver].append(row)
    return {
        ends: _Arrow(
            max((str(row["grade"]) for row in some), key=_strictness),
            *(sum(_number(row, name) for row in some) for name in ("exchanges", "declared", "failing")),
        )
        for ends, some in together.items()
    }


def _band(level: str, top: int, words: Words, ink: Ink) -> str:
    name = words.label("exchange_level", level) if level else words("flow.unknown_level")
    middle = top + _BOX / 2
    return (
        f'<line x1="{_LABEL}" x2="{_WIDTH}" y1="{middle}" y2="{middle}" stroke="{ink.faint}" stroke-dasharray="2 4"/>'
        f'<text x="4" y="{middle + 4}" fill="{ink.text}" font-weight="600">{escape(_cut(name, _LABEL - 8))}</text>'
    )


def _box(place: _Place, x: float, y: float, wide: float, words: Words, ink: Ink) -> str:
    name = words("flow.others") if place[1] == _OTHERS else one_line(place[1]) or words("flow.nobody")
    return (
        f'<rect x="{x - wide / 2:.0f}" y="{y}" width="{wide:.0f}" height="{_BOX}" rx="4" fill="{ink.box}" '
        f'stroke="{ink.faint}"/><text x="{x:.0f}" y="{y + 24}" text-anchor="middle" fill="{ink.text}">'
        f"{escape(_cut(name, wide - 10))}<title>{escape(name)}</title></text>"
    )


@dataclass(frozen=True)
class _Curve:
    """A cubic curve from one box to another by its four points; `points_down` says how it comes in."""

    points: tuple[tuple[float, float], ...]
    points_down: bool

    def drawn(self, arrow: _Arrow) -> str:
        """The curve with its tip."""
        wide = 1.2 + min(4.0, math.log10(1 + arrow.exchanges) * 1.4)
        tip = (5 + wide) * (-1 if self.points_down else 1)
        colour = GRADE_COLOURS.get(arrow.grade, _UNGRADED)
        dashed = ' stroke-dasharray="6 4"' if arrow.failing else ""
        begin, bent, entering, (x, y) = self.points
        way = " ".join(f"{at[0]:.0f},{at[1]:.0f}" for at in (bent, entering, (x, y + tip * 0.8)))
        point = f"{x:.0f},{y:.0f} {x - tip:.0f},{y + tip:.0f} {x + tip:.0f},{y + tip:.0f}"
        return (
            f'<path d="M{begin[0]:.0f},{begin[1]:.0f} C{way}" fill="none" stroke="{colour}" '
            f'stroke-width="{wide:.1f}"{dashed} opacity="0.9"/><polygon points="{point}" fill="{colour}"/>'
        )

    def labelled(self, text: str, ink: Ink) -> str:
        """What is written on it, nearer to where it begins: there fewer curves meet."""
        x, y = (self._at(0.36, axis) for axis in (0, 1))
        return (
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" fill="{ink.text}" stroke="{ink.ground}" '
            f'stroke-width="5" stroke-linejoin="round" paint-order="stroke" font-size="11">{escape(text)}</text>'
        )

    def _at(self, share: float, axis: int) -> float:
        weights = (1, 3, 3, 1)
        return sum(
            weight * (1 - share) ** (3 - at) * share**at * point[axis]
            for at, (weight, point) in enumerate(zip(weights, self.points, strict=True))
        )


def _curve(begin: tuple[float, float, float], end: tuple[float, float, float]) -> _Curve:
    """The way from box to box, beside their middles, so that the way back is another line."""
    across, down = begin[1] == end[1], end[1] > begin[1]
    shift = 14 if down or (across and end[0] > begin[0]) else -14
    x1, x2 = begin[0] + shift, end[0] + (-shift if across else shift)
    y1, y2 = begin[1] + (_BOX if down else 0), end[1] + (0 if down or across else _BOX)
    bend = -26 - abs(x2 - x1) * 0.05 if across else (y2 - y1) * 0.45
    return _Curve(((x1, y1), (x1, y1 + bend), (x2, y1 + bend if across else y2 - bend), (x2, y2)), across or down)


def _label(arrow: _Arrow, words: Words) -> str:
    counted = f"{arrow.exchanges:,}" if arrow.exchanges else words("flow.only_declared")
    return f"{counted} ⚠ {arrow.failing:,}" if arrow.failing else counted


def _legend(arrows: Iterable[_Arrow], y: int, words: Words, ink: Ink) -> Iterator[str]:
    """The colours that are there, and what dashes mean."""
    known = list(arrows)
    grades = sorted({arrow.grade for arrow in known}, key=_strictness, reverse=True)
    x = float(_LABEL)
    entries = [(GRADE_COLOURS.get(grade, _UNGRADED), _grade(grade, words), "") for grade in grades]
    if any(arrow.failing for arrow in known):
        entries.append((ink.text, words("flow.dashed"), ' stroke-dasharray="6 4"'))
    for colour, name, dashed in entries:
        yield (
            f'<line x1="{x:.0f}" x2="{x + 26:.0f}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" '
            f'stroke-width="3"{dashed}/>'
            f'<text x="{x + 32:.0f}" y="{y}" fill="{ink.text}" font-size="11">{escape(name)}</text>'
        )
        x += 32 + _wide(name) * 0.92 + 22


def _grade(grade: str, words: Words) -> str:
    return words.label("grade", grade) if grade else words("flow.ungraded")


def _strictness(grade: str) -> int:
    return next((at for at, known in enumerate(GRADES) if known == grade), -1)


def _number(row: Row, name: str) -> int:
    return int(str(row[name]))


def _wide(text: str) -> float:
    """About how wide a text is at 12 pixels."""
    return sum(12.0 if east_asian_width(character) in "WF" else 7.0 for character in text)


def _cut(text: str, wide: float) -> str:
    if _wide(text) <= wide:
        return text
    while text and _wide(text) > wide - 12:
        text = text[:-1]
    return f"{text}…"
