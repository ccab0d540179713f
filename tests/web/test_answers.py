"""Answers to reminders: what each of them does, on the page and by the link of a letter; what a link does not do."""
import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask

from portal import links
from portal.notices.rules import Mode, NoticeKind
from portal.notices.service import ANSWER_LINK
from portal.outbox.rules import Group
from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import people
from tests.services.test_delivery import deliver, prefer
from tests.services.test_reminders import LATE, key, on, swept
from tests.tasks.mailbox import Mailbox, mailbox
from tests.web.browsing import Browser
from tests.web.test_assignments import signed_in

__all__ = ["key"]
OWNER, CONTACT = "market.guangdong", "contact.guangdong"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


def reminder(superuser: Superuser, who: str) -> UUID:
    row = superuser.execute("SELECT id FROM reminder WHERE %s = ANY (people) ORDER BY at DESC LIMIT 1",
                            (people.key(who),)).fetchone()
    assert row
    found: UUID = row[0]
    return found


def answers(superuser: Superuser) -> list[tuple[str, bool]]:
    return superuser.execute("SELECT answer, by_link FROM reminder_answer ORDER BY at, id").fetchall()


@contextmanager
def late(app: Flask, superuser: Superuser) -> Iterator[None]:
    """A day after the due day, and the owner and the contact were told."""
    with on(LATE):
        assert swept(app, superuser) == (2, 0)
        yield


def test_on_the_page_and_what_it_silences(app: Flask, acting: As, superuser: Superuser, key: UUID) -> None:
    with late(app, superuser):
        browser = signed_in(app, OWNER, f"/assignments/{key}")
        page = browser.get(f"/assignments/{key}").text
        told = reminder(superuser, OWNER)
        assert f"/reminders/{told}/answer" in page
        answer = browser.post(f"/reminders/{told}/answer", {"answer": "blocked", "words": "", "blocking": ""})
        assert answer.status_code == 422 and 'value="blocked" required checked' in answer.text
        sent = {"answer": "blocked", "words": "their interface is not there", "blocking": "migu"}
        assert browser.post(f"/reminders/{told}/answer", sent).headers["Location"] == f"/assignments/{key}"
        page = browser.get(f"/assignments/{key}").text
        assert "their interface is not there" in page and answers(superuser) == [("blocked", False)]
    row = superuser.execute("SELECT payload->'roles', payload->>'text' FROM outbox_message WHERE payload->>'text' LIKE"
                            " '%%answers a reminder%%'").fetchone()
    assert row and row[0] == ["hq_line_lead"]
    with on(LATE + timedelta(days=2)):                 # the line owner would hear now
        assert swept(app, superuser) == (0, 0)
    with on(date(2026, 7, 8)):                         # the head hears all the same
        assert swept(app, superuser) == (1, 0)


def test_sent_twice_it_is_answered_once(app: Flask, superuser: Superuser, key: UUID) -> None:
    with late(app, superuser):
        browser, told = signed_in(app, OWNER, f"/assignments/{key}"), reminder(superuser, OWNER)
        page = browser.get(f"/assignments/{key}").text
        token = re.search(rf'action="/reminders/{told}/answer".*?name="once_token" value="([0-9a-f]+)"', page, re.S)
        assert token
        sent = {"answer": "blocked", "words": "their interface is not there", "blocking": "migu", "once_token": token[1]}
        for _ in range(2):
            assert browser.post(f"/reminders/{told}/answer", sent).headers["Location"] == f"/assignments/{key}"
    assert answers(superuser) == [("blocked", False)]


def test_not_mine_silences_whoever_says_so_alone(app: Flask, superuser: Superuser, key: UUID) -> None:
    """The line owner, who owns it as well, says no: two days later the contact hears in his place, and not he again."""
    with late(app, superuser):
        told = reminder(superuser, OWNER)
        sent = {"answer": "not_mine", "words": "ask the shops"}
        assert signed_in(app, OWNER, f"/assignments/{key}").post(f"/reminders/{told}/answer", sent).status_code == 303
    with on(LATE + timedelta(days=2)):
        assert swept(app, superuser) == (1, 0)
    assert superuser.execute("SELECT people FROM reminder WHERE rung = '+3 day line_owner'").fetchone() == (
        [people.key(CONTACT)],)


def test_others_cannot_answer(app: Flask, superuser: Superuser, key: UUID) -> None:
    with late(app, superuser):
        told = reminder(superuser, OWNER)
        for name, status in (("market.migu", 404), ("head.guangdong", 404), ("market", 404), ("auditor", 403), ("admin", 404)):
            answer = signed_in(app, name, "/desk").post(f"/reminders/{told}/answer", {"answer": "not_mine", "words": "x"})
            assert answer.status_code in (404, status), name
        assert answers(superuser) == []
        superuser.execute("DELETE FROM appointment WHERE person_id = %s", (people.key(OWNER),))
        token = link(app, told, OWNER)
        assert Browser(app).get(f"/reminders/answer/{token}").status_code == 404      # the rights are gone, and so is the link


def link(app: Flask, told: UUID, who: str) -> str:
    return links.sign(ANSWER_LINK, str(told), str(people.key(who)))


def written_to(box: Mailbox, who: str) -> str:
    """The token of the link in a person's letter."""
    letter = next(email.message_from_string(text, policy=email.policy.default) for text in box.letters if people.email(who) in text)
    words = letter.get_body(("plain",))
    found = re.search(r"/reminders/answer/(\S+)", words.get_content())
    assert found
    return found[1]


def test_by_the_link_of_a_letter(app: Flask, superuser: Superuser, key: UUID, box: Mailbox) -> None:
    superuser.execute("DELETE FROM outbox_message")
    with late(app, superuser):
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
        token = written_to(box, OWNER)
        title = superuser.execute("SELECT title, title_zh, code FROM assignment WHERE id = %s", (key,)).fetchone()
        browser = Browser(app)
        page = browser.get(f"/reminders/answer/{token}")
        assert page.status_code == 200 and title and not any(word in page.text for word in title)
        assert answers(superuser) == []                # looked at, nothing done
        sent = {"answer": "need_time", "words": "a server is missing", "due": "2026-06-01"}
        again = browser.post(f"/reminders/answer/{token}", sent)
        assert again.status_code == 422 and "a server is missing" in again.text and "2026-06-30" not in again.text
        sent["due"] = "2026-08-31"
        assert browser.post(f"/reminders/answer/{token}", sent).status_code == 200
        asked = superuser.execute("SELECT due, reason, asked_by_id FROM extension").fetchone()
        assert asked == (date(2026, 8, 31), "a server is missing", people.key(OWNER))
        assert answers(superuser) == [("need_time", True)]
        assert browser.post(f"/reminders/answer/{token}", sent).status_code == 404
        assert browser.get(f"/reminders/answer/{token}").status_code == 404
        by = superuser.execute("SELECT action, by FROM audit_entry WHERE subject_id = %s ORDER BY at DESC, id DESC LIMIT 2",
                               (key,)).fetchall()
        assert {row[0] for row in by} == {"answer_reminder", "ask_extension"} and {row[1] for row in by} == {people.key(OWNER)}


def test_the_page_of_a_link_does_not_tell_whose_thing_it_is(app: Flask, superuser: Superuser, key: UUID) -> None:
    with late(app, superuser):
        token, browser = link(app, reminder(superuser, OWNER), OWNER), Browser(app)
        offered = set(re.findall(r'<option value="([a-z-]+)"', browser.get(f"/reminders/answer/{token}").text))
        assert offered == {r[0] for r in superuser.execute("SELECT code FROM unit").fetchall()}
        browser.post("/language", {"language": "en"})
        own = browser.post(f"/reminders/answer/{token}", {"answer": "blocked", "words": "x", "blocking": "guangdong"})
        none = browser.post(f"/reminders/answer/{token}", {"answer": "blocked", "words": "x", "blocking": "nobody"})
    assert own.status_code == none.status_code == 422
    assert "This does not fit. Sign in and look at the page" in own.text and "Choose another unit" not in own.text + none.text


def test_by_the_letter_of_a_day(app: Flask, acting: As, superuser: Superuser, key: UUID, box: Mailbox) -> None:
    """Whoever hears once a day answers from that letter just so."""
    prefer(acting, OWNER, NoticeKind.REMINDER, Mode.DAILY)
    superuser.execute("DELETE FROM outbox_message")
    with late(app, superuser):
        deliver(app, box.url)
        assert deliver(app, box.url, group=Group.MAIL) == 1                          # the contact's
    with on(LATE + timedelta(days=1)):
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
        token = written_to(box, OWNER)
        browser = Browser(app)
        assert browser.get(f"/reminders/answer/{token}").status_code == 200
        assert browser.post(f"/reminders/answer/{token}", {"answer": "not_mine", "words": "ask the shops"}).status_code == 200
    assert answers(superuser) == [("not_mine", True)]


def test_a_link_that_does_not_hold(app: Flask, superuser: Superuser, key: UUID) -> None:
    """Forged, cut off, of another purpose, of somebody who was not told, too old: the same page each time."""
    with late(app, superuser):
        told = reminder(superuser, OWNER)
        good = link(app, told, OWNER)
        other = links.sign("something else", str(told), str(people.key(OWNER)))
        words, dot, signature = good.rpartition(".")      # not its last letter, of which some bits say nothing
        forged = words + dot + ("A" if signature[0] != "A" else "B") + signature[1:]
        said = {Browser(app).get(f"/reminders/answer/{t}").text.partition("<main")[2] for t in (
            forged, good[:20], other, link(app, told, "contact.tibet"),
            links.sign(ANSWER_LINK, "x", "y"))}
        assert len(said) == 1
        browser = Browser(app)
        browser.get(f"/reminders/answer/{good}")
        refused = browser.post(f"/reminders/answer/{good}", {"answer": "not_mine", "words": "x"}, token=False)
        assert refused.status_code in (400, 403)
    with clock.standing_at(clock.at(LATE + timedelta(days=8), 10)):
        assert Browser(app).get(f"/reminders/answer/{good}").text.partition("<main")[2] in said
    assert answers(superuser) == []


def test_done_hands_in(app: Flask, superuser: Superuser, key: UUID) -> None:
    with late(app, superuser):
        browser = signed_in(app, OWNER, f"/assignments/{key}")
        told = reminder(superuser, OWNER)
        assert browser.post(f"/reminders/{told}/answer", {"answer": "done", "words": "all of it"}).status_code == 303
        row = superuser.execute("SELECT state, percent FROM assignment WHERE id = %s", (key,)).fetchone()
        assert row == ("handed_in", 100)
        assert browser.post(f"/reminders/{told}/answer", {"answer": "done", "words": "again"}).status_code == 409
