"""What was told in the evening and is settled in the morning stands in no letter, and no room hears of it."""
from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from portal.assignments import service as work
from portal.outbox.rules import Group
from portal.reminders import queries, service
from portal.reminders.service import Reply
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser
from tests.crossings import few
from tests.factories import people
from tests.services.delivering import deliver
from tests.services.test_reminders import LATE, key, swept
from tests.services.test_waivers import do
from tests.tasks.hook import listening
from tests.tasks.mailbox import Mailbox, mailbox
from tests.tasks.test_webhooks import HERE, channel

__all__ = ["key"]
OWNER, CONTACT = "market.guangdong", "contact.guangdong"
EVENING = clock.at(LATE, 22)
MORNING = clock.at(date(2026, 7, 2), 8, 40)
Settle = Callable[[As, UUID, Superuser], object]


@pytest.fixture
def box(superuser: Superuser, key: UUID) -> Iterator[Mailbox]:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail; DELETE FROM channel")
    superuser.execute("UPDATE reminder_rung SET rooms = true")
    with mailbox() as made:
        yield made


def hand_in(acting: As, key: UUID, _: Superuser) -> None:
    do(acting, OWNER, key, lambda a, me: work.hand_in(a, "done", actor=me))


def extend(acting: As, key: UUID, _: Superuser) -> None:
    do(acting, OWNER, key, lambda a, me: work.ask_extension(a, date(2026, 9, 30), "why", actor=me))
    do(acting, "office", key, lambda a, me: work.decide_extension(a, "grant", "", actor=me))


def cancel(acting: As, key: UUID, _: Superuser) -> None:
    do(acting, "office", key, lambda a, me: work.cancel(a, "nobody has it", actor=me))


def answered(word: str) -> Settle:
    """By the owner; the contact was reminded of the same thing."""
    def settle(acting: As, key: UUID, superuser: Superuser) -> None:
        row = superuser.execute("SELECT id FROM reminder WHERE %s = ANY (people)", (people.key(OWNER),)).fetchone()
        assert row
        with acting(OWNER) as owner:
            service.answer(queries.one(owner, row[0]), Reply(word, "they have not delivered"), actor=owner)
            db.session.commit()
    return settle


def letters(box: Mailbox, who: str) -> list[str]:
    return [text for text in box.letters if people.email(who) in text and "/reminders/answer/" in text]


def evening(app: Flask, acting: As, superuser: Superuser, key: UUID, box: Mailbox, settle: Settle | None) -> int:
    """Reminded in quiet hours, and settled; how many messages a room has got by morning."""
    with listening() as hook:
        channel(acting, hook, kinds=("reminder",))
        with clock.standing_at(EVENING):
            assert swept(app, superuser) == (2, 0)
            deliver(app, box.url)
            if settle:
                settle(acting, key, superuser)
        with clock.standing_at(MORNING):
            deliver(app, box.url)
            deliver(app, box.url, group=Group.MAIL)
            deliver(app, group=Group.CHAT, webhook_hosts=HERE)
        return len(hook.taken)


@pytest.mark.parametrize("channel_", ["digest", "at_once"])
@pytest.mark.parametrize(("settle", "owner", "contact", "room"), few(3, [
    (None, 1, 1, 1), (hand_in, 0, 0, 0), (answered("not_mine"), 0, 1, 1), (extend, 0, 0, 0), (cancel, 0, 0, 0),
    (answered("blocked"), 0, 0, 0)]), ids=["nothing", "handed in", "not mine", "extended", "cancelled", "blocked"])
def test_the_morning_says_what_is_still_so(app: Flask, acting: As, superuser: Superuser, key: UUID, box: Mailbox, channel_: str,
                                           settle: Settle | None, owner: int, contact: int, room: int) -> None:
    """In the letter of the day, and in those that wait for the end of quiet hours."""
    superuser.execute("UPDATE reminder_rung SET channel = %s", (channel_,))
    heard = evening(app, acting, superuser, key, box, settle)
    assert (len(letters(box, OWNER)), len(letters(box, CONTACT)), heard) == (owner, contact, room)
    assert superuser.execute("SELECT count(*) FROM notice WHERE kind = 'reminder'").fetchone() == (2,)
