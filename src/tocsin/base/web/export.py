"""Tables that leave the screen: CSV streamed row by row, XLSX through a file aside; no cell is a formula."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO, cast

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tocsin.core.cells import inert

SHEET_HOLDS = 1_048_575
"""Rows of a sheet under its heading; a longer list is CSV's business, and the sheet says so."""
Row = Sequence[object]


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_response(request: HttpRequest, name: str, heading: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """Return the rows as CSV with a byte order mark, by which spreadsheets know it is UTF-8."""
    writer = csv.writer(cast("IO[str]", _Echo()), lineterminator="\r\n")

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield cast("str", writer.writerow(heading))
        for row in rows:
            yield cast("str", writer.writerow([inert(_said(cell)) for cell in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(request, name, "csv")}"'
    return response


def xlsx_response(request: HttpRequest, name: str, heading: Sequence[str], rows: Iterable[Row]) -> FileResponse:
    """Return the rows as a workbook; each is written away as it comes, so that memory does not grow with them."""
    import xlsxwriter

    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it was read
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    sheet = book.add_worksheet(name[:31])
    bold, instant = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heading) - 1, 22)
    sheet.write_row(0, 0, heading, bold)
    every, place = iter(rows), 0
    for place, row in enumerate(islice(every, SHEET_HOLDS - 1), start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(place, column, timezone.localtime(cell).replace(tzinfo=None), instant)
            elif isinstance(cell, int) and not isinstance(cell, bool):
                sheet.write_number(place, column, cell)
            else:
                sheet.write_string(place, column, "" if cell is None else str(cell)[:32_000])
    if next(every, None) is not None:
        sheet.write_string(place + 1, 0, _("There are more rows than a sheet holds: take the CSV file."))
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=_file_name(request, name, "xlsx"),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def response(request: HttpRequest, kind: str, name: str, heading: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse | FileResponse:  # fmt: skip
    """Return the rows as `csv` or `xlsx`."""
    return (xlsx_response if kind == "xlsx" else csv_response)(request, name, heading, rows)


def _said(cell: object) -> object:
    return f"{timezone.localtime(cell):%Y-%m-%d %H:%M:%S%z}" if isinstance(cell, datetime) else cell


def _file_name(request: HttpRequest, name: str, ending: str) -> str:
    drill = "EXERCISE-" if getattr(request, "exercise", False) else ""
    return f"{drill}{name}-{timezone.localtime():%Y-%m-%d-%H%M}.{ending}"


def bare(request: HttpRequest) -> str:
    """Return the query of a list without its place: what a file or a saved view is of."""
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()
