"""A list as a workbook: real dates and numbers, words that stay words, one head that stays in sight."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from tenants import clock

if TYPE_CHECKING:                                      # takes long to load, and few processes ever write a workbook
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST = 20_000                                          # rows of a list
_LONGEST = 32_767                                      # characters of a cell of Excel
_FORMULA = ("=", "+", "-", "@", "\t", "\r")            # what a program would take for a formula
_NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")



@dataclass(frozen=True, slots=True)
class Tinted:
    """Words on a ground of a colour, written as #rrggbb."""
    words: str
    tint: str


Cell = str | int | float | date | Tinted | None


class Sum(list[Cell]):
    """A row that sums up others."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how wide the column is, in characters."""
    head: str
    width: int = 16


def workbook(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, above: str = "",
             below: Sequence[str] = ()) -> bytes:
    """One sheet: a line that says what it is (`above`, such as the day), the headings with filters, the rows, notes.

    At most MOST rows are written; whoever calls says in `below` that more were left out. Text never becomes a formula or a
    link; moments stand on the portal's wall clock, without a zone, as Excel knows none."""
    import xlsxwriter

    made = BytesIO()
    book = xlsxwriter.Workbook(made, {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "remove_timezone": True, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": title, "created": clock.local(clock.now()).replace(tzinfo=None)})
    sheet = book.add_worksheet(_sheet_name(title))
    looks = _Looks(book)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    sheet.freeze_panes(2, 1)
    _write(sheet, 0, 0, f"{title}  {above}".strip(), looks.strong, looks)
    for place, column in enumerate(columns):
        sheet.write_string(1, place, column.head, looks.head)
    last = 1
    for last, row in enumerate(rows, 2):
        if last - 1 > MOST:
            last -= 1
            break
        for place, cell in enumerate(row):
            _write(sheet, last, place, cell, looks.sum if isinstance(row, Sum) else None, looks)
    sheet.autofilter(1, 0, max(last, 1), len(columns) - 1)
    for place, note in enumerate(filter(None, below), last + 2):
        _write(sheet, place, 0, note, looks.strong, looks)
    book.close()
    return made.getvalue()


class _Looks:
    """The formats of one workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book, self._tints = book, dict[str, "Format"]()
        self.head: Format = book.add_format({"bold": True, "bg_color": "#E8EDF4", "bottom": 1, "valign": "top", "text_wrap": True})
        self.strong: Format = book.add_format({"bold": True, "quote_prefix": True})
        self.sum: Format = book.add_format({"bold": True, "quote_prefix": True, "bg_color": "#F3F5F8"})
        self.day: Format = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.quoted: Format = book.add_format({"quote_prefix": True})       # stays text also when somebody edits the cell

    def tinted(self, tint: str) -> Format:
        if tint not in self._tints:
            self._tints[tint] = self._book.add_format({"bg_color": tint, "quote_prefix": True})
        return self._tints[tint]


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, look: Format | None, looks: _Looks) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, Tinted):
        look = looks.tinted(cell.tint)
        cell = cell.words
    if isinstance(cell, datetime):
        sheet.write_datetime(row, place, clock.local(cell).replace(tzinfo=None) if cell.tzinfo else cell, looks.moment)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, looks.day)
    elif isinstance(cell, int | float):
        sheet.write_number(row, place, cell, look)
    else:
        text = str(cell)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST - 1]}…"
        sheet.write_string(row, place, text, look or (looks.quoted if text.startswith(_FORMULA) else None))


def _sheet_name(title: str) -> str:
    """At most 31 characters, and none that Excel refuses."""
    bare = _NO_NAME.sub(" ", title).strip().strip("'")[:31].strip().strip("'")
    return bare if bare and bare.casefold() != "history" else "Sheet1"
