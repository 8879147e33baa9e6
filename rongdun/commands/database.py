"""`rongdun db`: the database itself."""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rongdun.console import err, out, print_json, print_json_rows, print_table, progress
from rongdun.settings import Settings
from store.backup import backup as back_up
from store.backup import restore as bring_back
from store.migrate import migrate as apply_migrations
from store.retention import LEAST_DAYS, costs, days_kept, keep_for
from store.session import embedded, open_store, unmigrated

app = typer.Typer(no_args_is_help=True, help="The database: start it, bring its schema up to date, ask it, back it up.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command()
def start() -> None:
    """Start the embedded database and leave it running until `rongdun stop`."""
    settings = Settings()
    if settings.clickhouse_url is not None:
        out().print("RONGDUN_CLICKHOUSE_URL names a ClickHouse server: there is no embedded database to start.")
        return
    with progress("starting the database", plainly=True):
        endpoint = embedded(settings, stays=True)
    out().print(f"database: http://{endpoint.host}:{endpoint.port} (folder {settings.database_folder})")


@app.command()
def migrate() -> None:
    """Bring the schema up to date; say what was applied."""
    settings = Settings()
    with progress("bringing the schema up to date"), open_store(settings) as store:
        applied = apply_migrations(store, cluster=settings.clickhouse_cluster)
        days = days_kept(settings.retention_days, settings.retention_days_of)
        keep_for(store, days, cluster=settings.clickhouse_cluster)
    for name in applied:
        out().print(f"applied {name}")
    if not applied:
        out().print("the schema is up to date")


@app.command()
def retention(as_json: Json = False) -> None:
    """Keep telemetry for as long as is set; say for how long, and what a day of it costs on disk."""
    settings = Settings()
    days = days_kept(settings.retention_days, settings.retention_days_of)
    with progress("looking at what is kept"), open_store(settings) as store:
        changed = keep_for(store, days, cluster=settings.clickhouse_cluster)
        rows = [asdict(each) for each in costs(store, days)]
    for table in [] if as_json else changed:
        out().print(f"{table}: kept {days[table]} days from now on")
    short = [table for table, kept in days.items() if kept < LEAST_DAYS]
    if short:
        err().print(f"kept less than the six months that the law asks for network logs: {', '.join(short)}")
    if as_json:
        print_json(rows)
    else:
        print_table("what is kept, and what it costs", rows)


@app.command()
def query(sql: str, as_json: Json = False) -> None:
    """Ask a question in SQL; reading only."""
    with ExitStack() as opened:
        with progress("opening the database"):
            store = opened.enter_context(open_store(Settings(), user="reader"))
        if as_json:
            print_json_rows(store.row_blocks(sql))
            return
        with progress("asking"):
            rows = store.rows(sql)
    print_table(f"rows: {len(rows)}", rows)


@app.command()
def backup(folder: Annotated[Path, typer.Argument(help="Where the backup goes; must not exist yet.")]) -> None:
    """Write everything the database holds to a folder."""
    with progress("backing up"), open_store(Settings()) as store:
        written = back_up(store, folder)
    out().print(f"backup: {written}")


@app.command()
def restore(folder: Annotated[Path, typer.Argument(help="A folder that `rongdun db backup` wrote.")]) -> None:
    """Bring a backup back, into a home whose database has no tables yet."""
    settings = Settings()
    with progress("restoring"), unmigrated(settings) as store:
        bring_back(store, folder)
    out().print(f"restored from {folder}")
