"""The directory and the duties as pages: complete, filtered, few statements, nothing that runs."""
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event

from tenants.db import db
from tests.conftest import Superuser
from tests.factories import people
from tests.web.browsing import Browser, faults_beside


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements run inside, the scope's own aside."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def page(browser: Browser, path: str, who: str = "member.tibet") -> str:
    browser.enter(who)
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_the_directory_names_all_units_under_their_headings(browser: Browser) -> None:
    text = page(browser, "/units")
    assert text.count('<tr data-href="/units/') == 39
    headings = ["总部", "省公司", "专业公司 · 产品支撑类", "专业公司 · 市场拓展类", "专业公司 · 能力支撑类"]
    places = [text.index(f">{h}</h2>") for h in headings]
    assert places == sorted(places)
    assert "contact@guangdong.example" in text and "market@hq.example" in text


@pytest.mark.parametrize(("query", "count"), [
    ("kind=province", 31), ("kind=specialised_company", 7), ("category=market_expansion", 2), ("q=咪咕", 1), ("q=MIGU", 1),
    ("q=contact@guangdong.example", 1), ("q=示例 head.tibet", 1), ("q=nobody-at-all", 0), ("kind=castle", 39), ("line=it", 39),
    ("q=%00", 39), ("q=%25", 0), ("kind=province&q=铁通", 0)])
def test_the_directory_is_narrowed(browser: Browser, query: str, count: int) -> None:
    text = page(browser, f"/units?{query}")
    assert text.count('<tr data-href="/units/') == count
    assert ("没有符合筛选条件的单位" in text or "No unit fits these filters" in text) == (count == 0)


def test_a_line_filter_shows_that_lines_counterparts_only(browser: Browser) -> None:
    text = page(browser, "/units?line=it")
    assert "it@guangdong.example" in text and "market@guangdong.example" not in text


def test_people_named_in_the_plan_come_before_those_appointed(browser: Browser, superuser: Superuser) -> None:
    for part, line, who in (("contact", None, "member"), ("counterpart", "it", "network")):
        superuser.execute("INSERT INTO liaison (id, unit_id, part, line, person_id) VALUES (%s, 20, %s, %s, %s)",
                          (uuid4(), part, line, people.key(f"{who}.guangdong")))
    text = page(browser, "/units?q=guangdong&line=it")
    assert "member@guangdong.example" in text and "network@guangdong.example" in text
    assert "contact@guangdong.example" not in text and "it@guangdong.example" not in text


def test_who_has_left_and_what_is_closed_is_not_called(browser: Browser, superuser: Superuser) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-03-10' WHERE id = %s", (people.key("head.migu"),))
    superuser.execute("UPDATE unit SET closed_on = '2026-03-10' WHERE code = 'terminal'")
    text = page(browser, "/units")
    assert "head@migu.example" not in text and "/units/terminal" not in text
    assert page(browser, "/units/terminal").count("2026-03-10") == 1


def test_one_unit_shows_its_people_and_leads_to_its_work(browser: Browser) -> None:
    text = page(browser, "/units/migu")
    for name in ("contact", "deputy", "head", "member", "network"):
        assert f"{name}@migu.example" in text
    for link in ("/filings?unit=migu", "/assignments?unit=migu", "/board?unit=migu"):
        assert link in text
    assert "市场拓展类" in text and "客户消费使用" in text


@pytest.mark.parametrize("path", ["/units/nothing", "/units/Migu", "/units/%00", "/units/" + "x" * 3000, "/units/%F0%9F%98%80"])
def test_what_is_no_unit_is_not_there(browser: Browser, path: str) -> None:
    browser.enter("office")
    assert browser.get(path).status_code == 404


def test_an_empty_unit_says_so(browser: Browser, superuser: Superuser) -> None:
    superuser.execute("UPDATE unit SET parent_id = 20 WHERE code = 'hebei'")
    text = page(browser, "/units/hebei")
    assert ("Nobody holds a function here" in text or "本单位尚无人任职" in text) and "/units/guangdong" in text
    assert "/units/hebei" in page(browser, "/units/guangdong")


def test_the_matrix_opens_what_each_cell_leads_to(browser: Browser) -> None:
    text = page(browser, "/responsibilities", "auditor")
    assert text.count('class="cell" href="/assignments?') == 20
    assert "/assignments?line=market&amp;process=product_life_cycle" in text and "C, H, N" in text
    for category in ("product_support", "market_expansion", "capability_support"):
        assert f"/units?category={category}" in text


@pytest.mark.parametrize("who", ["office", "market", "contact.guangdong", "member.tibet", "customer-service.migu"])
def test_no_cell_of_the_matrix_opens_an_empty_list(browser: Browser, who: str) -> None:
    links = re.findall(r'href="(/assignments\?[^"]+)"', page(browser, "/responsibilities", who))
    assert links
    for link in dict.fromkeys(links):
        assert '<tr data-href="/assignments/' in browser.get(unescape(link)).text, link


def test_who_reads_no_work_is_led_to_none(browser: Browser) -> None:
    assert "/assignments?" not in page(browser, "/responsibilities", "admin")


def test_pages_of_the_directory_take_few_statements(app: Flask, browser: Browser) -> None:
    browser.enter("contact.guangdong")
    for path, most in (("/units", 8), ("/units/guangdong", 10), ("/responsibilities", 10)):
        browser.get(path)
        with counted(app) as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= most, "\n".join(statements)


def test_html_in_names_is_text(browser: Browser, superuser: Superuser) -> None:
    superuser.execute("UPDATE unit SET name_zh = '<script>alert(1)</script>' WHERE code = 'migu'")
    superuser.execute("UPDATE person SET name = '<img src=x onerror=y>' WHERE id = %s", (people.key("head.migu"),))
    for path in ("/units", "/units/migu", "/responsibilities"):
        text = page(browser, path)
        assert "<script>alert" not in text and "<img src=x" not in text


# --- adding a colleague --------------------------------------------------------------------------------------------

def test_a_contact_adds_a_colleague_who_is_then_there(browser: Browser) -> None:
    page(browser, "/units/guangdong", "contact.guangdong")
    answer = browser.post("/units/guangdong/people", {"name": " 示例\x00 新人 ", "email": "New@guangdong.example",
                                                         "phone": "020 1"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/units/guangdong#people"
    text = browser.get("/units/guangdong").text
    assert "示例 新人" in text and "new@guangdong.example" in text


@pytest.mark.parametrize(("fields", "field"), [
    ({"name": "", "email": "a@guangdong.example"}, "name"), ({"name": "x" * 10_000, "email": "a@guangdong.example"}, "name"),
    ({"name": "x", "email": "no address"}, "email"), ({"name": "x", "email": ""}, "email"),
    ({"name": "x", "email": "contact@migu.example"}, "email"), ({"name": "x", "email": "a@b.example", "phone": "1" * 41}, "phone")])
def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(browser: Browser, fields: dict[str, str], field: str) -> None:
    page(browser, "/units/guangdong", "contact.guangdong")
    answer = browser.post("/units/guangdong/people", fields)
    assert answer.status_code == 422 and faults_beside(answer, field)
    assert all(value in answer.text for value in fields.values())


@pytest.mark.parametrize("who", ["head.guangdong", "contact.migu", "office", "auditor", "admin"])
def test_others_may_not_add_anybody(browser: Browser, who: str, superuser: Superuser) -> None:
    assert "/units/guangdong/people" not in page(browser, "/units/guangdong", who)
    answer = browser.post("/units/guangdong/people", {"name": "x", "email": "x@guangdong.example"})
    assert answer.status_code == 403
    assert superuser.execute("SELECT 1 FROM person WHERE email = 'x@guangdong.example'").fetchone() is None
