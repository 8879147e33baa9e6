"""From the wire to an alert: what is sent to a home that runs is judged within a minute."""

import socket
import time

import pytest

from pipelines.delays import PROMISED_SECONDS
from tests.rongdun.command import Rongdun

pytestmark = pytest.mark.slow

_RULE = """
title: A word that is said in a test
id: 7b0a6c1e-5f53-4d0b-9c51-0f3d5a3c1a10
status: stable
level: high
logsource: {product: linux, service: syslog}
detection:
  keywords: [said-in-a-test]
  condition: keywords
"""
_ALERTS = "SELECT count() AS rows FROM alerts WHERE rule_id = '7b0a6c1e-5f53-4d0b-9c51-0f3d5a3c1a10'"


def _alerts_within(rongdun: Rongdun, wanted: int, seconds: float) -> int:
    """How many alerts there are once there are so many, or the time is over."""
    started, found = time.monotonic(), 0
    while found < wanted and time.monotonic() - started < seconds:
        (row,) = rongdun.rows(_ALERTS)
        found = int(str(row["rows"]))
        time.sleep(1)
    return found


def test_what_is_sent_is_an_alert_within_a_minute(rongdun: Rongdun) -> None:
    folder = rongdun.home / "rules" / "sigma"
    folder.mkdir(parents=True)
    (folder / "word.yml").write_text(_RULE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        place = free.getsockname()
    running = Rongdun(rongdun.home, {"RONGDUN_LISTEN_SYSLOG_UDP": str(place[1])})
    try:
        assert running.run("up", "--detach").returncode == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            # A new home compiles its rules once; what is promised is promised of one that has.
            for wanted, host, seconds in ((1, "first", 300), (2, "second", PROMISED_SECONDS)):
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                sender.sendto(f"<34>1 {stamp} {host} app 1 - - said-in-a-test".encode(), place)
                assert _alerts_within(running, wanted, seconds) >= wanted
    finally:
        running.run("stop")
