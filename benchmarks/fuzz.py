"""Damaged real files, as many as asked for: no source may raise, hang or fill memory on any of them.

    python -m benchmarks.fuzz [FOLDER] [--format pcap] [--cases 1000] [--seed 0] [--together 1] [--keep FOLDER]

Every file of the folder (`../shared/data` unless told) that a source reads is a seed of its format. A case is a seed,
cut to a bounded size and damaged in one to eight ways by a random number generator that begins with the case's number,
so that each can be repeated alone by `--seed`. Of formats that are lines, `--together N` puts N cases into one file,
one after the other: reading that costs little more than reading one, and what a case leaves open its neighbours have to
bear. A file that fails is read again case by case, to tell which.

Whatever a source raises beside `SourceBroken`, a file that takes longer than `--seconds`, and batches that do not fit
their table are failures, kept as files where `--keep` says. Exits 1 if there are any.
"""

import argparse
import io
import json
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import BinaryIO, cast

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from benchmarks.fuzz_seeds import made_up_seeds
from pipelines.batch import REJECTS, SCHEMAS
from pipelines.errors import SourceBroken
from pipelines.sources.compression import plain
from pipelines.sources.registry import HEAD_BYTES, SOURCES, Source, source_for

Mutator = Callable[[random.Random, bytearray], None]

# Address space beyond what the process has when it begins: enough for any bounded source, too little for a runaway one.
_MORE_MEMORY = 4 << 30


def flip(chance: random.Random, content: bytearray) -> None:
    """Change single bytes."""
    for _ in range(chance.randint(1, 16)):
        content[chance.randrange(len(content))] = chance.randrange(256)


def overwrite(chance: random.Random, content: bytearray) -> None:
    """Put a number that lengths and counts are tripped by over a few bytes."""
    number = chance.choice((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 63))
    width, order = chance.choice((1, 2, 4, 8)), chance.choice(("big", "little"))
    at = chance.randrange(len(content))
    word = (number & ((1 << 8 * width) - 1)).to_bytes(width, "big" if order == "big" else "little")
    content[at : at + width] = word


def cut_off(chance: random.Random, content: bytearray) -> None:
    """Lose the end."""
    del content[chance.randint(1, len(content)) :]


def cut_out(chance: random.Random, content: bytearray) -> None:
    """Lose a part."""
    at = chance.randrange(len(content))
    del content[at : at + chance.randint(1, 64)]


def double(chance: random.Random, content: bytearray) -> None:
    """Repeat a part, up to a few kilobytes, some times."""
    at = chance.randrange(len(content))
    part = content[at : at + chance.choice((1, 16, 256, 4096))]
    content[at:at] = part * chance.randint(1, 8)


def swap(chance: random.Random, content: bytearray) -> None:
    """Put a part in another place."""
    one, other = chance.randrange(len(content)), chance.randrange(len(content))
    part = content[one : one + 64]
    del content[one : one + 64]
    content[other:other] = part


EVERYWHERE: tuple[Mutator, ...] = (flip, overwrite, cut_off, cut_out, double, swap)


@dataclass(frozen=True)
class Format:
    """What is particular about fuzzing one format.

    Attributes:
        mutators: ways to damage it.
        largest: bytes of a seed that are used.
        kept: bytes at the beginning that stay as they are, so that the format is still recognised.
        lines: whether several cases can follow each other in one file.
    """

    mutators: Sequence[Mutator] = EVERYWHERE
    largest: int = 4096
    kept: int = 0
    lines: bool = True


def many_packets(chance: random.Random, content: bytearray) -> None:
    """Repeat all packets of a pcap, whose magic number is kept apart, as files put together would."""
    content += content[20:] * chance.randint(1, 3)


# By the source's name; a format that is not here is damaged as any other.
FORMATS = {
    "pcap": Format(mutators=(*EVERYWHERE, many_packets), kept=4, largest=16_384, lines=False),
    "evtx": Format(largest=4096 + 2 * 65_536, kept=8, lines=False),
    "flow_exports": Format(largest=16_384, lines=False),
    "heard": Format(kept=16, lines=False),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--format", choices=[source.NAME for source in SOURCES], action="append")
    parser.add_argument("--cases", type=int, default=1000, help="of each format; every tenth is made up by Hypothesis")
    parser.add_argument("--together", type=int, default=1, help="cases in one file, of formats that are lines")
    parser.add_argument("--seed", type=int, default=0, help="number of the first case")
    parser.add_argument("--seconds", type=int, default=20, help="a case that takes longer has failed")
    parser.add_argument("--keep", type=Path, help="where to put failing cases")
    parser.add_argument("--json", action="store_true", help="a JSON document of what was found, last")
    asked = parser.parse_args()
    _limit_memory()
    signal.signal(signal.SIGALRM, _too_slow)
    told = dict[str, Outcome]()
    for source in SOURCES:
        if asked.format and source.NAME not in asked.format:
            continue
        real = list(seeds_of(source, asked.folder))
        seeds = [*real, *made_up_seeds(source.NAME)]
        if not seeds:
            print(f"{source.NAME:20} no seed in {asked.folder}")
            continue
        told[source.NAME] = _fuzz(source, seeds, asked, len(real))
        print(f"{source.NAME:20} {told[source.NAME]}", flush=True)
    if asked.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in told.items()}))
    return 1 if any(outcome.failures for outcome in told.values()) else 0


@dataclass(frozen=True)
class Outcome:
    """What fuzzing one format has found.

    Attributes:
        real_seeds: files that were damaged, beside those that are made up.
        damaged: cases that are damaged files.
        made: cases that Hypothesis made of any bytes.
        together: damaged cases in one file.
        slowest: processor seconds of the slowest damaged file, whose first case is `slowest_case`.
    """

    real_seeds: int
    damaged: int
    made: int
    together: int
    failures: int
    seconds: float
    slowest: float
    slowest_case: int

    def __str__(self) -> str:
        return (
            f"{self.real_seeds:>5} real seeds {self.damaged:>7} damaged {self.made:>6} made {self.failures:>4} failed "
            f"{self.seconds:8.1f} s, slowest {self.slowest:.2f} s (case {self.slowest_case})"
        )


def seeds_of(source: Source, folder: Path) -> Iterator[bytes]:
    """The beginnings of those files below a folder that a source reads, unpacked."""
    largest = FORMATS.get(source.NAME, Format()).largest
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as stream, suppress(SourceBroken, EOFError):
            content = plain(cast("BinaryIO", io.BufferedReader(stream))).read(max(largest, HEAD_BYTES))
            if source_for(content[:HEAD_BYTES]) is source:
                yield content[:largest]


def damaged(seeds: Sequence[bytes], number: int, form: Format) -> bytes:
    """The case with this number."""
    chance = random.Random(number)  # noqa: S311 - repeatable, not secret
    content = bytearray(chance.choice(seeds))
    head, body = bytes(content[: form.kept]), content[form.kept :]
    for _ in range(chance.randint(1, 8)):
        if body:
            chance.choice(form.mutators)(chance, body)
    return head + bytes(body)


def judge(source: Source, content: bytes) -> None:
    """Read a content to its end; an assertion fails where a batch does not fit its table."""
    with suppress(SourceBroken):
        for batch in source.read(io.BytesIO(content)):
            assert batch.rows.schema == SCHEMAS[batch.table], batch.rows.schema
            assert batch.rejects.schema == REJECTS, batch.rejects.schema
            assert not sum(batch.rows.drop("fields").null_count().row(0)), "null in a row"


def _fuzz(source: Source, seeds: Sequence[bytes], asked: argparse.Namespace, real: int) -> Outcome:
    form, slowest, failures = FORMATS.get(source.NAME, Format()), (0.0, 0), 0
    started, of_any_bytes = time.monotonic(), asked.cases // 10
    together = max(1, asked.together) if form.lines else 1
    numbers = range(asked.seed, asked.seed + asked.cases - of_any_bytes)
    for first in range(0, len(numbers), together):
        cases = {number: damaged(seeds, number, form) for number in numbers[first : first + together]}
        before = time.process_time()
        failures += _failed(source, cases, asked)
        slowest = max(slowest, (time.process_time() - before, numbers[first]))
    heads = sorted({seed[: form.kept or 64] for seed in seeds})[:64]
    failures += _any_bytes(source, heads, of_any_bytes, asked) if of_any_bytes else 0
    seconds = time.monotonic() - started
    return Outcome(real, len(numbers), of_any_bytes, together, failures, seconds, *slowest)


def _failed(source: Source, cases: Mapping[int, bytes], asked: argparse.Namespace) -> int:
    """How many of the cases of one file fail: if the file does, those that fail alone, or the file as one."""
    name = "-".join(str(number) for number in (min(cases), max(cases))[: len(cases)])
    if _borne(source, b"\n".join(cases.values()), f"{source.NAME}-{name}", asked):
        return 0
    if len(cases) == 1:
        return 1
    alone = [_borne(source, content, f"{source.NAME}-{number}", asked) for number, content in cases.items()]
    return max(1, alone.count(False))


def _borne(source: Source, content: bytes, name: str, asked: argparse.Namespace) -> bool:
    """Whether a source reads a content, or says that it cannot, in time and memory."""
    signal.alarm(asked.seconds)
    try:
        source.recognises(content[:HEAD_BYTES])
        judge(source, content)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        print(f"{name}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr, flush=True)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / name).write_bytes(content)
        return False
    finally:
        signal.alarm(0)
    return True


def _any_bytes(source: Source, heads: Sequence[bytes], cases: int, asked: argparse.Namespace) -> int:
    """How many of the contents fail that Hypothesis makes: any bytes, alone or behind how a real file begins."""
    failures = 0

    @seed(asked.seed)
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from((b"", *heads)), st.binary(max_size=1024))
    def bears(head: bytes, content: bytes) -> None:
        nonlocal failures
        failures += not _borne(source, head + content, f"{source.NAME}-made-{failures}", asked)

    bears()
    return failures


def _too_slow(signal_number: int, frame: FrameType | None) -> None:
    del signal_number, frame
    raise TimeoutError("it takes too long")


def _limit_memory() -> None:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmSize"))
        most = int(line.split()[1]) * 1024 + _MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
