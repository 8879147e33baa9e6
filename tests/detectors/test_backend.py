"""The backend as pySigma and sigma-cli meet it: its name, its statements, and that each of them runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaConversionError
from sigma.plugins import InstalledSigmaPlugins
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend
from detectors.routing import LogSource, routes
from detectors.sigma_plugin import backends
from store.client import Store
from store.migrate import migrate

RULES = Path(__file__).parents[2] / "rules" / "sigma"
HEAD = "title: t\nlogsource: {product: windows}\ndetection:\n  s:\n    "

FIELD = "fields['A']"
EXPECTED = {
    "A: It's": f"lowerUTF8({FIELD}) = 'it\\'s'",
    "A: ''": f"(mapContains(fields, 'A') AND empty({FIELD}))",
    "A: null": "(NOT mapContains(fields, 'A'))",
    "A: '*'": "mapContains(fields, 'A')",
    "A|exists: false": "(NOT mapContains(fields, 'A'))",
    "A|contains: x": f"position(lowerUTF8({FIELD}), 'x') > 0",
    "A|startswith: X": f"startsWith(lowerUTF8({FIELD}), 'x')",
    "A|endswith: 'é'": f"endsWith(lowerUTF8({FIELD}), lowerUTF8('é'))",
    "A: 'a%_*b'": f"lowerUTF8({FIELD}) LIKE 'a\\\\%\\\\_%b'",
    "A|cased: X": f"{FIELD} = 'X'",
    "A: [x, y]": f"lowerUTF8({FIELD}) IN ('x', 'y')",
    "A|contains: [x, y]": f"multiSearchAny(lowerUTF8({FIELD}), ['x', 'y'])",
    "A|contains|all: [x, y]": f"(position(lowerUTF8({FIELD}), 'x') > 0 AND position(lowerUTF8({FIELD}), 'y') > 0)",
    "A|neq: x": f"(NOT lowerUTF8({FIELD}) = 'x')",
    "A: 5": f"ifNull(toFloat64OrNull({FIELD}) IN (5), 0)",
    "A: true": f"lowerUTF8({FIELD}) = 'true'",
    "A|gte: 5": f"ifNull(isFinite(toFloat64OrNull({FIELD})) AND toFloat64OrNull({FIELD}) >= 5, 0)",
    "A|re: 'x.y'": f"(mapContains(fields, 'A') AND match({FIELD}, '(?-s)x.y'))",
    "A|re|i|m|s: 'x'": f"(mapContains(fields, 'A') AND match({FIELD}, '(?ims)x'))",
    "A|cidr: 192.0.2.0/24": (
        f"ifNull(toIPv6OrNull(substringIndex({FIELD}, '%', 1)) "
        "BETWEEN toIPv6('::ffff:192.0.2.0') AND toIPv6('::ffff:192.0.2.255'), 0)"
    ),
    "A|fieldref: B": (
        "(mapContains(fields, 'A') AND mapContains(fields, 'B') AND lowerUTF8(fields['A']) = lowerUTF8(fields['B']))"
    ),
    "A|hour: 7": f"ifNull(toHour(parseDateTime64BestEffortOrNull({FIELD}, 6, 'UTC')) = 7, 0)",
    "A|expand: '%nets%'": (
        f"ifNull(toIPv6OrNull(substringIndex({FIELD}, '%', 1)) "
        "BETWEEN toIPv6('::ffff:192.0.2.0') AND toIPv6('::ffff:192.0.2.255'), 0)"
    ),
    "A|expand: '%nothing%'": "0",
}


@pytest.mark.parametrize(("leaf", "expected"), EXPECTED.items(), ids=EXPECTED.keys())
def test_each_modifier_has_its_predicate(leaf: str, expected: str) -> None:
    rule = SigmaRule.from_yaml(f"{HEAD}{leaf}\n  condition: s\n")
    backend = ClickHouseBackend(placeholders={"nets": ["192.0.2.0/24"]})
    assert backend.predicate(rule, routes()[LogSource("windows")]) == expected


def test_a_field_that_nothing_supplies_is_false_and_remembered() -> None:
    rule = SigmaRule.from_yaml(
        "title: t\nlogsource: {category: network_flow}\ndetection: {s: {aura: x}, condition: not s}\n"
    )
    backend = ClickHouseBackend(placeholders={})
    assert backend.predicate(rule, routes()[LogSource("", "network_flow")]) == "(NOT 0)"
    assert list(backend.blind_fields) == ["aura"]


def test_two_thousand_alternatives_are_ten_tests() -> None:
    values = ", ".join(f"v{number}" for number in range(2_000))
    rule = SigmaRule.from_yaml(f"{HEAD}A|contains: [{values}]\n  condition: s\n")
    predicate = ClickHouseBackend(placeholders={}).predicate(rule, routes()[LogSource("windows")])
    assert predicate.count("multiSearchAny") == 10


def test_a_rule_without_a_source_is_a_conversion_error() -> None:
    rule = SigmaCollection.from_yaml("title: t\nlogsource: {product: toaster}\ndetection: {s: {A: x}, condition: s}\n")
    with pytest.raises(SigmaConversionError, match="no source supplies product toaster"):
        ClickHouseBackend().convert(rule)


def test_sigma_cli_knows_the_backend_as_clickhouse() -> None:
    assert backends == {"clickhouse": ClickHouseBackend}
    assert InstalledSigmaPlugins._get_backend_identifier(ClickHouseBackend, "") == "clickhouse"


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE backend")
        store.execute("USE backend")
        migrate(store)
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE backend")


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.yml")), ids=lambda path: path.stem)
def test_every_own_rule_converts_to_statements_that_run(engine: Store, path: Path) -> None:
    statements = ClickHouseBackend().convert(SigmaCollection.load_ruleset([path]))
    assert statements
    for statement in statements:
        assert engine.rows(statement) == []
