"""The flows that a series of captures has open, as a file: columns of numbers, and nothing that could be run."""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.capture.flows import Flows, no_flows

_FORM: Final = 1
_LARGEST: Final = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Standing:
    """How far a series is read.

    Attributes:
        packets: read so far, by which the next one is numbered.
        head_size: how many first bytes of the last file the hash is of.
        head_hash: SHA-256 of them.
        consumed: packets read of that file.
        part: name and length of what was read last.
    """

    packets: int = 0
    head_size: int = 0
    head_hash: str = ""
    consumed: int = 0
    part: str = ""

    def begins(self, head: bytes) -> bool:
        """Whether these are the first bytes of the last file, which may have grown."""
        known = self.head_size and len(head) >= self.head_size
        return bool(known) and hashlib.sha256(head[: self.head_size]).hexdigest() == self.head_hash


def write_notes(path: Path, standing: Standing, flows: Flows) -> None:
    """Put down what is open, whole, to stay there."""
    content = io.BytesIO()
    told = np.frombuffer(json.dumps({"form": _FORM, **asdict(standing)}).encode(), np.uint8)
    columns = {column.name: getattr(flows, column.name) for column in fields(Flows)}
    np.savez(content, allow_pickle=False, standing=told, **columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    try:
        with fresh.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read_notes(path: Path) -> tuple[Standing, Flows]:
    """What was put down; nothing where there is none, or where another version wrote it, or it is damaged."""
    try:
        if path.stat().st_size > _LARGEST:
            return Standing(), no_flows()
        with np.load(path, allow_pickle=False) as told:
            standing = json.loads(told["standing"].tobytes())
            if standing.pop("form") != _FORM:
                return Standing(), no_flows()
            flows = Flows(**{column.name: told[column.name] for column in fields(Flows)})
        return Standing(**standing), _fitting(flows)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile):
        return Standing(), no_flows()


def _fitting(flows: Flows) -> Flows:
    """The flows, whose columns are as long and as wide as they must be.

    Raises:
        ValueError: they are not.
    """
    like = no_flows(len(flows))
    for column in fields(Flows):
        here, there = getattr(flows, column.name), getattr(like, column.name)
        if here.shape != there.shape or here.dtype != there.dtype:
            raise ValueError(column.name)
    return flows
