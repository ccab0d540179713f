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
from tests.factories import world
from tests.factories.exchange import campaign, raised, steps, unit
from tests.web.counting import statements
from tests.web.issue_pages import Signed, signed

__all__ = ["signed"]

_FIGURE = re.compile(r'<a class="(?:cell|stat[^"]*)" href="([^"]+)"[^>]*>(.*?)</a>', re.S)
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


@pytest.mark.parametrize("query", ["", "?provinces=all", "?show=overdue", "?since=2026-02-25&until=2026-03-05", "?line=network"])
def test_every_figure_opens_exactly_its_rows(signed: Signed, flowing: list[Any], query: str) -> None:
    browser = signed("office")
    page = browser.get(f"/flows{query}").text
    figures = [(unescape(href), shown(inner)) for href, inner in _FIGURE.findall(page)]
    counted = [(href, int(figure)) for href, figure in figures if figure.isdigit()]
    assert counted
    for href, figure in Random(2).sample(counted, min(len(counted), 14)):
        assert rows(browser.get(href).text) == figure, href
    weeks = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a></td>', page.split("</figure>")[0])
    assert weeks or "show" in query
    for href, figure in weeks:
        assert rows(browser.get(unescape(href)).text) == int(figure), href


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
