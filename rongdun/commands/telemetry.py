"""`rongdun ingest` and `rongdun detect`: bytes become rows, rows become alerts."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from detectors.rule import Status
from detectors.selection import RuleStatus, Selection
from pipelines.content import Content, home_content
from pipelines.delays import PROMISED_SECONDS, DetectionDelay, detection_delay
from pipelines.detect import detect as judge
from pipelines.exports.known import ExporterMemory
from pipelines.ingest import ingest as read_in
from pipelines.inventory import load_address_book
from pipelines.mending import read_rejects_again
from pipelines.report import FileReport, Progress
from pipelines.sources.mapped import MappedSource, mapped_source, mapped_sources
from pipelines.sources.registry import sources_for
from rongdun.commands.explanation import show_explanation
from rongdun.commands.levels import Level
from rongdun.console import err, harmless, out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


_URGENT = """
SELECT count() FROM alert_matches
WHERE detected_at >= {started:DateTime64(3, 'UTC')} AND severity >= {severity:UInt8}
"""


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders: captures, logs, exports.")],
    again: Annotated[
        bool, typer.Option("--again", help="Read again what was rejected of files that are stored already.")
    ] = False,
    mapping: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A YAML file that says how to read them; may be given several times."),
    ] = None,
    zone: Annotated[
        str, typer.Option(metavar="ZONE", help="Of syslog clocks that name none: Asia/Shanghai, +08:00. Else as set.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Read captures and logs into the database; reading the same file again adds nothing."""
    settings = Settings(syslog_zone=zone) if zone else Settings()
    missing = [path for path in paths if not path.exists() and not path.is_symlink()]
    if len(missing) == len(paths):
        _say_missing(missing)
        raise typer.Exit(2)
    mapped = _mapped(settings, mapping or ())
    found = [path for path in paths if path not in missing]
    sources = sources_for(settings, mapped)
    with progress("ingesting") as advance, open_store(settings) as store:
        book = load_address_book(store)
        if again:
            report = read_rejects_again(found, store, scope=settings.scope, address_book=book, sources=sources)
        else:
            report = read_in(
                found,
                store,
                scope=settings.scope,
                address_book=book,
                progress=lambda step: advance(_share(step), step.path.name),
                sources=sources,
                exporters=ExporterMemory(settings.known_exporters),
            )
    if as_json:
        print_json(report.as_json())
    else:
        print_table(
            "ingested", [_shown(file) for file in report.files], right=frozenset({"rows", "rejected", "seconds"})
        )
    if missing:
        _say_missing(missing)
        raise typer.Exit(2)


def detect(
    rules: Annotated[
        list[Path] | None, typer.Option(help="Sigma rules: files or folders. Without it, the rules that ship.")
    ] = None,
    min_level: Annotated[Level | None, typer.Option(help="Only rules that are at least this urgent.")] = None,
    status: Annotated[
        list[RuleStatus] | None, typer.Option(help="Only rules of this status; may be given several times.")
    ] = None,
    fail_on: Annotated[Level | None, typer.Option(help="Exit 1 when a new alert is at least this urgent.")] = None,
    explain: Annotated[
        str, typer.Option(metavar="RULE", help="Judge nothing; say why this rule (id, title or path) matches --event.")
    ] = "",
    event: Annotated[str, typer.Option(metavar="ID", help="The event that --explain is about.")] = "",
    as_json: Json = False,
) -> None:
    """Judge what arrived since the last run by every usable rule; write the alerts."""
    settings = Settings()
    if bool(explain) is not bool(event):
        raise typer.BadParameter("say which rule and which event: --explain RULE --event ID", param_hint="--explain")
    if explain:
        show_explanation(settings, rules or (), explain, event, as_json=as_json)
        return
    content = home_content(settings, rules=rules or (), selection=_selection(settings, min_level, status))
    with progress("judging") as advance, open_store(settings) as store:
        started = store.value("SELECT now64(3, 'UTC')")
        report = judge(
            store,
            content.ruleset,
            silence_rule=content.silence,
            risk_rule=content.risk,
            progress=lambda done, total: advance(done / max(total, 1), f"{done:,} of {total:,} events"),
        )
        severity = list(Level).index(fail_on) + 1 if fail_on else 0
        urgent = store.value(_URGENT, {"started": started, "severity": severity}) if fail_on else 0
        delay = detection_delay(store)
    if as_json:
        told = {"left_out": len(content.left_out), "warnings": _warnings(content), "delay": asdict(delay)}
        print_json({**asdict(report), **told})
    else:
        out().print(
            f"{report.events} events judged by {report.rules} rules in {report.seconds:.1f} s: "
            f"{report.alerts_new} new alerts"
        )
        _say_delay(delay)
        if report.unusable:
            out().print(f"{len(report.unusable)} rules cannot be used; `rongdun rules check` says why")
        _say_selection(content)
    raise typer.Exit(1 if urgent else 0)


def _mapped(settings: Settings, named: Sequence[Path]) -> list[MappedSource]:
    """The sources of the mappings that were named, and of the site's own; or an exit that says what is wrong."""
    given = [mapped_source(path) for path in named]
    own, problems = mapped_sources(settings.mappings_folder, settings.rules_folder / "mappings")
    told = [problem for _, found in given for problem in found] + problems
    for problem in told:
        err().print(harmless(problem), markup=False, highlight=False, soft_wrap=True)
    if told:
        raise typer.Exit(2)
    return [source for source, _ in given if source is not None] + own


def _say_delay(delay: DetectionDelay) -> None:
    if delay.alerts:
        out().print(
            f"from event to alert within the last day: p50 {delay.p50_seconds:.1f} s, p95 {delay.p95_seconds:.1f} s, "
            f"p99 {delay.p99_seconds:.1f} s; {delay.in_time} of {delay.alerts} within {PROMISED_SECONDS} s"
        )
    if delay.found_later:
        out().print(f"{delay.found_later} alerts of events older than their rule's first use are not counted as late")


def _selection(settings: Settings, min_level: Level | None, status: list[RuleStatus] | None) -> Selection:
    """What was asked for now, else what is set for the home."""
    statuses = status or [RuleStatus(each) for each in settings.rule_status]
    return Selection(tuple(statuses), min_level.value if min_level else settings.min_level)


def _say_selection(content: Content) -> None:
    if content.left_out:
        out().print(f"{len(content.left_out)} rules were left out by their status or level")
    for warning in _warnings(content):
        out().print(harmless(warning), markup=False)


def _warnings(content: Content) -> list[str]:
    """What is to be said of rules that can be used."""
    checks = content.ruleset.checks
    return [f"{check.title}: {check.reason}" for check in checks if check.status is Status.USABLE and check.reason]


def _say_missing(paths: list[Path]) -> None:
    for path in paths:
        err().print(harmless(f"no such file or folder: {path}"), markup=False)


def _shown(file: FileReport) -> dict[str, object]:
    note = "already ingested" if file.already_ingested else file.reason
    return {
        "file": file.path,
        "format": file.format,
        "rows": file.rows,
        "rejected": file.rejected,
        "seconds": file.seconds,
        "note": note,
    }


def _share(step: Progress) -> float:
    within = step.bytes_done / step.bytes if step.bytes else 1.0
    return (step.files_done + within) / max(step.files, 1)
