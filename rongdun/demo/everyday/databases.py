"""Two databases as their audit logs tell of them: the population database, and the data exchange with what it derives.

Everybody here has a grant for what they read, or reads nothing that needs one.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from rongdun.demo.dice import Dice
from rongdun.demo.formats import postgres
from rongdun.demo.formats.postgres import Session
from rongdun.demo.formats.query_log import Query, started_and_finished
from rongdun.demo.identifiers import faker_for, mobile, resident_id
from rongdun.demo.moments import CITIZENS, MINUTE, OFFICE, SECOND, every, moments
from rongdun.demo.people import BASTION, high_port
from rongdun.demo.world import World, place

POPULATION_LOG = "telemetry/population-db/postgresql.csv"
EXCHANGE_LOG = "telemetry/exchange-db/query_log.json"
POPULATION_COPY = "tables/data-centre/population.sqlite"
EXCHANGE_COPY = "tables/dept-data/exchange.sqlite"
DISTRICTS = ("鼓楼", "台江", "仓山", "晋安", "马尾", "长乐")

_RESIDENTS = 2_400
_CARED_FOR = 900
_PORTAL = "10.10.1.21"
_SYNC = "10.10.1.25"
_CARE = "10.1.9.10"
_ANALYST = "10.10.1.33"
_CLERK = "10.1.7.73"


def happen(world: World) -> None:
    """Write the day of both databases."""
    _population(world)
    _exchange(world)


def write_copies(world: World, folder: Path) -> None:
    """Write last night's copy of each database, the tables that scans look at."""
    dice, fake = world.dice("population"), faker_for(world.seed, "population")
    residents = [
        (number + 1, fake.name(), resident_id(dice), mobile(dice), dice.choice(DISTRICTS))
        for number in range(_RESIDENTS)
    ]
    _copy(folder / POPULATION_COPY, "residents", ("no", "name", "id_no", "phone", "district"), residents)
    cared_for = [(name, identity, phone, district) for _, name, identity, phone, district in residents[:_CARED_FOR]]
    _copy(folder / EXCHANGE_COPY, "eldercare", ("name", "id_no", "phone", "district"), cared_for)
    counts = [(district, sum(district == each[3] for each in cared_for)) for district in DISTRICTS]
    _copy(folder / EXCHANGE_COPY, "eldercare_by_district", ("district", "persons"), counts)


def population_read(
    world: World, at: int, user: str, client: str, statements: Sequence[tuple[str, int]], *, application: str = ""
) -> None:
    """Write a session at the population database: each statement with the rows it gave, some seconds apart."""
    dice = world.dice(f"population/{user}/{at}")
    session = Session(
        user, "population", client, high_port(dice), dice.randrange(2_000, 60_000), at - SECOND, application
    )
    opened = f"connection authorized: user={user} database=population SSL enabled (protocol=TLSv1.3)"
    world.chronicle.line(POPULATION_LOG, at, postgres.logged(at, session, 1, "authentication", opened))
    for number, (statement, rows) in enumerate(statements, start=2):
        at += dice.randrange(1, 20) * SECOND
        world.chronicle.line(POPULATION_LOG, at, postgres.audited(at, session, number, statement, rows))


def exchange_query(
    world: World, at: int, user: str, client: str, text: str, *, rows: int = 0, written: int = 0
) -> None:
    """Write a query at the data exchange."""
    dice = world.dice(f"exchange/{user}/{at}")
    query = Query(
        query_id=f"{dice.getrandbits(128):032x}",
        user=user,
        client=client,
        port=high_port(dice),
        host=place("gov-exchange").host,
        database="exchange",
        text=text,
        result_rows=rows,
        written_rows=written,
        milliseconds=dice.randrange(2, 40),
    )
    for moment, entry in started_and_finished(at, query):
        world.chronicle.line(EXCHANGE_LOG, moment, entry)


def _population(world: World) -> None:
    dice, day = world.dice("population/day"), world.day
    for at in moments(dice, day, 700, CITIZENS):
        asked = ("SELECT name, phone FROM residents WHERE id_no = $1", 1)
        population_read(world, at, "app_portal", _PORTAL, [asked] * dice.randrange(1, 4), application="portal")
    for at in moments(dice, day, 30, OFFICE):
        looked_up = ("SELECT r.name, r.district FROM public.residents AS r WHERE r.id_no = $1", 1)
        population_read(world, at, "clerk_zheng", _CLERK, [looked_up], application="civil desk")
    taken = ("SELECT no, name, id_no, phone, district FROM residents", _RESIDENTS)
    population_read(world, day.at("01:30"), "exchange_sync", _SYNC, [taken], application="exchange")
    counted = ("SELECT district, count(*) FROM residents GROUP BY district", len(DISTRICTS))
    for at in moments(dice, day, 12, OFFICE):
        population_read(world, at, "stat_reader", "10.1.20.8", [counted], application="statistics")
    kept = [("EXPLAIN SELECT id_no FROM residents WHERE phone = $1", 0), ("SHOW work_mem", 1), ("VACUUM residents", 0)]
    population_read(world, day.at("10:12"), "dba_huang", BASTION, kept, application="psql")
    _server_lines(dice, world)


def _server_lines(dice: Dice, world: World) -> None:
    """Checkpoints, and what was refused."""
    server = Session("", "", "", 0, 811, world.day.start - 1_000 * MINUTE)
    for number, at in enumerate(every(dice, world.day, 300)):
        message = f"checkpoint complete: wrote {dice.randrange(20, 900)} buffers (0.1%)"
        world.chronicle.line(POPULATION_LOG, at, postgres.logged(at, server, number + 9, "", message))
    at = world.day.at("11:05")
    trainee = Session("trainee_su", "population", "10.1.20.31", 40_112, 9_120, at - SECOND)
    refused = "permission denied for table residents"
    line = postgres.logged(at, trainee, 2, "SELECT", refused, severity="ERROR", state="42501")
    world.chronicle.line(POPULATION_LOG, at, line)


def _exchange(world: World) -> None:
    dice, day = world.dice("exchange/day"), world.day
    for at in every(dice, day, 60):
        exchange_query(world, at, "probe", "10.10.1.9", "SELECT 1", rows=1)
    for at in every(dice, day, 1_800):
        exchange_query(world, at, "probe", "10.10.1.9", "SELECT count() FROM exchange.eldercare", rows=1)
    derived = (
        "INSERT INTO exchange.eldercare (name, id_no, phone, district) "
        "SELECT name, id_no, phone, district FROM ods.residents WHERE born < today() - INTERVAL 80 YEAR"
    )
    exchange_query(world, day.at("02:10"), "etl_exchange", _SYNC, derived, written=_CARED_FOR)
    counted = (
        "INSERT INTO exchange.eldercare_by_district (district, persons) "
        "SELECT district, count() FROM exchange.eldercare GROUP BY district"
    )
    exchange_query(world, day.at("02:14"), "etl_exchange", _SYNC, counted, written=len(DISTRICTS))
    for at in moments(dice, day, 260, OFFICE):
        visits = (
            f"SELECT name, phone FROM eldercare WHERE district = '{dice.choice(DISTRICTS)}' "  # noqa: S608 - made up
            f"LIMIT 20 OFFSET {dice.randrange(9) * 20} /* purpose: home_visits */"
        )
        exchange_query(world, at, "app_care", _CARE, visits, rows=20)
    allowed = (
        "SELECT name, phone FROM exchange.eldercare INTO OUTFILE 'visits.csv' FORMAT CSVWithNames "
        "/* ticket: OA-2026-0311 purpose: care_review */"
    )
    exchange_query(world, day.at("10:15"), "analyst_wu", _ANALYST, allowed, rows=180)


def _copy(path: Path, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("BEGIN")
        database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        marks = ", ".join("?" for _ in columns)
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names
        database.execute("COMMIT")
    database.close()
