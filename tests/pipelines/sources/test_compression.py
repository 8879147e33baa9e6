import gzip
import io
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceBroken
from pipelines.sources.compression import plain

Pack = Callable[[bytes], bytes]
_PACKS: dict[str, Pack] = {"gzip": gzip.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("pack", _PACKS.values(), ids=_PACKS)
@settings(max_examples=30, deadline=None)
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4), size=st.integers(1, 300))
def test_packed_content_comes_out_as_it_went_in(pack: Pack, parts: list[bytes], size: int) -> None:
    whole = b"x" + b"".join(parts)
    packed = pack(b"x") + b"".join(map(pack, parts))
    stream = plain(io.BytesIO(packed))
    pieces = list(iter(lambda: stream.read(size), b""))
    assert b"".join(pieces) == whole
    assert all(len(piece) == size for piece in pieces[:-1])
    stream.seek(0)
    assert stream.read() == whole


@pytest.mark.parametrize("pack", _PACKS.values(), ids=_PACKS)
def test_what_was_unpacked_before_the_end_is_handed_out_first(pack: Pack) -> None:
    text = b"".join(b"%d\n" % number for number in range(200_000))
    stream = plain(io.BytesIO(pack(text)[:-2000]))
    read = stream.read(10_000_000)
    assert text.startswith(read)
    assert len(read) > 1000
    with pytest.raises(SourceBroken, match="truncated at compressed byte"):
        stream.read(1)


@pytest.mark.parametrize("pack", _PACKS.values(), ids=_PACKS)
def test_a_bomb_is_stopped(pack: Pack) -> None:
    packed = pack(bytes(200_000_000))
    stream = plain(io.BytesIO(packed))
    assert len(stream.read()) < 150_000_000
    with pytest.raises(SourceBroken, match="out of proportion"):
        stream.read(1)


def test_padding_after_gzip_is_ignored() -> None:
    assert plain(io.BytesIO(gzip.compress(b"a") + bytes(512))).read() == b"a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_becomes_utf8(encoding: str) -> None:
    text = "<Events>福州</Events>"
    assert plain(io.BytesIO(text.encode(encoding))).read().decode("utf-8-sig") == text


def test_what_is_not_packed_is_left_alone() -> None:
    raw = io.BytesIO(b"plain text")
    assert plain(raw) is raw


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 50))
def test_lines_are_those_of_the_content(parts: list[bytes], size: int) -> None:
    content = b"\n".join(parts)
    packed, bare = plain(io.BytesIO(gzip.compress(content))), io.BytesIO(content)
    assert [packed.readline(size) for _ in range(len(content) + 1)] == [
        bare.readline(size) for _ in range(len(content) + 1)
    ]
    packed.seek(0)
    assert list(packed) == list(io.BytesIO(content))


def test_what_was_packed_twice_comes_out_too() -> None:
    assert plain(io.BytesIO(gzip.compress(zstandard.compress(b"line\n")))).read() == b"line\n"
    assert plain(io.BytesIO(gzip.compress(gzip.compress("Zeile\n".encode("utf-16"))))).read().endswith(b"Zeile\n")


def test_what_was_packed_without_end_stays_packed() -> None:
    content = b"line\n"
    for _ in range(5):
        content = gzip.compress(content)
    assert plain(io.BytesIO(content)).read().startswith(b"\x1f\x8b")
