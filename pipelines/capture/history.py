"""What happened in a connection, in Zeek's letters, and the state it was left in."""

from functools import cache

import numpy as np

from pipelines.capture.transport import ACK, FIN, RST, SYN, TCP, UDP, Segments
from pipelines.capture.window import Flags, Ints, Words

# SYN, SYN-ACK, pure ACK, data, FIN, RST, FIN with RST, SYN with FIN or RST; beside any of these: closed window,
# repeated payload, acknowledged bytes that the capture does not hold. Each from either endpoint.
LETTERS = "SHADFRIQWTG"
S, H, A, D, F, R, INCONSISTENT, MIXED, CLOSED, REPEATED, GAP = range(len(LETTERS))

# A history is the letters in the order they came, five bits each (1 and up; 0 is none), and last the set of them.
WORDS = 3
_LETTER_BITS, _LETTERS_A_WORD = 5, 12
_CODES = 2 * len(LETTERS)

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


def extended(histories: Words, flow: Ints, letter: Ints, sender: Ints) -> Words:
    """Each flow's history with the letters that are new to it.

    Args:
        histories: one row a flow.
        flow: the flow that a letter comes to, in ascending order; within a flow, letters as they came.
        letter: an index of `LETTERS`.
        sender: the endpoint it came from.
    """
    code = letter * 2 + sender
    unseen = (histories[flow, -1] >> code.astype(np.uint64)) & np.uint64(1) == 0
    flow, code = flow[unseen], code[unseen]
    # Of several assignments to one place the last counts: going backwards, that is the first letter.
    first = np.zeros(len(histories) * _CODES, np.int32)
    place, row = flow * _CODES + code, np.arange(len(flow), dtype=np.int32)
    first[place[::-1]] = row[::-1]
    new = first[place] == row
    flow, code = flow[new], code[new]
    begins = np.flatnonzero(np.diff(flow, prepend=-1))
    since = np.arange(len(flow)) - np.repeat(begins, np.diff(begins, append=len(flow)))
    at = np.bitwise_count(histories[flow, -1]).astype(np.int64) + since
    longer = histories.copy()
    shifted = (code + 1).astype(np.uint64) << (at % _LETTERS_A_WORD * _LETTER_BITS).astype(np.uint64)
    # Adding sets bits: no two letters share a place.
    np.add.at(longer, (flow, at // _LETTERS_A_WORD), shifted)
    np.add.at(longer[:, -1], flow, np.uint64(1) << code.astype(np.uint64))
    return longer


def text(first: int, second: int, initiator: int, *, flipped: bool) -> str:
    """Zeek's history: upper case from the initiator, `^` first where the first packet was not the initiator's."""
    packed, letters = first | second << (_LETTERS_A_WORD * _LETTER_BITS), ["^"] if flipped else []
    while packed:
        code = (packed & 31) - 1
        letter = LETTERS[code // 2]
        letters.append(letter if code % 2 == initiator else letter.lower())
        packed >>= _LETTER_BITS
    return "".join(letters)


def is_closed(histories: Words) -> Flags:
    """Whether either side reset a connection with this history, or both sides ended it."""

    def seen(letter: int, sender: int) -> Flags:
        found: Flags = (histories[:, -1] >> np.uint64(letter * 2 + sender)) & np.uint64(1) > 0
        return found

    reset = seen(R, 0) | seen(R, 1) | seen(INCONSISTENT, 0) | seen(INCONSISTENT, 1)
    return reset | (seen(F, 0) & seen(F, 1))


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
        if letter in "WTGwtg":
            continue
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
