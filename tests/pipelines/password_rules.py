"""Rules about passwords, and the events that they are about."""

from collections.abc import Mapping

from store.client import Store

SINGLE = """title: Wrong password
id: 5f1c1c0e-0000-4000-8000-000000000001
name: wrong
logsource: {product: linux, service: sshd}
detection:
  s: {message|contains: Failed}
  condition: s
level: low
tags: [attack.credential-access]
"""
MANY = """title: Many wrong passwords
id: 5f1c1c0e-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [wrong]
  group-by: [source_ip]
  timespan: 1m
  condition: {gte: 3}
level: high
"""


ACCEPTED = """title: Right password
id: 5f1c1c0e-0000-4000-8000-000000000003
name: right
logsource: {product: linux, service: sshd}
detection:
  s: {message|contains: Accepted}
  condition: s
"""
SUCCESS = """title: In after many wrong passwords
id: 5f1c1c0e-0000-4000-8000-000000000004
correlation:
  type: temporal_ordered
  rules: [5f1c1c0e-0000-4000-8000-000000000002, right]
  group-by: [source_ip]
  timespan: 5m
level: critical
"""


def failed(second: float, **columns: object) -> Mapping[str, object]:
    return {
        "product": "linux",
        "service": "sshd",
        "host": "app-1",
        "source_ip": "203.0.113.9",
        "message": "Failed password for root",
        "at_seconds": second,
        **columns,
    }


def alerts(store: Store) -> list[dict[str, object]]:
    return store.rows("SELECT * FROM alerts ORDER BY first_seen, alert_id")
