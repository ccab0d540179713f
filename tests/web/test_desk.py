"""The desk: each person's own work, in order; what waits for others; always the same number of statements."""
import re
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.filings import service as filings
from portal.filings.models import Filing
from portal.programmes import queries as programmes
from portal.programmes import service as programming
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.exchange import campaign, raised
from tests.factories.plans import draft
from tests.factories.standing import late_in_the_year, shuffle
from tests.web.browsing import Browser
from tests.web.counting import statements

MOST_STATEMENTS = 29
GD = "guangdong"


def desk(app: Flask, name: str) -> TestResponse:
    app.extensions["portal.limiter"].reset()
    browser = Browser(app)
    browser.enter(name)
    browser.client.set_cookie("language", "en")
    answer = browser.get("/desk")
    assert answer.status_code == 200
    return answer


def panel(answer: TestResponse, name: str) -> str:
    """A panel's words."""
    found = re.search(rf'<section class="panel[^"]*" id="{name}".*?</section>', answer.text, re.S)
    assert found, name
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])))


@pytest.fixture
def submitted(acting: As) -> Filing:
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
        return filing


def test_a_contact_is_asked_for_the_plan_first(app: Flask) -> None:
    mine = panel(desk(app, "contact.guangdong"), "mine")
    assert "Begin the unit's implementation plan" in mine


def test_a_submitted_plan_waits_for_others_and_lies_on_the_lines_desks(app: Flask, submitted: Filing) -> None:
    unit = desk(app, "contact.guangdong")
    assert "implementation plan" not in panel(unit, "mine") and "The plan is with headquarters" in panel(unit, "waiting")
    for name in ("market", "customer-service"):
        assert "Review the plan of" in panel(desk(app, name), "mine")
    assert "Review the plan of" not in panel(desk(app, "office"), "mine")         # the office may stand in, no more
    assert "37 units have yet to submit or mend" in panel(desk(app, "office"), "waiting")


def test_what_was_handed_in_lies_on_its_lines_desk_alone(app: Flask, superuser: Superuser) -> None:
    superuser.execute("UPDATE assignment SET state = 'handed_in', percent = 100, handed_in_on = '2026-03-09' WHERE code = '05-M'"
                      " AND unit_id = (SELECT id FROM unit WHERE code = 'guangdong')")
    assert "Verify:" in panel(desk(app, "market"), "mine")
    assert "Verify:" not in panel(desk(app, "network"), "mine")
    waiting = panel(desk(app, "contact.guangdong"), "waiting")
    assert "05-M" in waiting and "verifies" in waiting
    assert "05-M" not in panel(desk(app, "contact.tibet"), "waiting")


def test_headquarters_sees_whom_to_chase(app: Flask) -> None:
    with clock.standing_at(clock.at(clock.today().replace(month=7, day=15))):
        waiting = panel(desk(app, "market"), "waiting")
    assert "overdue" in waiting and "Chase" in waiting


def test_the_head_of_a_unit_sees_what_is_overdue_in_it(app: Flask) -> None:
    assert "overdue" not in panel(desk(app, "head.tibet"), "mine")
    with clock.standing_at(clock.at(clock.today().replace(month=7, day=15))):
        assert "assignments of the unit are overdue" in panel(desk(app, "head.tibet"), "mine")


@pytest.mark.parametrize("name", ["admin", "auditor", "leader", "head.guangdong", "member.migu"])
def test_everybody_has_a_desk(app: Flask, name: str) -> None:
    assert panel(desk(app, name), "mine")


@pytest.mark.parametrize("name", ["office", "market", "contact.guangdong", "market.guangdong"])
def test_the_number_of_statements_does_not_grow_with_the_work(app: Flask, superuser: Superuser, name: str) -> None:
    browser = Browser(app)
    app.extensions["portal.limiter"].reset()
    browser.enter(name)
    browser.get("/desk")
    with statements(app) as quiet:
        browser.get("/desk")
    shuffle(superuser, 3)
    with late_in_the_year(), statements(app) as busy:
        assert browser.get("/desk").status_code == 200
    assert len(busy) <= MOST_STATEMENTS and len(busy) - len(quiet) <= 2, (len(quiet), len(busy))


def test_a_first_contact_chases_from_the_desk(app: Flask, acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=[GD])
    issue = raised(acting, f"contact.{GD}", about)
    app.extensions["portal.limiter"].reset()
    browser = Browser(app)
    browser.sign_in(f"contact.{GD}")
    assert f'action="/issues/{issue}/chase"' in browser.get("/desk").text
    answer = browser.post(f"/issues/{issue}/chase", {"next": "/desk"})
    assert answer.status_code == 303 and answer.location == "/desk"
    assert superuser.execute("SELECT chase_count FROM issue WHERE id = %s", (issue,)).fetchone() == (1,)
    assert f'action="/issues/{issue}/chase"' not in desk(app, "leader").text


@pytest.mark.usefixtures("submitted")
def test_a_plan_submitted_in_time_and_returned_is_late_nowhere(app: Flask, superuser: Superuser) -> None:
    """Lateness counts to the first submission: the desk says what the plan's page says, a year later, too."""
    found = superuser.execute("UPDATE filing SET state = 'returned' RETURNING id").fetchone()
    assert found
    with late_in_the_year():
        mine, page = desk(app, f"contact.{GD}"), Browser(app)
        page.enter(f"contact.{GD}")
        page.client.set_cookie("language", "en")
        head = page.get(f"/filings/{found[0]}").text.split("<form")[0]
    said = re.findall(r'<li data-href="/filings/[^"]*">.*?</li>', mine.text, re.S)
    assert len(said) == 1 and "The plan was returned" in said[0]
    assert 'class="distance' not in said[0] and 'class="distance' not in head
    assert "overdue" not in panel(desk(app, "office"), "waiting")
    superuser.execute("DELETE FROM assignment WHERE template_kind = 'plan_filing' AND unit_id <> 20")
    with late_in_the_year():
        office = re.findall(r'<li data-href="/filings[^"]*">.*?</li>', desk(app, "office").text, re.S)
    assert len(office) == 1 and "0 of them late" in office[0] and 'class="distance' not in office[0]


@pytest.fixture
def next_year(acting: As) -> int:
    """The programme of next year, issued while this year's runs."""
    with acting("office") as office:
        made = programming.draft(programmes.plan(), world.YEAR + 1, office)
        programming.issue(programmes.one(office, made.id), actor=office)
        db.session.commit()
    return world.YEAR + 1


@pytest.mark.usefixtures("submitted")
def test_a_programme_that_is_issued_ahead_hides_no_work_of_this_years(app: Flask, next_year: int) -> None:
    waiting = panel(desk(app, "office"), "waiting")
    for year, units in ((world.YEAR, 37), (next_year, 38)):
        assert re.search(rf"{units} units have yet to submit or mend their plan [^·]*· programme of {year};", waiting)
    assert re.search(rf"Review the plan of Guangdong\s+programme of {world.YEAR};", panel(desk(app, "market"), "mine"))
    unit = desk(app, "contact.guangdong")
    assert f"programme of {next_year}" in panel(unit, "mine") and f'"/filings?year={next_year}"' in unit.text
    assert f"programme of {world.YEAR}; still to review" in panel(unit, "waiting")


def test_pages_start_from_the_year_at_work_and_lead_to_the_next(app: Flask, next_year: int) -> None:
    browser = Browser(app)
    browser.enter("contact.guangdong")
    for path in ("/filings", "/board"):
        page, ahead = browser.get(path).text, browser.get(f"{path}?year={next_year}").text
        assert f"{world.YEAR}年" in page and f"{next_year}年" not in page
        assert f"{next_year}年" in ahead
    assert f'href="/filings?year={next_year}"' in browser.get("/filings").text
    with clock.standing_at(clock.at(clock.today().replace(year=next_year))):
        assert f"{next_year}年" in browser.get("/filings").text
