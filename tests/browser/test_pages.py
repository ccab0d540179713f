"""Every page: no breach of accessibility rules (axe), no sideways scroll, nothing on the console; themes, languages, widths."""
from datetime import timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser

from portal.assignments import queries as assignments
from portal.assignments import service as work
from portal.filings import service
from tenants.db import db
from tests.browser.conftest import Enter
from tests.browser.looking import LOOKS, faults, walk
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised, steps
from tests.factories.meetings import meeting
from tests.factories.plans import draft
from tests.factories.supervision import order

pytestmark = pytest.mark.browser
PAGES = {
    "office": ("/desk", "/board", "/board/rows?milestone=sorting", "/filings", "/assignments", "/programmes",
               "/programmes/<programme>", "/responsibilities", "/units", "/units/guangdong",
               "/notices", "/mail", "/account", "/issues?open=1", "/flows",
               "/flows?show=resolve&provinces=all", "/exchange", "/exchange/limits", "/reminders/tomorrow",
               "/search?q=2026", "/meetings", "/meetings/new", "/meetings/<meeting>", "/supervision",
               "/supervision/new", "/supervision/new?milestone=sorting", "/supervision/<order>",
               "/bulletins", "/bulletins/new", "/bulletins/plans", "/bulletins/<bulletin>", "/bulletins/<draft>/edit"),
    "contact.guangdong": ("/desk", "/board", "/filings", "/filings/<filing>?check=1", "/assignments", "/assignments/progress",
                          "/assignments/<assignment>", "/issues", "/issues/new", "/issues/new?campaign=<campaign>",
                          "/issues/<issue>", "/campaigns/<campaign>", "/notices/preferences", "/channels", "/channels/new",
                          "/meetings/<meeting>", "/supervision/<order>", "/bulletins", "/bulletins/<bulletin>",
                          "/account/subscriptions", "/account/subscriptions/new?page=/assignments&query=overdue%3D1", "/nowhere"),
    "market": ("/filings/<submitted>", "/filings/<submitted>/review", "/assignments/verify", "/assignments/<asked>",
               "/issues?todo=answer", "/issues/<issue>"),
    "auditor": ("/audit",),
    "admin": ("/admin/", "/admin/people/", "/admin/people/new/", "/admin/lights/", "/operations", "/operations/parked"),
}


@pytest.fixture
def keys(acting: As, superuser: Superuser) -> dict[str, str]:
    """One of each kind that the pages name: a draft of Guangdong, a plan of Migu under review, an issue with the market line."""
    about = campaign(superuser, "hq", product="migu")
    issue = raised(acting, "contact.guangdong", about)
    found = {"campaign": str(about), "issue": str(issue), "meeting": str(meeting(acting, "office", "guangdong", "beijing")),
             "bulletin": str(bulletin(acting, "guangdong")), "draft": str(bulletin(acting, issued=False))}
    found["order"] = str(order(acting, "office", "guangdong"))
    steps(acting, issue)("market", "accept")
    steps(acting, issue)("market", "comment", "Seen here too.")
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        found |= {"filing": str(filing.id), "programme": str(filing.programme_id)}
        first, asked, done = [a for a in assignments.to_report(contact) if a.line == "market"][:3]
        found |= {"assignment": str(first.id), "asked": str(asked.id)}
        work.ask_waiver(asked, "no such platform here", actor=contact)
        work.ask_extension(asked, asked.due + timedelta(days=9), "the platform comes late", "migu", actor=contact)
        work.hand_in(done, "", actor=contact)
        db.session.commit()
    with acting("contact.migu") as contact:
        filing = draft(contact)
        service.submit(filing, actor=contact)
        found["submitted"] = str(filing.id)
        db.session.commit()
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("width", "dark", "language"), LOOKS)
def test_no_page_breaks_the_rules(enter: Enter, keys: dict[str, str], width: int, dark: bool, language: str) -> None:
    assert walk(partial(enter, width=width, dark=dark, language=language), PAGES, keys) == []


def test_the_sign_in_page(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address, viewport={"width": 375, "height": 700})
    page = context.new_page()
    assert faults(page, "/login") == []
    page.fill("input[name=email]", people.email("office"))
    page.fill("input[name=password]", people.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    context.close()
