"""A person's calendar: valid, one's own deadlines alone, at an address that is a secret and ends."""
import re
from datetime import date

from flask import Flask
from icalendar import Calendar

from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised
from tests.services.test_waivers import a_key
from tests.web.browsing import Browser
from tests.web.test_assignments import signed_in

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
    superuser.execute("UPDATE assignment SET owner_id = %s, title = repeat('很长的标题 ', 30), due = '2026-06-30' WHERE id = %s",
                      (people.key(OWNER), key))
    path = address(app, OWNER)
    first = Browser(app).get(path)
    raw = first.data
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n") and raw.endswith(b"END:VCALENDAR\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))                           # octets, RFC 5545, 3.1
    calendar = read(app, path)
    assert calendar["version"] == "2.0" and calendar["prodid"] and calendar.walk("VEVENT")
    for event in calendar.walk("VEVENT"):
        assert event["uid"] and event["dtstamp"] and event["summary"] and event["dtend"].dt > event["dtstart"].dt
        assert event.errors == []
    uids = [str(e["uid"]) for e in calendar.walk("VEVENT")]
    assert len(uids) == len(set(uids))
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
