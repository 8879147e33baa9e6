"""Field mappings: what they name exists, and each log source has one meaning."""

import re
from pathlib import Path

import pytest

from detectors.routing import LogSource, routes

MIGRATIONS = Path(__file__).parents[2] / "store" / "migrations"


def columns_of(table: str) -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\)", text, re.DOTALL)
    assert body
    return set(re.findall(r"^    ([a-z_]+)\s+[A-Z]", body.group(1), re.MULTILINE)) - {"INDEX"}


@pytest.mark.parametrize("table", ["log_events", "network_flows"])
def test_every_mapped_column_exists_in_the_migrations(table: str) -> None:
    columns = columns_of(table)
    mapped = {
        place[1:]
        for route in routes().values()
        if route.table == table
        for places in route.fields.values()
        for place in places
        if place.startswith("$")
    }
    assert mapped - columns == set()


def test_every_named_expression_exists() -> None:
    for route in routes().values():
        for name in route.fields:
            assert route.place(name).text


@pytest.mark.parametrize(
    "source",
    [
        LogSource("windows", "process_creation"),
        LogSource("windows", "", "security"),
        LogSource("linux", "process_creation"),
        LogSource("linux", "", "sshd"),
        LogSource("", "webserver"),
        LogSource("", "dns"),
        LogSource("zeek", "", "http"),
        LogSource("", "network_flow"),
        LogSource("", "firewall"),
        LogSource("", "tls"),
        LogSource("", "ics", "modbus"),
        LogSource("", "ics", "opcua"),
        LogSource("", "web_request"),
        LogSource("zeek", "", "snmp"),
        LogSource("alicloud", "", "actiontrail"),
        LogSource("huaweicloud", "", "cts"),
        LogSource("tencentcloud", "", "cloudaudit"),
        LogSource("kubernetes", "", "audit"),
    ],
    ids=str,
)
def test_the_log_sources_a_city_has_are_routed(source: LogSource) -> None:
    assert source in routes()


def test_the_first_place_that_is_there_holds_the_value() -> None:
    place = routes()[LogSource("windows", "process_creation")].place("Image")
    assert place.text == "multiIf(mapContains(fields, 'Image'), fields['Image'], fields['NewProcessName'])"
    assert place.present == "(mapContains(fields, 'Image') OR mapContains(fields, 'NewProcessName'))"
