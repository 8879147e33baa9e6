"""What is read of stored telemetry: pieces that fit into memory, values by place, members of routes, keywords."""

from collections.abc import Mapping

import pytest

from pipelines.event_blocks import Reading, folded_by, read_block
from pipelines.event_pieces import Piece
from store.client import Store
from tests.rules.cases import store_events

ROUTES = ("service = 'sshd'", "service = 'cron'", "product = 'linux'")


def event(service: str, message: str, **fields: str) -> Mapping[str, object]:
    return {"product": "linux", "service": service, "message": message, "host": "app-1", "fields": fields}


def reading(**keywords: frozenset[int]) -> Reading:
    return Reading("log_events", ROUTES, ["A", "b"], {"toString(host)": frozenset({0})}, keywords)


@pytest.fixture
def filled(store: Store) -> Store:
    events = [event("sshd", "one Ärger", A="x", b="y"), event("cron", "two", A="x"), event("su", "three", c="Four")]
    store_events(store, events, batch_id="b")
    return store


def test_values_are_found_by_place_and_only_those_that_are_asked_for(filled: Store) -> None:
    block = read_block(filled, reading(), Piece(["b"])).events
    texts = {place: column.texts.to_list() for place, column in block.columns.items()}
    assert texts == {"k:A": ["x"], "k:b": ["y"], "s:toString(host)": ["app-1"]}
    assert len(block.columns["k:A"].present) == 2
    assert len(block.columns["s:toString(host)"].present) == 1  # only its route asks for it


def test_events_are_members_of_every_route_whose_condition_they_meet(filled: Store) -> None:
    block = read_block(filled, reading(), Piece(["b"]))
    assert [len(rows) for rows in block.events.members] == [1, 1, 3]
    assert block.rows.height == block.events.height == 3


@pytest.mark.parametrize(
    ("keyword", "rows"), [("one", 1), ("ärger", 1), ("four", 1), ("o", 3), (".", 0), ("x\\", 0), ("absent", 0)]
)
def test_a_keyword_is_found_in_any_value_whatever_its_characters(filled: Store, keyword: str, rows: int) -> None:
    block = read_block(filled, reading(**{keyword: frozenset({2})}), Piece(["b"])).events
    assert len(block.heard[keyword]) == rows


@pytest.mark.parametrize(
    ("message", "keyword"),
    [
        ("a \u212aey", "key"),
        ("a \u0130x", "i\u0307x"),
        ("a \u0130x", "ix"),
        ("a \u0130", "i"),
        ("\u00c9tat KEY", "key"),
        ("\u4e2d\u6587CMD", "cmd"),
        ("\u0399\u0307 K", "k"),
    ],
)
def test_a_keyword_is_found_where_the_database_lower_cases_a_text_to_hold_it(
    store: Store, message: str, keyword: str
) -> None:
    store_events(store, [event("su", message)], batch_id="b")
    block = read_block(store, reading(**{keyword: frozenset({2})}), Piece(["b"])).events
    said = store.value(
        "SELECT position(lowerUTF8({text:String}), {word:String}) > 0", {"text": message, "word": keyword}
    )
    assert bool(len(block.heard[keyword])) == bool(said)


def test_a_keyword_that_no_route_of_the_event_asks_for_is_not_searched(filled: Store) -> None:
    block = read_block(filled, reading(two=frozenset({0})), Piece(["b"])).events
    assert len(block.heard["two"]) == 0


def test_keywords_beyond_what_a_statement_takes_are_left_out_not_wrong(filled: Store) -> None:
    many = {f"{'k' * 60}{number}": frozenset({2}) for number in range(2_000)}
    block = read_block(filled, reading(one=frozenset({2}), **many), Piece(["b"])).events
    assert 1 < len(block.heard) < 2_001
    assert len(block.heard["one"]) == 1


@pytest.mark.parametrize("batch", ["it's", "a\\b", "')", "{x:String}"])
def test_a_batch_is_named_by_its_text_whatever_that_is(store: Store, batch: str) -> None:
    store_events(store, [event("su", "x")], batch_id=batch)
    assert read_block(store, reading(), Piece([batch])).rows.height == 1


def test_texts_are_folded_as_the_database_folds_them(store: Store) -> None:
    texts = ["Ärger", "İ", "\u212a", "ΑΣ", "中", "it's \\ here"]
    said = [store.value("SELECT lowerUTF8({text:String})", {"text": text}) for text in texts]
    assert folded_by(store, texts) == said


@pytest.mark.parametrize(
    "text", ["\u4e2d\u6587ABC", "\u3042\u30a2\uff01A", "\u2018Q\u2019 \u2026", "\uff21", "\u0391\u03a3", "\u0130"]
)
def test_values_are_folded_as_the_database_folds_them(store: Store, text: str) -> None:
    store_events(store, [event("su", "x", A=text)], batch_id="b")
    column = read_block(store, reading(), Piece(["b"])).events.columns["k:A"]
    assert column.folded.to_list() == [store.value("SELECT lowerUTF8({text:String})", {"text": text})]
