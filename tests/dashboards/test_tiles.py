"""Tiles: every text of them is shown as it is, in a grid of plain elements."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dashboards.harmless import one_line
from dashboards.tiles import Tile, tiles_html

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</div></div>", "&amp;", "\u202egnp.exe\x00"]
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
TILES = st.builds(Tile, TEXT, TEXT, word=TEXT, band=st.sampled_from(["", "poor", "good", "other"]), below=TEXT)


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[tuple[str, tuple[str, ...]]] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(TILES, max_size=4))
def test_texts_are_shown_as_they_are(tiles: list[Tile]) -> None:
    read = Reader(tiles_html(tiles))
    shown = (one_line(text) for tile in tiles for text in (tile.name, tile.figure, tile.word, tile.below))
    assert read.text == "".join(shown)
    assert read.elements <= {("div", ("style",)), ("span", ("style",))}


def test_a_tile_without_a_word_has_no_chip() -> None:
    assert "<span" not in tiles_html([Tile("5G", "-", below="no assets")])
    assert "<span" in tiles_html([Tile("5G", "71", "good", "good", "3 assets")])
