"""The `rongdun` command: one line for a mistake, never a traceback."""

import os
import sys
from io import TextIOWrapper
from typing import Never

import typer
from pydantic import ValidationError

from assets.errors import AssetError
from detectors.errors import DetectorError
from dlp.errors import DlpError
from pipelines.errors import PipelineError
from response.errors import ResponseError
from rongdun.commands import (
    alerts,
    city,
    database,
    lifecycle,
    listening,
    posture,
    protection,
    rules,
    suppressing,
    telemetry,
)
from rongdun.console import err, harmless
from rongdun.errors import RongdunError
from store.errors import StoreError

EXPECTED = (RongdunError, StoreError, PipelineError, DetectorError, DlpError, AssetError, ResponseError)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rongdun (榕盾) watches a city's critical systems and its citizens' data: sense, judge, respond, learn.",
    epilog="Exit codes: 0 done, 1 found something to act on (--fail-on) or a proof failed, 2 bad usage or input. "
    "All state lives in RONGDUN_HOME.",
)
app.command()(lifecycle.up)
app.command()(city.demo)
app.command()(lifecycle.status)
app.command()(lifecycle.stop)
app.command()(telemetry.ingest)
app.command()(listening.listen)
app.command()(telemetry.detect)
app.command()(posture.posture)
app.add_typer(database.app, name="db")
app.add_typer(rules.app, name="rules")
app.add_typer(protection.app, name="dlp")
app.add_typer(posture.assets_app, name="assets")
alerts.app.add_typer(suppressing.app)
app.add_typer(alerts.app, name="alerts")
app.add_typer(alerts.audit_app, name="audit")


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
