from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from rongdun.demo.city import City
from rongdun.demo.findings import stories_found
from rongdun.demo.stories.story import AlertExpected, FindingExpected, Story
from store.client import Store
from store.writes import append

_RULE = "00000000-0000-4000-8000-000000000001"


def _told(city: City, expected: AlertExpected | FindingExpected) -> City:
    story = Story(
        story_id="made-up",
        title_en="Made up",
        title_zh="虚构",
        starts_at=city.starts_at + timedelta(hours=3),
        ends_at=city.starts_at + timedelta(hours=4),
        asset_ids=frozenset({"plc-1"}),
        addresses=frozenset({"203.0.113.66"}),
        expects=(expected,),
    )
    return replace(city, stories=(story,))


def _alert(store: Store, seen: datetime, **changed: str | dict[str, str]) -> None:
    row: dict[str, object] = {
        "alert_id": "alert-1",
        "rule_id": _RULE,
        "rule_title": "A rule",
        "asset_id": "plc-1",
        "source_ip": "203.0.113.9",
        "first_seen": seen - timedelta(minutes=1),
        "last_seen": seen,
        "arrived_at": seen + timedelta(days=1),
        "detected_at": seen + timedelta(days=1, seconds=2.5),
    }
    schema = {"matched_fields": pl.Map(pl.String, pl.String)} if "matched_fields" in changed else None
    append(store, "alert_matches", pl.DataFrame([row | changed], schema_overrides=schema), token=str(row["alert_id"]))


def test_an_alert_of_the_story_finds_it_and_tells_both_times(city: City, store: Store) -> None:
    told = _told(city, AlertExpected("a step", frozenset({_RULE})))
    _alert(store, told.stories[0].starts_at + timedelta(minutes=5))
    (result,) = stories_found(told, store)
    assert result.found
    assert result.steps[0].evidence == "alert-1"
    assert result.steps[0].story_seconds == pytest.approx(300)
    assert result.steps[0].work_seconds == pytest.approx(2.5)
    assert result.as_row()["into_the_story"] == "5 min 00 s"


def test_an_alert_about_a_story_address_finds_it_without_the_asset(city: City, store: Store) -> None:
    told = _told(city, AlertExpected("a step", frozenset({_RULE})))
    _alert(store, told.stories[0].starts_at, asset_id="", source_ip="203.0.113.66")
    assert stories_found(told, store)[0].found


def test_silence_counts_for_as_long_as_it_had_lasted_when_it_was_judged(city: City, store: Store) -> None:
    told = _told(city, AlertExpected("a step", frozenset({_RULE})))
    _alert(store, told.stories[0].starts_at, matched_fields={"silent_minutes": "245"})
    assert stories_found(told, store)[0].steps[0].story_seconds == pytest.approx(245 * 60)


@pytest.mark.parametrize(
    ("after_minutes", "changed"),
    [
        (5, {"rule_id": "00000000-0000-4000-8000-000000000002"}),
        (5, {"asset_id": "plc-2"}),
        (-5, {}),
        (65, {}),
    ],
    ids=["another rule", "another place", "too early", "too late"],
)
def test_an_alert_elsewhere_finds_nothing(
    city: City, store: Store, after_minutes: int, changed: dict[str, str]
) -> None:
    told = _told(city, AlertExpected("a step", frozenset({_RULE})))
    _alert(store, told.stories[0].starts_at + timedelta(minutes=after_minutes), **changed)
    (result,) = stories_found(told, store)
    assert not result.found
    assert result.as_row()["missed"] == "a step"


def _finding(store: Store, dataset: Path, entity_type: str, *, masked: bool) -> None:
    scan = {"scan_id": "scan-1", "dataset": str(dataset), "started_at": datetime(2026, 3, 5, tzinfo=UTC)}
    append(store, "pii_scans", pl.DataFrame([scan]), token=str(scan["scan_id"]))
    finding = {"finding_id": entity_type, "scan_id": "scan-1", "dataset": str(dataset), "entity_type": entity_type}
    append(store, "pii_finding_records", pl.DataFrame([finding | {"hits": 3, "masked": masked}]), token=entity_type)


@pytest.mark.parametrize(
    ("name", "masked", "found"),
    [("export.csv", False, True), ("export.csv", True, False), ("other.csv", False, False)],
    ids=["in clear", "masked", "another file"],
)
def test_only_unmasked_findings_in_the_story_file_find_it(
    city: City, store: Store, name: str, masked: bool, found: bool
) -> None:
    told = _told(city, FindingExpected("a step", "export.csv", frozenset({"PERSON"})))
    _finding(store, (city.folder / name).resolve(), "PERSON", masked=masked)
    assert stories_found(told, store)[0].found is found


def test_a_missing_type_leaves_the_story_unfound(city: City, store: Store) -> None:
    told = _told(city, FindingExpected("a step", "export.csv", frozenset({"PERSON", "PHONE_NUMBER"})))
    _finding(store, (city.folder / "export.csv").resolve(), "PERSON", masked=False)
    assert not stories_found(told, store)[0].found
