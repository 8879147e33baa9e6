"""What a part is named by is the hash of what was read of it, whoever hashed it and whatever happens to the file."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import hash_trail
from pipelines.files import Part, buffered, fingerprint

MIB = 1024 * 1024


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as long untouched at once."""
    monkeypatch.setattr(hash_trail, "_SETTLED_NS", -1)


class Counting:
    """SHA-256 that notes how many bytes it is given."""

    def __init__(self, sizes: list[int], inner: "hashlib._Hash") -> None:
        self._sizes, self._inner = sizes, inner

    def update(self, piece: memoryview) -> None:
        self._sizes.append(len(piece))
        self._inner.update(piece)

    def hexdigest(self) -> str:
        return self._inner.hexdigest()

    def copy(self) -> "Counting":
        return Counting(self._sizes, self._inner.copy())


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were hashed, piece by piece."""
    sizes: list[int] = []
    sha256 = hashlib.sha256
    monkeypatch.setattr("pipelines.files.hashlib.sha256", lambda content=b"": Counting(sizes, sha256(content)))
    return sizes


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_bytes(os.urandom(5 * MIB + 77))
    return path


@pytest.mark.usefixtures("settled")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5 * MIB), st.integers(1, 3 * MIB)), max_size=6), st.booleans())
def test_a_trail_changes_no_name(
    tmp_path_factory: pytest.TempPathFactory, reads: list[tuple[int, int]], straight: bool
) -> None:
    path = tmp_path_factory.mktemp("trail") / "a"
    path.write_bytes(os.urandom(5 * MIB + 77))
    mark = fingerprint(path, [MIB + 3])
    with Part(path, 0, mark.size) as plain, Part(path, 0, mark.size, trail=mark.trail) as part:
        for place, size in reads:
            if not straight:
                plain.seek(place)
                part.seek(place)
            assert part.read(size) == plain.read(size)
            assert part.read_hash == plain.read_hash


@pytest.mark.usefixtures("settled")
def test_what_the_fingerprint_hashed_is_not_hashed_again(log: Path, hashed: list[int]) -> None:
    mark = fingerprint(log)
    hashed.clear()
    with Part(log, 0, mark.size, trail=mark.trail) as part:
        buffered(part).read(8 * MIB)
        assert part.read_hash == mark.file_hash
    assert sum(hashed) == 77


def _appended(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other bytes")


def _overwritten_and_dated_back(path: Path) -> None:
    told = path.stat()
    _overwritten(path)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def _replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes()[::-1])
    other.rename(path)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("touched", [_appended, _overwritten, _overwritten_and_dated_back, _replaced])
@pytest.mark.parametrize("read_before", [0, 2 * MIB])
def test_of_a_file_that_is_touched_meanwhile_the_bytes_that_were_read_are_hashed(
    log: Path, touched: Callable[[Path], None], read_before: int
) -> None:
    mark = fingerprint(log)
    time.sleep(0.02)  # the clock of the file system goes on
    read = b""
    if not read_before:
        touched(log)
    with Part(log, 0, mark.size, trail=mark.trail) as part:
        if read_before:
            read = part.read(read_before) or b""
            touched(log)
        while piece := part.read(MIB):
            read += piece
        assert part.read_hash == hashlib.sha256(read).hexdigest()


def test_a_file_that_was_just_written_is_hashed_as_it_is_read(log: Path, hashed: list[int]) -> None:
    mark = fingerprint(log)
    hashed.clear()
    with Part(log, 0, mark.size, trail=mark.trail) as part:
        buffered(part).read(8 * MIB)
        assert part.read_hash == mark.file_hash
    assert sum(hashed) == mark.size


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("size", [0, MIB, 2500 * MIB])
def test_a_trail_stays_short_however_long_the_file_is(tmp_path: Path, size: int) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(size)
    with path.open("rb") as file:
        trail = hash_trail.HashTrail.of(file)
    hasher = hashlib.sha256()
    for place in range(0, size + 1, MIB):
        trail.passed(place, hasher)
    steps = len(trail._places)
    assert steps <= 1024
    assert steps >= min(size // MIB, 500)
