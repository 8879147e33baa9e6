"""The whole day through the real readers, rules and scans: every story found, and nothing else raised."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.inventory import load_inventory
from assets.matching import AddressBook
from dlp.access_policy import access_policy_of
from dlp.freshness_policy import default_freshness_policy
from dlp.grading_policy import grading_of
from dlp.policy import default_policy, load_policy
from pipelines.access_judging import judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.catalogue import import_catalogue
from pipelines.content import load_content
from pipelines.detect import detect
from pipelines.freshness import catalogue_freshness
from pipelines.grant_files import import_grants
from pipelines.ingest import ingest
from pipelines.inventory import import_inventory
from pipelines.lineage import lineage
from pipelines.report import IngestReport
from pipelines.scan import scan
from pipelines.sources.mapped import mapped_sources
from pipelines.sources.registry import SOURCES
from rongdun.demo.city import City
from rongdun.demo.findings import stories_found
from rongdun.demo.stories.story import UseExpected
from store.client import Store
from store.migrate import migrate

pytestmark = pytest.mark.slow

RULES = Path(__file__).parents[2] / "rules"
_STRAYS = """
    SELECT count()
    FROM (SELECT event_time FROM log_events UNION ALL SELECT event_time FROM network_flows)
    WHERE event_time < {starts:DateTime('UTC')} OR event_time >= {ends:DateTime('UTC')}
"""


@dataclass(frozen=True)
class Judged:
    """A day that was read, judged and scanned."""

    store: Store
    ingested: IngestReport


@pytest.fixture(scope="module")
def judged(city: City) -> Iterator[Judged]:
    database = f"day_{uuid.uuid4().hex}"
    with Store.connect("chdb://memory") as store:
        store.execute(f"CREATE DATABASE {database}")
        store.execute(f"USE {database}")
        migrate(store)
        import_inventory(city.inventory, store)
        book = AddressBook.of(load_inventory(city.inventory).assets)
        mapped, problems = mapped_sources(RULES / "mappings")
        assert problems == []
        ingested = ingest([city.telemetry], store, scope="fuzhou", address_book=book, sources=(*mapped, *SOURCES))
        content = load_content(RULES)
        detect(store, content.ruleset, silence_rule=content.silence, risk_rule=content.risk)
        policy = load_policy(RULES / "dlp" / "policy.yml")
        import_catalogue(city.catalogue, store, grading_of(RULES))
        access = access_policy_of(RULES)
        import_grants(city.grants, store, access)
        for part in ("dept-civil", "data-centre", "dept-data"):
            for path in sorted((city.tables / part).iterdir()):
                scan(path, store, key=b"0123456789abcdef" * 2, scope="fuzhou", policy=policy)
        judge_accesses(store, access, access_rules_of(RULES), scope="fuzhou", now=city.ends_at)
        yield Judged(store, ingested)
        store.execute("USE default")
        store.execute(f"DROP DATABASE {database}")


def test_every_file_is_read_without_a_reject(judged: Judged) -> None:
    assert {str(file.path): file.reason for file in judged.ingested.files if file.reason} == {}
    assert sum(file.rejected for file in judged.ingested.files) == 0


def test_no_event_lies_outside_the_day(city: City, judged: Judged) -> None:
    bounds = {"starts": f"{city.starts_at:%Y-%m-%d %H:%M:%S}", "ends": f"{city.ends_at:%Y-%m-%d %H:%M:%S}"}
    assert judged.store.value(_STRAYS, bounds) == 0


def test_every_asset_that_expects_a_source_is_heard_through_it(city: City, judged: Judged) -> None:
    heard = {
        (row["asset_id"], row["source_type"])
        for row in judged.store.rows("SELECT DISTINCT asset_id, source_type FROM log_events")
    }
    assets = load_inventory(city.inventory).assets
    assert {(asset.asset_id, source) for asset in assets for source in asset.expected_sources} <= heard


def test_every_story_is_found(city: City, judged: Judged) -> None:
    missed = {result.story_id: result.as_row()["missed"] for result in stories_found(city, judged.store)}
    assert missed == {story.story_id: "-" for story in city.stories}


def test_nothing_but_the_stories_is_raised(city: City, judged: Judged) -> None:
    assets = {asset for story in city.stories for asset in story.asset_ids}
    addresses = {address for story in city.stories for address in story.addresses}
    alerts = judged.store.rows("SELECT rule_title, asset_id, source_ip FROM alerts WHERE source != 'data_access'")
    stray = [row for row in alerts if row["asset_id"] not in assets and row["source_ip"] not in addresses]
    assert alerts
    assert stray == []


def test_of_all_uses_of_data_only_those_of_the_stories_are_told(city: City, judged: Judged) -> None:
    told = judged.store.rows(
        "SELECT matched_fields['check'] AS check, user, matched_fields['grant_id'] AS grant_id FROM alerts "
        "WHERE source = 'data_access'"
    )
    expected = [step for story in city.stories for step in story.expects if isinstance(step, UseExpected)]
    assert {(row["check"], row["grant_id"] if _is_of_grant(row) else row["user"]) for row in told} == {
        (step.check, step.grant_id or step.account) for step in expected
    }
    assert len(told) == len(expected) == 5
    assert int(str(judged.store.value("SELECT uniqExact(event_id) FROM data_accesses"))) > 1_000


def _is_of_grant(row: dict[str, object]) -> bool:
    return row["check"] == "dormant_grant"


def test_where_the_list_of_the_old_came_from_and_went_is_known(judged: Judged) -> None:
    came = lineage(judged.store, "exchange.eldercare", "phone", direction="up")
    assert [(step.from_dataset, step.from_column, step.kind) for step in came] == [
        ("ods.residents", "phone", "seen"),
        ("population.residents", "*", "declared"),
    ]
    went = lineage(judged.store, "population.residents", direction="down")
    assert {step.to_dataset for step in went} >= {
        "ods.residents",
        "exchange.eldercare",
        "exchange.eldercare_by_district",
    }


def test_the_exchanges_of_the_day_go_every_way_and_one_has_no_ground(judged: Judged) -> None:
    rows = judged.store.rows("SELECT * FROM data_exchanges ORDER BY event_time, exchange_id")
    ways = {(row["sender_level"], row["receiver_level"], row["direction"]) for row in rows}
    assert ways == {
        ("department", "province", "up"),
        ("province", "department", "down"),
        ("department", "national", "up"),
        ("department", "county", "across"),
        ("department", "department", "across"),
        ("county", "township", "down"),
        ("county", "department", "across"),
    }
    failing = [(row["receiver"], row["breaches"], row["grade"]) for row in rows if row["breaches"]]
    assert failing == [("榕城银行（演示）", ["exchange_without_basis"], "general-4")]
    assert {row["origin"] for row in rows} == {"log", "seen", "declared"}


def test_what_the_catalogue_lacks_is_told(city: City, judged: Judged) -> None:
    found = catalogue_freshness(judged.store, default_freshness_policy(), default_policy())
    told = {(row.standing.name.rpartition("/")[2], drift.kind, drift.about) for row in found for drift in row.drifts}
    assert told == {
        ("staff.csv", "no_entry", ""),
        ("health.immunisation", "never_met", ""),
        # Two folders that this test does not scan.
        ("transit_links.csv", "never_met", ""),
        ("outpatient_visits.parquet", "never_met", ""),
        ("exchange.sqlite#eldercare", "persons_differ", "500 → 900"),
    }


def test_the_catalogue_says_whose_the_data_is(judged: Judged) -> None:
    owners = {
        str(row["dataset"]).rpartition("/")[2]: (row["organisation"], row["cdo"] != "", row["share_recipients"] != [])
        for row in judged.store.rows("SELECT dataset, organisation, cdo, share_recipients FROM data_catalogue")
    }
    assert owners["population.sqlite#residents"] == ("福州市大数据委（演示）", True, True)
    assert owners["exchange.sqlite#eldercare"] == ("福州市民政局（演示）", True, True)


@pytest.mark.parametrize(
    ("story_id", "within_seconds"),
    [("brute-force", 300), ("dns-tunnel", 300), ("modbus-write", 60), ("weak-tls", 60)],
)
def test_the_first_alert_needs_little_of_the_story(
    city: City, judged: Judged, story_id: str, within_seconds: float
) -> None:
    (result,) = [each for each in stories_found(city, judged.store) if each.story_id == story_id]
    assert result.first is not None
    assert result.first.story_seconds is not None
    assert 0 <= result.first.story_seconds <= within_seconds
