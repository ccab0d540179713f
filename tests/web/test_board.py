"""The board in a browser: every figure opens exactly the rows it counts, for everybody who sees it."""
import re
from collections.abc import Callable, Iterator
from html import unescape
from random import Random

import pytest
from flask import Flask

from tests.conftest import Superuser
from tests.factories import standing
from tests.web.browsing import Browser
from tests.web.counting import statements

SignedIn = Callable[[str], Browser]
_FIGURE = re.compile(r'<a class="(?:light|cell)[^"]*" href="(/board/rows[^"]*)"[^>]*>(.*?)</a>', re.S)
_STAT = re.compile(r'<li class="stat[^"]*"><a class="opens" href="([^"]+)">.*?<span class="figure">(.*?)</span>', re.S)
_CHANGE = re.compile(r'<a class="change" href="([^"]+)"[^>]*>(.*?)</a>', re.S)
_COUNT = re.compile(r'<span class="count"[^>]*>([\d,]+)</span>')


@pytest.fixture(autouse=True)
def half_done(superuser: Superuser, app: Flask) -> Iterator[None]:
    standing.shuffle(superuser, 3)
    with standing.late_in_the_year():
        yield


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.enter(name)
        browser.client.set_cookie("language", "en")
        return browser
    return made


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def figures(page: str) -> list[tuple[str, int, int]]:
    """Address, closed, all of every figure of the matrices."""
    found = []
    for href, inner in _FIGURE.findall(page):
        pair = re.search(r"(\d+)/(\d+)", words(inner))
        assert pair is not None, inner
        found.append((unescape(href), int(pair[1]), int(pair[2])))
    return found


def listed(page: str) -> tuple[int, dict[str, int]]:
    """How many rows the list says it has, and how many show each light."""
    total = _COUNT.search(page)
    assert total is not None
    legend = re.search(r'<ul class="legend.*?</ul>', page, re.S)
    lights = re.findall(r'class="light (\w+)".*?<span class="n">(\d+)</span>', legend[0], re.S) if legend else []
    return int(total[1].replace(",", "")), {code: int(n) for code, n in lights}


@pytest.mark.parametrize(("who", "query"), [
    ("office", ""), ("market", "?line=network"), ("leader", "?kind=specialised_company&sort=lateness"), ("contact.guangdong", ""),
    ("network.guangdong", ""), ("member.guangdong", "")])
def test_every_figure_opens_the_rows_it_counts(signed_in: SignedIn, who: str, query: str) -> None:
    browser = signed_in(who)
    every = figures(browser.get(f"/board{query}").text)
    assert every
    for href, closed, total in Random(1).sample(every, min(len(every), 30)):
        rows, lights = listed(browser.get(href).text)
        assert (rows, lights.get("closed", 0)) == (total, closed), href
        assert sum(lights.values()) == rows


def test_the_figures_on_top_open_what_they_count(signed_in: SignedIn) -> None:
    browser = signed_in("leader")
    stats = _STAT.findall(browser.get("/board?kind=province").text)
    assert len(stats) == 4
    closed, overdue, waiting = stats[:3]
    assert listed(browser.get(unescape(overdue[0])).text)[0] == int(words(overdue[1]))
    assert listed(browser.get(unescape(waiting[0])).text)[0] == int(words(waiting[1]))
    done, all_ = (int(n) for n in re.findall(r"(\d+) / (\d+)", words(closed[1]))[0])
    assert listed(browser.get(unescape(closed[0])).text)[0] == done < all_
    assert browser.get(unescape(stats[3][0])).status_code == 200


def test_what_is_overdue_opens_just_that(signed_in: SignedIn) -> None:
    browser = signed_in("office")
    page = browser.get("/board").text
    found = re.findall(r'<a class="count red" href="(/board/rows[^"]*)"[^>]*>(.*?)</a>', page, re.S)
    assert len(found) > 30 and not re.search(r"<a [^>]*>(?:(?!</a>).)*<a ", page, re.S)             # no link within a link
    for href, inner in Random(2).sample(found, 12):
        number = int(re.findall(r"\d+", words(inner))[0])
        assert listed(browser.get(unescape(href)).text) == (number, {"red": number}) and "overdue" in words(inner)


@pytest.mark.parametrize(("who", "query"), [("leader", ""), ("market", "?line=market"), ("contact.guangdong", "")])
def test_what_came_about_lately_opens_just_that(signed_in: SignedIn, superuser: Superuser, who: str, query: str) -> None:
    superuser.execute("UPDATE assignment SET closed_on = '2026-11-16' WHERE state = 'closed' AND unit_id % 2 = 0")
    superuser.execute("UPDATE assignment SET due = '2026-11-14' WHERE state = 'open' AND unit_id % 2 = 0")
    superuser.execute("UPDATE assignment SET handed_in_on = '2026-11-16', due = '2026-12-01' WHERE state = 'handed_in'"
                      " AND unit_id % 2 = 0")
    browser = signed_in(who)
    found = _CHANGE.findall(browser.get(f"/board{query}").text)
    assert [re.sub(r"^\d+", "n", said) for _href, said in found] == [
        "n in the last 7 days", "n came due in the last 7 days", "n handed in in the last 7 days"]
    for href, said in found:
        page = browser.get(unescape(href)).text
        number = int(said.split()[0])
        assert listed(page)[0] == number > 0 and "/supervision/new" not in page, said
        assert 'class="chip"' in page and "in the last 7 days" in words(page)
    assert listed(browser.get("/board/rows?lately=never").text)[0] > number                        # no such word: not narrowed


def test_the_plans_in_force_are_those_that_the_list_shows(signed_in: SignedIn, superuser: Superuser) -> None:
    superuser.execute(
        "INSERT INTO filing (id, unit_id, programme_id, number, state, mechanism, team, contacts, readiness, general_verdict,"
        " due, round, approved_at, saved_at, version) SELECT gen_random_uuid(), u.id, p.id, 1, CASE WHEN u.id < 5 THEN"
        " 'approved' ELSE 'submitted' END, '', '', '[]', '{}', 'approved', '2026-04-30', 1, '2026-11-18', '2026-11-18', 1"
        " FROM unit u, programme p WHERE u.id IN (2, 3, 4, 20)")
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE template_kind = 'plan_filing'")
    browser = signed_in("office")
    href, figure = _STAT.findall(browser.get("/board").text)[3]
    assert words(figure).split() == ["3", "/", "38"]
    assert len(set(re.findall(r'href="/filings/([0-9a-f-]{36})"', browser.get(unescape(href)).text))) == 3
    assert "3 approved in the last 7 days" in browser.get("/board").text
    superuser.execute("UPDATE filing SET approved_at = '2026-11-12' WHERE unit_id IN (3, 4)")
    lately, said = _CHANGE.findall(browser.get("/board").text)[-1]
    assert said == "1 approved in the last 7 days"
    page = browser.get(unescape(lately)).text
    assert len(set(re.findall(r'href="/filings/([0-9a-f-]{36})"', page))) == 1 and "approved in the last 7 days" in words(page)


def test_who_sees_all_boards_but_reads_one_line_opens_only_its_details(signed_in: SignedIn, superuser: Superuser) -> None:
    page = signed_in("market").get("/board/rows?year=2026&unit=guangdong").text
    opened = set(re.findall(r'<a class="row-link" href="/assignments/([0-9a-f-]+)"', page))
    own = superuser.execute("SELECT id FROM assignment WHERE unit_id = 20 AND line = 'market' AND state <> 'cancelled'").fetchall()
    assert opened == {str(r[0]) for r in own}
    total, _lights = listed(page)
    assert total == len(re.findall(r'<td class="head">', page)) > len(opened)


def test_a_unit_sees_its_own_row_and_no_diagram(signed_in: SignedIn) -> None:
    browser = signed_in("contact.guangdong")
    page = browser.get("/board").text
    assert "Guangdong" in page and "Beijing" not in page and 'class="tiles"' not in page
    foreign = browser.get("/board/rows?year=2026&unit=beijing").text
    assert listed(foreign)[0] == 0 and "Nothing is counted here" in foreign


def test_headquarters_own_row_groups_and_all_provinces_stand_on_the_whole_board(signed_in: SignedIn) -> None:
    page = signed_in("auditor").get("/board").text
    assert page.count('<th scope="row"><a href="/units/') == 39 and 'href="/units/hq"' in page
    assert page.count('class="at-row-') == 31 and "diagram, not a map" in page
    assert len(re.findall(r'<tr class="group">', page)) == 4                # provinces and three categories of companies


def test_orders_and_filters_that_mean_nothing_change_nothing(signed_in: SignedIn) -> None:
    browser = signed_in("office")
    plain, odd = (figures(browser.get(f"/board{q}").text) for q in ("", "?line=castle&kind=%00&sort=x&year=abc&as_of="))
    assert plain == odd
    assert browser.get("/board/rows?line=market&code=%00&unit=%00&milestone=%01").status_code == 200


def test_another_day_is_not_made_up(signed_in: SignedIn) -> None:
    browser = signed_in("office")
    assert "2026-05-01 cannot be shown" in browser.get("/board?as_of=2026-05-01").text
    assert "cannot be shown" not in browser.get("/board?as_of=2026-11-20").text
    hostile = browser.get("/board?as_of=%3Cscript%3E").text
    assert "<script>" not in hostile.split("<main")[1] and "&lt;script&gt; cannot be shown" in hostile


def test_a_long_list_goes_on_where_it_ended(signed_in: SignedIn) -> None:
    seen: list[str] = []
    browser, at = signed_in("office"), "/board/rows?year=2026&line=market"
    while at:
        page = browser.get(at).text
        seen += re.findall(r'data-href="/assignments/([0-9a-f-]+)"', page)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        at = unescape(further[1]) if further else ""
    assert len(seen) == len(set(seen)) == listed(page)[0] > 200
    assert browser.get("/board/rows?cursor=nonsense").status_code == 200


def test_before_a_programme_is_issued_the_board_says_so(signed_in: SignedIn, superuser: Superuser) -> None:
    superuser.execute("UPDATE programme SET state = 'draft'")
    for name in ("office", "contact.guangdong"):
        for path in ("/board", "/board/rows"):
            assert "No programme is issued yet" in signed_in(name).get(path).text


def test_who_has_no_part_in_the_work_has_no_board(signed_in: SignedIn, app: Flask) -> None:
    for path in ("/board", "/board/rows"):
        assert signed_in("admin").get(path).status_code == 403
        assert Browser(app).get(path).status_code == 303


def test_what_is_left_out_as_cancelled_is_counted_and_opens(signed_in: SignedIn, superuser: Superuser) -> None:
    for who, query in (("office", ""), ("market", "?line=network"), ("leader", "?kind=province"), ("contact.guangdong", "")):
        browser = signed_in(who)
        found = re.search(r'<a href="(/board/rows[^"]*cancelled=1)">(\d+) assignments', browser.get(f"/board{query}").text)
        assert found, who
        page = browser.get(unescape(found[1])).text
        assert listed(page) == (int(found[2]), {}) and "Cancelled" in page and "/supervision/new" not in page
    own = superuser.execute("SELECT count(*) FROM assignment WHERE unit_id = 20 AND state = 'cancelled'").fetchone()
    assert own == (int(found[2]),)


def test_a_units_row_stands_alone(signed_in: SignedIn) -> None:
    browser = signed_in("office")
    link = re.search(r'href="(/board\?unit=guangdong)"', browser.get("/units/guangdong").text)
    assert link
    page = browser.get(link[1]).text
    matrix = re.search(r'<table class="matrix">.*?</table>', page, re.S)
    assert matrix and set(re.findall(r'href="/units/([\w-]+)"', matrix[0])) == {"guangdong"}
    assert 'class="chip"' in page and 'name="unit" value="guangdong"' in page
    assert re.search(r'href="/board\.xlsx\?[^"]*unit=guangdong', page)
    for href, _closed, total in figures(page)[:4]:
        assert "unit=guangdong" in href and listed(browser.get(href).text)[0] == total
    assert "unit=guangdong" in unescape(_STAT.findall(page)[3][0])
    assert browser.get("/board?unit=nowhere").status_code == 200


def test_the_board_takes_few_statements(app: Flask, signed_in: SignedIn) -> None:
    browser = signed_in("office")
    browser.get("/board")
    with statements(app) as sent:
        assert browser.get("/board").status_code == 200
    assert len(sent) <= 13, "\n".join(sent)
    assert sum("FROM assignment" in s for s in sent) == 3                   # what counts, what is left out, the plans in force


def test_who_sees_one_line_is_told_that_it_alone_is_counted(signed_in: SignedIn) -> None:
    """Else a unit with tasks seems to have none at a milestone."""
    owner, contact, lead, office = (
        signed_in(n).get("/board").text for n in ("market.guangdong", "contact.guangdong", "market", "office"))
    assert "Counted is what your function sees: market." in owner
    for page in (contact, lead, office):
        assert "Counted is what your function sees" not in page
    options = re.search(r'<select[^>]*name="line".*?</select>', owner, re.S)
    assert options and re.findall(r'value="([^"]*)"', options[0]) == ["", "market"]
