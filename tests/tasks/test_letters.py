"""What a letter looks like on the wire: compared with the ones kept beside this file, in both languages.

A wanted change: delete the file and run this again."""
import email
import email.policy
import re
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import letters
from portal.assignments import queries as assignments
from portal.notices import service
from portal.notices.rules import Mode, NoticeKind
from portal.outbox.rules import Group
from tenants import clock
from tenants.db import db
from tenants.messages import N_
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.reminders import task
from tests.services.delivering import deliver
from tests.services.test_reminders import swept
from tests.tasks.mailbox import Mailbox, mailbox
from tests.tasks.test_mail import letter_of

KEPT = Path(__file__).parent / "letters"
OWNER = "market.guangdong"


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    superuser.execute("DELETE FROM outbox_message")


def read(box: Mailbox) -> list[EmailMessage]:
    found = [email.message_from_string(text, policy=email.policy.default) for text in box.letters]
    assert all(isinstance(m, EmailMessage) for m in found)
    return found


def shown(mail: EmailMessage) -> str:
    """The headers that matter and both parts, without the keys of this run."""
    names = ("From", "To", "Subject", "Date", "In-Reply-To", "References", "List-Id", "List-Unsubscribe", "Auto-Submitted",
             "Content-Type")
    heads = "\n".join(f"{name}: {mail[name]}" for name in names if mail[name])
    parts = "".join(f"\n=== {part.get_content_type()}\n{part.get_content()}" for part in mail.iter_parts())
    text = re.sub(r'boundary="[^"]+"', 'boundary="-"', heads + parts).replace("\r\n", "\n")
    text = re.sub(r"/reminders/answer/[\w.\-]+", "/reminders/answer/TOKEN", text)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "KEY", text)


def compare(name: str, found: str) -> None:
    path = KEPT / f"{name}.txt"
    if not path.exists():
        path.write_text(found)
        pytest.fail(f"{path} was not there and is made now: look at it, and keep it")
    assert found == path.read_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_once_and_of_the_day(app: Flask, acting: As, superuser: Superuser, language: str) -> None:
    superuser.execute("UPDATE person SET language = %s WHERE id = %s", (language, people.key(OWNER)))
    with acting(OWNER) as owner:
        unit = owner.appointments[0].unit
        about = next(a for a in assignments.of_unit(world.programme(owner).id, unit) if a.line == "market")
        service.prefer(owner, {NoticeKind.FILING: Mode.DAILY})
        returned = N_("Returned by headquarters: %(title)s. %(remark)s", title={"en": "List of gaps", "zh": "短板清单"},
                      remark='2 < 3 & "evidence"\nis missing')
        service.tell(unit, returned, f"/assignments/{about.id}", people=[owner.person])
        for words in ("Your implementation plan is approved and in force.", "Your implementation plan is approved and in force."):
            service.tell(unit, N_(words), "/filings", people=[owner.person])
        db.session.commit()
    with mailbox() as box:
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
        with clock.standing_at(clock.at(world.NOW.date().replace(day=11), 9)):
            deliver(app, box.url)
            deliver(app, box.url, group=Group.MAIL)
    one, day = read(box)
    compare(f"one.{language}", shown(one))
    compare(f"day.{language}", shown(day))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_reminders_at_once_and_of_the_day(app: Flask, superuser: Superuser, language: str) -> None:
    """Ten working days before, in the letter of the day; the day after, at once: each leads to its page, and to its answer."""
    superuser.execute("UPDATE person SET language = %s WHERE id = %s", (language, people.key(OWNER)))
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id <> %s", (task(superuser),))
    with mailbox() as box:
        for day, hour in ((date(2026, 6, 15), 9), (date(2026, 6, 16), 9), (date(2026, 7, 1), 9)):
            with clock.standing_at(clock.at(day, hour)):
                swept(app, superuser)
                deliver(app, box.url)
                deliver(app, box.url, group=Group.MAIL)
    of_day, at_once = (m for m in read(box) if m["To"] == people.email(OWNER))
    compare(f"reminder.{language}", shown(at_once))
    compare(f"reminder-day.{language}", shown(of_day))


def test_letters_about_one_thing_stand_together(app: Flask, acting: As) -> None:
    with acting(OWNER) as owner:
        unit = owner.appointments[0].unit
        about = next(a for a in assignments.of_unit(world.programme(owner).id, unit) if a.line == "market").id
        for url in (f"/assignments/{about}", f"/assignments/{about}#history", "/desk"):
            service.tell(unit, N_("A plain sentence."), url, people=[owner.person])
        db.session.commit()
    with mailbox() as box:
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
    found = read(box)
    threads = sorted(str(m["References"] or "") for m in found)
    assert threads == ["", *[f"<assignment.{about}@portal.example>"] * 2] and len({m["Message-ID"] for m in found}) == 3


def test_nothing_is_loaded_from_anywhere() -> None:
    page = letters.html(letter_of("s"))
    assert re.findall(r"(?:src|href)=\"([^\"]+)\"", page) == ["http://portal.example/desk"]
    assert not re.search(r"<(?:img|link|script|iframe|object|form)\b|url\(|@import", page, re.I)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_words_arrive_as_they_are(words: str) -> None:
    made = letter_of(" ".join(words.split()) or "s")
    whole = replace(made, items=[letters.Item(words, "http://portal.example/desk")])
    sent = email.message_from_bytes(letters.written(whole, "p@hq.example", "h").as_bytes(), policy=email.policy.default)
    assert isinstance(sent, EmailMessage)
    text, page = sent.iter_parts()
    assert words in text.get_content() and page.get_content().count("<a ") == 1
