"""Campaigns out of a workbook, as a browser without script sends it."""
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from tests.conftest import Superuser
from tests.web.browsing import Browser, faults_beside
from tests.web.test_assignments import signed_in, words

HEADS = ("编码*", "Name", "发起单位", "条线", "落地范围", "Starts", "结束日期", "产品归属单位",
         "Customer notice", "Extra")
GOOD = ("R-{n}", "Pack {n}", "广东", "市场", "guangdong", date(2026, 5, 1), "2026年12月31日", "咪咕公司",
        "Renews until cancelled.", "x")
# (column, what stands there, the field whose fault is told)
WRONG: Sequence[tuple[int, Any, str]] = (
    (0, "", "营销案编码"), (0, "R-2", "营销案编码"), (1, None, "营销案名称"),
    (2, "Atlantis", "发起单位"), (2, "总部", "发起单位"),
    (3, "cooking", "条线"), (3, "it", "发起单位"),
    (4, "西藏", "落地范围"), (4, "guangdong；Atlantis", "落地范围"),
    (5, "soon", "开始日期"), (5, 1e9, "开始日期"), (6, "2026-04-30", "结束日期"),
    (6, "=TODAY()", "结束日期"), (7, "guangxi", "产品归属"))


def made(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("营销案")
    sheet.write_row(0, 0, heads)
    for n, row in enumerate(rows, 1):
        sheet.write_row(n, 0, row)
    book.close()
    return out.getvalue()


def rows(number: int, wrong: Sequence[tuple[int, Any, str]] = ()) -> list[list[Any]]:
    """The faulty ones spread among the good; the second row stays good, since a fault points at it."""
    found = [[v.format(n=n) if isinstance(v, str) else v for v in GOOD] for n in range(1, number + 1)]
    for k, (column, value, _field) in enumerate(wrong):
        found[3 + k * (number - 4) // len(wrong)][column] = value
    return found


def sent(browser: Browser, content: bytes, name: str = "营销案.xlsx") -> TestResponse:
    browser.get("/campaigns/import")
    return browser.post("/campaigns/import", {"file": (io.BytesIO(content), name)})


def uploaded(browser: Browser, content: bytes) -> str:
    answer = sent(browser, content)
    assert answer.status_code == 303, words(answer.text)
    return str(answer.headers["Location"])


def figures(page: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r'class="figure">([\d,]+)<', page)]


def registered(superuser: Superuser) -> int:
    row = superuser.execute("SELECT count(*) FROM campaign").fetchone()
    assert row
    return int(row[0])


def test_good_rows_are_taken_in_and_the_others_stay_with_their_reasons(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, "market.guangdong", "/campaigns/import")
    place = uploaded(browser, made(rows(40, WRONG)))
    page = browser.get(place).text
    assert figures(page) == [40, 40 - len(WRONG), len(WRONG), len(WRONG)]
    told = re.findall(r'data-label="列">([^<]+)<', page)
    assert sorted(told) == sorted(field for *_, field in WRONG), told
    assert registered(superuser) == 0
    assert browser.post(place).status_code == 303
    assert registered(superuser) == 40 - len(WRONG)
    trail = superuser.execute("SELECT count(*) FROM audit_entry WHERE action = 'register'").fetchone()
    assert trail and trail[0] == 40 - len(WRONG)
    left = re.search(r'href="(/campaigns/import/[0-9a-f-]{36})"', browser.get("/campaigns/import").text)
    assert left
    assert figures(browser.get(left[1]).text) == [len(WRONG), 0, len(WRONG), len(WRONG)]
    answer = browser.get(left[1] + "/wrong.xlsx")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    kept = list(sheet.iter_rows(min_row=3, values_only=True))
    assert len(kept) == len(WRONG) and all(row[-2] and row[-1] for row in kept)
    assert any("Atlantis" in str(row) for row in kept)
    assert browser.post(left[1]).status_code == 409                      # nothing good is left in it
    assert browser.post(left[1] + "/discard").status_code == 303
    assert browser.get(left[1]).status_code == 404


def test_the_workbook_of_faults_can_be_mended_and_uploaded(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, "contact.guangdong", "/campaigns/import")
    place = uploaded(browser, made(rows(4, [(6, "never", "结束日期")])))
    faulty = browser.get(place + "/wrong.xlsx").data
    browser.post(place)
    book = load_workbook(io.BytesIO(faulty))
    sheet = book.worksheets[0]
    heads = [str(c.value) for c in sheet[2]]
    assert sheet.cell(3, heads.index("结束日期*") + 1).value == "never"
    sheet.cell(3, heads.index("结束日期*") + 1).value = "2026-12-31"
    out = io.BytesIO()
    book.save(out)
    again = uploaded(browser, out.getvalue())
    assert browser.post(again).status_code == 303 and registered(superuser) == 4


def test_twice_in_the_workbook_and_in_the_register(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, "market.guangdong", "/campaigns/import")
    twice = made([*rows(3), *rows(1)])
    place = uploaded(browser, twice)
    assert figures(browser.get(place).text) == [4, 3, 1, 1] and "第 2 行" in browser.get(place).text
    browser.post(place)
    place = uploaded(browser, twice)
    assert figures(browser.get(place).text)[1] == 0
    assert browser.post(place).status_code == 409 and registered(superuser) == 3


@pytest.mark.long
def test_five_thousand_rows_of_which_37_are_wrong(app: Flask, superuser: Superuser) -> None:
    """The faults come first, the page stays small."""
    wrong = [WRONG[n % len(WRONG)] for n in range(37)]
    browser = signed_in(app, "market.guangdong", "/campaigns/import")
    place = uploaded(browser, made(rows(5_000, wrong)))
    page = browser.get(place).text
    assert figures(page)[:3] == [5_000, 4_963, 37] and len(page) < 150_000
    assert page.index('id="wrong"') < page.index('id="good"')
    assert browser.post(place).status_code == 303
    assert registered(superuser) == 4_963


@pytest.mark.parametrize(("content", "name"), [
    (b"", "a.xlsx"), (b"MZ\x90", "a.xlsx"), (b"<xml/>", "a.xlsx"), (made([], ("Nothing", "here")), "a.xlsx"), (made([]), "a.xlsx"),
    (made(rows(1))[:500], "a.xlsx"), (b"code,name\n1,2", "a.csv")])
def test_what_is_no_such_workbook_is_told_at_the_field(app: Flask, content: bytes, name: str) -> None:
    answer = sent(signed_in(app, "contact.guangdong", "/campaigns/import"), content, name)
    assert answer.status_code == 422 and faults_beside(answer, "file")


def test_ones_own_uploads_and_who_may(app: Flask) -> None:
    mine = signed_in(app, "market.guangdong", "/campaigns/import")
    place = uploaded(mine, made(rows(2)))
    for other in ("contact.guangdong", "contact.tibet", "market"):
        browser = signed_in(app, other, "/campaigns/import")
        assert browser.get(place).status_code == 404 and browser.post(place).status_code == 404
        assert place not in browser.get("/campaigns/import").text
    for who in ("head.guangdong", "office", "auditor", "admin"):
        browser = signed_in(app, who, "/desk")
        assert browser.get("/campaigns/import").status_code == 403 and sent(browser, made(rows(1))).status_code == 403
    assert mine.post("/campaigns/import", {}).status_code == 422
    template = load_workbook(io.BytesIO(mine.get("/campaigns/import/template.xlsx").data)).worksheets[0]
    assert template["A2"].value == "编码*"
