"""Bars as SVG: how many of each, drawn without anything from elsewhere."""

from collections.abc import Sequence
from html import escape

GRADE_COLOURS = {
    "core": "#7a0019",
    "important": "#b5121b",
    "general-4": "#c2571a",
    "general-3": "#b98900",
    "general-2": "#2e7d5b",
    "general-1": "#6b7f77",
}
_OTHER = "#8a949e"
_WIDTH, _ROW, _LABEL = 640, 30, 180


def bars(counted: Sequence[tuple[str, str, int]], *, title: str) -> str:
    """A bar for each (code, label, number), its number beside it; '' for none."""
    if not counted:
        return ""
    most = max(number for _, _, number in counted) or 1
    height = _ROW * len(counted) + 10
    drawn = "".join(
        f'<text x="{_LABEL - 10}" y="{at * _ROW + 25}" text-anchor="end">{escape(label)}</text>'
        f'<rect x="{_LABEL}" y="{at * _ROW + 10}" width="{max(1, number / most * (_WIDTH - _LABEL - 70)):.0f}" '
        f'height="20" rx="2" fill="{GRADE_COLOURS.get(code, _OTHER)}"/>'
        f'<text x="{_LABEL + max(1, number / most * (_WIDTH - _LABEL - 70)) + 8:.0f}" y="{at * _ROW + 25}">'
        f"{number:,}</text>"
        for at, (code, label, number) in enumerate(counted)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" width="{_WIDTH}">{drawn}</svg>'
    )
