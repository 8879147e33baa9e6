"""One process per folder."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.errors import StoreTaken
from store.lock import locked, one_at_a_time


def test_a_held_folder_names_its_holder(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(StoreTaken, match=f"process {os.getpid()}: stop it"),
        locked(tmp_path),
    ):
        pytest.fail("two held it")


@pytest.mark.parametrize("left", ["", "1\n", "99999999\n", "no number"])
def test_what_a_dead_process_left_does_not_count(tmp_path: Path, left: str) -> None:
    (tmp_path / "lock").write_text(left)
    with locked(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "new"):
            pass


def test_the_second_one_waits_until_the_first_has_passed(tmp_path: Path) -> None:
    def passage() -> None:
        with one_at_a_time(tmp_path / "new" / "passage"):
            pass

    with ThreadPoolExecutor(1) as pool:
        with one_at_a_time(tmp_path / "new" / "passage"):
            second = pool.submit(passage)
            with pytest.raises(TimeoutError):
                second.result(0.2)
        second.result(10)
