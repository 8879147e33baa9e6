"""Values of JSON where they stand: replacing some leaves everything else as it was written."""

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dlp.json_leaves import is_json, json_leaves
from dlp.mask_fields import fields_replaced
from dlp.mask_policy import Operator
from dlp.mask_spans import spans_replaced

KEY = b"a key for tests only, 32 bytes.."
REDACT = {"PERSON": Operator(operator="replace", value="#"), "PHONE_NUMBER": Operator(operator="replace", value="#")}
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))
NODES = st.lists(TREES, max_size=4) | st.dictionaries(st.text(), TREES, max_size=4)


def scalars(node: object, label: str = "items") -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from scalars(inner, key)
    elif isinstance(node, list):
        for inner in node:
            yield from scalars(inner, label)
    else:
        yield label, node


@given(node=NODES, plain=st.booleans(), indent=st.sampled_from([None, 1]))
def test_every_value_of_json_is_a_leaf_under_its_key(node: object, plain: bool, indent: int | None) -> None:
    text = json.dumps(node, ensure_ascii=plain, indent=indent)
    leaves = list(json_leaves(text))
    assert [(leaf.label, json.loads(leaf.text)) for leaf in leaves] == list(scalars(node))
    assert all(text[leaf.start : leaf.end] == leaf.text for leaf in leaves)


@given(text=st.text(alphabet='{}[]":,\\1a n\n', max_size=40))
def test_any_text_is_json_or_is_not(text: str) -> None:
    if is_json(text):
        assert all(text[leaf.start : leaf.end] == leaf.text and leaf.value is not None for leaf in json_leaves(text))


@given(node=NODES, phone=st.integers(13000000000, 13999999999), quoted=st.booleans(), deep=st.booleans())
def test_json_stays_json_whatever_is_replaced_in_it(node: object, phone: int, quoted: bool, deep: bool) -> None:
    inner = {"name": ["王小明", {"x": "李四"}], "tel": str(phone) if quoted else phone, "n": 7}
    whole = {"rest": node, "cell": json.dumps(inner) if deep else inner}
    text = json.dumps(whole, ensure_ascii=False)
    named = fields_replaced(text, {"name": "PERSON"}, REDACT, KEY)
    told = json.loads(spans_replaced(named, REDACT, frozenset(), KEY, guess_names=False))
    cell = json.loads(told["cell"]) if deep else told["cell"]
    assert str(phone) not in json.dumps(told["cell"])
    assert cell["name"] == ["#", {"x": "李四"}]
    assert cell["n"] == 7
