"""Why a file gives no row although nothing is wrong with it: what it is instead of telemetry."""

import json
import struct

from pipelines.sources.lines import first_lines

_TABLE = "a table, not telemetry: use `rongdun dlp scan`"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", f"Parquet: {_TABLE}"),
    (b"ARROW1", f"Arrow: {_TABLE}"),
    (b"SQLite format 3\0", f"SQLite database: {_TABLE}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"Office document: {_TABLE}"),
    (b"%PDF-", "unknown format: a PDF document"),
    (b"7z\xbc\xaf\x27\x1c", "unknown format: a 7z archive; unpack it first"),
    (b"Rar!", "unknown format: a RAR archive; unpack it first"),
    (b"BZh", "unknown format: bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "unknown format: xz; unpack it first"),
    (b"\x7fELF", "unknown format: a program"),
    (b"MZ", "unknown format: a program"),
    (b"\x89PNG", "unknown format: an image"),
    (b"\xff\xd8\xff", "unknown format: an image"),
    (b"GIF8", "unknown format: an image"),
)


def reason_unread(head: bytes) -> str:
    """Why nothing reads a file that begins with these bytes, in one line."""
    if not head:
        return "empty file"
    named = next((reason for magic, reason in _MAGIC if head.startswith(magic)), "")
    return named or _archive(head) or _flow_export(head) or _text(head)


def _archive(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        is_workbook = b"xl/" in head or b"[Content_Types].xml" in head
        return f"XLSX: {_TABLE}" if is_workbook else "unknown format: a ZIP archive; unpack it first"
    return "unknown format: a tar archive; unpack it first" if head[257:262] == b"ustar" else ""


def _flow_export(head: bytes) -> str:
    """A version that export packets begin with, before something that none of them holds."""
    if len(head) < 16:
        return ""
    version, number = struct.unpack_from(">HH", head)
    names = {5: ("NetFlow v5", "records"), 9: ("NetFlow v9", "records"), 10: ("IPFIX", "bytes")}
    if version not in names:
        return ""
    name, unit = names[version]
    return f"begins like {name} export packets, but its header claims {number} {unit}: damaged, or something else"


def _text(head: bytes) -> str:
    if b"\0" in head[:4096]:
        return f"unknown format: binary, begins with {head[:8].hex(' ')}"
    lines = first_lines(head, 20)
    if not lines:
        return "unknown format: blank"
    if _is_table(lines):
        return f"CSV: {_TABLE}"
    if lines[0][0] in "{[":
        return "unknown format: JSON without events that carry a time" + _json_problem(lines[0])
    if lines[0].startswith(("<?xml", "<")):
        return "unknown format: XML without Windows events"
    return "unknown format: text, but no log that is known here"


def _is_table(lines: list[str]) -> bool:
    return len(lines) > 1 and any(_same_width(lines, separator) for separator in (",", "\t", ";", "|"))


def _same_width(lines: list[str], separator: str) -> bool:
    counts = {line.count(separator) for line in lines[:10]}
    return len(counts) == 1 and counts.pop() >= 1


def _json_problem(line: str) -> str:
    try:
        json.loads(line)
    except RecursionError:
        return " (nested too deeply)"
    except ValueError:
        return " (or cut off, or spread over several lines)"
    return ""
