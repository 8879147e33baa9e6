"""A report as PDF for printing: A4 landscape, Chinese in the font that readers of PDF bring along (STSong-Light)."""

import io
from collections.abc import Iterator
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from dashboards.reports.bars import GRADE_COLOURS
from dashboards.reports.content import Report
from dashboards.reports.sections import Section
from dashboards.translation import Words

_FONT = "STSong-Light"
_GREEN = colors.HexColor("#0b6e4f")
_MOST_ROWS = 500  # of a section: a print is for reading; the spreadsheet has them all
_LONGEST_CELL = 400
_WIDTH = landscape(A4)[0] - 24 * mm


def pdf(report: Report, words: Words) -> bytes:
    """The report as PDF; of longer sections the first 500 rows, which it says."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    content = io.BytesIO()
    document = SimpleDocTemplate(
        content,
        pagesize=landscape(A4),
        **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 12 * mm),
        title=report.title,
        author=words("product.name"),
        lang=report.language,
    )
    document.build(list(_story(report, words)), onFirstPage=_numbered, onLaterPages=_numbered)
    return content.getvalue()


def _story(report: Report, words: Words) -> Iterator[Flowable]:
    yield Paragraph(escape(report.title), _style(18, colour=_GREEN))
    yield Paragraph(escape(f"{report.place}  {report.period}"), _style(9))
    yield Spacer(1, 4 * mm)
    if report.grades:
        yield _bars(report)
    for section in report.sections:
        yield Spacer(1, 5 * mm)
        yield Paragraph(escape(section.title), _style(12, colour=_GREEN))
        yield Paragraph(escape(section.lead), _style(8))
        yield Spacer(1, 1.5 * mm)
        yield _table(section) if section.cells else Paragraph(escape(words("report.nothing")), _style(9))
        if len(section.cells) > _MOST_ROWS:
            left = words("report.cut", shown=_MOST_ROWS, total=f"{len(section.cells):,}")
            yield Paragraph(escape(left), _style(8))
    yield Spacer(1, 5 * mm)
    yield Paragraph(escape(words("report.methods")), _style(12, colour=_GREEN))
    for line in report.methods:
        yield Paragraph(escape(line), _style(8))


def _table(section: Section) -> LongTable:
    cell, heading = _style(7), _style(7)
    rows = [[Paragraph(escape(text), heading) for text in section.headings]]
    rows += [[Paragraph(escape(text[:_LONGEST_CELL]), cell) for text in cells] for cells in section.cells[:_MOST_ROWS]]
    weights = [
        min(30, max([len(section.headings[at]) * 2, *(len(cells[at]) for cells in section.cells[:50])])) + 4
        for at in range(len(section.columns))
    ]
    widths = [_WIDTH * weight / sum(weights) for weight in weights]
    table = LongTable(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#cfd9d5")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef4f1")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                *((side, (0, 0), (-1, -1), 3) for side in ("LEFTPADDING", "RIGHTPADDING")),
                *((side, (0, 0), (-1, -1), 2) for side in ("TOPPADDING", "BOTTOMPADDING")),
            ]
        )
    )
    return table


def _bars(report: Report) -> Drawing:
    row, label = 16, 90
    drawing = Drawing(_WIDTH, row * len(report.grades) + 4)
    most = max(number for _, _, number in report.grades) or 1
    for at, (code, name, number) in enumerate(reversed(report.grades)):
        low = at * row + 3
        wide = max(1, number / most * (_WIDTH * 0.5))
        drawing.add(String(label - 6, low + 2, name, fontName=_FONT, fontSize=8, textAnchor="end"))
        fill = colors.HexColor(GRADE_COLOURS.get(code, "#8a949e"))
        drawing.add(Rect(label, low, wide, row - 5, fillColor=fill, strokeColor=None))
        drawing.add(String(label + wide + 5, low + 2, f"{number:,}", fontName=_FONT, fontSize=8))
    return drawing


def _style(size: float, *, colour: colors.Color = colors.black) -> ParagraphStyle:
    # Chinese breaks between any two characters.
    return ParagraphStyle(
        f"{size}{colour}", fontName=_FONT, fontSize=size, leading=size * 1.35, textColor=colour, wordWrap="CJK"
    )


def _numbered(canvas: object, document: SimpleDocTemplate) -> None:
    canvas.setFont(_FONT, 7)  # type: ignore[attr-defined]  # reportlab's canvas has no types
    canvas.drawRightString(landscape(A4)[0] - 12 * mm, 6 * mm, str(document.page))  # type: ignore[attr-defined]
