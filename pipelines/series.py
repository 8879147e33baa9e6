"""Captures that belong together, found among files: one capture that a tool wrote in turn into several."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.capture import pcap, pcapng
from pipelines.capture.series_names import series_key
from pipelines.capture.window import PacketWindow
from pipelines.errors import SourceBroken
from pipelines.files import Found
from pipelines.sources import capture
from pipelines.sources.compression import plain

_HEAD_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class Beginning:
    """How a capture begins.

    Attributes:
        first_us: time of its first packet, microseconds since 1970.
        form: what all files of a series share: the format, and in pcap what the link is.
    """

    first_us: int
    form: bytes


def series_among(found: Sequence[Found]) -> list[list[Path]]:
    """The series of two and more captures among these files, each in the order of the first packets.

    Their names are those that a capture tool counts, in one folder, and they are of one format. What holds no packet
    yet is left out.
    """
    named: dict[tuple[Path, str], dict[Path, Path]] = {}
    for item in found:
        key = "" if item.problem else series_key(item.path.name)
        if key:
            path = item.path.resolve()
            named.setdefault((path.parent, key), {}).setdefault(path, item.path)
    series: list[list[Path]] = []
    for paths in named.values():
        if len(paths) < 2:
            continue
        formed: dict[bytes, list[tuple[int, str, Path]]] = {}
        for path in paths.values():
            begins = beginning(path)
            if begins is not None:
                formed.setdefault(begins.form, []).append((begins.first_us, path.name, path))
        series += [[path for _, _, path in sorted(members)] for members in formed.values() if len(members) > 1]
    return series


def beginning(path: Path) -> Beginning | None:
    """How a capture begins, unpacked; None for what is none, holds no packet, or cannot be read."""
    try:
        with path.open("rb") as file:
            head = plain(file).read(_HEAD_BYTES)
    except (OSError, SourceBroken):
        return None
    if not capture.recognises(head):
        return None
    is_pcapng = head[:4] == pcapng.MAGIC
    read_windows = pcapng.read_windows if is_pcapng else pcap.read_windows
    stream = io.BytesIO(head)
    first = next((window for window in read_windows(stream) if isinstance(window, PacketWindow) and len(window)), None)
    if first is None:
        return None
    form = head[:4] if is_pcapng else head[:4] + head[20:24]
    return Beginning(int(first.time_us[0]), form)
