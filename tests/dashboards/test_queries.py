"""Every question: it runs, and it never answers with rows of a scope that is not the reader's."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import polars as pl
import pytest

from dashboards.queries import ask, statement
from dlp.grading_policy import default_grading
from dlp.registrations import registration
from pipelines.catalogue_editing import edit_entry, seen_entry
from response.lifecycle import acknowledge
from response.review import Decision, Reviewed, decide
from response.suppressing import suppress
from store.client import Store
from store.writes import append
from tests.dashboards.city import ELSEWHERE, HERE, PLACES, ROOT, alert_id, fill

ENDS = datetime.now(UTC).replace(microsecond=0)
NAMES = sorted(entry.name.removesuffix(".sql") for entry in files("dashboards").joinpath("sql").iterdir())

# What tells of one place: a word that must not appear in an answer to a reader of the other.
ONLY_HERE = ("gov-cloud-01", "bank-core-01", "health-db-01", "fuzhou/gulou", "residents.csv")
ONLY_ELSEWHERE = ("water-plc-01", "fuzhou/dept-water", "clinics.parquet")


def parameters(scope: str, *, alert: int = 0, asset: str = "") -> dict[str, object]:
    """Every parameter that some question takes."""
    place = PLACES[alert % len(PLACES)]
    return {
        "scope": scope,
        "root": ROOT,
        "language": "zh",
        "since": f"{ENDS - timedelta(days=2):%Y-%m-%d %H:%M:%S}",
        "until": f"{ENDS + timedelta(days=1):%Y-%m-%d %H:%M:%S}",
        "newest": f"{ENDS:%Y-%m-%d %H:%M:%S}",
        "step": 3600,
        "levels": [],
        "states": [],
        "sector": "",
        "asset": asset,
        "wanted": "",
        "most": 500,
        "way": "",
        "failing": 0,
        "suppressed": 1,
        "member": "",
        "window": 3600,
        "alert_ids": [alert_id(alert)],
        "alert": alert_id(alert),
        "event_ids": [f"log-{alert * 18 + alert % 9}-0", f"flow-{alert * 9 + alert % 9}"],
        "dataset": "",
        "named": "/srv/export/residents.csv" if alert == 0 else "/srv/export/clinics.parquet",
        "entry": "/srv/export/residents.csv",
        "reviewed": "finding",
        "id": "residents.csv-mobile" if alert == 0 else "clinics.parquet-mobile",
        "exposed": 0,
        "allowed": 0,
        "parts": [alert_id(alert)],
        "place": place.asset_id,
    }


@pytest.fixture
def city(store: Store) -> Store:
    fill(store, ends=ENDS)
    for wanted in ("residents.csv-mobile", "clinics.parquet-mobile"):
        decide(store, Reviewed.FINDING, wanted, Decision.ACCEPTED, actor="Lin Example", reason="seen")
    declared = registration(
        {"dataset": "/srv/export/residents.csv", "organisation": "Civil affairs", "owner": "Data section"},
        default_grading(),
    )
    edit_entry(store, seen_entry(store, declared.dataset), declared, actor="Lin Example", reason="declared")
    for number in (0, 3):
        acknowledge(store, alert_id(number), actor="Lin Example")
        until = datetime.now(UTC) + timedelta(days=1)
        suppress(store, alert_id(number), ["asset_id"], until=until, actor="Lin Example", reason="planned work")
    return store


@pytest.mark.parametrize("name", NAMES)
def test_every_question_names_its_scope(name: str) -> None:
    assert "{scope:String}" in statement(name)


def test_every_question_answers_and_keeps_to_its_scope(city: Store) -> None:
    answered = set()
    for name in NAMES:
        # alert 0 and asset gov-cloud-01 are HERE; alert 3 and water-plc-01 are ELSEWHERE
        for scope, foreign in ((HERE, ONLY_ELSEWHERE), (ELSEWHERE, ONLY_HERE)):
            for alert, asset in ((0, "gov-cloud-01"), (3, "water-plc-01")):
                answer = ask(
                    city,
                    name,
                    parameters(scope, alert=alert, asset="" if name in {"alert_queue", "alert_groups"} else asset),
                )
                told = str(answer.to_dicts())
                assert not [word for word in foreign if word in told], (name, scope)
                if not answer.is_empty():
                    answered.add(name)
    whole = {name for name in NAMES if not ask(city, name, parameters(ROOT, asset="gov-cloud-01")).is_empty()}
    quiet = {"silent_sources", "findings", "grants", "breaches", "data_uses", "report_breaches"}
    assert answered | whole >= set(NAMES) - quiet


@pytest.mark.parametrize("name", ["rejects", "ingested_files", "detection_runs", "table_sizes"])
def test_what_has_no_scope_is_for_readers_of_the_whole_city(city: Store, name: str) -> None:
    assert not ask(city, name, parameters(ROOT)).is_empty()
    assert ask(city, name, parameters(HERE)).is_empty()


def test_a_scope_is_a_path_not_a_prefix(store: Store) -> None:
    fill(store, ends=ENDS)
    assert ask(store, "assets", parameters("fuzhou/gu")).is_empty()


@pytest.mark.parametrize(
    ("language", "title_zh", "shown"),
    [("zh", "口令爆破", "口令爆破"), ("en", "口令爆破", "SSH brute force"), ("zh", "", "SSH brute force")],
)
def test_a_rule_is_named_in_the_readers_language_where_it_can_be(
    language: str, title_zh: str, shown: str, store: Store
) -> None:
    row = {
        "alert_id": "a-1",
        "rule_title": "SSH brute force",
        "rule_title_zh": title_zh,
        "level": "high",
        "scope": ROOT,
        "first_seen": ENDS,
        "last_seen": ENDS,
        "arrived_at": ENDS,
    }
    append(store, "alert_matches", pl.DataFrame([row]), token="a-1")
    asked = {**parameters(ROOT), "language": language, "alert": "a-1", "asset": ""}
    assert [ask(store, name, asked)["rule_title"].to_list() for name in ("alert", "alert_queue", "alert_groups")] == [
        [shown]
    ] * 3


@pytest.mark.parametrize(
    ("hours_ago", "late", "silent"),
    [
        pytest.param(4, timedelta(minutes=1), True, id="live-and-everything-fell-silent"),
        pytest.param(1, timedelta(minutes=1), False, id="live"),
        pytest.param(4, timedelta(hours=3), False, id="an-archive-is-as-old-as-it-is"),
    ],
)
def test_live_silence_is_measured_against_the_clock(
    store: Store, hours_ago: int, late: timedelta, silent: bool
) -> None:
    heard = datetime.now(UTC) - timedelta(hours=hours_ago)
    asset = {"asset_id": "pump", "name": "Pump", "scope": HERE, "expected_sources": ["syslog"]}
    append(store, "monitored_asset_records", pl.DataFrame([asset]), token="pump")
    event = {"asset_id": "pump", "scope": HERE, "source_type": "syslog", "event_time": heard}
    arrived = pl.Series([heard + late], dtype=pl.Datetime("ms", "UTC"))
    append(store, "log_event_records", pl.DataFrame([event]).with_columns(arrived.alias("ingested_at")), token="line")
    newest = f"{heard:%Y-%m-%d %H:%M:%S}"
    found = ask(store, "silent_sources", {"scope": HERE, "newest": newest, "allowed": 7200})
    assert found["asset_id"].to_list() == (["pump"] if silent else [])
