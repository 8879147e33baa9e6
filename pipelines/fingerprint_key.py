"""The secret behind the fingerprints of personal data, made on first use and readable by its owner alone."""

import os
import secrets
from pathlib import Path

from pipelines.errors import PipelineError

_BYTES = 32


def fingerprint_key(path: Path) -> bytes:
    """The key in a file; a new random one is written there when there is none.

    Raises:
        PipelineError: the file holds fewer than 32 bytes, or cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(path)
        key = path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path}: the fingerprint key cannot be used: {error.strerror}") from error
    if len(key) < _BYTES:
        raise PipelineError(f"{path}: a fingerprint key has at least {_BYTES} bytes: remove the file to make a new one")
    return key


def _write_once(path: Path) -> None:
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
    try:
        # A link fails where another process was first: its key is the one that counts.
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
