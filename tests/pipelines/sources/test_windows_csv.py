"""Event Viewer's CSV: events under the names of their own data, whatever the language of the dates."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import windows_csv
from pipelines.sources.registry import source_for
from pipelines.sources.windows_messages import message_fields
from pipelines.sources.zones import Zones
from tests.pipelines.sources.rows import checked, events, reasons

_HEAD = "Keywords,Date and Time,Source,Event ID,Task Category\r\n"
_SECURITY = "Microsoft-Windows-Security-Auditing"
_FAILED = (
    "An account failed to log on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tNULL SID\r\n\tAccount Name:\t\t-\r\n\r\n"
    "Logon Type:\t\t\t3\r\n\r\nAccount For Which Logon Failed:\r\n\tAccount Name:\t\tbob\r\n"
    "\tAccount Domain:\t\tEX\r\n\r\nNetwork Information:\r\n"
    "\tSource Network Address:\t198.51.100.5\r\n\tSource Port:\t\t5555"
)


def _row(line: str, head: str = _HEAD) -> dict[str, Any]:
    content = (head + line + "\r\n").encode("utf-8-sig")
    assert source_for(content) is windows_csv
    (row,) = events(windows_csv, content)
    return row


def test_a_message_names_what_the_data_does() -> None:
    row = _row(f'Audit Failure,3/1/2026 6:00:00 PM,{_SECURITY},4625,Logon,"{_FAILED}"')
    assert (row["product"], row["service"], row["outcome"]) == ("windows", "security", "failure")
    assert (row["user"], row["source_ip"], row["source_port"]) == ("bob", "198.51.100.5", 5555)
    assert row["event_time"].isoformat() == "2026-03-01T18:00:00+00:00"
    named = {"SubjectUserName": "-", "TargetUserName": "bob", "TargetDomainName": "EX", "LogonType": "3"}
    assert named.items() <= row["fields"].items()
    assert row["message"].startswith("An account failed")


def test_a_chinese_export_is_read_too() -> None:
    head = "级别,日期和时间,来源,事件 ID,任务类别\r\n"
    row = _row('错误,2026/3/1 18:00:05,Service Control Manager,7000,无,"服务无法启动"', head)
    assert (row["service"], row["severity"], row["message"]) == ("system", 4, "服务无法启动")
    assert row["event_time"].isoformat() == "2026-03-01T18:00:05+00:00"


def test_sysmon_names_its_values_itself() -> None:
    said = "Process Create:\r\nUtcTime: 2026-03-01 10:00:00.1\r\nImage: C:\\a.exe\r\nCommandLine: a.exe -x: y"
    row = _row(
        f'Information,3/1/2026 10:00:00 AM,Microsoft-Windows-Sysmon,1,x,"{said}"', _HEAD.replace("Keywords", "Level")
    )
    assert row["service"] == "sysmon"
    assert {"Image": r"C:\a.exe", "CommandLine": "a.exe -x: y", "EventID": "1"}.items() <= row["fields"].items()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("3/1/2026 12:00:00 AM", "2026-03-01T00:00:00"),
        ("3/1/2026 12:30:00 PM", "2026-03-01T12:30:00"),
        ("01/03/2026 18:00:00", "2026-03-01T18:00:00"),
        ("01.03.2026 18:00:00", "2026-03-01T18:00:00"),
        ("2026-03-01 08:00:00", "2026-03-01T08:00:00"),
    ],
)
def test_a_date_is_read_as_its_language_writes_it(text: str, when: str) -> None:
    assert _row(f"Audit Success,{text},{_SECURITY},4634,Logoff,m")["event_time"].isoformat() == f"{when}+00:00"


def test_times_are_of_the_sites_zone() -> None:
    content = f"{_HEAD}Audit Success,2026/3/1 08:00:00,{_SECURITY},4634,Logoff,m\r\n".encode()
    (batch,) = windows_csv.read(io.BytesIO(content), site=Zones("Asia/Shanghai"))
    assert batch.rows["event_time"][0].isoformat() == "2026-03-01T00:00:00+00:00"


def test_what_is_no_event_is_a_reject() -> None:
    content = f"{_HEAD}a,b\r\nAudit Success,soon,{_SECURITY},4634,Logoff,m\r\n".encode()
    assert list(reasons(windows_csv, content)) == [1, 2]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_whatever_a_message_says_has_names_and_values(message: str) -> None:
    found = message_fields(message) | message_fields(message, flat=True)
    assert all(name and value for name, value in found.items())


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_characters='\r\n"', exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_every_record_is_a_row_or_a_reject(line: str) -> None:
    content = f"{_HEAD}x{line}\r\n".encode()
    batches = [checked(batch) for batch in windows_csv.read(io.BytesIO(content))]
    assert sum(batch.rows.height + batch.rejects.height for batch in batches) == 1
