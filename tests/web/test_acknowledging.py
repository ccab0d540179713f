"""Several receipts at once, from the desk and from the lists: each for itself, and what is refused says why."""
import re
from uuid import UUID

import pytest
from flask import Flask

from portal.desk import service
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.bulletins import bulletin
from tests.factories.campaigns import content, live
from tests.web.browsing import Browser, Enter
from tests.web.counting import statements
from tests.web.issue_pages import words

CONTACT = "contact.guangdong"


def launched(acting: As, code: str, *lands: str, by: str = "migu") -> UUID:
    with acting(f"market.{by}") as actor:
        key = live(actor, content(by, code=code, name=f"Pack {code}", lands_in=list(lands))).id
        db.session.commit()
        return key


def acknowledged(superuser: Superuser) -> dict[UUID, set[str]]:
    """Of each thing the units that have acknowledged it."""
    found: dict[UUID, set[str]] = {}
    for table, of in (("campaign_receipt", "campaign_id"), ("bulletin_receipt", "bulletin_id")):
        for key, unit in superuser.execute(f"SELECT r.{of}, u.code FROM {table} r JOIN unit u ON u.id = r.unit_id"
                                           " WHERE r.acknowledged_at IS NOT NULL").fetchall():
            found.setdefault(key, set()).add(unit)
    return found


def boxes(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="pick" value="([^"]+)" data-pick form="acknowledging"', page)


def told(browser: Browser, page: str = "/desk") -> list[tuple[str, str]]:
    """(tone, words) of what the next page says."""
    said = browser.get(page).text.partition('class="flashes"')[2]
    return [(tone, words(f"<main>{text}</main>")) for tone, text in
            re.findall(r'<div class="note (red|green)"[^>]*>(.*?)</div>', said, re.S)]


def test_from_the_desk_each_for_itself(enter: Enter, acting: As, superuser: Superuser) -> None:
    """Among those picked is one of another unit, one of one's own unit's launch, one acknowledged meanwhile, and none at all."""
    news = [launched(acting, f"M-{n}", "guangdong", "beijing") for n in range(3)]
    foreign = launched(acting, "M-9", "beijing")
    own = launched(acting, "G-1", "guangdong", by="guangdong")
    issued = bulletin(acting, "guangdong", "tibet")
    contact = enter(CONTACT)
    page = contact.get("/desk").text
    mine = [f"campaign {key}" for key in news]
    assert set(boxes(page)) == {*mine, f"bulletin {issued}"} and 'aria-label="Pick M-0 Pack M-0"' in page
    assert contact.post(f"/campaigns/{news[1]}/receipt").status_code == 303
    contact.get("/desk")
    picks = [mine[0], f"campaign {foreign}", f"campaign {own}", mine[1], f"bulletin {issued}", "bulletin x", "meeting", mine[0]]
    answer = contact.post("/desk/acknowledge", {"pick": picks, "next": "/desk"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")
    assert acknowledged(superuser) == {news[0]: {"guangdong"}, news[1]: {"guangdong"}, issued: {"guangdong"}}
    nothing = "There is nothing to acknowledge: your unit was not informed of anything since."
    gone = ("red", "One of those picked is not there any more, or not yours to see.")
    assert told(contact) == [("green", "Acknowledged: 2."), gone, ("red", f"G-1 Pack G-1: {nothing}"),
                             ("red", f"M-1 Pack M-1: {nothing}"), gone, gone]
    assert boxes(contact.get("/desk").text) == [mine[2]]
    by = superuser.execute("SELECT by, count(*) FROM audit_entry WHERE action = 'acknowledge' GROUP BY by").fetchall()
    assert by == [(people.key(CONTACT), 3)]


@pytest.mark.parametrize("list_", ["/campaigns?receipts=1", "/bulletins?q=示例"])
def test_from_a_list_and_back_to_it(enter: Enter, acting: As, superuser: Superuser, list_: str) -> None:
    campaigns = list_.startswith("/campaigns")
    for n in range(2):
        if campaigns:
            launched(acting, f"M-{n}", "guangdong")
        else:
            bulletin(acting, "guangdong", "tibet", title=f"示例 Bulletin {n}")
    contact = enter(CONTACT)
    page = contact.get(list_).text
    back = re.search(r'action="/desk/acknowledge".*?name="next" value="([^"]+)"', page, re.S)
    assert back and len(boxes(page)) == 2 and "Pick all rows that can be acknowledged" in page
    answer = contact.post("/desk/acknowledge", {"pick": boxes(page), "next": back[1]})
    assert answer.headers["Location"].startswith(list_.partition("?")[0] + "?")
    assert told(contact, answer.headers["Location"]) == [("green", "Acknowledged: 2.")]
    assert len(acknowledged(superuser)) == 2 and boxes(contact.get(list_).text) == []
    for name in ("office", "leader", "auditor", "member.guangdong"):
        assert boxes(enter(name).get(list_.partition("?")[0]).text) == []


@pytest.mark.parametrize("name", ["auditor", "admin", "leader", "member.guangdong", "contact.beijing"])
def test_nobody_acknowledges_for_another_unit(enter: Enter, acting: As, superuser: Superuser, name: str) -> None:
    about, issued = launched(acting, "M-1", "guangdong"), bulletin(acting, "guangdong")
    browser = enter(name)
    assert browser.post("/desk/acknowledge", {"pick": [f"campaign {about}", f"bulletin {issued}"]}).status_code == 303
    assert acknowledged(superuser) == {} and [tone for tone, _ in told(browser, "/account")] == ["red", "red"]


@pytest.mark.parametrize(("picks", "says"), [
    ([], "Pick at least one to acknowledge first."),
    ([f"campaign {n}" for n in range(service.MOST + 1)], f"At most {service.MOST} are acknowledged at once.")])
def test_none_and_too_many(enter: Enter, picks: list[str], says: str) -> None:
    contact = enter(CONTACT)
    contact.get("/desk")
    assert contact.post("/desk/acknowledge", {"pick": picks, "next": "//evil.example"}).headers["Location"] == "/desk"
    assert told(contact) == [("red", says)]


def test_how_many_statements(app: Flask, enter: Enter, acting: As) -> None:
    """A list asks once what of it may be acknowledged, however long it is."""
    contact, counts = enter(CONTACT), []
    for n in range(2):
        launched(acting, f"M-{n}", "guangdong")
        with statements(app) as seen:
            assert len(boxes(contact.get("/campaigns").text)) == n + 1
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 17, "\n".join(seen)
