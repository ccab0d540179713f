"""Every kind of reminder, whoever is reminded, every answer: what is offered can be done, what is answered reaches who has to go
on, and what is refused is not lost. On the page of the thing, and by the link of a letter."""
import re
from collections.abc import Callable
from functools import cache
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.reminders.rules import Answer, Deadline
from tests.conftest import As, Superuser
from tests.crossings import few
from tests.factories import people
from tests.factories.reminders import Thing, remind, thing
from tests.web.browsing import Browser
from tests.web.test_answers import answers, link
from tests.web.test_assignments import signed_in

OWNER, CONTACT, DEPUTY, HEAD = (f"{who}.guangdong" for who in ("market", "contact", "deputy", "head"))
LEAD, CARRIES, OFFICE, LEADER = "market", "customer-service", "office", "leader"
WORDS = "示例 what I think of it"
D = Deadline
PLAIN = {"blocked", "not_mine"}
TIME, DONE = {"need_time"}, {"done", "need_time"}
ACTS = {"need_time", "deed"}

# Who is reminded, and what he may answer besides that it is blocked or not his; "deed" leads to where it is done.
OFFERED: dict[Deadline, dict[str, set[str]]] = {
    D.ASSIGNMENT: {OWNER: DONE, CONTACT: DONE, DEPUTY: DONE, HEAD: set(), LEAD: set(), OFFICE: set(), LEADER: set()},
    D.FILING: {CONTACT: ACTS, DEPUTY: ACTS, HEAD: set(), CARRIES: set(), OFFICE: set(), LEADER: set()},
    D.REVIEW: {OWNER: set(), CONTACT: set(), HEAD: set(), LEAD: ACTS, OFFICE: ACTS, LEADER: set()},
    D.VERIFICATION: {OWNER: set(), CONTACT: set(), HEAD: set(), LEAD: ACTS, OFFICE: ACTS, LEADER: set()},
    D.EXTENSION: {OWNER: set(), CONTACT: set(), HEAD: set(), LEAD: ACTS, OFFICE: ACTS, LEADER: set()},
    D.RESPOND: {OWNER: ACTS, CONTACT: set(), HEAD: set(), LEAD: set(), OFFICE: set(), LEADER: set()},
    D.RESOLVE: {OWNER: ACTS, CONTACT: set(), HEAD: set(), LEAD: set(), OFFICE: set(), LEADER: set()},
    D.RECEIPT: {OWNER: ACTS, CONTACT: ACTS, DEPUTY: ACTS, HEAD: set(), LEAD: set(), OFFICE: set(), LEADER: set()},
    D.ORDER: {OWNER: set(), CONTACT: ACTS, DEPUTY: ACTS, HEAD: ACTS, LEAD: set(), OFFICE: set(), LEADER: set()},
    D.ACKNOWLEDGEMENT: {OWNER: set(), CONTACT: ACTS, HEAD: ACTS, LEAD: set(), OFFICE: set(), LEADER: set()},
}
DECIDES = {D.FILING: CARRIES, D.ACKNOWLEDGEMENT: OFFICE}       # at headquarters, of what is not the market line's
COMMON_FIRST = sorted(Deadline, key=(D.RECEIPT, D.RESPOND, D.ASSIGNMENT).__contains__, reverse=True)
JUDGED = {D.REVIEW, D.VERIFICATION, D.EXTENSION}


Enter = Callable[[str], Browser]


@pytest.fixture(scope="module")
def enter(app: Flask) -> Enter:
    """Each person's browser, signed in once."""
    return cache(lambda who: signed_in(app, who))


def told(kind: Deadline, who: str, answer: str) -> set[str]:
    """Who hears."""
    if who == OFFICE:
        return {LEADER}
    if who in (LEAD, CARRIES, LEADER) or kind in JUDGED:
        return {OFFICE}
    return {CONTACT, DEPUTY, HEAD} - {who} if answer == "not_mine" else {DECIDES.get(kind, LEAD)}


def heard(superuser: Superuser) -> set[str]:
    """Whom the last answer was addressed to."""
    row = superuser.execute("SELECT u.code, m.payload->'roles', m.payload->>'line', m.payload->'people' FROM outbox_message m JOIN"
                            " unit u ON u.id = m.unit_id WHERE m.payload->>'text' LIKE '%%answers a reminder%%'").fetchall()
    superuser.execute("DELETE FROM outbox_message")
    assert len(row) == 1
    (code, roles, line, keys), names = row[0], {str(people.key(n)): n for n in people.everybody()}
    if keys:
        assert code == "guangdong"
        return {names[k] for k in keys}
    assert code == "hq"
    return {n for n in people.HQ_PEOPLE if people.function(n)[0] in roles and (line is None or people.function(n)[1] == line)}


def offered(page: str) -> set[str]:
    found = set(re.findall(r'name="answer" value="(\w+)"', page))
    return found | ({"deed"} if re.search(r'href="/reminders/[0-9a-f-]+/do"', page) else set())


def refused(answer: TestResponse) -> None:
    """The form again, with what was typed, and why."""
    assert answer.status_code == 422 and WORDS in answer.text and 'class="error"' in answer.text


@pytest.mark.parametrize("kind", few(3, COMMON_FIRST))
def test_on_the_page(enter: Enter, acting: As, superuser: Superuser, kind: Deadline) -> None:
    about = thing(acting, superuser, kind)
    superuser.execute("DELETE FROM outbox_message")
    for who, more in OFFERED[kind].items():
        key, browser = remind(superuser, about, who), enter(who)
        assert offered(browser.get(about.page).text) == PLAIN | more, who
        for answer in Answer:
            sent = {"answer": answer.value, "words": WORDS}
            if answer in PLAIN:
                assert browser.post(f"/reminders/{key}/answer", sent).headers["Location"] == about.page
                assert heard(superuser) == told(kind, who, answer), (who, answer)
            elif answer not in more:
                refused(browser.post(f"/reminders/{key}/answer", sent))
        if "deed" in more:
            leads = browser.get(f"/reminders/{key}/do").headers["Location"]
            assert browser.get(leads.partition("#")[0]).status_code == 200
    assert len(answers(superuser)) == 2 * len(OFFERED[kind])


@pytest.mark.parametrize("kind", few(3, COMMON_FIRST))
def test_by_the_link(app: Flask, acting: As, superuser: Superuser, kind: Deadline) -> None:
    about = thing(acting, superuser, kind)
    superuser.execute("DELETE FROM outbox_message")
    for who, more in OFFERED[kind].items():
        for answer in (a for a in Answer if a in PLAIN or a not in more):
            at, browser = f"/reminders/answer/{link(app, remind(superuser, about, who), who)}", Browser(app)
            page = browser.get(at).text
            assert offered(page) == PLAIN | more and str(about.key) not in page, who
            got = browser.post(at, {"answer": answer.value, "words": WORDS})
            if answer in PLAIN:
                assert got.status_code == 200 and heard(superuser) == told(kind, who, answer), (who, answer)
                assert browser.get(at).status_code == 404
            else:
                refused(got)


DEEDS = {D.FILING: (CONTACT, "/filings?unit=guangdong&year=2026"), D.REVIEW: (LEAD, "/filings/%s/review?line=market"),
         D.VERIFICATION: (LEAD, "/assignments/%s#verify"), D.EXTENSION: (LEAD, "/assignments/%s#more-time"),
         D.RESPOND: (OWNER, "/issues/%s#act"), D.RESOLVE: (OWNER, "/issues/%s#act"), D.RECEIPT: (CONTACT, "/campaigns/%s"),
         D.ORDER: (CONTACT, "/supervision/%s#replying"), D.ACKNOWLEDGEMENT: (CONTACT, "/bulletins/%s")}


@pytest.mark.parametrize("kind", DEEDS)
def test_done_leads_to_where_it_is_done(app: Flask, acting: As, superuser: Superuser, kind: Deadline) -> None:
    """After signing in; from there it is one step."""
    about, (who, address) = thing(acting, superuser, kind), DEEDS[kind]
    key, browser = remind(superuser, about, who), Browser(app)
    first = browser.get(f"/reminders/{key}/do")
    assert first.status_code == 303 and "/login" in first.headers["Location"]
    browser.sign_in(who, next=f"/reminders/{key}/do")
    expected = address % about.key if "%s" in address else address
    assert browser.get(f"/reminders/{key}/do").headers["Location"] == expected
    anchor = expected.partition("#")[2]
    assert not anchor or f'id="{anchor}"' in browser.get(expected).text
    assert signed_in(app, "market.migu").get(f"/reminders/{key}/do").status_code == 404


def settle(superuser: Superuser, about: Thing) -> None:
    """It was dealt with after the reminder."""
    match about.kind:
        case D.ASSIGNMENT | D.FILING | D.VERIFICATION:
            superuser.execute("UPDATE assignment SET state = 'closed' WHERE id = %s", (about.key,))
        case D.REVIEW:
            superuser.execute("UPDATE filing_item SET verdict = 'approved' WHERE filing_id = %s", (about.key,))
        case D.EXTENSION:
            superuser.execute("UPDATE extension SET verdict = 'declined', decided_at = now()")
        case D.RESPOND:
            superuser.execute("UPDATE issue SET state = 'accepted', responded_at = now()")
        case D.RESOLVE:
            superuser.execute("UPDATE issue SET state = 'resolved'")
        case D.RECEIPT:
            superuser.execute("UPDATE campaign_receipt SET acknowledged_at = now()")
        case D.ORDER:
            superuser.execute("UPDATE supervision SET state = 'replied'")
        case D.ACKNOWLEDGEMENT:
            superuser.execute("UPDATE bulletin_receipt SET acknowledged_at = now(), by_id = %s", (people.key(CONTACT),))


@pytest.mark.parametrize("kind", Deadline)
def test_what_was_dealt_with_meanwhile(app: Flask, enter: Enter, acting: As, superuser: Superuser, kind: Deadline) -> None:
    """It takes no answer, says so plainly, and gives back what was typed."""
    about, who = thing(acting, superuser, kind), LEAD if kind in JUDGED else CONTACT
    key = remind(superuser, about, who)
    browser, sent = enter(who), {"answer": "blocked", "words": WORDS}
    settle(superuser, about)
    assert "/answer" not in browser.get(about.page).text
    got = browser.post(f"/reminders/{key}/answer", sent)
    assert got.status_code == 409 and WORDS in got.text and "已处理" in got.text
    at, anybody = f"/reminders/answer/{link(app, key, who)}", Browser(app)
    assert "已处理" in anybody.get(at).text and not offered(anybody.get(at).text)
    anybody.get("/login")
    got = anybody.post(at, sent)
    assert got.status_code == 409 and WORDS in got.text and answers(superuser) == []


def test_what_is_out_of_sight_gives_back_what_was_typed(app: Flask, acting: As, superuser: Superuser) -> None:
    about = thing(acting, superuser, D.ASSIGNMENT)
    key, browser = remind(superuser, about, OWNER), signed_in(app, OWNER, about.page)
    superuser.execute("UPDATE assignment SET owner_id = NULL, line = 'network' WHERE id = %s", (about.key,))
    got = browser.post(f"/reminders/{key}/answer", {"answer": "done", "words": WORDS})
    assert got.status_code == 404 and WORDS in got.text
    anybody, at = Browser(app), f"/reminders/answer/{link(app, key, OWNER)}"
    anybody.get("/login")
    assert WORDS in anybody.post(at, {"answer": "done", "words": WORDS}).text and answers(superuser) == []


@pytest.mark.parametrize("who", [LEAD, OFFICE, LEADER])
def test_words_of_headquarters_stay_there(enter: Enter, acting: As, superuser: Superuser, who: str) -> None:
    """That it answered stands in the history of the plan; what it said, only headquarters reads."""
    about = thing(acting, superuser, D.REVIEW)
    key: UUID = remind(superuser, about, who, "hq_line")
    browser = enter(who)
    assert browser.post(f"/reminders/{key}/answer", {"answer": "not_mine", "words": WORDS}).status_code == 303
    assert WORDS in browser.get(about.page).text
    theirs = enter(CONTACT).get(about.page).text
    assert WORDS not in theirs and "回复了提醒" in theirs
    rows = superuser.execute("SELECT unit_id, words FROM reminder_answer").fetchall()
    assert rows == [(1, WORDS)]
