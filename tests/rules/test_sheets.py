"""Workbooks as an attacker makes them, and as people do."""
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from portal import office, sheets
from portal.sheets import Column, Heading, Row, reading, writing
from tenants.errors import Invalid

HEADINGS = (Heading("code", ("编码", "Code"), required=True), Heading("name", ("名称", "Name"), required=True),
            Heading("starts", ("开始日期", "Start")))


def book(*rows: list[Any], title: str = "导入") -> io.BytesIO:
    made, out = Workbook(), io.BytesIO()
    assert made.active is not None
    made.active.title = title
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out


def changed(stream: io.BytesIO, change: Callable[[str, bytes], bytes | None], **more: bytes) -> io.BytesIO:
    """The same archive with its parts changed, left out (None) or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = change(part, old.read(part))
            if content is not None:
                new.writestr(part, content)
        for name, content in more.items():
            new.writestr(name.replace("__", "/"), content)
    return out


def refusal(stream: io.BytesIO, **more: Any) -> str:
    with pytest.raises(Invalid) as caught:
        sheets.read(stream, HEADINGS, **more)
    return str(caught.value.errors["file"][0])


def rows_of(stream: io.BytesIO) -> list[Row]:
    return list(sheets.read(stream, HEADINGS).rows)


def test_by_the_names_of_the_columns_in_either_language() -> None:
    table = sheets.read(book(["Campaigns 2026"], [], ["开始日期", " 名称* ", "备注", "编码（必填）"],
                             [datetime(2026, 3, 1), "春季 ", "x", 17], [], ["2026/3/2", "Autumn", None, "B-2"]), HEADINGS)
    assert (table.head, table.ignored, table.sheet) == (3, ["备注"], "导入")
    assert [r.number for r in table.rows] == [4, 6]                     # the sheet's own: what people see beside the row
    assert [sheets.words(r.cells["code"]) for r in table.rows] == ["17", "B-2"]
    assert [sheets.day(r.cells["starts"]) for r in table.rows] == [date(2026, 3, 1), date(2026, 3, 2)]
    assert [r.cells["name"] for r in table.rows] == ["春季", "Autumn"]


def test_another_sheet_may_hold_the_table() -> None:
    made = Workbook()
    assert made.active is not None
    made.active.append(["Read me first"])
    second = made.create_sheet("data")
    second.append(["CODE", "NAME"])
    second.append(["a", "b"])
    out = io.BytesIO()
    made.save(out)
    assert [r.cells["code"] for r in rows_of(out)] == ["a"]


@pytest.mark.parametrize(("typed", "day"), [
    ("2026-03-01", date(2026, 3, 1)), ("2026年3月1日", date(2026, 3, 1)), ("２０２６．３．１", date(2026, 3, 1)),
    (datetime(2026, 3, 1, 9), date(2026, 3, 1)), (date(2026, 3, 1), date(2026, 3, 1)), ("2026-02-30", None), ("soon", None),
    ("1/3/2026", None), (46082, None), (None, None), (True, None)])
def test_days_also_as_text(typed: Any, day: date | None) -> None:
    assert sheets.day(typed) == day


def test_cells_as_words() -> None:
    shown = [sheets.words(v) for v in (None, 5.0, 5.5, 7, "a", datetime(2026, 3, 1), date(2026, 3, 1), True)]
    assert shown == ["", "5", "5.5", "7", "a", "2026-03-01", "2026-03-01", "True"]


def test_formulas_are_never_evaluated() -> None:
    row = rows_of(book(["code", "name"], ['=HYPERLINK("http://evil.example")', "=1+1"], ["a", "b"]))[0]
    assert row.cells == {"code": None, "name": None} and row.formulas == {"code", "name"}


def test_what_is_missing_is_named() -> None:
    assert "名称" in refusal(book(["Code", "Start"], ["a", None])) and "编码" not in refusal(book(["Code"], ["a"]))
    assert "Name" in refusal(book(["Code", "Name", "名称"], ["a", "b", "c"]))        # which of the two would hold?
    assert "编码" in refusal(book())


def test_what_is_no_workbook() -> None:
    assert "empty" in refusal(io.BytesIO())
    assert ".xls" in refusal(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
    for content in (b"code,name\na,b", b"%PDF-1.7", b"PK\x03\x04" + bytes(50), b"MZ" + bytes(100)):
        assert refusal(io.BytesIO(content))
    word = changed(book(["Code", "Name"]), lambda n, c: c.replace(b"spreadsheetml.sheet.main", b"wordprocessingml.document.main"))
    assert "no Excel workbook" in refusal(word)
    macros = changed(book(["Code", "Name"]), lambda n, c: c, **{"xl/vbaProject.bin": b"x"})
    assert "macros" in refusal(macros)
    enabled = changed(book(["Code", "Name"]), lambda n, c: c.replace(
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", b"vnd.ms-excel.sheet.macroEnabled.main+xml"))
    assert "macros" in refusal(enabled)


def test_entities_are_refused() -> None:
    laughs = (b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">'
              b'<!ENTITY x SYSTEM "file:///etc/passwd">]>')

    def inside(name: str, content: bytes) -> bytes:
        return laughs + content.partition(b"?>")[2] if name.endswith("sheet1.xml") else content
    assert "entities" in refusal(changed(book(["Code", "Name"], ["a", "b"]), inside))

    def late(name: str, content: bytes) -> bytes:      # beyond where a look at the head would find it
        if not name.endswith("sheet1.xml"):
            return content
        rest = content.partition(b"?>")[2].replace(b"<v>", b"<v>&x;")
        return b"<!--" + b" " * 10_000 + b"-->" + laughs.partition(b"?>")[2] + rest
    assert refusal(changed(book(["Code", "Name"], ["a", "b"]), late))

    def wide(name: str, content: bytes) -> bytes:      # in another encoding
        return (laughs[21:] + content).decode().encode("utf-16") if name.endswith("sheet1.xml") else content
    assert "entities" in refusal(changed(book(["Code", "Name"]), wide))


def test_bombs_are_refused_before_they_are_opened() -> None:
    zeros = changed(book(["Code", "Name"]), lambda n, c: c, xl__worksheets__sheet2=bytes(30 * office.MIB))
    assert zeros.getbuffer().nbytes < 100_000
    assert "grow" in refusal(zeros)
    many = changed(book(["Code", "Name"]), lambda n, c: c, **{f"part{n}": b"" for n in range(6_000)})
    assert "grow" in refusal(many)
    lying = bytearray(changed(book(["Code", "Name"]), lambda n, c: c).getvalue())
    at = lying.rindex(b"xl/worksheets/sheet1.xml") - 46 + 24              # declared unpacked size in the central directory
    lying[at:at + 4] = (1).to_bytes(4, "little")
    assert refusal(io.BytesIO(bytes(lying)))


def test_rows_columns_and_cells_are_counted() -> None:
    assert "more than 3 rows" in refusal(book(["Code", "Name"], *([["a", "b"]] * 4)), most_rows=3)
    assert len(rows_of(book(["Code", "Name"], *([["a", "b"]] * 3)))) == 3
    assert "Row 2" in refusal(book(["Code", "Name"], ["a", "x" * (reading.LONGEST + 1)]))
    far = book([*([None] * 300), "Code", "Name"])
    assert refusal(far)                                                  # no list has its head in column 301

    def wild(name: str, content: bytes) -> bytes:      # a row's number that nobody can count to; a declared size that is none
        content = content.replace(b'<row r="2"', b'<row r="99999999999"')
        return content.replace(b'ref="A1:B2"', b'ref="A1:ZZZ99999999"')
    assert rows_of(changed(book(["Code", "Name"], ["a", "b"]), wild)) == []


def test_a_list_written_and_read_again() -> None:
    nasty = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "https://portal.example", "中文 \U0001f600", "0012",
             "<b>&\x07", "x" * 40_000]
    made = sheets.workbook("任务/清单*", [Column("编码"), Column("日期", 12)], [
        *([n, None] for n in nasty), ["d", date(2026, 3, 1)], ["m", datetime(2026, 3, 1, 1, 30, tzinfo=UTC)], ["n", 4.5]],
        above="截至 2026-03-01", below=["还有更多"])
    sheet = load_workbook(io.BytesIO(made)).worksheets[0]
    assert sheet.title == "任务 清单" and sheet["A1"].value == "任务/清单*  截至 2026-03-01" and sheet["A2"].value == "编码"
    assert sheet.freeze_panes == "B3" and sheet.auto_filter.ref == "A2:B15"
    for n, written in enumerate(nasty, 3):
        cell = sheet.cell(n, 1)
        assert cell.data_type == "s" and cell.hyperlink is None
        assert str(cell.value).replace("_x0007_", "\x07") == (written if len(written) < 40_000 else written[:32_766] + "…")
    assert [sheet.cell(n, 1).quotePrefix for n in range(3, 8)] == [True] * 5 and not sheet["A10"].quotePrefix
    assert (sheet["B13"].value, sheet["B14"].value, sheet["B15"].value) == (datetime(2026, 3, 1), datetime(2026, 3, 1, 9, 30), 4.5)
    assert sheet["A17"].value == "还有更多"
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert "Row 12" in refusal_of_long(made)
    again = sheets.read(io.BytesIO(sheets.workbook("t", [Column("编码")], [["=1"]])), [Heading("code", ("编码",), required=True)])
    assert again.rows[0].cells["code"] == "=1" and not again.rows[0].formulas


def refusal_of_long(made: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        sheets.read(io.BytesIO(made), [Heading("code", ("编码",), required=True)])
    return str(caught.value.errors["file"][0])


def test_at_most_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST", 3)
    sheet = load_workbook(io.BytesIO(sheets.workbook("t", [Column("a")], ([n] for n in range(5)), below=["cut"]))).worksheets[0]
    assert [sheet.cell(n, 1).value for n in range(3, 9)] == [0, 1, 2, None, "cut", None]
    assert sheet.auto_filter.ref == "A2:A5"
    assert load_workbook(io.BytesIO(sheets.workbook("[]", [Column("a")], []))).sheetnames == ["Sheet1"]
