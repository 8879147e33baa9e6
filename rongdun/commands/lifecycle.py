"""`rongdun up`, `status` and `stop`: everything that runs."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from pipelines.listening.counts import listening
from rongdun import up as home
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from rongdun.supervisor import serve
from rongdun.up import Running, running, start_detached
from store.embedded import running_endpoint, server_process

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def up(detach: Annotated[bool, typer.Option("--detach", help="Leave it running and come back.")] = False) -> None:
    """Start the database, Dagster and the dashboard; Ctrl-C stops them."""
    settings = Settings()
    found = running(settings)
    if found is not None:
        announce(found)
    elif detach:
        with progress("starting", plainly=True):
            found = start_detached(settings)
        announce(found)
    else:
        _serve(settings)


def _serve(settings: Settings) -> None:
    with ExitStack() as starting:
        advance = starting.enter_context(progress("starting", plainly=True))

        def answers(now: Running) -> None:
            starting.close()
            announce(now)

        serve(settings, answers, lambda part: advance(None, part))


def status(as_json: Json = False) -> None:
    """Say what runs for this home, and where it answers."""
    settings = Settings()
    found = running(settings)
    answers = {
        "home": str(settings.home),
        "database": "the configured ClickHouse" if settings.clickhouse_url else _database(settings),
        "dashboard": found.dashboard if found else None,
        "dagster": found.dagster if found else None,
    }
    heard = listening(settings.run_folder)
    if as_json:
        print_json({**answers, "listening": heard})
    else:
        shown = [{"part": part, "answers at": where or "not running"} for part, where in answers.items()]
        print_table("status", shown + ([{"part": "listening", "answers at": _counted(heard)}] if heard else []))


def _counted(heard: dict[str, object]) -> str:
    lost = int(str(heard["dropped"])) + int(str(heard["kernel_dropped"]))
    runs = "" if heard["running"] else "not running; the last one: "
    missed = f", {heard['missed_files']} capture files missed" if heard.get("missed_files") else ""
    return f"{runs}{heard['received']} messages received, {lost} dropped{missed}, {heard['stored']} rows stored"


def _database(settings: Settings) -> str | None:
    endpoint = running_endpoint(settings.run_folder)
    if endpoint is not None:
        return f"http://{endpoint.host}:{endpoint.port}"
    process = server_process(settings.run_folder)
    return f"process {process.pid} does not answer: `rongdun stop` ends it" if process else None


def stop() -> None:
    """Stop everything that runs for this home; what does not end when asked is killed, and named."""
    with progress("stopping"):
        stopped = home.stop(Settings())
    out().print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running", markup=False, highlight=False)


def announce(now: Running) -> None:
    """Print where the pages are."""
    typed = sys.argv[0] if Path(sys.argv[0]).name == "rongdun" else "rongdun"
    lines = f"dashboard: {now.dashboard}\ndagster:   {now.dagster}\nstop with: {typed} stop"
    out().print(lines, highlight=False, markup=False)
