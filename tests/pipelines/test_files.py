import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.files import Part, buffered, fingerprint, found_files, source_of


def test_a_folder_is_walked_in_a_settled_order(tmp_path: Path) -> None:
    for name in ("b/2.log", "b/1.log", "a.log", "c/d/e.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [str(item.path.relative_to(tmp_path)) for item in found_files([tmp_path])]
    assert found == ["a.log", "b/1.log", "b/2.log", "c/d/e.log"]


def test_a_link_to_a_folder_is_not_descended_into(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.log").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [item.path.name for item in found_files([tmp_path])] == ["a.log"]


def test_a_link_that_leads_to_itself_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    problems = {item.path.name: item.problem for item in found_files([tmp_path, tmp_path / "loop"])}
    assert (problems["a.log"], bool(problems["loop"])) == ("", True)


def test_a_name_that_is_no_utf8_is_written_so_that_it_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.log")
    assert source_of(path).endswith("/bad\\xff.log")
    assert source_of(tmp_path / "榕.log").endswith("/榕.log")


def test_a_fingerprint_knows_the_beginnings(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    mark = fingerprint(path, [3, 6, 99])
    assert (mark.size, mark.file_hash) == (6, hashlib.sha256(b"abcdef").hexdigest())
    assert mark.begins_with(3, hashlib.sha256(b"abc").hexdigest())
    assert not mark.begins_with(99, "")


@settings(max_examples=50, deadline=None)
@given(
    st.binary(min_size=1, max_size=60),
    st.binary(max_size=5),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 80),
)
def test_a_part_reads_as_the_bytes_it_stands_for(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, before: bytes, start: int, end: int, place: int
) -> None:
    path = tmp_path_factory.mktemp("part") / "a"
    path.write_bytes(content)
    start, end = sorted((min(start, len(content)), min(end, len(content))))
    with Part(path, start, end, before=before) as part:
        stream = buffered(part)
        expected = io.BytesIO(before + content[start:end])
        assert stream.read() == expected.read()
        assert stream.seek(place) == expected.seek(place)
        assert stream.read(7) == expected.read(7)


def test_what_is_appended_later_changes_no_name_of_what_was_read_before(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 5_000_000)
    names = []
    for more in (b"", b"y" * 100):
        with path.open("ab") as file:
            file.write(more)
        with Part(path, 0, path.stat().st_size) as part:
            buffered(part).read(2_000_000)
            names.append(part.read_hash)
    assert names[0] == names[1]
