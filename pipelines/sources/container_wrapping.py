"""What container runtimes put around each line that a container writes: CRI's prefix, Docker's json-file objects.

Kubernetes, kubelet's CRI log format; Docker, json-file logging driver; the objects that Fluent Bit makes of both.
"""

import re

import polars as pl
from polars._typing import SchemaDict

from pipelines.batch import FIELDS
from pipelines.field_maps import fields_of_rows
from pipelines.sources.json_records import flattened, parsed_or_reason
from pipelines.sources.lines import lines_tell

# 2026-03-01T10:00:00.123456789Z stdout F GET / 200 | 2026-03-01T18:00:00.5+08:00 stderr P a part of a long line
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_CRI = rf"(?s)^(?P<time>{_TIME}) (?P<stream>stdout|stderr) (?P<tag>[FP])(?::\S*)?(?: (?P<said>.*))?$"
_TELLING_CRI = re.compile(rf"{_TIME} std(?:out|err) [FP](?:[: ]|$)")
# {"log":"GET / 200\n","stream":"stdout","time":"2026-03-01T10:00:00.123456789Z"}, in any order, and with more
_TELLING_DOCKER = re.compile(r'\{(?=.*"log":\s*")(?=.*"stream":\s*"std(?:out|err)")')

_STREAMS = ("stdout", "stderr")
_TIMES = ("time", "@timestamp", "timestamp", "date")
_OWN = frozenset({"log", "stream", *_TIMES})
_AS_THEY_ARE = ("kubernetes.", "docker.", "container.")
_HOSTS = ("kubernetes.host", "kubernetes.node_name", "host.name", "host")

_TEXTS = ("time", "stream", "tag", "said", "host")
_TEXT_COLUMNS: SchemaDict = dict.fromkeys(_TEXTS, pl.String)
SAID = pl.Schema({"offset": pl.UInt64, "decode_error": pl.Boolean, **_TEXT_COLUMNS, "more": FIELDS})


def wrapped_by_cri(head: bytes) -> bool:
    """Whether at least every fourth of the first lines has CRI's prefix."""
    return lines_tell(head, _TELLING_CRI.match)


def wrapped_by_docker(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is an object with `log` and `stream`."""
    return lines_tell(head, _TELLING_DOCKER.match)


def said_behind_cri(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`offset`, `text`, `decode_error`) with what the container said: the columns of `SAID`, and `text`.

    `tag` is `P` where the runtime cut the line here, else `F`; it is null where a line is none of a container.
    """
    split = lines.with_columns(pl.col("text").str.extract_groups(_CRI).alias("cri")).unnest("cri")
    more = [{"log.iostream": stream} if stream else {} for stream in split["stream"].to_list()]
    return split.with_columns(
        pl.col("said").fill_null(""), pl.lit(None, dtype=pl.String).alias("host"), fields_of_rows(more).alias("more")
    ).select(*SAID, "text")


def said_in_docker(lines: pl.DataFrame) -> pl.DataFrame:
    """The same of lines that are objects; what else they tell is in `more`."""
    parts = [_of_object(text) for text in lines["text"].to_list()]
    texts = [pl.Series(name, [part.get(f"@{name}") for part, _ in parts], dtype=pl.String) for name in _TEXTS]
    more = fields_of_rows([more for _, more in parts]).alias("more")
    return lines.with_columns(*texts, more).select(*SAID, "text")


def _of_object(text: str) -> tuple[dict[str, str], dict[str, str]]:
    content = parsed_or_reason(text)
    if isinstance(content, str) or not isinstance(log := content.get("log"), str):
        return {}, {}
    flat = flattened({name: value for name, value in content.items() if name != "log"})
    part = {"@time": next((flat[name] for name in _TIMES if name in flat), ""), "@stream": flat.get("stream", "stdout")}
    if part["@stream"] not in _STREAMS:
        part["@stream"] = "stdout"
    # A line that Docker cut lacks its line end; Fluent Bit takes all of them away.
    part["@tag"] = "F" if log.endswith("\n") or len(log) < _CUT_AT else "P"
    part["@said"] = log.rstrip("\r\n").replace("\n", "\\n").encode("utf-8", "backslashreplace").decode()
    if host := next((flat[name] for name in _HOSTS if name in flat), ""):
        part["@host"] = host
    more = {
        name if name.startswith(_AS_THEY_ARE) else f"log.{name}": value
        for name, value in flat.items()
        if name not in _OWN
    }
    return part, {"log.iostream": part["@stream"], **more}


_CUT_AT = 16 * 1024 - 1  # bytes at which Docker cuts lines
