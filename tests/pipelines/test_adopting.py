"""Rules of others for a site: what is taken, what is not, and why; what is taken judges."""

from pathlib import Path

import pytest

from detectors.adoption import Adoption, Decision, Wish
from detectors.errors import ContentError
from detectors.selection import RuleStatus, Selection
from pipelines.adopting import adopt
from pipelines.content import load_content

ID = "5f1c1c0e-0000-4000-8000-00000000000"


def rule(number: int, **words: str) -> str:
    source = words.pop("source", "product: windows, category: process_creation")
    field = words.pop("field", "Image")
    more = "".join(f"{key}: {value}\n" for key, value in words.items())
    return f"""title: Rule {number}
id: {ID}{number}
logsource: {{{source}}}
detection:
  s: {{{field}: x{number}}}
  condition: s
{more}"""


def correlation(number: int, base: str) -> str:
    return f"""title: Rule {number}
id: {ID}{number}
correlation: {{type: event_count, rules: [{base}], timespan: 1m, condition: {{gte: 3}}}}
"""


class Site:
    """A content folder with one rule, and a site's folder beside it."""

    def __init__(self, root: Path) -> None:
        self.offered, self.shipped, self.own = root / "offered", root / "rules" / "sigma", root / "home" / "sigma"
        self.offered.mkdir()
        self.shipped.mkdir(parents=True)
        (self.shipped / "shipped.yml").write_text(rule(9), encoding="utf-8")

    def offer(self, **files: str) -> None:
        for name, text in files.items():
            path = self.offered / f"{name.replace('__', '/')}.yml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def add(self, wish: Wish | None = None, *, dry_run: bool = False, source: Path | None = None) -> list[Adoption]:
        return adopt(
            [source or self.offered],
            shipped=self.shipped,
            site=self.own,
            wish=wish or Wish(Selection()),
            placeholders={},
            dry_run=dry_run,
        )

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.own)) for path in self.own.rglob("*.yml"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    ("text", "wish", "decision", "reason"),
    [
        (rule(1), Wish(Selection()), Decision.TAKEN, ""),
        (rule(1, level="low"), Wish(Selection(minimum_level="high")), Decision.NOT_SELECTED, "level is low"),
        (rule(1, status="deprecated"), Wish(Selection()), Decision.NOT_SELECTED, "status is deprecated"),
        (rule(1, status="test"), Wish(Selection((RuleStatus.stable,))), Decision.NOT_SELECTED, "status is test"),
        (rule(1), Wish(Selection(), frozenset({"linux"})), Decision.NOT_SELECTED, "product is windows"),
        (rule(1), Wish(Selection(), frozenset({"linux", "windows"})), Decision.TAKEN, ""),
        (rule(1, source="category: dns"), Wish(Selection(), frozenset({"linux"})), Decision.NOT_SELECTED, "not named"),
        (rule(1, source="product: toaster"), Wish(Selection(), frozenset({"linux"})), Decision.NOT_SELECTED, "toaster"),
        (rule(9), Wish(Selection()), Decision.PRESENT, "shipped.yml"),
        (rule(9, field="User"), Wish(Selection()), Decision.REFUSED, "already used by"),
        (rule(9, field="User"), Wish(Selection(), replace=True), Decision.REFUSED, "already used by"),
        (rule(1, field="Aura"), Wish(Selection()), Decision.REFUSED, "blind: nothing supplies Aura"),
        (rule(1, field="Aura"), Wish(Selection(), allow_blind=True), Decision.TAKEN, "Aura"),
        (rule(1, field="'Image|re'").replace("x1", "'a(?=b)'"), Wish(Selection()), Decision.REFUSED, "unsupported"),
        ("title: [", Wish(Selection()), Decision.REFUSED, "not valid YAML"),
        (correlation(1, "nowhere"), Wish(Selection()), Decision.REFUSED, "no usable rule"),
    ],
)
def test_what_becomes_of_a_rule_and_why(text: str, wish: Wish, decision: Decision, reason: str, site: Site) -> None:
    site.offer(one=text)
    (told,) = site.add(wish)
    assert told.decision is decision
    assert reason in told.reason
    assert site.files() == (["one.yml"] if decision is Decision.TAKEN else [])


def test_what_is_taken_keeps_its_place_and_judges_beside_what_ships(site: Site) -> None:
    site.offer(linux__a=rule(1), windows__b=rule(2), bad="title: [")
    site.add()
    assert site.files() == ["linux/a.yml", "windows/b.yml"]
    content = load_content(site.shipped.parent, site=site.own)
    assert {head.title for head in content.ruleset.heads} == {"Rule 1", "Rule 2", "Rule 9"}


def test_a_home_without_rules_of_its_own_judges_by_what_ships(site: Site) -> None:
    content = load_content(site.shipped.parent, site=site.own)
    assert [head.title for head in content.ruleset.heads] == ["Rule 9"]


def test_adding_again_changes_nothing(site: Site) -> None:
    site.offer(a=rule(1))
    site.add()
    assert [each.decision for each in site.add()] == [Decision.PRESENT]
    assert site.files() == ["a.yml"]


@pytest.mark.parametrize(("replace", "decision"), [(False, Decision.REFUSED), (True, Decision.TAKEN)])
def test_a_newer_version_of_an_added_rule_takes_its_place_when_asked_for(
    replace: bool, decision: Decision, site: Site
) -> None:
    site.offer(a=rule(1))
    site.add()
    site.offer(moved=rule(1, field="User"))
    (site.offered / "a.yml").unlink()
    (told,) = site.add(Wish(Selection(), replace=replace))
    assert told.decision is decision
    assert site.files() == ["a.yml"]
    assert ("User" in (site.own / "a.yml").read_text(encoding="utf-8")) is replace


def test_of_two_sources_with_one_rule_neither_is_written_to(site: Site) -> None:
    first, second = site.offered / "first", site.offered / "second"
    site.offer(first__a=rule(1), second__b=rule(1, field="User"))
    before = (first / "a.yml").read_text(encoding="utf-8")
    wish = Wish(Selection(), replace=True)
    adopt([first, second], shipped=site.shipped, site=site.own, wish=wish, placeholders={})
    assert (first / "a.yml").read_text(encoding="utf-8") == before
    assert site.files() == ["a.yml"]
    assert "User" in (site.own / "a.yml").read_text(encoding="utf-8")
    assert second.is_dir()


def test_two_rules_of_one_name_keep_their_own_files(site: Site) -> None:
    site.offer(a=rule(1))
    site.add()
    site.offer(a=rule(2))
    site.add()
    assert site.files() == ["a.yml", "a_2.yml"]


def test_a_file_is_taken_whole_or_not_at_all(site: Site) -> None:
    site.offer(both=f"{rule(1, name='base')}---\n{rule(2, field='Aura')}")
    assert {(each.title, each.decision) for each in site.add()} == {
        ("Rule 1", Decision.REFUSED),
        ("Rule 2", Decision.REFUSED),
    }
    assert site.files() == []


def test_a_correlation_is_taken_with_the_rule_it_counts_or_not_at_all(site: Site) -> None:
    site.offer(base=rule(1, name="base"), many=correlation(2, "base"))
    refused = {each.title: each for each in site.add(Wish(Selection(), frozenset({"linux"})))}
    assert refused["Rule 2"].decision is Decision.REFUSED
    assert "not taken" in refused["Rule 2"].reason
    assert {each.decision for each in site.add()} == {Decision.TAKEN}
    assert site.files() == ["base.yml", "many.yml"]


def test_a_dry_run_writes_nothing(site: Site) -> None:
    site.offer(a=rule(1))
    assert [each.decision for each in site.add(dry_run=True)] == [Decision.TAKEN]
    assert not site.own.exists()


def test_a_single_file_is_taken_by_its_name(site: Site) -> None:
    site.offer(linux__a=rule(1))
    site.add(source=site.offered / "linux" / "a.yml")
    assert site.files() == ["a.yml"]


def test_a_missing_folder_is_an_error(site: Site) -> None:
    with pytest.raises(ContentError, match="no such file or folder"):
        site.add(source=site.offered / "nowhere")


def test_a_public_folder_of_rules_is_accounted_for(site: Site, shared_data: Path) -> None:
    folder = shared_data / "sigmahq" / "rules" / "linux" / "auditd"
    found = site.add(source=folder)
    assert len(found) == len(list(folder.rglob("*.yml")))
    assert {each.decision for each in found} <= {Decision.TAKEN, Decision.REFUSED}
    assert len(site.files()) == sum(each.decision is Decision.TAKEN for each in found) > 20
