"""Pages that are not on every day's way: a draft programme, one row of administration, plans returned and in force, refusals."""
from functools import partial
from uuid import UUID, uuid4

import pytest
from flask import Flask, render_template
from playwright.sync_api import Page, Route

from portal import links
from portal.filings import queries, service
from portal.notices import service as notices
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.web.errors import _PAGES as ERRORS
from portal.webhooks import Allowed
from tenants.db import db
from tenants.vocabulary import Line
from tests.browser.conftest import Enter
from tests.browser.looking import LOOKS, breaches, faults, walk
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.meetings import meeting
from tests.factories.plans import draft

pytestmark = pytest.mark.browser
ROW = ("details", "edit")
PAGES = {
    "office": ("/programmes/<planned>", "/programmes/<planned>/words", "/programmes/<planned>/days",
               "/programmes/<planned>/templates/new", "/programmes/<planned>/templates/<part>", "/programmes/<planned>/preview",
               "/meetings/<meeting>/edit", "/filings/<approved>", "/resume", "/board?unit=guangdong",
               "/board/rows?cancelled=1", "/programmes/<programme>/add", "/permissions", "/reminders", "/help", "/account/password",
               "/exchange/hours", "/exchange/calendar", "/exchange/desks"),
    "contact.beijing": ("/filings/<returned>", "/filings/<returned>?returned=1", "/audit?no", "/act-as"),
    "contact.guangdong": ("/channels/<channel>", "/reminders/answer/<token>"),
    "admin": (*(f"/admin/{kind}/{way}/?id=<{kind}>" for kind in ("units", "people", "appointments") for way in ROW),
              *(f"/admin/{kind}/edit/?id=<{kind}>" for kind in ("duties", "focus", "terms")),
              *(f"/admin/{kind}/" for kind in ("units", "appointments", "delegations", "duties", "focus", "terms", "legends")),
              "/admin/appointments/new/", "/admin/units/new/", "/admin/legends/edit/?id=2", "/operations/runs",
              "/operations/notices", "/channels", "/channels/new"),
}


@pytest.fixture
def keys(app: Flask, acting: As, superuser: Superuser) -> dict[str, str]:
    found = {"meeting": str(meeting(acting, "office", "guangdong")), "token": link(app, superuser)}
    with acting("office") as office:
        planned = programme_service.draft(programmes.plan(), 2027, office)
        found |= {"planned": str(planned.id), "part": str(programmes.one(office, planned.id).templates[0].id)}
        db.session.commit()
    with acting("contact.guangdong") as contact:
        room, allowed = notices.ChannelFacts("The room", "https://rooms.example/1"), Allowed("rooms.example")
        found["channel"] = str(notices.add_channel(contact.appointments[0].unit, "webhook", room, allowed, actor=contact))
        db.session.commit()
    for name, unit in (("returned", "beijing"), ("approved", "migu")):
        with acting(f"contact.{unit}") as contact:
            filing = draft(contact)
            service.submit(filing, actor=contact)
            found |= {name: str(filing.id), "programme": str(filing.programme_id)}
            db.session.commit()
    with acting("market") as lead:
        filing = queries.one(lead, UUID(found["returned"]))
        said = {i.assignment_id: "Who leads this?" for i in filing.items if i.line == Line.MARKET}
        service.review(filing, Line.MARKET, "return", "Too thin in places.", said, actor=lead)
        db.session.commit()
    with acting("office") as office:
        filing = queries.one(office, UUID(found["approved"]))
        for line in queries.reviewable_lines(filing, office):
            service.review(filing, line, "approve", actor=office)
        db.session.commit()
    for kind, table in (("units", "unit WHERE code = 'migu'"), ("people", "person"), ("appointments", "appointment"),
                        ("duties", "responsibility"), ("focus", "focus"), ("terms", "term")):
        row = superuser.execute(f"SELECT id FROM {table} ORDER BY id LIMIT 1").fetchone()
        assert row
        found[kind] = str(row[0])
    return found


def link(app: Flask, superuser: Superuser) -> str:
    """What a letter with a reminder leads to."""
    asked = superuser.execute("SELECT id FROM assignment WHERE unit_id = 20 AND template_kind = 'task' LIMIT 1").fetchone()
    key, person = uuid4(), people.key("contact.guangdong")
    assert asked
    superuser.execute("INSERT INTO reminder (id, unit_id, subject_kind, subject_id, kind, part, round, rung, people, at) VALUES"
                      " (%s, 20, 'assignment', %s, 'assignment', '', '1 2026-06-30', '-3 day contact', %s, '2026-03-10')",
                      (key, asked[0], [person]))
    with app.app_context():
        return links.sign(notices.ANSWER_LINK, str(key), str(person))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("width", "dark", "language"), LOOKS)
def test_no_page_breaks_the_rules(enter: Enter, keys: dict[str, str], width: int, dark: bool, language: str) -> None:
    assert walk(partial(enter, width=width, dark=dark, language=language), PAGES, keys, then={"office": rehearsed}) == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_documentation_of_the_interface(enter: Enter) -> None:
    """Once: it has no themes of its own, and is many pages long."""
    assert faults(enter("office", width=375, dark=True), "/api/v1/docs") == []


def rehearsed(page: Page) -> list[str]:
    """A change of the limits as it is shown before it is saved."""
    page.goto("/exchange/hours")
    field = page.locator("main input[type=time]").first
    field.fill("08:10")
    page.click("button[value=rehearse]")
    page.wait_for_selector("button[value=save]")
    return breaches(page, "/exchange/hours, rehearsed")


def _answer(html: str, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html")


def test_refusals(app: Flask, enter: Enter) -> None:
    """As they stand in the frame, each with a sentence of its own."""
    page, found = enter("office", width=375, dark=True), []
    for name in ("expired", *map(str, sorted(ERRORS))):
        with app.test_request_context("/nowhere"):
            html = render_template(f"errors/{name}.html", message="Somebody else was first.", path="/nowhere")
        page.route(f"**/refused-{name}", partial(_answer, html))
        found += faults(page, f"/refused-{name}")
    assert found == []
