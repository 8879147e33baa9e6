"""What rules need and nothing has supplied, by what is really in the tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.silence_rule import load_silence_rule
from pipelines.blind_spots import BlindSpots, blind_spots, recent_matches
from pipelines.content import Content, load_content
from pipelines.detect import detect
from store.client import Store
from store.scratch import scratch_store
from tests.pipelines.test_explaining_correlations import MANY
from tests.rules.cases import store_events

ID = "5f1c1c0e-0000-4000-8000-00000000000"
SILENCE = Path(__file__).parents[2] / "rules" / "detections" / "silent_source.yml"


def rule(number: int, source: str, detection: str) -> str:
    return f"""title: Rule {number}
id: {ID}{number}
logsource: {{{source}}}
detection:
  s: {{{detection}}}
  condition: s
"""


RULES = (
    rule(1, "product: linux, service: sshd", "outcome: failure, ses: 1") + "name: failed\n",
    rule(2, "product: windows, category: process_creation", "Image: x, Aura: y"),
    rule(4, "product: linux, service: sshd", "outcome: success"),
    rule(5, "category: network_flow", "destination_port: 23"),
    rule(6, "product: toaster", "a: b"),
    MANY,
)


def content_of(folder: Path) -> Content:
    (folder / "sigma").mkdir()
    for number, text in enumerate(RULES):
        (folder / "sigma" / f"{number}.yml").write_text(text, encoding="utf-8")
    content = load_content(folder)
    return Content(content.ruleset, load_silence_rule(SILENCE))


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return content_of(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def store(content: Content) -> Iterator[Store]:
    with scratch_store() as db:
        login = {"product": "linux", "service": "sshd", "outcome": "success", "source_type": "syslog"}
        store_events(db, [{**login, "host": "web", "repeat": 200, "every_seconds": 240}])
        store_events(db, [{**login, "host": "mail", "repeat": 100, "every_seconds": 240}])
        detect(db, content.ruleset)
        yield db


def spots(store: Store, content: Content, since: datetime | None = None) -> BlindSpots:
    now = datetime.now(UTC)
    return blind_spots(store, content, since=since or now - timedelta(days=1), now=now)


def test_a_log_source_without_events_is_told_with_the_rules_that_need_it(store: Store, content: Content) -> None:
    assert {
        (each.log_sources, tuple(head.title for head in each.rules)) for each in spots(store, content).log_sources
    } == {
        (("product windows, category process_creation",), ("Rule 2",)),
        (("category network_flow",), ("Rule 5",)),
    }


def test_a_field_that_no_event_had_is_told_also_one_that_is_only_grouped_by(store: Store, content: Content) -> None:
    assert {(each.field, tuple(head.title for head in each.rules)) for each in spots(store, content).fields} == {
        ("ses", ("Rule 1",)),
        ("src_ip", ("Rule 1",)),
    }


def test_what_arrived_before_does_not_count(store: Store, content: Content) -> None:
    found = spots(store, content, since=datetime.now(UTC) + timedelta(hours=1))
    assert len(found.log_sources) == 3
    assert found.fields == ()


def test_rules_that_no_mapping_can_serve_are_told(store: Store, content: Content) -> None:
    assert {each.title: each.reason for each in spots(store, content).unmapped} == {
        "Rule 2": "nothing supplies Aura",
        "Rule 6": "no source supplies product toaster",
    }


def test_rules_that_never_matched_are_told_but_not_those_that_only_serve(store: Store, content: Content) -> None:
    assert [head.title for head in spots(store, content).never_matched] == ["Many", "Rule 2", "Rule 5"]


def test_sources_that_fell_silent_are_told(store: Store, content: Content) -> None:
    assert [(each.host, each.source_type) for each in spots(store, content).silent] == [("mail", "syslog")]


@pytest.mark.parametrize(("back", "matches"), [(1, {f"{ID}4": 300}), (-1, {})])
def test_recent_matches_are_counted_by_rule(back: int, matches: dict[str, int], store: Store, content: Content) -> None:
    since = datetime.now(UTC) - timedelta(hours=back)
    assert recent_matches(store, content.ruleset, since=since) == matches
