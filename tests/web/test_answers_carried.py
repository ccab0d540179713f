"""What an answer sets going: more time for a plan and for an order, the unit that holds it up, quiet for who judges, and that an
answer finds somebody."""
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask

from portal.filings import queries as filings
from portal.filings import service as filing_service
from portal.issues import queries as issues
from portal.issues import service as issue_service
from portal.reminders.rules import Deadline
from tenants import clock
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.exchange import campaign, raised
from tests.factories.reminders import DUE, Thing, remind, returned, submitted, task, thing
from tests.services.test_notices import Post
from tests.services.test_reminders import swept
from tests.web.browsing import Browser, faults_beside
from tests.web.test_answers import answers, link
from tests.web.test_assignments import signed_in, words

OWNER, CONTACT, HEAD = "market.guangdong", "contact.guangdong", "head.guangdong"
D = Deadline
LATER = date(2026, 7, 31)


@pytest.fixture
def post(app: Flask, superuser: Superuser) -> Post:
    return Post(app, superuser)


def sent(answer: str, words: str = "示例 words", due: date | None = None, blocking: str = "") -> dict[str, str]:
    return {"answer": answer, "words": words, "due": due.isoformat() if due else "", "blocking": blocking}


def send(app: Flask, key: UUID, who: str, fields: dict[str, str], by_link: bool = False) -> None:
    """On the page, or from the letter without signing in."""
    if by_link:
        browser, at = Browser(app), f"/reminders/answer/{link(app, key, who)}"
        browser.get(at)
        assert browser.post(at, fields).status_code == 200
    else:
        answer = signed_in(app, who).post(f"/reminders/{key}/answer", fields)
        assert answer.status_code == 303, answer.text


def extension(superuser: Superuser) -> tuple[object, ...] | None:
    return superuser.execute("SELECT e.assignment_id, e.due, e.due_before, u.code FROM extension e LEFT JOIN unit u"
                             " ON u.id = e.blocking_unit_id").fetchone()


@pytest.mark.parametrize("by_link", [False, True])
def test_the_unit_that_blocks_stands_in_the_request(app: Flask, acting: As, superuser: Superuser, by_link: bool) -> None:
    about = thing(acting, superuser, D.ASSIGNMENT)
    key = remind(superuser, about, OWNER)
    send(app, key, OWNER, sent("need_time", due=LATER, blocking="migu"), by_link)
    assert extension(superuser) == (about.key, LATER, DUE, "migu") and answers(superuser) == [("need_time", by_link)]
    page = signed_in(app, "market").get(about.page).text
    assert "示例 words" in page
    history = words(page[page.index('id="history"'):])
    assert "回复了提醒" in history and "需要延期" in history and "受阻于： 咪咕公司" in history


def test_a_unit_is_named_only_where_it_says_something(app: Flask, acting: As, superuser: Superuser) -> None:
    about = thing(acting, superuser, D.ASSIGNMENT)
    key, browser = remind(superuser, about, OWNER), signed_in(app, OWNER)
    for answer in ("done", "not_mine"):
        wrong = browser.post(f"/reminders/{key}/answer", sent(answer, blocking="migu"))
        assert wrong.status_code == 422 and "示例 words" in wrong.text and faults_beside(wrong, "answer-blocking")
    wrong = browser.post(f"/reminders/{key}/answer", sent("need_time", due=LATER, blocking="guangdong"))
    assert wrong.status_code == 422 and faults_beside(wrong, "answer-blocking") and answers(superuser) == []


@pytest.mark.parametrize("by_link", [False, True])
def test_more_time_for_a_plan_that_was_returned(app: Flask, acting: As, superuser: Superuser, by_link: bool) -> None:
    """It is asked for the plan's own task; beyond the milestone the office grants; the first day stays in sight."""
    about, own = returned(acting, superuser), task(superuser, "plan_filing")
    before = superuser.execute("SELECT due FROM assignment WHERE id = %s", (own,)).fetchone()
    assert before
    key, wanted = remind(superuser, about, CONTACT), before[0] + timedelta(days=15)
    browser = signed_in(app, CONTACT)
    assert browser.post(f"/reminders/{key}/answer", sent("need_time")).status_code == 422      # without a day
    send(app, key, CONTACT, sent("need_time", due=wanted, blocking="tietong"), by_link)
    assert extension(superuser) == (own, wanted, before[0], "tietong")
    office = signed_in(app, "office")
    assert f"/assignments/{own}#more-time" in office.get("/desk").text
    (asked,) = superuser.execute("SELECT id FROM extension").fetchone() or (None,)
    page = office.get(f"/assignments/{own}").text
    assert str(asked) in page and "示例 words" in page
    granted = office.post(f"/assignments/{own}/extensions/verdict", {"extension": str(asked), "verdict": "grant", "remark": ""})
    assert granted.status_code == 303
    assert superuser.execute("SELECT due, original_due FROM assignment WHERE id = %s", (own,)).fetchone() == (wanted, before[0])
    assert before[0].isoformat() in browser.get(f"/assignments/{own}").text


def test_a_plan_that_comes_again_needs_no_more_time(app: Flask, acting: As, superuser: Superuser) -> None:
    about = returned(acting, superuser)
    send(app, remind(superuser, about, CONTACT), CONTACT, sent("need_time", due=LATER))
    with acting(CONTACT) as contact:
        filing_service.submit(filings.one(contact, about.key), actor=contact)
        db.session.commit()
    assert superuser.execute("SELECT verdict, withdrawn_at IS NULL FROM extension").fetchone() == (None, False)


@pytest.mark.parametrize("by_link", [False, True])
def test_more_time_for_an_order(app: Flask, acting: As, superuser: Superuser, post: Post, by_link: bool) -> None:
    """Its issuer hears, finds the request with the order, and grants it by extending the term; the first term stays in sight."""
    about = thing(acting, superuser, D.ORDER)
    (term,) = superuser.execute("SELECT term FROM supervision").fetchone() or (None,)
    key, wanted = remind(superuser, about, CONTACT), term + timedelta(days=10)
    browser = signed_in(app, CONTACT)
    for day in (None, term, term + timedelta(days=900)):
        wrong = browser.post(f"/reminders/{key}/answer", sent("need_time", due=day))
        assert wrong.status_code == 422 and "示例 words" in wrong.text and faults_beside(wrong, "answer-due")
    post.new()
    send(app, key, CONTACT, sent("need_time", due=wanted, blocking="tietong"), by_link)
    assert {who for who, said in post.new().items() if any(url == about.page for _, url in said)} == {"market"}
    assert superuser.execute("SELECT term, state FROM supervision").fetchone() == (term, "open")
    lead = signed_in(app, "market")
    page = lead.get(about.page).text
    assert f'value="{wanted}"' in page and "asked-term" in page and "asked-term" not in browser.get(about.page).text
    extended = lead.post(f"{about.page}/extend", {"version": "1", "term": wanted.isoformat(), "reason": "示例 words"})
    assert extended.status_code == 303
    assert superuser.execute("SELECT term, first_term FROM supervision").fetchone() == (wanted, term)
    assert "asked-term" not in lead.get(about.page).text
    history = [a for a, in superuser.execute("SELECT action FROM audit_entry WHERE subject_id = %s ORDER BY at, id",
                                             (about.key,)).fetchall()]
    assert {"answer_reminder", "ask_extension", "extend"} <= set(history)


def test_more_time_for_a_verdict_is_told_upwards_with_its_day(app: Flask, acting: As, superuser: Superuser, post: Post) -> None:
    about = thing(acting, superuser, D.VERIFICATION)
    post.new()
    send(app, remind(superuser, about, "market", "hq_line"), "market", sent("need_time", due=LATER))
    found = post.new()
    assert set(found) == {"office"} and "until %(due)s" in found["office"][0][0]
    assert superuser.execute("SELECT due FROM reminder_answer").fetchone() == (LATER,) and extension(superuser) is None


def test_an_answer_of_who_judges_is_not_asked_for_again(app: Flask, acting: As, superuser: Superuser, post: Post) -> None:
    """For five working days the line hears nothing more of it; the office hears all the same, when its step comes."""
    superuser.execute("UPDATE assignment SET state = 'closed'")
    submitted(acting)
    superuser.execute("UPDATE filing_item SET verdict = 'approved' WHERE line <> 'market'")
    superuser.execute("UPDATE filing SET general_verdict = 'approved'")
    day = world.NOW.date()
    with clock.standing_at(clock.at(day + timedelta(days=3), 10)):                       # three working days after
        assert swept(app, superuser) == (1, 0)
        (key,) = superuser.execute("SELECT id FROM reminder").fetchone() or (None,)
        send(app, key, "market", sent("blocked"))
    with clock.standing_at(clock.at(day + timedelta(days=7), 10)):                       # five
        assert swept(app, superuser) == (0, 0)
    with clock.standing_at(clock.at(day + timedelta(days=10), 10)):                      # eight
        post.new()
        assert swept(app, superuser) == (1, 0) and set(post.new()) == {"office"}


def test_a_word_from_above_does_not_quiet_who_works_on_it(app: Flask, acting: As, superuser: Superuser) -> None:
    about = thing(acting, superuser, D.ASSIGNMENT)
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id <> %s", (about.key,))
    with clock.standing_at(clock.at(DUE - timedelta(days=4), 10)):
        assert swept(app, superuser) == (2, 0)
        superuser.execute("UPDATE reminder SET people = people || %s", ([people.key("market")],))
        (key,) = superuser.execute("SELECT id FROM reminder LIMIT 1").fetchone() or (None,)
        send(app, key, "market", sent("blocked"))
    with clock.standing_at(clock.at(DUE + timedelta(days=1), 10)):
        assert swept(app, superuser) == (2, 0)


def test_not_mine_finds_somebody(app: Flask, acting: As, superuser: Superuser, post: Post) -> None:
    """The rest of the unit's contacts and heads; where nobody is left there, the line at headquarters; else the office."""
    about = thing(acting, superuser, D.ASSIGNMENT)
    gone = [HEAD, "deputy.guangdong", "market"]
    for who, hears in ((None, {HEAD, "deputy.guangdong"}), (HEAD, {"deputy.guangdong"}), ("deputy.guangdong", {"market"}),
                       ("market", {"office"})):
        if who in gone:
            superuser.execute("UPDATE appointment SET valid_until = '2026-03-01' WHERE person_id = %s", (people.key(who),))
        post.new()
        send(app, remind(superuser, about, CONTACT), CONTACT, sent("not_mine"))
        assert {w for w, said in post.new().items() if any("answers a reminder" in t for t, _ in said)} == hears


def test_the_unit_that_is_named_hears_if_it_sees_it(app: Flask, acting: As, superuser: Superuser, post: Post) -> None:
    key = raised(acting, "contact.tibet", campaign(superuser, "guangdong", lands=("guangdong", "tibet")))
    issue, own = Thing(D.RESOLVE, "issue", key), thing(acting, superuser, D.ASSIGNMENT)
    tibet = {"contact.tibet", "deputy.tibet", "market.tibet"}
    for about, unit, hears in ((issue, "tibet", tibet), (issue, "migu", set()), (own, "tibet", set())):
        post.new()
        send(app, remind(superuser, about, OWNER), OWNER, sent("blocked", blocking=unit))
        found = post.new()
        assert {w for w, said in found.items() if any("waits for your unit" in t for t, _ in said)} == hears
        assert "market" in found and not any(w.endswith(".migu") for w in found)


def test_a_bulletin_is_answered_on_its_page(app: Flask, acting: As, superuser: Superuser) -> None:
    """What one unit says to it no other unit reads, on the page or in the trail."""
    about = thing(acting, superuser, D.ACKNOWLEDGEMENT)
    key, browser = remind(superuser, about, CONTACT), signed_in(app, CONTACT)
    assert f"/reminders/{key}/answer" in browser.get(about.page).text
    send(app, key, CONTACT, sent("not_mine"))
    assert "示例 words" in browser.get(about.page).text and "示例 words" in signed_in(app, "office").get(about.page).text
    assert "示例 words" not in signed_in(app, "contact.tibet").get(about.page).text
    rows = superuser.execute("SELECT subject_kind, subject_id::text FROM audit_entry WHERE action = 'answer_reminder'").fetchall()
    assert rows == [("bulletin_receipt", about.part)]


def test_an_issue_that_went_on_to_another_desk(app: Flask, acting: As, superuser: Superuser) -> None:
    """Its former owner has nothing to answer any more."""
    key = raised(acting, "contact.tibet", campaign(superuser, "guangdong", product="migu", lands=("guangdong", "tibet")))
    about = Thing(D.RESPOND, "issue", key)
    told = remind(superuser, about, OWNER)
    with acting(OWNER) as owner:
        (migu,) = superuser.execute("SELECT id FROM unit WHERE code = 'migu'").fetchone() or (0,)
        issue_service.hand_over(issues.one(owner, key), migu, Line.MARKET, "product fault", actor=owner)
        db.session.commit()
    assert signed_in(app, OWNER).post(f"/reminders/{told}/answer", sent("blocked")).status_code == 409
