"""Read back what a page quotes or tells as facts: each box as lines, names and values two spaces apart."""

import re
from html.parser import HTMLParser
from typing import Any

from streamlit.testing.v1 import AppTest

_QUOTED = re.compile("<(?:dl|pre|table) ")  # not tiles and bars, which are no lists of names and values


class QuoteReader(HTMLParser):
    """The elements of a page's own HTML with the names of their attributes, and the text of each cell or block."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.lines: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        if tag in ("tr", "pre", "dt"):
            self.lines.append([])
        if tag in ("td", "pre", "dt", "dd"):
            self.texts.append("")
            self.lines[-1].append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data
        self.lines[-1][-1] += data


def quotes(app: AppTest) -> list[str]:
    """The text of every box that a page quotes, and of its lists of facts, in their order."""
    found: list[Any] = [each for each in app.get("html") if _QUOTED.search(each.proto.body)]
    return ["\n".join("  ".join(line) for line in QuoteReader(each.proto.body).lines) for each in found]
