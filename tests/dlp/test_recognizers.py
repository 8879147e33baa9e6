import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.analyzer import KindRecognizer
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.kinds import Kind
from dlp.normal import normalised
from dlp.policy import default_policy
from dlp.profiles import profiles
from dlp.registry import KINDS
from dlp.spans import spans
from dlp.verdicts import verdicts
from tests.dlp.cases import KEY


def is_taken(kind: Kind, value: str) -> bool:
    """Whether a value that is nothing else is taken for this kind."""
    values = pl.Series([value])
    if not kind.fits[profiles(values)][0] or not values.str.contains(kind.whole)[0]:
        return False
    return bool(kind.holds(values)[0])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_takes_its_examples_and_refuses_its_counter_examples(kind: Kind) -> None:
    assert kind.examples, "a kind without an example tells nobody what it looks like"
    assert kind.counter_examples
    assert [value for value in kind.examples if not is_taken(kind, value)] == []
    assert [value for value in kind.counter_examples if is_taken(kind, value)] == []


IN_TEXT = [kind for kind in KINDS if kind.in_text]
WITH_CHECK = [kind for kind in KINDS if kind.check is not None and kind.check_chance < 1 and kind.in_text]
FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}


def seen(kind: Kind, text: str) -> list[str]:
    frame = pl.DataFrame({"value": normalised(pl.Series([text])), "rows": [1]})
    return spans(kind, frame)["token"].to_list()


@pytest.mark.parametrize("kind", IN_TEXT, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "text", ["客户{}来访", "（{}）有误", "号码:{}", "\u200b{}\u200b已登记", "a,{},b", "请核对“{}”。"]
)
def test_a_value_is_seen_beside_chinese_characters_and_punctuation(kind: Kind, text: str) -> None:
    for example in kind.examples:
        plain = normalised(pl.Series([example]))[0]
        assert any(plain in token for token in seen(kind, text.format(example)))


PIECES = ["客户", " ", ".", "，", "-", "x", "号码:", "7", "/", "v1.2.3.4", "(", "192.0.2.7", "版本", "rv:", "@", "、"]


@pytest.mark.parametrize("kind", IN_TEXT, ids=lambda kind: kind.name)
@given(examples=st.data())
@settings(max_examples=30, deadline=None)
def test_what_rust_sees_at_once_is_what_python_would_have_found(kind: Kind, examples: st.DataObject) -> None:
    pieces = st.lists(st.sampled_from([*PIECES, *kind.examples, *kind.counter_examples]), min_size=1, max_size=6)
    text = normalised(pl.Series(["".join(examples.draw(pieces))]))[0]
    assert seen(kind, text) == [match.group() for match in re.finditer(kind.bounded, text)]


@pytest.mark.parametrize("kind", IN_TEXT, ids=lambda kind: kind.name)
def test_a_longer_word_or_number_does_not_hold_a_value(kind: Kind) -> None:
    for example in kind.examples:
        assert example not in seen(kind, f"号码A{example}")
        if example[-1].isalnum():
            assert example not in seen(kind, f"号码{example}9")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_full_width_and_zero_width_characters_hide_nothing(kind: Kind) -> None:
    for example in kind.examples:
        plain = normalised(pl.Series([example]))[0]
        hidden = pl.Series([example.translate(FULL_WIDTH), "\u200b".join(example), f"\ufeff{example}\u2060"])
        assert normalised(hidden).to_list() == [plain] * 3
        assert is_taken(kind, plain) or not is_taken(kind, example)


@pytest.mark.parametrize("kind", IN_TEXT, ids=lambda kind: kind.name)
def test_presidio_sees_the_examples_in_chinese_text(kind: Kind) -> None:
    for example in kind.examples:
        text = f"号码{example}有误"
        results = KindRecognizer(kind, "zh").analyze(text, [kind.entity_type], None)
        assert any(example in text[result.start : result.end] for result in results)


@pytest.mark.parametrize("column", ["order_no", "备注", "column_1"])
@pytest.mark.parametrize("kind", WITH_CHECK, ids=lambda kind: kind.name)
def test_one_real_value_among_a_hundred_thousand_rows_is_reported_as_contamination(kind: Kind, column: str) -> None:
    if not kind.in_text_alone and kind.shape_chance > 0.1:
        pytest.skip("nine digits by themselves are anything: its written form with a hyphen is found")
    counted = pl.DataFrame({"value": [f"事项{at}" for at in range(99_999)] + [kind.examples[0]]})
    evidence = ColumnEvidence()
    evidence.observe(counted.with_columns(rows=pl.lit(1)), key=KEY, policy=default_policy())
    hints = name_hints(column, default_policy())
    found = {verdict.entity_type: verdict for verdict in verdicts(evidence, hints, default_policy())}
    assert set(found) <= {kind.entity_type, "IP_ADDRESS"}  # a URL with a password names a host
    assert found[kind.entity_type].hits == 1
    assert "contamination: 1 of 100000" in found[kind.entity_type].review


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.some_of], ids=lambda kind: kind.name)
@given(examples=st.data())
@settings(max_examples=40, deadline=None)
def test_what_a_kind_is_said_to_be_made_of_leaves_out_no_value_of_its_pattern(
    kind: Kind, examples: st.DataObject
) -> None:
    value = examples.draw(st.from_regex(f"\\A(?:{kind.pattern})\\Z"))
    plain = normalised(pl.Series([value]))
    if plain[0] == value and kind.lengths[0] <= len(value) <= kind.lengths[1]:
        assert kind.fits[profiles(plain)][0]
        assert plain.str.contains(kind.gate)[0] or not kind.in_text
