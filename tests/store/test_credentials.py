"""Passwords: made once, for the owner's eyes, and never accepted half."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.credentials import load_or_create
from store.errors import CredentialsUnusable


def test_passwords_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "passwords.json"
    made = load_or_create(path)
    assert load_or_create(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert len({*made.values()}) == 2
    assert min(map(len, made.values())) >= 32


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: load_or_create(tmp_path / "passwords.json"), range(16)))
    assert all(one == made[0] for one in made)
    assert [path.name for path in tmp_path.iterdir()] == ["passwords.json"]


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(CredentialsUnusable, match="chmod 600"):
        load_or_create(path)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "null", '{"rongdun": "x"}', json.dumps({"rongdun": "short", "reader": "short"}), '{"rongdun": 1}'],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "passwords.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(CredentialsUnusable, match="delete it"):
        load_or_create(path)
