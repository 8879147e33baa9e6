"""`rongdun dlp report`: where personal data lies, whose it is, what is not masked, who used it without a ground."""

import getpass
import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from response.audit import record
from response.chain import AuditStep, Role
from rongdun.console import harmless, out, progress
from rongdun.errors import ReportNotWritten
from rongdun.settings import Settings
from store.session import open_store


class Format(StrEnum):
    """What a report is written as."""

    html = "html"
    xlsx = "xlsx"
    pdf = "pdf"
    json = "json"


class Tongue(StrEnum):
    """The language of a report."""

    zh = "zh"
    en = "en"


def report(
    actor: Annotated[str, typer.Option(help="Who makes it; goes on record.", default_factory=getpass.getuser)],
    kind: Annotated[
        Format, typer.Option("--format", help="html and pdf for reading, xlsx and json for more.")
    ] = Format.html,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; without it, a name with the day.")
    ] = None,
    language: Annotated[Tongue, typer.Option(help="The language of the report.")] = Tongue.zh,
    scope: Annotated[str, typer.Option(help="A place such as fuzhou/gulou; without it, all of it.")] = "",
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Changes since then, UTC; else the last report."),
    ] = None,
    basis: Annotated[str, typer.Option(help="On what ground; goes on record.")] = "compliance review",
) -> None:
    """Write a report on data protection; it counts changes from the last one of the same scope."""
    # Excel, PDF and templates take most of a second to import: only this command pays for them.
    from dashboards.reports.content import gathered  # noqa: PLC0415
    from dashboards.reports.writing import FORMATS, write_whole  # noqa: PLC0415
    from dashboards.translation import words_in  # noqa: PLC0415

    settings, now = Settings(), datetime.now(UTC)
    wanted = scope or settings.scope
    path = output or Path(f"data-protection-{now:%Y%m%d-%H%M%S}.{kind}")
    words = words_in(language.value)
    begin = since.replace(tzinfo=UTC) if since else None
    with progress("gathering") as advance, open_store(settings) as store:
        told = gathered(
            store, words, scope=wanted, root=settings.scope, since=begin, now=now, rules=settings.rules_folder
        )
        advance(0.5, "")
        content = FORMATS[kind](told, words)
        try:
            write_whole(path, content)
        except OSError as error:
            raise ReportNotWritten(f"{path}: the report cannot be written: {error.strerror or error}") from error
        step = AuditStep(
            actor=actor,
            role=Role.REVIEWER,
            action="report.made",
            object_type="report",
            object_id=wanted,
            basis=basis,
            details={
                "format": kind.value,
                "language": language.value,
                "sha256": hashlib.sha256(content).hexdigest(),
                **{section.key: len(section.rows) for section in told.sections},
            },
        )
        event = record(store, step, now=now)
    out().print(harmless(f"{path}: written, on record as step {event.seq}"), markup=False, highlight=False)
