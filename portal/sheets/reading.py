"""A table out of somebody's workbook, by the names of its columns in either language.

Nothing in it is believed: declared sizes, entities and macros are judged before it is opened (`portal.office`), formulas
are never evaluated, rows, columns and cells are counted while reading."""
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO

from portal.office import MIB, Unfit, examine
from tenants.errors import Invalid
from tenants.messages import N_, Message

FILE = "file"                                          # the field that faults of the whole workbook stand at
MOST_BYTES = 10 * MIB
MOST_UNPACKED = 60 * MIB
MOST_ROWS = 20_000
MOST_COLUMNS = 200
LONGEST = 20_000                                       # characters of a cell
_LAST_ROW = 1_048_576                                  # of a sheet of Excel
_SEARCHED = 20                                         # rows at the head of a sheet among which the headings stand
_MOST_SHEETS = 50
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00(?::00)?)?")

Value = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column looked for: its `name` for the program, and what may stand in its head, in any language."""
    name: str
    heads: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty. `number` is the sheet's own; `cells` by the names of the headings, None for an empty cell;
    `formulas` are the cells that hold one, whose value is not known here."""
    number: int
    cells: Mapping[str, Value]
    formulas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """What was found: the sheet's name, the row of its headings, the rows below, and heads that nobody asked for."""
    sheet: str
    head: int
    rows: Sequence[Row]
    ignored: Sequence[str] = field(default=())


def read(stream: BinaryIO, headings: Sequence[Heading], *, most_rows: int = MOST_ROWS) -> Table:
    """The first sheet that has the required headings. Raises Invalid at "file"."""
    try:
        _fit(stream)
    except Unfit as refused:
        raise _fault(refused.message) from None
    try:
        from openpyxl import load_workbook  # takes long to load, and few processes ever read a workbook

        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        try:
            return _table(book, headings, most_rows)
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as fault:                         # a workbook made to break its reader raises whatever it likes
        raise _fault(N_("The workbook cannot be read. Open it in Excel, save it anew as .xlsx and try again.")) from fault


def _fault(message: Message) -> Invalid:
    return Invalid({FILE: [message]})


def _fit(stream: BinaryIO) -> None:
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(8)
    stream.seek(0)
    if not size:
        raise Unfit(N_("The file is empty."))
    if size > MOST_BYTES:
        raise Unfit(N_("The workbook has more than %(most)s MB.", most=MOST_BYTES // MIB))
    if head == _OLD:
        raise Unfit(N_("This is a workbook of the old kind (.xls) or protected by a password. Save it as .xlsx without one."))
    if not head.startswith(b"PK\x03\x04") or examine(stream, MOST_UNPACKED) != "xlsx":
        raise Unfit(N_("This is no Excel workbook (.xlsx)."))
    stream.seek(0)


def _table(book: Any, headings: Sequence[Heading], most_rows: int) -> Table:
    missing: list[Heading] = []
    for sheet in book.worksheets[:_MOST_SHEETS]:
        sheet.reset_dimensions()                       # what it says of its size may be anything
        rows = _rows(sheet)
        found, left = _head(rows, headings)
        if found is not None:
            number, places, ignored = found
            return Table(sheet.title, number, list(_below(rows, places, most_rows)), ignored)
        missing = left if not missing or len(left) < len(missing) else missing
    columns = [h.heads[0] for h in missing]
    raise _fault(N_("There is no sheet with these columns: %(columns)s. Their names stand in one of the first %(n)s rows.",
                    columns=columns, n=_SEARCHED))


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Number and cells of those rows that hold something."""
    before: Sequence[Any] = ()
    for number, cells in enumerate(sheet.iter_rows(max_row=_LAST_ROW, max_col=MOST_COLUMNS), 1):
        same, before = cells is before, cells          # one and the same tuple stands for all rows that are not there
        if not same and any(c.value is not None and c.value != "" for c in cells):
            yield number, cells


_Found = tuple[int, dict[int, str], list[str]]


def _head(rows: Iterator[tuple[int, Sequence[Any]]], headings: Sequence[Heading]) -> tuple[_Found | None, list[Heading]]:
    """The row of the headings: number, place → name, heads not asked for; and the required ones that are missing in the row
    that has most. Raises Invalid for one that stands there twice."""
    known = {_plain(head): h for h in headings for head in h.heads}
    required = [h for h in headings if h.required]
    nearest = required or list(headings[:1])
    for number, cells in rows:
        if number > _SEARCHED:
            break
        heads = {place: str(c.value) for place, c in enumerate(cells) if c.value not in (None, "")}
        places = {place: known[_plain(head)].name for place, head in heads.items() if _plain(head) in known}
        left = [h for h in required if h.name not in places.values()]
        if places and not left:
            if len(set(places.values())) < len(places):
                twice = [h for p, h in heads.items() if p in places and list(places.values()).count(places[p]) > 1]
                raise _fault(N_("These columns stand there twice: %(columns)s.", columns=twice))
            return (number, places, [h[:100] for p, h in heads.items() if p not in places]), []
        if places and len(left) < len(nearest):
            nearest = left
    return None, nearest


def _plain(head: str) -> str:
    """A heading without what people add to it: case, width, blanks, a star or colon at the end, a remark in brackets."""
    bare = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", head)).casefold().strip()
    return re.sub(r"\s*\([^()]*\)$", "", bare.rstrip("*: ")).rstrip("*: ")


def _below(rows: Iterator[tuple[int, Sequence[Any]]], places: Mapping[int, str], most: int) -> Iterator[Row]:
    for n, (number, cells) in enumerate(rows):
        if n >= most:
            raise _fault(N_("The sheet has more than %(most)s rows. Divide it.", most=most))
        yield _row(number, cells, places)


def _row(number: int, cells: Sequence[Any], places: Mapping[int, str]) -> Row:
    found: dict[str, Value] = {}
    formulas = set()
    for place, name in places.items():
        cell = cells[place]
        value: Value = cell.value
        if cell.data_type == "f":
            formulas.add(name)
            value = None
        if isinstance(value, str):
            if len(value) > LONGEST:
                raise _fault(N_("Row %(row)s: a cell has more than %(most)s characters.", row=number, most=LONGEST))
            value = value.strip() or None
        found[name] = value if isinstance(value, str | int | float | date) else None
    return Row(number, found, frozenset(formulas))


def words(value: Value) -> str:
    """A cell as text: 5 for 5.0, a day as year-month-day."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def day(value: Value) -> date | None:
    """A cell as a day, also where it was typed as text: 2026-03-01, 2026/3/1, 2026年3月1日. None for what is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", value).strip()) if isinstance(value, str) else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
