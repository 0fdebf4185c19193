"""The Vietnamese administrative form (NĐ 30/2020/NĐ-CP, Annex I) as a Word document."""

from __future__ import annotations

from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from tocsin.channels.letter.content import Letter

CENTER, LEFT, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY


def build(letter: Letter) -> Any:
    """Return the document."""
    document: Any = Document()
    _page(document, letter)
    head = document.add_table(1, 2)
    head.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = head.rows[0].cells
    head.autofit = False  # else the widths are only a wish, and the name of the state breaks in two
    for column, width in zip(head.columns, (Mm(64), Mm(101)), strict=True):
        column.width = width  # some programs go by the grid of the table, others by its cells
        for cell in column.cells:
            cell.width = width
    if letter.authority:
        _line(left, letter.authority.upper(), size=12)
    _line(left, letter.issuer.upper(), size=12, bold=True, underline=True)
    _line(left, f"Số: {letter.number}", size=13)
    _line(left, f"V/v {letter.subject}", size=12)
    _line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True)
    _line(right, "Độc lập - Tự do - Hạnh phúc", size=13, bold=True, underline=True)
    month = f"{letter.on.month:02d}" if letter.on.month < 3 else str(letter.on.month)
    _line(right, f"{letter.place}, ngày {letter.on.day:02d} tháng {month} năm {letter.on.year}", size=13, italic=True)
    for cell in (left, right):
        cell._tc.remove(cell.paragraphs[0]._p)  # noqa: SLF001 - a new cell has one empty paragraph
    if letter.urgency or letter.tlp:
        _marks(document, letter)
    if len(letter.to) == 1:
        _line(document, f"Kính gửi: {letter.to[0]}", before=12, after=12)
    else:
        _line(document, "Kính gửi:", before=12)
        for number, who in enumerate(letter.to, start=1):
            _line(document, f"- {who}{';' if number < len(letter.to) else '.'}", align=LEFT, indent=55)
    for text in letter.paragraphs:
        _line(document, text, align=BOTH, first=12.7, before=6)
    foot = document.add_table(1, 2)
    left, right = foot.rows[0].cells
    _line(left, "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT)
    for number, who in enumerate(letter.copies, start=1):
        _line(left, f"- {who}{';' if number < len(letter.copies) else '.'}", size=11, align=LEFT)
    for line in letter.signer_position.upper().split("\n"):
        _line(right, line, bold=True)
    for _ in range(4):
        _line(right, "")
    _line(right, letter.signer_name, bold=True)
    if letter.annex is not None:
        document.add_page_break()
        _line(document, "PHỤ LỤC", bold=True)
        _line(document, letter.annex.title, bold=True, after=6)
        table = document.add_table(1, len(letter.annex.heading), style="Table Grid")
        for cell, text in zip(table.rows[0].cells, letter.annex.heading, strict=True):
            _line(cell, text, size=11, bold=True, align=LEFT)
        for row in letter.annex.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                _line(cell, text, size=11, align=LEFT)
    return document


def _page(document: Any, letter: Letter) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(13)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
    style.paragraph_format.space_after = Pt(0)
    document.core_properties.title, document.core_properties.author = letter.subject, letter.issuer
    if letter.exercise:
        _line(section.header, "DIỄN TẬP – EXERCISE", size=11, bold=True)


def _marks(document: Any, letter: Letter) -> None:
    """Write how urgent it is, in a frame and in the red of the stamp, and how far it may be passed on."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(6)
    if letter.urgency:
        run = paragraph.add_run(f"\u00a0{letter.urgency.upper()}\u00a0")
        run.bold, run.font.size, run.font.color.rgb = True, Pt(13), RGBColor(0xD0, 0, 0)
        frame = OxmlElement("w:bdr")
        for name, value in (("val", "single"), ("sz", "8"), ("space", "0"), ("color", "D00000")):
            frame.set(qn(f"w:{name}"), value)
        run._r.get_or_add_rPr().append(frame)  # noqa: SLF001 - the library knows no frame around a run
    if letter.tlp:
        paragraph.add_run(f"{'   ' if letter.urgency else ''}{letter.tlp}").bold = True


def _line(
    place: Any, text: str, *, size: int = 13, bold: bool = False, italic: bool = False, underline: bool = False,
    align: Any = CENTER, first: float = 0, indent: float = 0, before: int = 0, after: int = 0,
) -> None:  # fmt: skip
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    shape = paragraph.paragraph_format
    shape.first_line_indent, shape.left_indent = Mm(first), Mm(indent)
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    run = paragraph.add_run(text)
    run.bold, run.italic, run.underline, run.font.size = bold, italic, underline, Pt(size)
