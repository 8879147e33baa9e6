"""Tiles in a grid: a name, a figure, a coloured word and a line below, many of them as one element of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboards.harmless import one_line
from dashboards.theme import palette

_GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(130px,1fr));gap:.75rem"
_TILE = "border:1px solid rgba(128,128,128,.25);border-radius:.5rem;padding:.8rem .9rem;line-height:1.4"
_FIGURE = "font-size:1.6rem;font-weight:600"
_BELOW = "font-size:.875rem;opacity:.65;margin-top:.4rem"


@dataclass(frozen=True)
class Tile:
    """One tile.

    Attributes:
        word: what stands below the figure in the colour of `band`, or ''.
        band: a band of posture scores, or ''.
        below: the last line.
    """

    name: str
    figure: str
    word: str = ""
    band: str = ""
    below: str = ""


def show_tiles(tiles: Iterable[Tile]) -> None:
    """Draw the tiles, as many beside each other as there is room for."""
    st.html(tiles_html(tiles))


def tiles_html(tiles: Iterable[Tile]) -> str:
    """The grid as HTML in which every text is escaped."""
    return f'<div style="{_GRID}">{"".join(map(_tile, tiles))}</div>'


def _tile(tile: Tile) -> str:
    lines = [f'<div style="font-size:.875rem">{_text(tile.name)}</div>']
    lines.append(f'<div style="{_FIGURE}">{_text(tile.figure)}</div>')
    if tile.word:
        colour = palette().band.get(tile.band, palette().muted)
        chip = f"color:{colour};background:{colour}22;border-radius:1rem;padding:.15rem .55rem;font-size:.875rem"
        lines.append(f'<div style="margin-top:.2rem"><span style="{chip}">{_text(tile.word)}</span></div>')
    lines.append(f'<div style="{_BELOW}">{_text(tile.below)}</div>')
    return f'<div style="{_TILE}">{"".join(lines)}</div>'


def _text(text: str) -> str:
    return escape(one_line(text))
