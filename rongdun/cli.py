"""The `rongdun` command: one line for a mistake, never a traceback."""

import os
import sys
from io import TextIOWrapper
from typing import Any, Never

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from assets.errors import AssetError
from detectors.errors import DetectorError
from dlp.errors import DlpError
from pipelines.errors import PipelineError
from response.errors import ResponseError
from rongdun.command_group import Commands
from rongdun.console import err, harmless
from rongdun.errors import RongdunError
from store.errors import StoreError

EXPECTED = (RongdunError, StoreError, PipelineError, DetectorError, DlpError, AssetError, ResponseError)

# Each is imported when it is called: together they take longer than most of them run.
_PLACES = {
    "up": "rongdun.commands.lifecycle:up",
    "demo": "rongdun.commands.city:demo",
    "status": "rongdun.commands.lifecycle:status",
    "stop": "rongdun.commands.lifecycle:stop",
    "ingest": "rongdun.commands.telemetry:ingest",
    "listen": "rongdun.commands.listening:listen",
    "detect": "rongdun.commands.telemetry:detect",
    "posture": "rongdun.commands.posture:posture",
    "db": "rongdun.commands.database:app",
    "rules": "rongdun.commands.rules:app",
    "dlp": "rongdun.commands.protection_group:app",
    "assets": "rongdun.commands.posture:assets_app",
    "alerts": "rongdun.commands.suppressing:app",
    "audit": "rongdun.commands.alerts:audit_app",
}


class _Rongdun(TyperGroup):
    """The commands of `rongdun`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": Commands(_PLACES)})


app = typer.Typer(
    cls=_Rongdun,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rongdun (榕盾) watches a city's critical systems and its citizens' data: sense, judge, respond, learn.",
    epilog="Exit codes: 0 done, 1 found something to act on (--fail-on) or a proof failed, 2 bad usage or input. "
    "All state lives in RONGDUN_HOME.",
)


@app.callback()
def _group() -> None:
    """Keep the commands behind a name."""


def main() -> Never:
    """Run the command line; a mistake of the user's is one message on standard error and exit code 2."""
    # What is kept here is a city's telemetry: no other account of the machine has a business in it.
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ValidationError as error:
        _fail("\n".join(_setting_problem(problem["loc"], problem["msg"]) for problem in error.errors()))
    except EXPECTED as error:
        _fail(str(error))
    except UnicodeEncodeError as error:
        _fail(f"not UTF-8 text: {error.object[error.start : error.start + 40]!a}")
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}")
    sys.exit(0)


def _setting_problem(location: tuple[int | str, ...], message: str) -> str:
    name = "_".join(str(part) for part in location).upper()
    return f"setting RONGDUN_{name}: {message}"


def _fail(message: str) -> Never:
    for line in message.splitlines():
        err().print(harmless(line), markup=False, highlight=False)
    sys.exit(2)
