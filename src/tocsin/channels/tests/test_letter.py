"""The letter: what is in it, in the form; and that content is never markup."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from datetime import date

import pytest
from docx import Document

from tocsin.channels.letter import marks, render
from tocsin.channels.letter.content import Letter, Table

MARKUP = r"#read(\"/etc/passwd\") *đậm* $x^2$ _nghiêng_ <nhãn> @trích `mã`"


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "authority": "Ủy ban nhân dân tỉnh Mẫu", "issuer": "Đội ứng cứu sự cố", "number": "05/ƯCSC-CB", "place": "Thị xã Mẫu",
        "on": date(2026, 2, 5), "subject": "cảnh báo điểm yếu", "to": ("Sở Y tế tỉnh Mẫu", "Bệnh viện đa khoa tỉnh Mẫu"),
        "paragraphs": (MARKUP, "Đề nghị trả lời trước ngày 30/11/2026./."), "signer_position": "KT. Đội trưởng\nPhó đội trưởng",
        "signer_name": "Nguyễn Văn Mẫu", "copies": ("Như trên", "Lưu: VT"), "urgency": "Khẩn", "tlp": "TLP:AMBER",
        "annex": Table("Danh sách thiết bị", ("TT", "Thiết bị"), (("1", "203.0.113.1"), ("2", "=1+1"))),
    }  # fmt: skip
    return Letter(**{**values, **changes})  # type: ignore[arg-type]


def words(content: bytes) -> list[str]:
    document = Document(io.BytesIO(content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    return texts + [cell.text for table in document.tables for row in table.rows for cell in row.cells]


def test_the_word_document_holds_every_part_of_the_form() -> None:
    said = "\n".join(words(render.docx(letter())))
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Số: 05/ƯCSC-CB",
        "V/v cảnh báo điểm yếu",
        "ngày 05 tháng 02 năm 2026",
        "- Sở Y tế tỉnh Mẫu;",
        "- Bệnh viện đa khoa tỉnh Mẫu.",
        MARKUP,
        "\u00a0KHẨN\u00a0   TLP:AMBER",
        "PHÓ ĐỘI TRƯỞNG",
        "- Lưu: VT.",
        "=1+1",
    ):
        assert part in said


def test_a_month_above_two_has_no_zero_before_it() -> None:
    assert "ngày 09 tháng 3 năm 2026" in "\n".join(words(render.docx(letter(on=date(2026, 3, 9)))))


def test_the_pdf_is_an_archive_pdf_of_two_pages_whatever_the_content_says() -> None:
    made = render.pdf(letter())
    assert made.startswith(b"%PDF-1.")
    assert b"pdfaid" in made
    assert made.count(b"/Type /Page\n") + made.count(b"/Type/Page\n") + made.count(b"/Type/Page/") == 2


def test_each_severity_has_the_mark_that_the_decree_knows_on_paper_and_in_the_document() -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not on this machine; the test command says so")
    for severity, mark in {"critical": "HỎA TỐC", "high": "THƯỢNG KHẨN", "medium": "KHẨN", "low": ""}.items():
        urgent = letter(urgency=marks.urgency(severity, form="vn-nd30-2020"))
        printed = subprocess.run(
            [program, "-layout", "-", "-"], input=render.pdf(urgent), capture_output=True, check=True
        )
        lines = [unicodedata.normalize("NFC", line) for line in printed.stdout.decode().splitlines()]
        assert [line.replace("TLP:AMBER", "").strip() for line in lines if "TLP:AMBER" in line] == [mark]
        document = Document(io.BytesIO(render.docx(urgent)))
        framed = [run.text.strip() for p in document.paragraphs for run in p.runs if run._r.xpath("w:rPr/w:bdr")]
        assert framed == ([mark] if mark else [])


def test_marks_are_data_that_name_severities_or_are_refused() -> None:
    assert marks.read('[urgency]\ncritical = "Very urgent"\n') == {"critical": "Very urgent"}
    assert marks.read("") == {}
    with pytest.raises(marks.BadForm, match="no such severity: grave"):
        marks.read('[urgency]\ngrave = "x"\n')
    with pytest.raises(marks.BadForm, match="each with its mark"):
        marks.read("[urgency]\nhigh = 3\n")
    with pytest.raises(render.UnknownForm, match="known: vn-nd30-2020"):
        marks.urgency("high", form="../x")


def test_an_exercise_is_said_on_the_paper() -> None:
    document = Document(io.BytesIO(render.docx(letter(exercise=True))))
    assert "DIỄN TẬP" in "".join(p.text for p in document.sections[0].header.paragraphs)


def test_an_unknown_form_is_named_with_the_known_ones() -> None:
    with pytest.raises(render.UnknownForm, match="known: vn-nd30-2020"):
        render.pdf(letter(), form="../../../etc/passwd")
