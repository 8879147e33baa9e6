import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceBroken
from pipelines.sources.compression import plain

Pack = Callable[[bytes], bytes]
_PACKS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


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


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_padding_behind_the_last_part_is_ignored(pack: Pack) -> None:
    assert plain(io.BytesIO(pack(b"a") + bytes(512))).read() == b"a"


def test_a_zstd_frame_that_is_to_be_skipped_is_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0size"
    packed = skipped + zstandard.compress(b"a") + skipped + zstandard.compress(b"b")
    assert plain(io.BytesIO(packed)).read() == b"ab"


def _read_all(packed: bytes) -> None:
    stream = plain(io.BytesIO(packed))
    while stream.read(100_000):
        pass


# zstd writes no checksum unless told.
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_damage_ends_the_content_with_its_reason(pack: Pack) -> None:
    packed = bytearray(pack(bytes(range(256)) * 40))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(SourceBroken, match=r"damaged|truncated"):
        _read_all(bytes(packed))


def test_xz_that_asks_for_much_memory_is_refused() -> None:
    packed = lzma.compress(b"a", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**29}])
    with pytest.raises(SourceBroken, match="damaged xz stream"):
        plain(io.BytesIO(packed)).read()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_becomes_utf8(encoding: str) -> None:
    text = "<Events>福州</Events>"
    assert plain(io.BytesIO(text.encode(encoding))).read().decode("utf-8-sig") == text


def test_what_is_not_packed_is_left_alone() -> None:
    raw = io.BytesIO(b"plain text")
    assert plain(raw) is raw


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 50))
def test_lines_are_those_of_the_content(parts: list[bytes], size: int) -> None:
    # What begins like a packed file or UTF-16 would be unpacked too.
    content = b"\n".join([b"plain", *parts])
    packed, bare = plain(io.BytesIO(gzip.compress(content))), io.BytesIO(content)
    assert [packed.readline(size) for _ in range(len(content) + 1)] == [
        bare.readline(size) for _ in range(len(content) + 1)
    ]
    packed.seek(0)
    assert list(packed) == list(io.BytesIO(content))


def test_what_was_packed_twice_comes_out_too() -> None:
    assert plain(io.BytesIO(gzip.compress(zstandard.compress(b"line\n")))).read() == b"line\n"
    assert plain(io.BytesIO(gzip.compress(gzip.compress("Zeile\n".encode("utf-16"))))).read().endswith(b"Zeile\n")


def test_a_bomb_within_a_file_grows_no_further_than_a_bomb() -> None:
    # Each layer alone stays below the limit of four hundred times.
    block = b"".join(b"%07d\n" % number for number in range(1 << 17))
    bomb = zstandard.compress(gzip.compress(block, 6) * 200)
    stream = plain(io.BytesIO(bomb))
    with pytest.raises(SourceBroken, match="out of proportion"):
        for _ in iter(lambda: stream.read(1 << 22), b""):
            pass


def test_what_was_packed_without_end_stays_packed() -> None:
    content = b"line\n"
    for _ in range(5):
        content = gzip.compress(content)
    assert plain(io.BytesIO(content)).read().startswith(b"\x1f\x8b")
