"""What the city's sensors wrote down: lines and packets gathered per file, put in order of time, written once."""

import gzip
from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

from rongdun.demo.formats.captures import Frame, pcap, pcapng
from rongdun.demo.moments import Day

_XML_OPENING = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<Events>\n'


class Chronicle:
    """Files in the making; what falls outside the day was not recorded."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._lines: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self._frames: defaultdict[str, list[Frame]] = defaultdict(list)

    def line(self, path: str, at: int, text: str) -> None:
        """Note a line of a text file (`path` is relative, with slashes)."""
        if self.day.start <= at < self.day.end:
            self._lines[path].append((at, text))

    def frames(self, path: str, frames: Iterable[Frame]) -> None:
        """Note the packets that a capture saw."""
        self._frames[path] += [frame for frame in frames if self.day.start <= frame[0] < self.day.end]

    def write(self, folder: Path) -> list[Path]:
        """The files written, in order of their path."""
        contents = {path: _text(path, lines) for path, lines in self._lines.items()}
        contents |= {path: _capture(path, frames) for path, frames in self._frames.items()}
        return [_written(folder / path, contents[path]) for path in sorted(contents)]


def _text(path: str, lines: list[tuple[int, str]]) -> bytes:
    body = "".join(f"{text}\n" for _, text in sorted(lines, key=itemgetter(0)))
    if path.endswith(".xml"):
        body = f"{_XML_OPENING}{body}</Events>\n"
    content = body.encode()
    return gzip.compress(content, compresslevel=6, mtime=0) if path.endswith(".gz") else content


def _capture(path: str, frames: list[Frame]) -> bytes:
    ordered = sorted(frames, key=itemgetter(0))
    return pcapng(ordered) if path.endswith(".pcapng") else pcap(ordered)


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
