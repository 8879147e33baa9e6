"""Every page: over nothing it says what to type, over a city it shows it, in either language, without an exception."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.translation import LANGUAGES, words_in
from dashboards.views import VIEWS

Opened = Callable[..., AppTest]
PAGES = sorted(VIEWS)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_database_says_what_to_type(desk: Opened, page: str) -> None:
    app = desk(page)
    assert not app.exception
    assert any("rongdun" in block.value for block in app.code)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_city_in_one_language(city_desk: Opened, page: str, language: str) -> None:
    app = city_desk(page)
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    assert words_in(language)(f"page.{page}") in [title.value for title in app.title]
