"""`rongdun rules test`: rules proved by the events of their cases."""

from pathlib import Path
from typing import Annotated

import typer

from detectors.rule_files import CASES_SUFFIX
from detectors.selection import RuleStatus, Selection
from pipelines.content import load_content
from pipelines.errors import CasesBroken
from pipelines.rule_tests import CasesReport, cases_of, junit, proved
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.files import write_whole
from store.scratch import scratch_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def prove(
    paths: Annotated[list[Path], typer.Argument(help="Sigma rules, or files of cases: files and folders.")],
    cases: Annotated[
        Path | None, typer.Option(help="The folder of cases; without it, they lie beside the rules.")
    ] = None,
    report_to: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit report there.")
    ] = None,
    on_server: Annotated[
        bool, typer.Option(help="Judge on the home's database server, in a database of its own that goes away.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Prove rules by their cases: events on which they must fire, and must stay quiet; exit 1 when one fails."""
    settings = Settings()
    found = cases_of(paths, cases=cases)
    if not any(found.values()):
        raise CasesBroken(f"no cases for {paths[0]}: write `NAME{CASES_SUFFIX}` beside the rule, or name their --cases")
    tested = [rule for rule, file in found.items() if file is not None]
    with progress("testing rules"):
        # A rule is proved whatever its status and level: that decides later whether it runs.
        content = load_content(settings.rules_folder, rules=tested, selection=Selection(tuple(RuleStatus)))
        with scratch_store(settings if on_server else None) as store:
            report = proved(store, content.ruleset, found)
    if report_to is not None:
        write_whole(report_to, junit(report))
    if as_json:
        print_json(_as_json(report))
    else:
        _show(report)
    raise typer.Exit(1 if report.failed else 0)


def _as_json(report: CasesReport) -> dict[str, object]:
    cases = [
        {
            "rule": result.case.rule,
            "kind": "fires" if result.case.fires else "quiet",
            "why": result.case.why,
            "passed": not result.problem,
            "problem": result.problem,
        }
        for result in report.results
    ]
    return {"cases": cases, "failed": len(report.failed), "untested": report.untested, "seconds": report.seconds}


def _show(report: CasesReport) -> None:
    if report.failed:
        rows = [
            {"rule": result.case.rule, "case": result.case.why, "problem": result.problem} for result in report.failed
        ]
        print_table("cases that fail", rows)
    if report.untested:
        print_table("rules without cases", [{"rule": rule} for rule in report.untested])
    passed = len(report.results) - len(report.failed)
    out().print(f"{passed} of {len(report.results)} cases hold, in {report.seconds:.1f} s")
