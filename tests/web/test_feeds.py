"""A person's calendar: valid, one's own deadlines alone, at an address that is a secret and ends."""
import re
from collections import Counter
from datetime import date

from flask import Flask
from icalendar import Calendar

from portal.campaigns import service as campaigns
from portal.issues import queries as issues
from portal.meetings import queries as meeting_queries
from portal.meetings import service as meetings
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.campaigns import checked, content
from tests.factories.exchange import campaign, raised
from tests.factories.meetings import meeting
from tests.factories.supervision import order
from tests.services.test_campaigns import caution_for
from tests.services.test_meetings import decided
from tests.services.test_waivers import a_key
from tests.web import rfc5545
from tests.web.browsing import Browser
from tests.web.test_assignments import keys, signed_in

OWNER = "market.guangdong"


def address(app: Flask, name: str, browser: Browser | None = None) -> str:
    """Made on the page of the account, as its path."""
    browser = browser or signed_in(app, name, "/account")
    found = re.search(r"/calendar/[\w-]+\.ics", browser.post("/account/calendar").text)
    assert found
    return found[0]


def read(app: Flask, path: str) -> Calendar:
    answer = Browser(app).get(path)
    assert answer.status_code == 200 and answer.content_type.startswith("text/calendar"), answer.status_code
    return Calendar.from_ical(answer.data)


def main(page: str) -> str:
    return page.partition("<main")[2]


def summaries(calendar: Calendar) -> dict[str, str]:
    """By the path that each entry leads to."""
    return {re.sub(r"^https?://[^/]+", "", str(e["url"])): str(e["summary"]) for e in calendar.walk("VEVENT")}


def test_valid_and_the_same_until_something_changes(app: Flask, superuser: Superuser) -> None:
    key = a_key(superuser)
    superuser.execute("UPDATE assignment SET owner_id = %s, title_zh = repeat('很长的标题 ', 30), due = '2026-06-30' WHERE id = %s",
                      (people.key(OWNER), key))
    path = address(app, OWNER)
    first = Browser(app).get(path)
    told = rfc5545.checked(first.data)
    assert any("很长的标题" * 5 in e.one("SUMMARY").replace(" ", "") for e in told)            # unfolded, it is whole
    calendar = read(app, path)
    assert len(calendar.walk("VEVENT")) == len(told) > 0 and all(e.errors == [] for e in calendar.walk("VEVENT"))
    mine = next(e for e in calendar.walk("VEVENT") if str(key) in str(e["uid"]))
    assert mine["dtstart"].dt == date(2026, 6, 30) and mine["dtend"].dt == date(2026, 7, 1)
    again = Browser(app).get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and "private" in first.headers["Cache-Control"]
    superuser.execute("UPDATE assignment SET due = '2026-08-31' WHERE id = %s", (key,))
    moved = {str(e["uid"]): e["dtstart"].dt for e in read(app, path).walk("VEVENT")}
    assert moved[str(mine["uid"])] == date(2026, 8, 31)


def test_own_deadlines_alone(app: Flask, acting: As, superuser: Superuser) -> None:
    key = a_key(superuser)
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key(OWNER), key))
    about = campaign(superuser, "migu", lands=["guangdong"])
    issue = raised(acting, "contact.guangdong", about)
    found = {name: summaries(read(app, address(app, name))) for name in
             (OWNER, "contact.guangdong", "network.guangdong", "contact.tibet", "market.migu", "auditor", "admin")}
    assert {name for name, told in found.items() if f"/assignments/{key}" in told} == {OWNER}
    assert {name for name, told in found.items() if f"/issues/{issue}" in told} == {"market.migu"}
    assert found["auditor"] == found["admin"] == {}
    with_plan = {name for name, told in found.items() if any(path.startswith("/filings") for path in told)}
    assert with_plan == {"contact.guangdong", "contact.tibet"}


def test_a_deadline_with_an_hour_is_a_moment(app: Flask, acting: As, superuser: Superuser) -> None:
    issue = raised(acting, "contact.guangdong", campaign(superuser, "migu", lands=["guangdong"]))
    with acting("market.migu") as owner:
        found = issues.one(owner, issue)
        by = issues.deadlines(found.raised_at, found.severity, found.stage).respond_by
    events = rfc5545.checked(Browser(app).get(address(app, "market.migu")).data)
    mine = next(e for e in events if str(issue) in e.one("UID"))
    assert rfc5545.moment(mine) == by.replace(microsecond=0)


def test_each_deadline_is_one_entry_for_everybody(app: Flask, acting: As, superuser: Superuser) -> None:
    held = meeting(acting, "office", "guangdong", "tibet")
    with acting("office") as office:
        for _ in range(3):                                                             # of one meeting, on one page
            meetings.decide(meeting_queries.one(office, held), decided("guangdong"), actor=office)
        db.session.commit()
    for grade in ("ordinary", "serious"):
        order(acting, "office", "guangdong", grade=grade)
    about = campaign(superuser, "migu", lands=["guangdong", "tibet"])
    raised(acting, "contact.guangdong", about)
    raised(acting, "contact.tibet", about)
    campaign(superuser, "guangdong", state="draft", code="C-2")
    caution_for(superuser, about, 20)
    with acting("market") as me:                                                       # the office confirms as the second person
        of_all = checked(me, content("hq", lands_in="network", training_on=None))
        campaigns.check(of_all, "training", "not_applicable", "all were trained for the last one", actor=me)
        db.session.commit()
    superuser.execute(                                                                 # contact of two units, and head of one
        "INSERT INTO appointment (id, person_id, unit_id, role, deputy, valid_from, version)"
        " SELECT gen_random_uuid(), %s, u.id, r.role, false, '2026-01-01', 1 FROM unit u, (VALUES ('guangdong', 'unit_contact'),"
        " ('tibet', 'unit_head')) r (unit, role) WHERE u.code = r.unit", (people.key("contact.tibet"),))
    entries = {name: rfc5545.checked(Browser(app).get(address(app, name)).data) for name in
               (*people.HQ_PEOPLE, *(f"{who}.{unit}" for unit in ("guangdong", "tibet", "migu") for who in people.UNIT_PEOPLE))}
    kinds = {name: Counter(e.one("UID").split("-")[0] for e in found) for name, found in entries.items()}
    assert kinds["office"] == {"decision": 3, "confirm": 1} and not kinds["auditor"] and not kinds["admin"] and not kinds["leader"]
    assert kinds["contact.tibet"]["filing"] == kinds["contact.tibet"]["invitation"] == 2 and kinds["contact.tibet"]["order"] == 2
    assert kinds["market.guangdong"]["campaign"] == kinds["market.guangdong"]["caution"] == 1
    assert kinds["market.migu"]["issue"] == 2 and kinds["head.guangdong"]["order"] == 2
    said = {e.one("SUMMARY") for found in entries.values() for e in found}
    assert not [s for s in said if re.search(r"\d+ ?个|家单位|项任务", s)]                 # nothing that gathers several
    for found in entries.values():
        for e in found:                                                                # each leads to a page of one thing
            assert re.search(r"/(?:\w+/[0-9a-f-]{36}|filings\?year=\d{4}$|cautions\?[^#]+#c-)", e.one("URL")), e.one("URL")


def test_an_assignment_is_its_owners_and_else_the_contacts(app: Flask, superuser: Superuser) -> None:
    owned, nobodys = keys(superuser)[:2]
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("member.guangdong"), owned))
    [at_headquarters, *_] = keys(superuser, "market", "hq")
    superuser.execute("UPDATE assignment SET owner_id = NULL WHERE id IN (%s, %s)", (nobodys, at_headquarters))
    found = {name: summaries(read(app, address(app, name))) for name in
             (*people.HQ_PEOPLE, *(f"{who}.guangdong" for who in people.UNIT_PEOPLE), "contact.beijing")}

    def whose(key: str) -> set[str]:
        return {name for name, told in found.items() if f"/assignments/{key}" in told}
    assert whose(owned) == {"member.guangdong"}
    assert whose(nobodys) == {"contact.guangdong", "deputy.guangdong"} and whose(at_headquarters) == {"market"}
    assert found["head.guangdong"] == found["office"] == {}


def test_it_is_a_secret_and_ends(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, OWNER, "/account")
    path = address(app, OWNER, browser)
    secret = path.split("/")[-1][:-4]
    assert superuser.execute("SELECT count(*) FROM calendar_feed WHERE position(%s IN encode(digest, 'escape')) > 0",
                             (secret,)).fetchone() == (0,)
    assert secret not in browser.get("/account").text            # shown once
    wrong = Browser(app).get(f"/calendar/{secret[:-1]}x.ics")
    newer = address(app, OWNER, browser)
    renewed = Browser(app).get(path)
    assert {wrong.status_code, renewed.status_code} == {404} and main(wrong.text) == main(renewed.text)
    assert Browser(app).get(newer).status_code == 200
    assert browser.post("/account/calendar/end").headers["Location"] == "/account#calendar"
    assert Browser(app).get(newer).status_code == 404
    last = address(app, OWNER, browser)
    superuser.execute("UPDATE account SET active = false WHERE person_id = %s", (people.key(OWNER),))
    assert Browser(app).get(last).status_code == 404
    assert Browser(app).get("/calendar/" + "a" * 5000 + ".ics").status_code == 404
    without = address(app, "contact.tibet")
    assert summaries(read(app, without)) != {}
    superuser.execute("DELETE FROM appointment WHERE person_id = %s", (people.key("contact.tibet"),))
    assert summaries(read(app, without)) == {}
