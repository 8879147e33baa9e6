"""Followed files: every line once, through growth, rotation, and listeners that die."""

import os
from pathlib import Path

import pytest

from pipelines.listening.dropped import DropFolder
from pipelines.listening.followed import Follower, marks_left
from pipelines.listening.segments import feed_of, messages
from pipelines.listening.spool import Spool


class Following:
    """A listener of one log, which can be closed, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "app.log"
        self.folder = folder / "spool"
        self.begin()

    def begin(self) -> None:
        left = marks_left(self.folder)
        self.spool = Spool(self.folder, limit_bytes=1 << 22, segment_bytes=1 << 22, segment_seconds=0)
        self.follower = Follower([f"{self.log.parent}/*.log"], self.folder / "followed.json", self.spool)
        self.follower.start(left)

    def write(self, text: str) -> None:
        with self.log.open("a") as stream:
            stream.write(text)

    def poll(self) -> None:
        self.follower.poll()
        self.spool.close_due()

    def end(self) -> None:
        self.follower.close()
        self.spool.close()

    def lines(self) -> list[str]:
        found = b""
        for path in sorted(self.folder.glob("*.segment")):
            with path.open("rb") as stream:
                feed_of(stream)
                found += b"".join(heard.content for heard in messages(stream))
        return found.decode().splitlines()


@pytest.fixture
def following(tmp_path: Path) -> Following:
    return Following(tmp_path)


def test_what_is_appended_is_read_on_in_whole_lines(following: Following) -> None:
    following.write("one\ntwo\nthr")
    following.poll()
    assert following.lines() == ["one", "two"]
    following.write("ee\n")
    following.poll()
    following.end()
    assert following.lines() == ["one", "two", "three"]


def test_a_file_that_is_rotated_is_read_to_its_end_first(following: Following) -> None:
    following.write("one\n")
    following.poll()
    following.write("two\n")
    following.log.rename(following.log.with_name("app.log.1"))
    following.write("three\n")
    following.poll()
    following.end()
    assert following.lines() == ["one", "two", "three"]


def test_a_file_that_is_rotated_while_nobody_looks_is_found_by_its_inode(following: Following) -> None:
    following.write("one\n")
    following.poll()
    following.end()
    following.write("two\n")
    following.log.rename(following.log.with_name("app.log.1"))
    following.write("three\n")
    following.begin()
    following.poll()
    following.end()
    assert following.lines() == ["one", "two", "three"]


@pytest.mark.parametrize("later", ["x\n", "a longer beginning than before\n"])
def test_a_file_that_is_emptied_in_place_is_read_from_its_start(following: Following, later: str) -> None:
    following.write("first line\n")
    following.poll()
    following.end()
    following.log.write_text(later)
    following.begin()
    following.poll()
    following.end()
    assert following.lines() == ["first line", later.strip()]


def test_a_listener_that_is_started_again_reads_nothing_twice(following: Following) -> None:
    for number in range(3):
        following.write(f"line {number}\n")
        following.poll()
        following.end()
        following.begin()
    following.poll()
    following.end()
    assert following.lines() == ["line 0", "line 1", "line 2"]


def test_what_a_listener_wrote_before_it_could_note_it_is_not_read_again(following: Following) -> None:
    following.write("one\n")
    following.poll()
    noted = (following.folder / "followed.json").read_bytes()
    following.write("two\n")
    following.follower.poll()
    (left,) = following.folder.glob("*.open")
    kept = left.read_bytes()
    following.end()
    for path in following.folder.glob(f"{left.stem}.*"):
        path.unlink()
    left.write_bytes(kept)
    (following.folder / "followed.json").write_bytes(noted)
    following.begin()
    following.poll()
    following.end()
    assert following.lines() == ["one", "two"]


def test_a_header_of_a_log_comes_again_before_what_is_read_later(following: Following) -> None:
    following.write("#separator \\x09\n#path\tdns\n1\tx\n")
    following.poll()
    following.write("2\ty\n")
    following.poll()
    following.end()
    assert following.lines() == [
        *("#separator \\x09", "#path\tdns", "1\tx"),
        *("#separator \\x09", "#path\tdns", "2\ty"),
    ]


def test_what_does_not_fit_stays_in_its_file(following: Following) -> None:
    following.spool.limit = 0
    following.write("one\n")
    following.poll()
    assert following.lines() == []
    following.spool.limit = 1 << 20
    following.poll()
    following.end()
    assert following.lines() == ["one"]


def test_a_drop_folder_gives_each_file_once_it_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.listening.dropped._LOOK_SECONDS", 0)
    monkeypatch.setattr("pipelines.listening.dropped._SETTLED_SECONDS", 0)
    (tmp_path / "a.log").write_text("x\n")
    (tmp_path / "link.log").symlink_to(tmp_path / "a.log")
    folder = DropFolder(tmp_path)
    assert folder.settled() == [tmp_path / "a.log"]
    assert folder.settled() == []
    os.utime(tmp_path / "a.log")
    assert folder.settled() == [tmp_path / "a.log"]
