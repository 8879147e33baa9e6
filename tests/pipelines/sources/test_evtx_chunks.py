import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import evtx_log
from pipelines.sources.evtx_chunks import CHUNK, HEADER, LogChunks, open_circles

_FIRST_LIST, _LAST_LIST = 128, 128 + 95 * 4


def _chunk(beginnings: dict[int, int], links: dict[int, int]) -> bytearray:
    """A chunk with lists that begin at places, and items that name the next."""
    chunk = bytearray(b"ElfChnk\0".ljust(CHUNK, b"\0"))
    for at, value in {**beginnings, **links}.items():
        struct.pack_into("<I", chunk, at, value)
    return chunk


@pytest.mark.parametrize(
    ("beginnings", "links", "endless"),
    [
        pytest.param({}, {}, [], id="no list"),
        pytest.param({_FIRST_LIST: 600}, {600: 700, 700: 0}, [], id="a list with an end"),
        pytest.param({_FIRST_LIST: 600}, {600: 600}, [_FIRST_LIST], id="an item that follows itself"),
        pytest.param({_FIRST_LIST: 600}, {600: 700, 700: 800, 800: 700}, [_FIRST_LIST], id="a circle behind the first"),
        pytest.param({_LAST_LIST: 600}, {600: 700, 700: 600}, [_LAST_LIST], id="a list of templates"),
        pytest.param({_FIRST_LIST: 600, _LAST_LIST: 700}, {600: 600, 700: 0}, [_FIRST_LIST], id="one of two"),
        pytest.param({_FIRST_LIST: 600, _LAST_LIST: 700}, {700: 600, 600: 700}, [_FIRST_LIST, _LAST_LIST], id="shared"),
        pytest.param({_FIRST_LIST: CHUNK}, {}, [], id="a place behind the chunk"),
        pytest.param({_FIRST_LIST: CHUNK - 4}, {CHUNK - 4: 1 << 31}, [], id="an end outside"),
    ],
)
def test_only_lists_without_an_end_are_taken_away(
    beginnings: dict[int, int], links: dict[int, int], endless: list[int]
) -> None:
    chunk, expected = _chunk(beginnings, links), _chunk(beginnings, links)
    for place in endless:
        struct.pack_into("<I", expected, place, 0)
    assert open_circles(chunk) == len(endless)
    assert chunk == expected


def _ends(chunk: bytes, place: int) -> bool:
    (at,) = struct.unpack_from("<I", chunk, place)
    for _ in range(CHUNK):
        if at == 0 or at > CHUNK - 4:
            return True
        (at,) = struct.unpack_from("<I", chunk.ljust(CHUNK, b"\0"), at)
    return False


@given(
    st.dictionaries(st.integers(0, 95), st.integers(0, 80)),
    st.dictionaries(st.integers(0, 80), st.integers(0, 80)),
    st.integers(128, CHUNK),
)
def test_whatever_a_chunk_points_to_every_list_ends(
    beginnings: dict[int, int], links: dict[int, int], length: int
) -> None:
    # Places so near each other that circles, shared tails and beginnings that are items themselves are common.
    lists = {128 + number * 4: 510 + to for number, to in beginnings.items()}
    whole = _chunk(lists, {510 + at: 510 + to for at, to in links.items()})
    chunks = bytearray(_chunk({}, {}) + whole[:length])
    open_circles(chunks)
    assert all(_ends(bytes(chunks[CHUNK:]), place) for place in range(_FIRST_LIST, min(_LAST_LIST + 1, length - 3), 4))


def test_a_log_whose_names_run_in_circles_is_read(shared_data: Path) -> None:
    whole = [path for path in (shared_data / "evtx").rglob("*.evtx") if path.stat().st_size == 4096 + CHUNK]
    path = min(whole, key=lambda each: each.name)
    content = path.read_bytes()
    circling = bytearray(content)
    for place in range(4096 + _FIRST_LIST, 4096 + _LAST_LIST + 1, 4):
        (name,) = struct.unpack_from("<I", circling, place)
        if name:
            struct.pack_into("<I", circling, 4096 + name, name)
    assert circling != content
    assert _rows(bytes(circling)) == _rows(content) > 0


def _rows(content: bytes) -> int:
    return sum(batch.rows.height for batch in evtx_log.read(io.BytesIO(content)))


def _read(log: LogChunks, sizes: list[int]) -> bytes:
    pieces = [log.read(size) for size in sizes]
    while piece := log.read(CHUNK):
        pieces.append(piece)
    return b"".join(pieces)


@given(st.integers(0, 3 * CHUNK), st.lists(st.integers(1, 2 * CHUNK), max_size=5))
def test_a_log_is_read_as_it_lies(length: int, sizes: list[int]) -> None:
    content = bytes(_chunk({_FIRST_LIST: 600}, {600: 0})).join([b"ElfFile\0".ljust(HEADER, b"\0"), b"\1" * length])
    log = LogChunks(io.BytesIO(content))
    assert (log.size, log.seek(0, io.SEEK_END), log.seek(0)) == (len(content), len(content), 0)
    assert _read(log, sizes) == content


def test_what_lies_behind_is_gone() -> None:
    log = LogChunks(io.BytesIO(bytes(HEADER + 200 * CHUNK)))
    log.seek(HEADER + 150 * CHUNK)
    assert log.read(8) == bytes(8)
    log.seek(HEADER)
    with pytest.raises(io.UnsupportedOperation, match="from its start to its end"):
        log.read(8)


class _Failing(io.BytesIO):
    """A file on a disk that fails behind its first MiB."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 1 << 20:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_disk_that_fails_is_no_damage(shared_data: Path) -> None:
    whole = [path for path in (shared_data / "evtx").rglob("*.evtx") if path.stat().st_size == HEADER + CHUNK]
    content = min(whole, key=lambda each: each.name).read_bytes()
    long = content[:HEADER] + content[HEADER:] * 100
    assert sum(batch.rows.height for batch in evtx_log.read(io.BytesIO(long))) > 0
    with pytest.raises(OSError, match="Input/output error"):
        next(evtx_log.read(_Failing(long)))
