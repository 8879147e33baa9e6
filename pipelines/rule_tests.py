"""Rules proved by their cases: which file holds whose cases, and what the engine says of them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from detectors.rule import RuleSet, Status
from detectors.rule_files import CASES_SUFFIX, rule_paths
from pipelines.detect import detect
from pipelines.errors import CasesBroken
from pipelines.rule_cases import Case, read_cases, rule_named_in, store_events
from store.client import Store

# Where rules and their cases lie side by side, in a home and in a checkout of this project.
_LAYOUTS = (("sigma", "cases"), ("rules/sigma", "tests/rules/cases"))
_APART = timedelta(days=3)

# The characters that XML 1.0 cannot carry (section 2.2).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_FIRED = "SELECT rule_path, arrayJoin(event_ids) AS event_id FROM alert_matches"


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    Attributes:
        problem: why it failed, or ''.
    """

    case: Case
    problem: str = ""


@dataclass(frozen=True)
class CasesReport:
    """What the cases of some rules showed.

    Attributes:
        untested: rules that have no cases.
    """

    results: tuple[CaseResult, ...]
    untested: tuple[Path, ...]
    seconds: float

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not come out as they say."""
        return tuple(result for result in self.results if result.problem)


def cases_of(paths: Sequence[Path], *, cases: Path | None = None) -> dict[Path, Path | None]:
    """Every rule file of these files and folders, with the file that holds its cases.

    That is the one of the same path below `cases`, else `NAME.cases.yml` beside the rule, else the one of the same path
    in the folder of cases that lies beside the folder of rules. A file of cases may stand for the rule it belongs to.

    Raises:
        CasesBroken: a file of cases cannot be read, or does not say whose they are.
        ContentError: there is nothing at a path.
    """
    found: dict[Path, Path | None] = {}
    for root in paths:
        if root.is_file() and root.name.endswith(CASES_SUFFIX):
            found[_rule_of(root)] = root
            continue
        base = root if root.is_dir() else root.parent
        for rule in rule_paths(root):
            given = cases / rule.relative_to(base) if cases is not None else None
            found[rule] = next((place for place in _places(rule, given) if place.is_file()), None)
    return found


def run_cases(store: Store, ruleset: RuleSet, cases: Sequence[Case]) -> list[CaseResult]:
    """What every case shows, all judged together on an empty database, each on days of its own.

    Raises:
        StoreError: the database cannot be read or written.
    """
    apart = max([_APART, *(timedelta(seconds=4 * rule.span_seconds) for rule in ruleset.correlations)])
    for number, case in enumerate(cases):
        store_events(store, case.events, batch_id=f"case-{number}", shift=number * apart)
    failures = {entry["id"]: entry["reason"] for entry in detect(store, ruleset).unusable}
    rows = store.rows(_FIRED)
    fired = {(str(row["rule_path"]), str(row["event_id"]).rpartition("/")[0]) for row in rows}
    broken = _broken(ruleset, failures)
    return [
        CaseResult(case, _problem(case, (str(case.rule), f"case-{number}") in fired, broken.get(case.rule, "")))
        for number, case in enumerate(cases)
    ]


def proved(store: Store, ruleset: RuleSet, found: Mapping[Path, Path | None]) -> CasesReport:
    """What the cases of these rules show.

    Raises:
        CasesBroken: a file of cases cannot be read.
        StoreError: the database cannot be read or written.
    """
    clock = monotonic()
    cases = [case for rule, file in found.items() if file is not None for case in read_cases(file, rule)]
    results = run_cases(store, ruleset, cases) if cases else []
    untested = tuple(rule for rule, file in found.items() if file is None)
    return CasesReport(tuple(results), untested, round(monotonic() - clock, 3))


def junit(report: CasesReport) -> str:
    """The report as JUnit XML: a suite for each rule, a test for each case; a rule without cases is skipped."""
    root = ET.Element("testsuites", {"name": "rongdun rules test", **_counts(report.results, report.seconds)})
    for rule, results in _by_rule(report.results).items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(str(rule)), **_counts(results)})
        for result in results:
            kind = "fires" if result.case.fires else "quiet"
            test = ET.SubElement(
                suite, "testcase", classname=_clean(rule.stem), name=_clean(f"{kind}: {result.case.why}")
            )
            if result.problem:
                ET.SubElement(test, "failure", message=_clean(result.problem))
    for rule in report.untested:
        suite = ET.SubElement(root, "testsuite", name=_clean(str(rule)), tests="1", failures="0", skipped="1")
        test = ET.SubElement(suite, "testcase", classname=_clean(rule.stem), name="has cases")
        ET.SubElement(test, "skipped", message="the rule has no cases")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _places(rule: Path, given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
    yield rule.with_name(f"{rule.stem}{CASES_SUFFIX}")
    yield from _mirrored(rule, _LAYOUTS)


def _rule_of(cases: Path) -> Path:
    named = rule_named_in(cases)
    rule = named if named is not None else cases.with_name(cases.name.removesuffix(CASES_SUFFIX) + ".yml")
    if not rule.is_file():
        raise CasesBroken(f"{cases}: there is no rule {rule}; `rule:` in the file says where it is")
    return rule


def _mirrored(path: Path, layouts: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """The same path in the other folder of a layout, for every folder above that a layout names."""
    whole = path.absolute()
    for here, there in layouts:
        names = Path(here).parts
        for folder in whole.parents:
            if folder.parts[-len(names) :] == names:
                yield folder.parents[len(names) - 1] / there / whole.relative_to(folder)


def _broken(ruleset: RuleSet, failures: Mapping[str, str]) -> dict[Path, str]:
    """The rule files of which something cannot run, with the reason."""
    found = {check.path: check.reason for check in ruleset.checks if check.status is Status.UNSUPPORTED}
    return found | {head.path: failures[head.id] for head in ruleset.heads if head.id in failures}


def _problem(case: Case, fired: bool, broken: str) -> str:
    if broken:
        return f"the rule cannot be used: {broken}"
    if fired is case.fires:
        return ""
    return "it must fire and stayed quiet" if case.fires else "it must stay quiet and fired"


def _by_rule(results: Sequence[CaseResult]) -> dict[Path, list[CaseResult]]:
    found: dict[Path, list[CaseResult]] = {}
    for result in results:
        found.setdefault(result.case.rule, []).append(result)
    return found


def _counts(results: Sequence[CaseResult], seconds: float | None = None) -> dict[str, str]:
    failed = sum(bool(result.problem) for result in results)
    timed = {} if seconds is None else {"time": f"{seconds:.3f}"}
    return {"tests": str(len(results)), "failures": str(failed), **timed}


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
