"""The board as a workbook: cell by cell what the page shows, for each person their own, and it comes regularly."""
import re
from collections.abc import Callable, Iterator
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.conftest import Superuser
from tests.factories import standing
from tests.web.browsing import Browser

SignedIn = Callable[[str], Browser]
FIGURES = 4                            # columns after all milestones: closed, all, percent, overdue


@pytest.fixture(autouse=True)
def half_done(superuser: Superuser, app: Flask) -> Iterator[None]:
    standing.shuffle(superuser, 5)
    with standing.late_in_the_year():
        yield


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.sign_in(name)
        browser.client.set_cookie("language", "en")
        return browser
    return made


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sheet(browser: Browser, query: str = "") -> Worksheet:
    answer = browser.get(f"/board.xlsx{query}")
    assert answer.status_code == 200
    found: Worksheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    return found


def lines(of: Worksheet) -> list[list[Any]]:
    """The rows of the table: below the head, above the legend."""
    found = []
    for row in of.iter_rows(min_row=3, values_only=True):
        if row[0] is None:
            return found
        found.append(list(row))
    return found


def shown(browser: Browser, query: str = "") -> list[list[str]]:
    """The rows of the page's first matrix as words, each row its name first."""
    matrix = re.search(r'<table class="matrix">(.*?)</table>', browser.get(f"/board{query}").text, re.S)
    assert matrix
    rows = re.findall(r"<tr.*?</tr>", matrix[1].split("</thead>")[1], re.S)
    return [[words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)] for row in rows]


@pytest.mark.parametrize(("who", "query", "units"), [
    ("office", "", 39), ("market", "?line=network", 39), ("leader", "?kind=specialised_company&sort=lateness", 7),
    ("office", "?unit=guangdong", 1), ("contact.guangdong", "", 1), ("network.guangdong", "?line=network", 1),
    ("member.guangdong", "", 1)])
def test_every_cell_says_what_the_page_shows(signed_in: SignedIn, who: str, query: str, units: int) -> None:
    browser = signed_in(who)
    page, made = shown(browser, query), lines(sheet(browser, query))
    assert len(made) == len(page) and sum("(" not in r[0] and r[0] != "All units" for r in made) == units
    for row, cells in zip(made, page, strict=True):
        assert re.sub(r"[()]", "", row[0]) == cells[0]                      # in the page's order, the groups where they stand
        for told, seen in zip(row[1:-FIGURES], cells[1:], strict=True):
            pair = re.search(r"\d+/\d+", seen)
            assert told == "–" if pair is None else told.endswith(f" {pair[0]}"), (row[0], told, seen)
            if pair and "%" not in seen:                                    # a cell with its light, not a sum
                assert told.split(" ")[0] in seen
        closed, all_, percent, overdue = row[-FIGURES:]
        if all_:
            assert f"{closed}/{all_} {percent} %" in cells[-1] and (f"{overdue} overdue" in cells[-1] if overdue else True)


def test_it_says_what_it_is_of_when_and_what_its_words_mean(signed_in: SignedIn) -> None:
    found = sheet(signed_in("office"), "?line=market&kind=province")
    first, heads = str(found["A1"].value), [str(c.value) for c in found[2]]
    assert first.startswith("Board") and "market" in first and "provinc" in first and "as of 2026-11-20" in first
    assert heads[0] == "Unit" and any("2026-06-30" in h for h in heads) and heads[-FIGURES:] == [
        "Closed", "All", "Percent closed", "Overdue"]
    below = [str(c) for (c, *_) in found.iter_rows(min_row=3 + len(lines(found)), values_only=True) if c]
    assert "Overdue: the due day has passed" in below and "–: nothing asked" in below and len(below) == 7
    group = next(row for row in found.iter_rows(min_row=3) if str(row[0].value).endswith("(31)"))
    assert group[0].font.bold and not found.cell(group[0].row + 1, 1).font.bold


def test_words_that_look_like_formulas_stay_words(signed_in: SignedIn, superuser: Superuser) -> None:
    link = '=HYPERLINK("http://x.example")'
    superuser.execute("UPDATE unit SET name = %s, short_zh = %s WHERE code = 'tibet'", (link, link))
    superuser.execute("UPDATE milestone SET title = %s", (link,))
    try:
        found = sheet(signed_in("office"))
    finally:
        superuser.execute("UPDATE unit SET name = 'Tibet', short_zh = '西藏' WHERE code = 'tibet'")
    written = [c for row in found.iter_rows() for c in row if str(c.value or "").startswith("=")]
    assert len(written) > 1 and all(c.data_type == "s" and c.hyperlink is None for c in written)


def test_a_unit_finds_nothing_of_another_and_speaks_its_own_words(signed_in: SignedIn) -> None:
    own = {row[0] for row in lines(sheet(signed_in("contact.guangdong"), "?kind=province"))}
    assert own == {"Guangdong"} and lines(sheet(signed_in("contact.tibet"), "?unit=guangdong")) == []
    admin = signed_in("admin")
    assert admin.get("/board.xlsx").status_code == 403


def test_before_a_programme_is_issued_there_is_none(signed_in: SignedIn, superuser: Superuser) -> None:
    superuser.execute("UPDATE programme SET state = 'draft'")
    assert signed_in("office").get("/board.xlsx").status_code == 404


def test_it_is_offered_regularly_with_its_filters(signed_in: SignedIn) -> None:
    page = signed_in("office").get("/board?line=market&sort=lateness").text
    assert "/account/subscriptions/new?page=%2Fboard&amp;query=line%3Dmarket%26sort%3Dlateness" in page
