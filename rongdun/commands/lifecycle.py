"""`rongdun up`, `status` and `stop`: everything that runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rongdun import up as supervisor
from rongdun.console import out, print_json, print_table
from rongdun.settings import Settings
from rongdun.up import Running
from store.embedded import running_endpoint

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def up(detach: Annotated[bool, typer.Option("--detach", help="Leave it running and come back.")] = False) -> None:
    """Start the database, Dagster and the dashboard; Ctrl-C stops them."""
    settings = Settings()
    found = supervisor.running(settings)
    if found is not None:
        announce(found)
    elif detach:
        announce(supervisor.start_detached(settings))
    else:
        supervisor.serve(settings, announce)


def status(as_json: Json = False) -> None:
    """Say what runs for this home, and where it answers."""
    settings = Settings()
    found = supervisor.running(settings)
    endpoint = running_endpoint(settings.run_folder)
    database = f"http://{endpoint.host}:{endpoint.port}" if endpoint else None
    answers = {
        "home": str(settings.home),
        "database": "the configured ClickHouse" if settings.clickhouse_url else database,
        "dashboard": found.dashboard if found else None,
        "dagster": found.dagster if found else None,
    }
    if as_json:
        print_json(answers)
    else:
        print_table("status", [{"part": part, "answers at": where or "not running"} for part, where in answers.items()])


def stop() -> None:
    """Stop everything that runs for this home."""
    stopped = supervisor.stop(Settings())
    out().print("stopped" if stopped else "nothing was running")


def announce(now: Running) -> None:
    """Print where the pages are."""
    typed = sys.argv[0] if Path(sys.argv[0]).name == "rongdun" else "rongdun"
    lines = f"dashboard: {now.dashboard}\ndagster:   {now.dagster}\nstop with: {typed} stop"
    out().print(lines, highlight=False, markup=False)
