"""Lines of applications: a time, a level, and what they say."""

import pytest

from pipelines.sources import application_log
from pipelines.sources.registry import source_for
from tests.pipelines.sources.rows import event, events, reasons


@pytest.mark.parametrize(
    ("line", "severity", "level"),
    [
        ("2026-03-01 10:00:00,250 ERROR [main] org.example.App - said", 4, "ERROR"),
        ("2026-03-01 10:00:00.250  INFO 811 --- [main] o.e.App : said", 1, "INFO"),
        ("2026-03-01T18:00:00.250+08:00  WARN 811 --- [main] o.e.App : said", 3, "WARN"),
        ("[2026-03-01 10:00:00.250] app.CRITICAL: said", 5, "CRITICAL"),
        ("2026-03-01 10:00:00,250 - app - WARNING - said", 3, "WARNING"),
        ("2026/03/01 10:00:00.250 [fatal] said", 6, "FATAL"),
        ("01-Mar-2026 10:00:00.250 SEVERE [main] org.example.App.run said", 4, "SEVERE"),
        ("1:M 01 Mar 2026 10:00:00.250 # said", 3, "WARNING"),
        ("[2026-03-01 18:00:00.250 +08:00] [DEBUG] [app] said", 1, "DEBUG"),
    ],
)
def test_a_line_has_its_time_and_severity(line: str, severity: int, level: str) -> None:
    row = event(application_log, line)
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00.250000+00:00"
    assert (row["severity"], row["fields"]["level"], row["message"]) == (severity, level, line)
    assert source_for(line.encode() + b"\n") is application_log


def test_what_follows_without_a_time_belongs_to_the_line_before() -> None:
    text = "a banner\n2026-03-01 10:00:00,123 ERROR a\n\tat b\nCaused by: c\n2026-03-01 10:00:01,123 no level\n"
    rows = events(application_log, text.encode())
    assert [(row["source_offset"], row["message"].count("\n"), row["severity"]) for row in rows] == [
        (1, 2, 4),
        (4, 0, 0),
    ]
    assert list(reasons(application_log, text.encode())) == [0]


@pytest.mark.parametrize("head", [b"2026-03-01 10:00:00,ERROR,a\n", b"2026-03-01 10:00:00 INFORMATION\n", b"ERROR a\n"])
def test_no_level_behind_a_time_is_no_application_log(head: bytes) -> None:
    assert not application_log.recognises(head)
