"""Syslog lines as collectors store them: RFC 3164 with priority, and RFC 5424."""

from rongdun.demo.moments import MONTHS, as_datetime, as_local

AUTHPRIV, CRON = 10, 9  # facilities
NOTICE, INFO = 5, 6  # severities


def rfc3164(at: int, host: str, program: str, message: str, *, pid: int = 0, priority: int = 30) -> str:
    """One line with the clock in UTC, which is what the city sets on devices that cannot name a zone."""
    moment = as_datetime(at)
    tag = f"{program}[{pid}]" if pid else program
    return f"<{priority}>{MONTHS[moment.month - 1]} {moment.day:2d} {moment:%H:%M:%S} {host} {tag}: {message}"


def rfc5424(at: int, host: str, program: str, message: str, *, pid: int = 0, priority: int = 30) -> str:
    """One line with the local time and its zone, to the microsecond."""
    stamp = as_local(at).isoformat(timespec="microseconds")
    return f"<{priority}>1 {stamp} {host} {program} {pid or '-'} - - {message}"


def priority(facility: int, severity: int) -> int:
    """The PRI value (RFC 5424 section 6.2.1)."""
    return facility * 8 + severity
