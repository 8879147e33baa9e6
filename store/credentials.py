"""The passwords of the embedded server: made once, kept in a file that only its owner reads."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from store.errors import CredentialsUnusable
from store.files import write_whole

User = Literal["rongdun", "reader"]
Passwords = Mapping[User, str]


def load_or_create(path: Path) -> Passwords:
    """The password of each user, generated on first use into a file of mode 0600.

    Raises:
        CredentialsUnusable: the file is readable by others, or does not hold a password for each user.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        made = {user: secrets.token_urlsafe(24) for user in get_args(User)}
        write_whole(path, json.dumps(made), keep_existing=True)
        return _read(path)


def _read(path: Path) -> Passwords:
    text = path.read_text(encoding="utf-8")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise CredentialsUnusable(f"{path} can be read by others: run `chmod 600 {path}`")
    try:
        found = json.loads(text)
        return {user: _password(found[user]) for user in get_args(User)}
    except (ValueError, KeyError, TypeError) as error:
        raise CredentialsUnusable(f"{path} holds no password for each user: delete it to have new ones made") from error


def _password(value: object) -> str:
    if not isinstance(value, str) or len(value) < 16:
        raise ValueError("a password has at least 16 characters")
    return value
