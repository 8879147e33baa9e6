import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.capture.frames import ACK, PUSH, SYN, SYN_ACK, back, out, pcap_file, read_capture, tcp

# Who sends (the client's bytes begin at 101, the server's at 901), from which byte on, how many, what it acknowledges.
Step = tuple[bool, int, int, int]

_TOP = 2**32


def _conversation(steps: list[Step], *, begun: bool = True, at: int = 0, window: int = 8192) -> bytes:
    """A connection with these segments; `at` moves the client's sequence numbers, round the corner if need be."""
    opening = [(True, 100, SYN, b"", 0), (False, 900, SYN_ACK, b"", 101), (True, 101, ACK, b"", 901)]
    said = [(forward, seq, PUSH, bytes(size), ack) for forward, seq, size, ack in steps]
    frames = []
    for forward, seq, flags, payload, ack in [*(opening if begun else []), *said]:
        moved, acked = ((seq + at) % _TOP, ack) if forward else (seq, (ack + at) % _TOP)
        segment = tcp(*((50000, 80) if forward else (80, 50000)), flags, payload, seq=moved, ack=acked, window=window)
        frames.append((out if forward else back)(segment))
    return pcap_file([(1.0 + number / 100, frame) for number, frame in enumerate(frames)])


@pytest.mark.parametrize("window_bytes", [70, 1 << 20], ids=["packet by packet", "at once"])
@pytest.mark.parametrize("at", [0, _TOP - 105], ids=["plain", "numbers that wrap"])
@pytest.mark.parametrize(
    ("steps", "missed", "history"),
    [
        pytest.param([(True, 101, 50, 901), (False, 901, 0, 151)], None, "ShADa", id="nothing"),
        pytest.param([(True, 101, 50, 901), (True, 201, 50, 901), (False, 901, 0, 251)], "50", "ShADaG", id="a hole"),
        pytest.param([(True, 101, 50, 901), (True, 201, 50, 901)], None, "ShAD", id="a hole that nobody acknowledges"),
        pytest.param([(True, 101, 50, 901), (False, 901, 0, 251)], "100", "ShADaG", id="an end that was not captured"),
        pytest.param([(False, 901, 0, 201)], "100", "ShAaG", id="all of it"),
        pytest.param(
            [(True, 101, 50, 901), (True, 201, 50, 901), (True, 151, 50, 901), (False, 901, 0, 251)],
            None,
            "ShADTa",
            id="a hole that is filled in time",
        ),
        pytest.param(
            [(True, 101, 50, 901), (True, 201, 50, 901), (True, 151, 20, 901), (False, 901, 0, 251)],
            "30",
            "ShADTaG",
            id="a hole that is half filled",
        ),
        pytest.param(
            [(True, 201, 50, 901), (False, 901, 0, 251), (True, 101, 100, 901)],
            "100",
            "ShADaGT",
            id="what comes after its acknowledgement is missed all the same",
        ),
        pytest.param([(True, 101, 50, 901), (True, 101, 50, 901)], None, "ShADT", id="sent twice"),
        pytest.param([(True, 101, 50, 901), (False, 901, 0, 152)], None, "ShADa", id="a FIN that was not captured"),
        pytest.param([(True, 2 * 10**9, 50, 901), (False, 901, 0, 151)], None, "ShADa", id="a number far off"),
    ],
)
def test_bytes_are_missed_that_were_acknowledged_and_never_seen(
    steps: list[Step], missed: str | None, history: str, at: int, window_bytes: int
) -> None:
    (flow,) = read_capture(_conversation(steps, at=at), window_bytes=window_bytes).flows
    assert (flow["fields"].get("missed_bytes"), flow["history"]) == (missed, history)


def test_nothing_is_missed_where_the_opening_was_not_seen() -> None:
    content = _conversation([(True, 101, 50, 901), (True, 201, 50, 901), (False, 901, 0, 251)], begun=False)
    (flow,) = read_capture(content).flows
    assert (flow["fields"], flow["history"]) == ({}, "DaG")


def test_a_closed_window_is_noted() -> None:
    (flow,) = read_capture(_conversation([], window=0)).flows
    assert flow["history"] == "SWhwA"


def _step(forward: bool, at: int, size: int, ack: int) -> Step:
    ours, theirs = (101, 901) if forward else (901, 101)
    return forward, ours + 10 * at, 10 * size, theirs + 10 * ack


_STEPS = st.lists(
    st.builds(_step, st.booleans(), st.integers(0, 12), st.integers(0, 4), st.integers(0, 12)), max_size=14
)


@settings(deadline=None, max_examples=150)
@given(_STEPS, st.integers(60, 300))
def test_windows_change_nothing_and_no_more_is_missed_than_acknowledged(steps: list[Step], window_bytes: int) -> None:
    content = _conversation(steps)
    whole, pieces = read_capture(content), read_capture(content, window_bytes=window_bytes)
    assert pieces.flows == whole.flows
    assert int(whole.flows[0]["fields"].get("missed_bytes", 0)) == _missed(steps)


def _missed(steps: list[Step]) -> int:
    """By the letter: each byte that is acknowledged before it is sent."""
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    lost: dict[bool, set[int]] = {True: set(), False: set()}
    for forward, seq, size, ack in steps:
        seen[forward] |= set(range(seq, seq + size))
        base = 901 if forward else 101
        lost[not forward] |= set(range(base, ack)) - seen[not forward]
    return sum(map(len, lost.values()))
