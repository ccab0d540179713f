"""Letters to a mail server: once each, and never in the way of what the portal says itself."""
import email
import email.policy
from datetime import timedelta

import pytest
from flask import Flask

from portal import letters
from portal.notices import service as notices
from portal.outbox import queries
from portal.outbox import rules as outbox_rules
from portal.outbox import service as outbox
from portal.outbox.rules import Group
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.isolation import acting_as
from tenants.messages import N_
from tenants.vocabulary import Role
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.services.delivering import deliver
from tests.tasks.mailbox import mailbox

GD = "contact.guangdong"


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    superuser.execute("DELETE FROM outbox_message")


def letter_of(subject: str) -> letters.Letter:
    item = letters.Item("A sentence.", "http://portal.example/desk")
    return letters.Letter(people.key(GD), "a@b.example", subject, [item], "foot", "Open", "Answer", "en", world.NOW, "http://portal.example")


def tell(acting: As, **params: object) -> None:
    with acting(GD) as actor:
        notices.tell(actor.appointments[0].unit, N_("Headquarters answers about the plan: %(text)s", **params), "/filings/1",
                     roles=[Role.UNIT_CONTACT])
        db.session.commit()


def test_a_letter_goes_out_once(app: Flask, acting: As, superuser: Superuser) -> None:
    with mailbox() as box:
        tell(acting, text="Zeile\nBcc: everybody@hq.example 请看 😀")
        assert deliver(app, box.url) == 1 and box.letters == []
        assert deliver(app, box.url, group=Group.MAIL) == 2
        superuser.execute("UPDATE outbox_message SET done_at = NULL")
        assert deliver(app, box.url) == 1 and deliver(app, box.url, group=Group.MAIL) == 2      # delivered again …
    assert len(box.letters) == 2                                                        # … but gone once
    found = [email.message_from_string(text, policy=email.policy.default) for text in box.letters]
    assert {m["To"] for m in found} == {people.email(GD), people.email("deputy.guangdong")}
    for m in found:
        assert m["From"] == "portal@hq.example" and m["Bcc"] is None and m["Auto-Submitted"] == "auto-generated"
        assert "请看 😀" in m["Subject"] and m["Message-ID"].endswith("@portal.example>")
        text, html = (part.get_content() for part in m.iter_parts())
        assert m.get_content_type() == "multipart/alternative"
        assert "http://portal.example/filings/1" in text and 'href="http://portal.example/filings/1"' in html
    assert len({m["Message-ID"] for m in found}) == 2
    assert superuser.execute("SELECT count(*) FROM mail WHERE sent_at = %s", (world.NOW,)).fetchone() == (2,)


def test_without_a_mail_server_letters_are_kept_only(app: Flask, acting: As, superuser: Superuser) -> None:
    tell(acting, text="x")
    deliver(app)
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE topic = 'mail'").fetchone() == (0,)
    assert superuser.execute("SELECT count(*), count(sent_at) FROM mail").fetchone() == (2, 0)


def test_what_the_server_refuses_is_tried_again_and_then_parked(app: Flask, acting: As, superuser: Superuser,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_rules, "SLOW_ATTEMPTS", 3)
    with mailbox(refusing=True) as box:
        tell(acting, text="x")
        deliver(app, box.url)
        for n in range(3):
            with clock.standing_at(world.NOW + timedelta(hours=2 * n)):
                deliver(app, box.url, group=Group.MAIL)
    parked = superuser.execute("SELECT attempts, error FROM outbox_message WHERE parked_at IS NOT NULL").fetchall()
    assert [n for n, _ in parked] == [3] * 2 and "550" in str(parked[0][1])
    assert superuser.execute("SELECT count(sent_at) FROM mail").fetchone() == (0,)


def test_a_silent_mail_server_holds_up_no_notice(app: Flask, acting: As, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
                                                 ) -> None:
    monkeypatch.setattr(letters, "PATIENCE", 0.3)
    with mailbox(silent=True) as box:
        tell(acting, text="first")
        deliver(app, box.url)
        assert deliver(app, box.url, group=Group.MAIL) == 0
        tell(acting, text="second")
        assert deliver(app, box.url) == 1
    said = superuser.execute("SELECT DISTINCT params->>'text' FROM notice ORDER BY 1").fetchall()
    assert said == [("first",), ("second",)]
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE topic = 'mail' AND attempts = 1").fetchone() == (2,)


def test_one_process_at_a_time_waits_for_the_mail_server(app: Flask, acting: As, superuser: Superuser) -> None:
    with mailbox() as box:
        tell(acting, text="x")
        deliver(app, box.url)
        superuser.execute("SELECT pg_advisory_lock(%s)", (queries._ONE_AT_A_TIME[Group.MAIL],))
        try:
            assert deliver(app, box.url, group=Group.MAIL) == 0
        finally:
            superuser.execute("SELECT pg_advisory_unlock_all()")
        assert deliver(app, box.url, group=Group.MAIL) == 2


def test_a_drain_leaves_the_rest_when_its_time_is_up(app: Flask, acting: As) -> None:
    tell(acting, text="x")
    with app.app_context():
        [unit] = queries.receivers_waiting()
    with app.app_context(), acting_as(Scope(None, (unit,))):
        assert outbox.drain(notices.handlers("", ""), seconds=0).delivered == 0


@pytest.mark.parametrize(("url", "words"), [
    ("http://mail.example", "MAIL_URL"), ("smtp://", "MAIL_URL")])
def test_a_wrong_address_is_told(url: str, words: str) -> None:
    letter = letter_of("s")
    with pytest.raises(ValueError, match=words):
        letters.send(letter, url, "http://portal.example")


def test_no_header_can_be_smuggled_in() -> None:
    with pytest.raises(ValueError, match="line"):
        letters.written(letter_of("s\nBcc: x@y.example"), "p@hq.example", "h")
