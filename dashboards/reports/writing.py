"""A report written as HTML, a spreadsheet, PDF or JSON: whole or not at all, nothing in it executed."""

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import xlsxwriter
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from dashboards.reports.bars import bars
from dashboards.reports.content import Report
from dashboards.reports.flow_map import flow_map
from dashboards.reports.pdf import pdf
from dashboards.reports.sections import Section
from dashboards.translation import Words

_LONGEST_CELL = 32_000  # a spreadsheet's cell holds 32,767 characters
_WIDEST = 60
# Columns of a few characters, which are not broken into lines.
_SHORT = frozenset({"grade", "review_state", "state", "level", "severity", "change", "first_seen", "entity_type"})


def html(report: Report, words: Words) -> bytes:
    """The report as one page of HTML that needs nothing from elsewhere, made for reading and for printing."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    text = files("dashboards").joinpath("reports", "report.html.jinja").read_text(encoding="utf-8")
    page = environment.from_string(text).render(
        report=report,
        chart=Markup(bars(report.grades, title=words("report.section.inventory"))),  # noqa: S704  # escaped where it is drawn
        nothing=words("report.nothing"),
        methods=words("report.methods"),
        flow_map=Markup(_flow_map(report, words)),  # noqa: S704  # escaped where it is drawn
        short=_SHORT,
    )
    return page.encode()


def spreadsheet(report: Report, words: Words) -> bytes:
    """The report as an Excel workbook, a sheet a section; every text is a text, also one that looks like a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#eef4f1", "border": 1})
        about = book.add_worksheet(words("report.about")[:31])
        lines = [report.title, report.place, report.period, "", *report.methods]
        for at, line in enumerate(lines):
            about.write_string(at, 0, line)
        for section in report.sections:
            _sheet(book.add_worksheet(section.title[:31]), section, bold)
    return content.getvalue()


def plain_json(report: Report, words: Words) -> bytes:
    """The report as JSON with the codes as they are stored, times in ISO 8601."""
    told = {
        **{name: value for name, value in asdict(report).items() if name not in ("sections", "grades")},
        "sections": {section.key: list(section.rows) for section in report.sections},
        "titles": {section.key: section.title for section in report.sections},
        "language": words.language,
    }
    return (json.dumps(told, ensure_ascii=False, indent=2, default=_as_json) + "\n").encode()


FORMATS: Mapping[str, Callable[[Report, Words], bytes]] = {
    "html": html,
    "xlsx": spreadsheet,
    "pdf": pdf,
    "json": plain_json,
}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there: whoever looks sees all of it or the one before.

    Raises:
        OSError: it cannot be written there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _flow_map(report: Report, words: Words) -> str:
    rows = [row for section in report.sections if section.key == "flows" for row in section.rows]
    return flow_map(rows, words, title=words("flow.title"))


def _sheet(sheet: xlsxwriter.worksheet.Worksheet, section: Section, bold: object) -> None:
    sheet.freeze_panes(1, 0)
    for across, heading in enumerate(section.headings):
        sheet.write_string(0, across, heading, bold)
        longest = max((len(cells[across]) for cells in section.cells), default=0)
        sheet.set_column(across, across, min(_WIDEST, max(len(heading) * 2, longest) + 2))
    for down, (row, cells) in enumerate(zip(section.rows, section.cells, strict=True), start=1):
        for across, name in enumerate(section.columns):
            value = row[name]
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(down, across, value)
            else:
                sheet.write_string(down, across, cells[across][:_LONGEST_CELL])
    if section.cells:
        sheet.autofilter(0, 0, len(section.cells), len(section.columns) - 1)


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no form in a report")
