"""The desk as a server: `python -m dashboards.serving [FLAGS OF STREAMLIT]`.

Streamlit loads a page's modules when the first reader asks for it, and that reader waits for them. Here they are loaded
before the server listens.
"""

import sys
from pathlib import Path

import altair as alt
import PIL.Image
import polars as pl
from streamlit.web.cli import main as streamlit

from dashboards import asgi
from dashboards.translation import LANGUAGES, words_in


def main() -> None:
    """Get ready, then serve until asked to stop."""
    get_ready()
    sys.argv = ["streamlit", "run", str(Path(asgi.__file__)), *sys.argv[1:]]
    streamlit()


def get_ready() -> None:
    """Do once what the first page of a process would do: read the words, the image formats and the chart schema."""
    for language in LANGUAGES:
        words_in(language)
    PIL.Image.init()
    alt.Chart(pl.DataFrame({"x": [1.0], "y": ["a"]})).mark_bar().encode(x="x:Q", y="y:N").to_dict()


if __name__ == "__main__":
    main()
