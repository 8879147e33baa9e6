"""Which parts of Streamlit's program each page draws with, for `dashboards.preloading`."""

from collections.abc import Mapping

from dashboards.preloading import Parts

_EVERY: Parts = ("Selectbox", "ButtonGroup", "PageLink")
_CHARTS: Parts = ("ArrowVegaLiteChart", "embed")
_TABLE: Parts = ("DataFrame",)
_FORM: Parts = ("Button", "Radio", "TextArea", "TextInput", "Html")
_PAGES: dict[str, Parts] = {
    "overview": ("Metric", "Html", *_CHARTS, *_TABLE),
    "alerts": ("Checkbox", "TextInput", *_TABLE),
    "data_protection": _TABLE,
    "data_use": _TABLE,
    "assets": _TABLE,
    "health": _TABLE,
}


def parts_of(page: str, query: Mapping[str, str]) -> Parts:
    """The parts that a page with this query is drawn with first."""
    if page == "alerts" and "alert" in query:
        return (*_EVERY, *_FORM)
    if page == "assets" and "asset" in query:
        return (*_EVERY, "Metric", *_CHARTS, *_TABLE)
    return (*_EVERY, *_PAGES.get(page, ()))
