"""Who raises to whom: each figure opens exactly the rows it counts, a line sees its own, the export says the same."""
import io
import re
from datetime import timedelta
from html import unescape
from random import Random
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from tenants import clock
from tests.conftest import As, Superuser
from tests.crossings import few
from tests.factories import world
from tests.factories.exchange import campaign, raised, steps, unit
from tests.web.counting import statements
from tests.web.issue_pages import Signed, signed

__all__ = ["signed"]

_FIGURE = re.compile(r'<a class="(?:cell|opens)" href="([^"]+)"[^>]*>(.*?)</a>', re.S)
_COUNT = re.compile(r'<span class="count" title="[^"]*">([\d,]+)</span>')


@pytest.fixture
def flowing(acting: As, superuser: Superuser) -> list[Any]:
    """A few weeks of issues: accepted, handed over, solved, overdue; of two lines and three kinds of launcher."""
    hq = campaign(superuser, "hq", product="migu", code="H")
    company = campaign(superuser, "migu", lands=["guangdong", "tibet", "beijing"], code="M")
    own = campaign(superuser, "guangdong", lands=["guangdong"], code="G")
    network = campaign(superuser, "hq", line="network", code="N")
    keys = []
    plan = (("contact.guangdong", hq), ("contact.tibet", hq), ("contact.guangdong", company), ("contact.beijing", company),
            ("contact.guangdong", own), ("contact.tibet", network), ("contact.migu", hq))
    for n, (who, about) in enumerate(plan):
        with clock.standing_at(world.NOW - timedelta(days=20 - 2 * n)):
            keys.append(raised(acting, who, about, title=f"Fault {n}"))
    with clock.standing_at(world.NOW - timedelta(days=10)):
        steps(acting, keys[0])("market", "accept")
        steps(acting, keys[1])("market", "hand_over", unit(superuser, "migu"), "market", "theirs")
        steps(acting, keys[2])("market.migu", "accept")
    with clock.standing_at(world.NOW - timedelta(days=3)):
        steps(acting, keys[0])("market", "resolve", "a cause", "a cure")
        steps(acting, keys[0])("contact.guangdong", "confirm")
    return keys


def rows(page: str) -> int:
    found = _COUNT.search(page)
    assert found
    return int(found[1].replace(",", ""))


def shown(inner: str) -> str:
    figure = re.search(r'class="figure">(.*?)<', inner, re.S)
    return unescape(re.sub(r"<[^>]+>", "", figure[1] if figure else inner)).strip()


def bars(page: str) -> list[tuple[str, str]]:
    """Of each pair that is drawn: its rows and its figure."""
    drawn = re.findall(r'<li><a href="([^"]+)".*?<span class="num">([^<]+)</span>', _panel(page, "bars"), re.S)
    return [(unescape(href), figure) for href, figure in drawn]


def weeks(page: str) -> list[tuple[str, str]]:
    """The same of the weeks, as the table beneath them says it."""
    drawn = re.findall(r'<td class="num"><a href="([^"]+)">([^<]+)</a></td>', _panel(page, "weeks"))
    return [(unescape(href), figure) for href, figure in drawn]


def _panel(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>")[0]


@pytest.mark.parametrize("query", few(2, ["", "?show=handovers", "?provinces=all", "?show=overdue",
                                          "?since=2026-02-25&until=2026-03-05", "?line=network"]))
def test_every_figure_opens_exactly_its_rows(signed: Signed, flowing: list[Any], query: str) -> None:
    browser = signed("office")
    page = browser.get(f"/flows{query}").text
    figures = [(unescape(href), shown(inner)) for href, inner in _FIGURE.findall(page)]
    counted = [(href, int(figure)) for href, figure in figures if figure.isdigit()]
    assert counted
    for href, figure in Random(2).sample(counted, min(len(counted), 14)):
        assert rows(browser.get(href).text) == figure, href
    drawn = [*bars(page), *weeks(page)]
    assert drawn and len(bars(page)) > 0 and len(weeks(page)) > 0
    for href, figure in drawn:
        assert rows(browser.get(href).text) == int(figure), href


@pytest.mark.parametrize("measure", few(2, ["count", "respond", "resolve", "handovers", "overdue"]))
def test_matrix_and_charts_show_the_measure_chosen(signed: Signed, flowing: list[Any], measure: str) -> None:
    """By a link and without script; a median of one issue is that issue's, however it is drawn."""
    browser = signed("office")
    [chosen] = re.findall(r'<a href="([^"]+)" aria-current="true">', browser.get(f"/flows?line=market&show={measure}").text.split(
        'aria-label="What is shown"')[1].split("</nav>")[0])
    page = browser.get(unescape(chosen)).text
    part = {"respond": "responded=1", "resolve": "resolved=1", "handovers": "handed_over=1", "overdue": "overdue=1",
            "count": ""}[measure]
    cells = [unescape(href) for href in re.findall(r'<a class="cell" href="([^"]+)"', page)]
    hrefs = cells + [href for href, _ in bars(page)] + [href for href, _ in weeks(page)]
    assert len(cells) > 2 and all(part in href and "line=market" in href for href in hrefs)
    assert "charts.js" not in page and "<script" not in page.split("<main")[1].split("</main>")[0]
    columns = [unescape(href) for href in re.findall(r'<a href="([^"]+)" tabindex="-1"><title>', page)]
    assert sorted(columns) == sorted(href for href, _ in weeks(page))
    assert all(rows(browser.get(href).text) for href in {*cells, *columns})
    if measure == "resolve":
        assert len(bars(page)) == len(weeks(page)) == 1 and bars(page)[0][1] == weeks(page)[0][1]


def test_medians_open_what_they_are_made_of(signed: Signed, flowing: list[Any]) -> None:
    browser = signed("office")
    page = browser.get("/flows?show=respond").text
    foot = re.findall(r'<a class="cell" href="([^"]+)"', page.split("<tfoot>")[1].split("</tfoot>")[0])
    last = unescape(foot[-1])
    assert last == "/issues?responded=1" and rows(browser.get(last).text) == 2
    assert "2 accepted" in page and "1 solved" in page
    assert rows(browser.get("/issues?handed_over=1").text) == 1


def test_who_sees_which_flows(signed: Signed, flowing: list[Any]) -> None:
    every = {name: rows(signed(name).get("/issues").text) for name in ("office", "leader", "auditor", "customer-service")}
    assert set(every.values()) == {7}
    for name, n in (("office", 7), ("auditor", 7), ("market", 6), ("network", 1), ("it", 0)):
        page = signed(name).get("/flows").text
        stat = _FIGURE.search(page)
        assert stat and shown(stat[2]) == str(n), name
    assert "Tibet" not in signed("network").get("/flows").text.split("<table")[0]
    assert "No issues yet" in signed("it").get("/flows").text
    for name in ("contact.guangdong", "head.migu", "admin"):
        assert signed(name).get("/flows").status_code == 403
        assert signed(name).get("/flows.xlsx").status_code == 403


def test_the_latest_and_the_filters_that_mean_nothing(signed: Signed, flowing: list[Any]) -> None:
    browser = signed("office")
    page = browser.get("/flows").text
    worst = page.split('id="worst"')[1].split("</section>")[0]
    late = re.findall(r'<li data-href="/issues/([0-9a-f-]+)">', worst)
    assert late and rows(browser.get("/issues?overdue=1").text) == len(late)
    assert str(flowing[0]) not in late and "h late" in worst
    for query in ("since=nonsense", "line=sales&severity=%00", "show=nothing", "stage=<b>"):
        answer = browser.get(f"/flows?{query}")
        assert answer.status_code == 200 and shown(_FIGURE.findall(answer.text)[0][1]) == "7"
    assert "No issue fits these filters" in browser.get("/flows?since=2030-01-01").text


def test_the_export_has_the_same_figures(signed: Signed, flowing: list[Any]) -> None:
    answer = signed("office").get("/flows.xlsx?line=market")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    table = [list(r) for r in sheet.iter_rows(min_row=3, values_only=True)]
    assert sum(int(r[2]) for r in table) == 6 and sum(int(r[7]) for r in table) == 1
    issues = load_workbook(io.BytesIO(signed("office").get("/issues.xlsx?line=market").data)).worksheets[0]
    assert issues.max_row == 2 + 6
    mine = load_workbook(io.BytesIO(signed("contact.tibet").get("/issues.xlsx").data)).worksheets[0]
    assert mine.max_row == 2 + 2


def test_how_many_statements(app: Flask, signed: Signed, flowing: list[Any]) -> None:
    browser = signed("office")
    browser.get("/flows")
    with statements(app) as sent:
        browser.get("/flows")
    assert len(sent) <= 13, "\n".join(sent)
