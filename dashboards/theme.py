"""Colours by meaning, in light and dark; every coloured thing also carries its name in words.

The hues follow lightness as well as colour (the worse, the darker in light mode and the more saturated in dark mode),
so that they stay apart for colour-blind readers.
"""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

BadgeColour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class Palette:
    """Hex colours of one mode, by code."""

    level: dict[str, str]
    band: dict[str, str]
    state: dict[str, str]
    telemetry: dict[str, str]
    muted: str
    text: str


_LIGHT = Palette(
    level={
        "critical": "#a4133c",
        "high": "#e0640f",
        "medium": "#f2c230",
        "low": "#4a8fc7",
        "informational": "#9aa5a0",
    },
    band={"critical": "#a4133c", "poor": "#e0640f", "fair": "#4a8fc7", "good": "#17806a", "": "#9aa5a0"},
    state={"new": "#43524a", "acknowledged": "#2f78b7", "closed": "#b9c4bd"},
    telemetry={"logs": "#17806a", "flows": "#2f78b7"},
    muted="#7d8983",
    text="#17211c",
)
_DARK = Palette(
    level={
        "critical": "#ff4d7a",
        "high": "#ff8f4a",
        "medium": "#ffd166",
        "low": "#6cb4ee",
        "informational": "#8d9a94",
    },
    band={"critical": "#ff4d7a", "poor": "#ff8f4a", "fair": "#6cb4ee", "good": "#4fc3a1", "": "#8d9a94"},
    state={"new": "#c3d0c9", "acknowledged": "#6cb4ee", "closed": "#5a665f"},
    telemetry={"logs": "#4fc3a1", "flows": "#6cb4ee"},
    muted="#8d9a94",
    text="#e3ece7",
)

_BADGES: dict[str, BadgeColour] = {
    "critical": "red",
    "high": "orange",
    "medium": "yellow",
    "low": "blue",
    "poor": "orange",
    "fair": "blue",
    "good": "green",
    "acknowledged": "blue",
    "true_positive": "red",
    "false_positive": "gray",
    "benign": "green",
}


def palette() -> Palette:
    """The colours of the mode that the reader's browser shows."""
    return _DARK if st.context.theme.type == "dark" else _LIGHT


def badge_colour(code: str) -> BadgeColour:
    """The theme colour of a level, band, state or verdict; grey for any other code."""
    return _BADGES.get(code, "gray")
