"""Lists as workbooks: the same filters and the same rows as the page, for each person their own."""
import io
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from portal.assignments import exports
from portal.sheets import writing
from tests.conftest import Superuser
from tests.web.counting import statements
from tests.web.test_assignments import signed_in


def cells(answer: TestResponse) -> list[list[Any]]:
    """The rows below the head."""
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(min_row=3, values_only=True)]


def test_everyone_takes_home_what_one_sees(app: Flask, superuser: Superuser) -> None:
    units = {"office": None, "contact.guangdong": "guangdong", "market.migu": "migu", "network.guangdong": "guangdong"}
    for who, unit in units.items():
        browser = signed_in(app, who)
        rows = cells(browser.get("/assignments.xlsx"))
        assert rows and (unit is None) == (len({r[2] for r in rows}) > 1), who
        page = browser.get("/assignments").text
        assert f'<span class="count" title="共有多少">{len(rows)}</span>' in page or f">{len(rows):,}<" in page, who


def test_with_the_filters_of_the_page(app: Flask) -> None:
    browser = signed_in(app, "office")
    page = browser.get("/assignments?unit=guangdong&line=market&cursor=x&q=").text
    assert 'href="/assignments.xlsx?unit=guangdong&amp;line=market"' in page
    every, some = cells(browser.get("/assignments.xlsx")), cells(browser.get("/assignments.xlsx?unit=guangdong&line=market"))
    assert 0 < len(some) < len(every) and len({(r[2], r[3]) for r in some}) == 1
    assert cells(browser.get("/assignments.xlsx?unit=nowhere")) == []
    assert 'href="/board.xlsx?line=market"' in browser.get("/board?line=market").text
    assert 'href="/board/rows.xlsx?line=market"' in browser.get("/board/rows?line=market").text
    assert {r[4] for r in cells(browser.get("/board/rows.xlsx?line=market"))} == {some[0][3]}
    directory = browser.get("/units?kind=province").text
    assert len(cells(browser.get("/units.xlsx?kind=province"))) == directory.count('<tr data-href="/units/')
    assert len(cells(browser.get("/filings.xlsx?late=1"))) <= len(cells(browser.get("/filings.xlsx")))


@pytest.mark.parametrize("path", ["/assignments.xlsx", "/filings.xlsx", "/units.xlsx", "/board.xlsx", "/board/rows.xlsx"])
def test_how_it_is_sent(app: Flask, path: str) -> None:
    browser = signed_in(app, "office")
    browser.get(path)
    with statements(app) as sent:
        answer = browser.get(path)
    assert len(sent) <= 12, "\n".join(sent)
    told = answer.headers["Content-Disposition"]
    assert told.startswith('attachment; filename="') and unquote(told).endswith(".xlsx")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert "截至" in sheet["A1"].value and sheet.freeze_panes == "B3" and sheet.auto_filter.ref
    assert signed_in(app, "admin").get(path).status_code == (200 if path == "/units.xlsx" else 403)


def test_a_long_list_says_that_it_ends_early(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (exports, writing):
        monkeypatch.setattr(module, "MOST", 5)
    monkeypatch.setattr("portal.web.downloads.MOST", 5)
    rows = cells(signed_in(app, "office").get("/assignments.xlsx"))
    assert len(rows) == 7 and rows[5] == [None] * len(rows[5]) and "5" in rows[6][0] and all(r[0] for r in rows[:5])


def test_words_that_look_like_formulas_stay_words(app: Flask, superuser: Superuser) -> None:
    link = '=HYPERLINK("http://x.example")'
    superuser.execute("UPDATE assignment SET title = %s, title_zh = %s WHERE line = 'market'", (link, link))
    answer = signed_in(app, "market.guangdong").get("/assignments.xlsx")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    found = sheet.cell(3, 2)
    assert found.value.startswith("=HYPERLINK") and found.data_type == "s" and found.quotePrefix and found.hyperlink is None
