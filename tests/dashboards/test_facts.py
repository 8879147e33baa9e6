"""Facts in HTML: a reader sees exactly the labels and values, and a browser sees no markup in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.facts import facts_html
from dashboards.figures import NOTHING
from dashboards.harmless import one_line
from tests.dashboards.quotes import QuoteReader
from tests.dashboards.test_quoted import ANY


@given(st.lists(st.tuples(ANY, ANY), max_size=5), st.booleans())
def test_labels_and_values_are_shown_as_they_are(pairs: list[tuple[str, str]], across: bool) -> None:
    read = QuoteReader(facts_html(pairs, across=across))
    assert read.lines == [[one_line(label), one_line(value) or NOTHING] for label, value in pairs]
    assert [tag for tag, _ in read.elements] == ["dl", *["div", "dt", "dd"] * len(pairs)]
    assert all(set(attributes) <= {"style"} for _, attributes in read.elements)


@pytest.mark.parametrize(("across", "columns"), [(False, False), (True, True)])
def test_facts_stand_below_or_beside_each_other(across: bool, columns: bool) -> None:
    assert ("grid-template-columns" in facts_html([("a", "b")], across=across)) is columns
