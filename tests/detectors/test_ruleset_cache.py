"""Compiled rules on disk: what comes back is what was compiled, and trouble with the folder is never a rule's."""

import logging
import os
from pathlib import Path

import pytest
import yaml

from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from detectors.ruleset_cache import cached_ruleset, ruleset_key
from pipelines.content import load_content
from tests.detectors.test_correlation_conformance import CASES
from tests.pipelines.test_correlations import CORRELATIONS

RULES = Path(__file__).parents[2] / "rules"
RULE = """title: Marked
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: windows}
detection:
  s: {Image|expand: "%marked%"}
  condition: s
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rule.yml"
    path.write_text(RULE, encoding="utf-8")
    return path


def loaded(rule: Path, marked: str = "a.exe") -> RuleSet:
    return load_ruleset(rule, placeholders={"marked": [marked]}, cache=rule.parent / "cache")


def kept(rule: Path) -> list[Path]:
    return sorted((rule.parent / "cache").glob("*"))


def came_back(cache: Path, *paths: Path) -> RuleSet:
    """The rule set of these files as it is on disk."""
    found = cached_ruleset(cache, ruleset_key(paths, {}))
    assert found is not None
    return found


def test_the_rules_that_ship_come_back_as_they_were_compiled(tmp_path: Path) -> None:
    fresh = load_content(RULES).ruleset
    assert len(fresh.rules) > 100
    load_content(RULES, cache=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert load_content(RULES, cache=tmp_path).ruleset == fresh


def test_every_form_of_correlation_comes_back_as_it_was_compiled(tmp_path: Path) -> None:
    source, detection = {"product": "windows"}, {"s": {"k": "x"}, "condition": "s"}
    documents: list[object] = [
        {"title": name, "name": name, "logsource": source, "detection": detection} for name in "abc"
    ]
    documents += [{"title": name, "name": name, "correlation": each} for name, each in CORRELATIONS.items()]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    fresh = load_ruleset(path)
    load_ruleset(path, cache=tmp_path / "cache")
    found = came_back(tmp_path / "cache", path)
    assert len(found.correlations) == len(CORRELATIONS)
    assert (found, repr(found)) == (fresh, repr(fresh))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.why for case in CASES])
def test_the_correlations_of_a_conformance_case_come_back_as_they_were_compiled(number: int, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump_all(CASES[number].documents()), encoding="utf-8")
    fresh = load_ruleset(path)
    load_ruleset(path, cache=tmp_path / "cache")
    found = came_back(tmp_path / "cache", path)
    assert (found, repr(found)) == (fresh, repr(fresh))


def test_the_same_rules_are_not_compiled_again(rule: Path) -> None:
    loaded(rule)
    (path,) = kept(rule)
    path.write_text(path.read_text(encoding="utf-8").replace("Marked", "From the file"), encoding="utf-8")
    assert loaded(rule).rules[0].head.title == "From the file"


def test_a_changed_rule_is_compiled_anew(rule: Path) -> None:
    before = loaded(rule)
    rule.write_text(RULE.replace("Image|", "CommandLine|"), encoding="utf-8")
    after = loaded(rule)
    assert after.ruleset_id != before.ruleset_id
    assert set(after.rules[0].fields) == {"CommandLine"}
    assert len(kept(rule)) == 2


def test_a_changed_placeholder_is_another_rule_set(rule: Path) -> None:
    before, after = loaded(rule), loaded(rule, "b.exe")
    assert "b.exe" in after.rules[0].predicate
    assert "b.exe" not in before.rules[0].predicate
    assert len(kept(rule)) == 2


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\x00", b'{"ruleset_id": 5}'])
def test_a_damaged_file_is_made_anew(rule: Path, damage: bytes) -> None:
    fresh = loaded(rule)
    (path,) = kept(rule)
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert loaded(rule) == fresh
    assert path.read_bytes() == whole


def test_at_most_eight_are_kept_those_that_were_used_last(rule: Path) -> None:
    for number in range(8):
        before = set(kept(rule))
        loaded(rule, f"{number}.exe")
        (path,) = set(kept(rule)) - before
        os.utime(path, (number, number))
    first = kept(rule)
    loaded(rule, "0.exe")
    loaded(rule, "8.exe")
    assert len(kept(rule)) == 8
    (gone,) = set(first) - set(kept(rule))
    titles = "".join(path.read_text(encoding="utf-8") for path in kept(rule))
    assert "0.exe" in titles
    assert "1.exe" not in titles
    assert gone not in kept(rule)


def test_a_folder_that_cannot_be_written_stops_nothing_and_is_told_of(
    rule: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # A file where the folder would be: whoever runs the tests, nobody can write into it.
    (rule.parent / "cache").write_text("", encoding="utf-8")
    with caplog.at_level(logging.WARNING, logger="detectors"):
        found = loaded(rule)
    assert [each.head.title for each in found.rules] == ["Marked"]
    (record,) = caplog.records
    assert str(rule.parent / "cache") in record.getMessage()
    assert "\n" not in record.getMessage()
