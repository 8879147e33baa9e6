"""The factors of a score: what each takes from it or gives to it, as a bar with its points and its evidence below."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboards.harmless import one_line
from dashboards.theme import palette

_LIST = "display:grid;gap:.9rem;line-height:1.5;overflow-wrap:anywhere"
_HEAD = "display:flex;justify-content:space-between;gap:1rem"
_POINTS = "font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap"
_TRACK = "height:.45rem;border-radius:.25rem;background:rgba(128,128,128,.16);margin:.2rem 0 .3rem"
_EVIDENCE = "font-size:.875rem;opacity:.65"
_WHOLE = 100  # points: the best score that there is


@dataclass(frozen=True)
class Factor:
    """One factor: `points` are what it adds to the score, below zero for what it costs."""

    label: str
    points: float
    evidence: str


def factor_bars(factors: Iterable[Factor], name: str) -> None:
    """Draw the factors below each other; a bar that is full stands for a hundred points. `name`: read aloud."""
    st.html(factor_bars_html(factors, name))


def factor_bars_html(factors: Iterable[Factor], name: str) -> str:
    """The list as HTML in which every text is escaped."""
    listed = "".join(map(_factor, factors))
    return f'<div role="list" aria-label="{escape(name)}" style="{_LIST}">{listed}</div>'


def _factor(factor: Factor) -> str:
    colour = palette().band["poor" if factor.points < 0 else "good"]
    width = min(abs(factor.points) / _WHOLE, 1)
    bar = f"width:{width:.1%};height:100%;border-radius:inherit;background:{colour}"
    return (
        f'<div role="listitem"><div style="{_HEAD}"><span>{escape(one_line(factor.label))}</span>'
        f'<span style="{_POINTS}">{_signed(factor.points)}</span></div>'
        f'<div style="{_TRACK}"><div style="{bar}"></div></div>'
        f'<div style="{_EVIDENCE}">{escape(one_line(factor.evidence))}</div></div>'
    )


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")
