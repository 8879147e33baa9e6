"""Windows events as Event Viewer saves them to CSV: level, time, source, number, category, and the message.

The message names its values in words (`Account Name:`, under `Subject:`); they stand here under the names that the
events' own data has, as Sigma's rules know them. The file names neither channel nor host.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.csv_records import Cells, csv_records
from pipelines.sources.lines import first_lines
from pipelines.sources.windows_messages import message_fields
from pipelines.sources.windows_rows import Gathered, Reject, WindowsEvent
from pipelines.sources.zones import UTC_CLOCKS, Zones, in_zones

NAME = "windows_csv"

# Level,Date and Time,Source,Event ID,Task Category | Keywords,... for the log Security; the message has no name.
_HEADS = (
    re.compile(r"^(?:Level|Keywords),Date and Time,Source,Event ID,Task Category\b"),
    re.compile(r"^(?:级别|关键字),日期和时间,来源,事件 ?ID,任务类别"),
)
_WIDTHS = (5, 6)
_LEVELS = {
    **dict.fromkeys(("critical", "关键", "严重"), "1"),
    **dict.fromkeys(("error", "错误"), "2"),
    **dict.fromkeys(("warning", "警告"), "3"),
    **dict.fromkeys(("information", "信息"), "4"),
    **dict.fromkeys(("verbose", "详细"), "5"),
}
_KEYWORDS = {"审核成功": "Audit Success", "审核失败": "Audit Failure"}
_CHANNELS = {
    "Microsoft-Windows-Security-Auditing": "Security",
    "Microsoft-Windows-Sysmon": "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-PowerShell": "Microsoft-Windows-PowerShell/Operational",
    "PowerShell": "Windows PowerShell",
    "Service Control Manager": "System",
}
# 3/1/2026 6:00:00 PM | 01/03/2026 18:00:00 | 01.03.2026 18:00:00 | 2026/3/1 18:00:00
_TIME = re.compile(r"^(\d{1,4})([/.\-])(\d{1,2})[/.\-](\d{1,4})\.?,? (\d{1,2}):(\d\d):(\d\d)(?: ?([AaPp])\.?[Mm]\.?)?$")


def recognises(head: bytes) -> bool:
    """Whether the first line is the heading that Event Viewer writes, in English or Chinese."""
    lines = first_lines(head, 1)
    return bool(lines) and any(heading.match(lines[0]) for heading in _HEADS)


def read(
    stream: BinaryIO, now: datetime | None = None, *, site: Zones = UTC_CLOCKS, beginning: BinaryIO | None = None
) -> Iterator[Batch]:
    """One batch a block; times are of the site's zone, since no line names any. `now` and `beginning` do not matter."""
    del now, beginning
    zone = site.fallback.name
    for records, rejects in csv_records(stream, _WIDTHS):
        gathered = Gathered()
        for record in records:
            if not any(heading.match(record[1]) for heading in _HEADS):
                gathered.add(_event(record))
        batch = gathered.batch()
        times = in_zones(batch.rows["event_time"], pl.repeat(zone, batch.rows.height, eager=True), [zone])
        rows = batch.rows.with_columns(times.alias("event_time"))
        yield Batch(batch.table, rows, pl.concat([rejects, batch.rejects]))


def read_on(stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
    """The records of a file that has grown."""
    return read(stream, beginning=beginning)


def _event(record: Cells) -> WindowsEvent | Reject:
    offset, text, undecoded, cells = record
    if len(cells) not in _WIDTHS:
        return Reject(offset, "no record of Event Viewer's: it has five cells and a message", text)
    grade, time, source, number, task, message = (*cells, "")[:6]
    fields = {"EventID": number, "Provider_Name": source, "TaskCategory": task, "Message": message}
    fields["Channel"] = "Security" if (source, number) == ("Microsoft-Windows-Eventlog", "1102") else _channel(source)
    level = _LEVELS.get(grade.lower())
    fields |= {"Level": level} if level else {"Keywords": _KEYWORDS.get(grade, grade)}
    named = message_fields(message, flat=source == "Microsoft-Windows-Sysmon")
    told = {name: value for name, value in fields.items() if value}
    if undecoded:
        told["decode_error"] = "true"
    return WindowsEvent(offset, _iso(time), named | told, text)


def _channel(source: str) -> str:
    return _CHANNELS.get(source, "")


def _iso(time: str) -> str:
    """The time as ISO 8601: with AM and PM the month comes first, elsewhere the day does; '' where it is none."""
    found = _TIME.match(time.strip())
    if not found:
        return ""
    first, mark, second, third, hour, minute, seconds, half = found.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif half and mark == "/":
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    shown = int(hour) % 12 + (12 if half in "Pp" else 0) if half else int(hour)
    return f"{year:>04}-{month:>02}-{day:>02}T{shown:02}:{minute}:{seconds}"
