"""Bodies as they arrive: in pieces, compressed, too large, broken."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]  # it ships no types
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.bodies import SpooledBody, chosen_encoding, compressor
from store.errors import QueryFailed

_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda plain: plain,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
    "gzip": gzip.compress,
}


async def _pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def _filled(folder: Path, body: bytes, encoding: str, *, size: int = 7, limit: int = 1 << 30) -> SpooledBody:
    spooled = SpooledBody(folder, limit=limit)
    asyncio.run(spooled.fill(_pieces(body, size), encoding))
    return spooled


@pytest.mark.parametrize("encoding", list(_COMPRESS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.binary(max_size=2_000), second=st.binary(max_size=100))
def test_a_body_is_what_was_sent_even_in_two_frames(tmp_path: Path, encoding: str, first: bytes, second: bytes) -> None:
    compress = _COMPRESS[encoding]
    spooled = _filled(tmp_path, compress(first) + compress(second), encoding)
    assert spooled.head(1 << 20) == first + second
    spooled.close()


@pytest.mark.parametrize("size", [10, 3 << 20], ids=["in memory", "in a file"])
@pytest.mark.parametrize("begin", [0, 4])
def test_rows_begin_behind_their_statement(tmp_path: Path, size: int, begin: int) -> None:
    body = b"head" + bytes(size)
    spooled = _filled(tmp_path, body, "", size=1 << 16)
    assert spooled.rows(begin).read_bytes() == body[begin:]
    spooled.close()
    assert list(tmp_path.iterdir()) == []


def test_a_small_body_that_unfolds_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    with pytest.raises(QueryFailed, match="larger than 1000000 bytes") as caught:
        _filled(tmp_path, bomb, "gzip", limit=1_000_000)
    assert caught.value.code == 307


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "br", "snappy"])
def test_a_body_that_is_not_what_it_says_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(QueryFailed) as caught:
        _filled(tmp_path, b"SELECT 1 -- plain text", encoding)
    assert caught.value.code == 432


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [((), None), (("br", "deflate"), None), (("br", "zstd", "lz4"), "zstd"), (("gzip",), "gzip"), (("lz4",), "lz4")],
)
def test_the_first_known_encoding_is_chosen(accepted: tuple[str, ...], chosen: str | None) -> None:
    assert chosen_encoding(accepted) == chosen


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip"])
@given(pieces=st.lists(st.binary(max_size=500), min_size=1))
def test_an_answer_is_one_frame(encoding: str, pieces: list[bytes]) -> None:
    chosen = chosen_encoding((encoding,))
    compress, finish = compressor(chosen)
    sent = b"".join([*map(compress, pieces), finish()])
    plain = {
        "lz4": lz4.frame.decompress,
        "zstd": lambda frame: zstandard.ZstdDecompressor().decompressobj().decompress(frame),
        "gzip": gzip.decompress,
    }[encoding]
    assert plain(sent) == b"".join(pieces)
