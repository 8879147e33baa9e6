"""Plots for the documentation, as SVG text."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 640, 360, 64


def line_chart(points: Sequence[tuple[float, float]], *, x: str, y: str, title: str) -> str:
    """Points joined by a line on axes that begin at zero, each point with its values."""
    right, top = max(at for at, _ in points), max(value for _, value in points)

    def place(at: float, value: float) -> tuple[float, float]:
        across, up = at / right * (WIDTH - 2 * MARGIN), value / top * (HEIGHT - 2 * MARGIN)
        return round(MARGIN + across, 1), round(HEIGHT - MARGIN - up, 1)

    placed = [place(at, value) for at, value in points]
    line = " ".join(f"{across},{up}" for across, up in placed)
    marks = "".join(
        f'<circle cx="{across}" cy="{up}" r="4"/><text x="{across - 8}" y="{up - 10}" text-anchor="end">'
        f"{at:,.0f}: {value:,.1f}</text>"
        for (across, up), (at, value) in zip(placed, points, strict=True)
    )
    bottom = HEIGHT - MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{WIDTH / 2}" y="28" text-anchor="middle" '
        f'font-size="15">{escape(title)}</text>'
        f'<path d="M{MARGIN},{MARGIN} V{bottom} H{WIDTH - MARGIN}" fill="none" stroke="#888"/>'
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 20}" text-anchor="middle">{escape(x)}</text>'
        f'<text x="18" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {HEIGHT / 2})">{escape(y)}</text>'
        f'<polyline points="{line}" fill="none" stroke="#0b6e4f" stroke-width="2"/>'
        f'<g fill="#0b6e4f">{marks}</g></svg>\n'
    )
