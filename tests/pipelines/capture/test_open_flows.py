from dataclasses import replace

import numpy as np
import pytest

from pipelines.capture.flows import Flows, no_flows
from pipelines.capture.keys import WORDS, grouped
from pipelines.capture.open_flows import OpenFlows
from pipelines.capture.window import Words

_MINUTE = 60_000_000


def _keys(*names: int) -> Words:
    keys = np.zeros((WORDS, len(names)), np.uint64)
    keys[0] = names
    return keys


def _mixed(keys: Words) -> Words:
    return grouped(keys).mixed


def _flows(*names: int, last_minute: int = 0, last_number: int = 0) -> Flows:
    """One flow of each name, whose packets ended at this minute."""
    keys = _keys(*names)
    count = np.ones(len(names), np.int64)
    return replace(
        no_flows(len(names)),
        keys=keys,
        mixed=_mixed(keys),
        number=np.array(names),
        last_us=count * last_minute * _MINUTE,
        last_number=count * last_number,
    )


def test_an_open_flow_is_found_by_its_key() -> None:
    opened = OpenFlows()
    opened.add(_flows(7, 8, 9))
    keys = _keys(5, 9, 7)
    rows, chosen = opened.sharing(keys, _mixed(keys))
    assert sorted(zip(opened.take(rows).number.tolist(), chosen.tolist(), strict=True)) == [(7, 2), (9, 1)]
    assert opened.take_all().number.tolist() == [8]


def test_keys_that_share_a_hash_are_told_apart() -> None:
    opened, same = OpenFlows(), np.zeros(2, np.uint64)
    opened.add(replace(_flows(7, 8), mixed=same))
    rows, chosen = opened.sharing(_keys(6, 8), same)
    assert (opened.take(rows).number.tolist(), chosen.tolist()) == ([8], [1])


def test_thousands_of_rows_are_used_again() -> None:
    opened = OpenFlows()
    for start in range(0, 20_000, 2000):
        opened.add(_flows(*range(start, start + 2000)))
        assert len(opened.take_all()) == 2000


@pytest.mark.parametrize(
    ("minutes", "closed"),
    [
        pytest.param([10], [], id="packets of its own minute"),
        pytest.param([12], [], id="two minutes later"),
        pytest.param([30], [7], id="long after"),
        pytest.param([1], [7], id="long before: the clock ran back"),
        pytest.param([1, 10, 30], [], id="of several clocks one is its own"),
    ],
)
def test_a_flow_is_left_behind_where_no_packet_is_near_it_in_time(minutes: list[int], closed: list[int]) -> None:
    opened = OpenFlows(patience=0)
    opened.add(_flows(7, last_minute=10))
    times = np.array(minutes) * _MINUTE
    assert opened.left_behind(times, 100, 2 * _MINUTE).number.tolist() == closed


def test_no_flow_is_left_behind_before_many_packets_have_passed() -> None:
    opened = OpenFlows(patience=50)
    opened.add(_flows(7, last_number=10))
    times = np.array([1000 * _MINUTE])
    assert [len(opened.left_behind(times, number, _MINUTE)) for number in (60, 61)] == [0, 1]


def test_in_a_flood_the_longest_silent_are_closed() -> None:
    opened = OpenFlows(most=2)
    for name in range(5):
        opened.add(_flows(name, last_number=name))
    assert opened.left_behind(np.array([0]), 5, _MINUTE).number.tolist() == [0, 1, 2]
