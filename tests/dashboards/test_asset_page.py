"""What the page of an asset tells of it, in both languages."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboards.city import PLACES
from tests.dashboards.quotes import quotes

Opened = Callable[..., AppTest]


@pytest.mark.parametrize(
    ("asset", "language", "told"),
    [
        pytest.param(1, "zh", ["上云  已上云", "信创  中间件", "地址  192.0.2.2"], id="moved-zh"),
        pytest.param(1, "en", ["Cloud migration  In the cloud", "Addresses  192.0.2.2"], id="moved-en"),
        pytest.param(0, "zh", ["上云  未填写", "最近测评  2025-06-01"], id="not-said-zh"),
        pytest.param(0, "en", ["Cloud migration  Not said", "Last assessed  2025-06-01"], id="not-said-en"),
    ],
)
def test_the_page_tells_what_the_inventory_declares(
    city_desk: Opened, asset: int, language: str, told: list[str]
) -> None:
    app = city_desk("assets", asset=PLACES[asset].asset_id)
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    shown = "\n".join(quotes(app))
    assert [words for words in told if words not in shown] == []
