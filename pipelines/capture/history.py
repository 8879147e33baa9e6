"""What happened in a connection, in Zeek's letters, and the state it was left in."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.network import Flags
from pipelines.capture.transport import ACK, FIN, RST, SYN, TCP, UDP, Segments
from pipelines.capture.window import Ints

# SYN, SYN-ACK, pure ACK, data, FIN, RST, FIN with RST, SYN with FIN or RST; each from either endpoint.
LETTERS = "SHADFRIQ"
COLUMNS = 2 * len(LETTERS)
NEVER = np.iinfo(np.int32).max
S, H, A, D, F, R, INCONSISTENT, MIXED = range(len(LETTERS))

Positions = NDArray[np.int32]

_INACTIVE, _PARTIAL, _SYN_SENT, _SYN_ACK_SENT, _ESTABLISHED, _CLOSED, _RESET = range(7)


def letters_of(protocol: Ints, segments: Segments) -> Ints:
    """The letter each packet adds to its connection's history, as an index of `LETTERS`; -1 for none."""
    flags = segments.flags
    syn, fin, rst = (flags & bit != 0 for bit in (SYN, FIN, RST))
    acknowledges, carries = flags & ACK != 0, segments.payload > 0
    several = syn.astype(np.int8) + fin + rst > 1
    tcp = np.select(
        [several & fin & rst, several, syn & acknowledges, syn, fin, rst, carries, acknowledges],
        [INCONSISTENT, MIXED, H, S, F, R, D, A],
        -1,
    )
    return np.where(protocol == TCP, tcp, np.where(protocol == UDP, D, -1))


def first_positions(flow: Ints, letter: Ints, sender: Ints, flows: int) -> Positions:
    """For each flow and each letter of either endpoint, the first row that adds it; NEVER where none does."""
    positions = np.full((flows, COLUMNS), NEVER, np.int32)
    rows = np.flatnonzero(letter >= 0)[::-1]
    # Of several assignments to one place the last counts: going backwards, that is the first row.
    positions[flow[rows], letter[rows] * 2 + sender[rows]] = rows
    return positions


def settled(positions: Positions) -> Positions:
    """The same order of letters, as numbers before those of any row to come."""
    rank = np.argsort(np.argsort(positions, axis=1), axis=1).astype(np.int32) - COLUMNS
    return np.where(positions == NEVER, np.int32(NEVER), rank)


def histories(positions: Positions, initiator: Ints, flipped: Flags) -> list[str]:
    """Zeek's history: upper case from the initiator, `^` first where the first packet was not the initiator's."""
    order = np.argsort(positions, axis=1, kind="stable")
    capital = np.frombuffer(LETTERS.encode(), np.uint8)[order // 2]
    letters = capital + np.where(order % 2 == initiator[:, None], 0, 32).astype(np.uint8)
    letters[np.take_along_axis(positions, order, axis=1) == NEVER] = 0
    texts = np.ascontiguousarray(letters).view(f"S{COLUMNS}").ravel()
    return [("^" if turn else "") + text.decode() for text, turn in zip(texts, flipped.tolist(), strict=True)]


@cache
def connection_state(history: str, protocol: int) -> str:
    """Zeek's conn_state of a connection with this history."""
    if protocol == UDP:
        return {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}.get(
            ("D" in history, "d" in history), "OTH"
        )
    return _tcp_state(history) if protocol == TCP else "OTH"


def _tcp_state(history: str) -> str:
    originator, responder = _endpoint_states(history)
    if responder == _RESET:
        return _refused(originator, silent="D" not in history.upper())
    if originator == _RESET:
        return "RSTOS0" if responder in (_INACTIVE, _PARTIAL) else "RSTO"
    if originator == _CLOSED:
        return "SF" if responder == _CLOSED else "SH" if responder in (_INACTIVE, _PARTIAL) else "S2"
    if responder == _CLOSED:
        return "SHR" if originator in (_INACTIVE, _PARTIAL) else "S3"
    named = {(_SYN_SENT, _INACTIVE): "S0", (_ESTABLISHED, _ESTABLISHED): "S1"}
    return named.get((originator, responder), "OTH")


def _refused(originator: int, *, silent: bool) -> str:
    if originator in (_SYN_SENT, _SYN_ACK_SENT) or (originator == _RESET and silent):
        return "REJ"
    return "RSTRH" if originator in (_INACTIVE, _PARTIAL) else "RSTR"


def _endpoint_states(history: str) -> tuple[int, int]:
    """The states of originator and responder after these letters, by the transitions of Zeek's TCP analyzer."""
    state, before = [_INACTIVE, _INACTIVE], [_INACTIVE, _INACTIVE]
    for letter in history.lstrip("^"):
        me = 0 if letter.isupper() else 1
        following = _after(letter.upper(), me, state, before)
        if following != state[me]:
            before[me], state[me] = state[me], following
    return state[0], state[1]


def _after(letter: str, me: int, state: list[int], before: list[int]) -> int:
    """The state of endpoint `me` after a letter; may move the other endpoint too."""
    own, peer = state[me], 1 - me
    if own == _RESET:
        return own
    if own == _CLOSED:
        return _RESET if letter in "RI" and state[peer] != _CLOSED else own
    if letter in "RI":
        return _RESET
    if letter == "F":
        if state[peer] == _RESET and before[peer] == _CLOSED:
            state[peer] = _CLOSED
        return _CLOSED
    if own == _INACTIVE:
        return _opened(letter, me, state)
    return _SYN_SENT if letter == "S" and own == _PARTIAL and state[peer] == _INACTIVE else own


def _opened(letter: str, me: int, state: list[int]) -> int:
    peer = 1 - me
    if letter in "SHQ" and me == 0:
        return _SYN_ACK_SENT if letter == "H" else _SYN_SENT
    if letter in "SHQ":
        if state[peer] == _SYN_SENT:
            state[peer] = _ESTABLISHED
        return _ESTABLISHED
    if letter == "A" and me == 1 and state[peer] == _SYN_SENT:
        return _INACTIVE
    return _ESTABLISHED if state[peer] == _ESTABLISHED else _PARTIAL
