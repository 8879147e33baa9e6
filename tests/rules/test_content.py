"""The documentation's tables of rules are what the rules are."""

from pathlib import Path

from tests.rules.content import (
    CATALOGUE,
    DOMAINS,
    END,
    LEVELS,
    ROOT,
    START,
    SUMMARY,
    catalogue,
    domain_of,
    entries,
    summary,
)


def test_every_rule_belongs_to_a_domain_and_no_domain_is_empty() -> None:
    assert {domain_of(entry.path) for entry in entries()} == set(DOMAINS)


def test_every_rule_has_a_level_that_the_table_shows() -> None:
    assert {entry.level for entry in entries()} <= set(LEVELS)


def test_the_summary_in_the_documentation_is_of_today() -> None:
    written = SUMMARY.read_text(encoding="utf-8").split(START)[1].split(END)[0].strip()
    assert written == summary(), "run `python -m tests.rules.content`"


def test_the_catalogue_is_of_today() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue(), "run `python -m tests.rules.content`"


def test_every_placeholder_that_a_rule_names_has_a_value_and_a_comment() -> None:
    lines = (ROOT / "rules" / "placeholders.yml").read_text(encoding="utf-8").splitlines()
    named = {
        part
        for path in (ROOT / "rules" / "sigma").rglob("*.yml")
        for line in Path(path).read_text(encoding="utf-8").splitlines()
        if "|expand:" in line
        for part in line.split("%")[1::2]
    }
    declared = {line.rstrip(":") for line in lines if line.endswith(":") and not line.startswith((" ", "#"))}
    assert named <= declared
