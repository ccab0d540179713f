"""Which way a notice takes to whom: what people choose, what headquarters sets, quiet hours, and who may still see."""
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask

from portal import delivery
from portal.assignments import queries as assignments
from portal.notices import queries, rules, service
from portal.notices.rules import Mode, NoticeKind
from portal.notices.service import letters
from portal.outbox import queries as outbox_queries
from portal.outbox import rules as outbox_rules
from portal.outbox import service as outbox
from portal.outbox.rules import Group
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.errors import NotPermitted, Stale
from tenants.isolation import acting_as
from tenants.messages import N_
from tenants.vocabulary import Role
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.services.delivering import deliver
from tests.tasks.mailbox import Mailbox, mailbox

GD, OWNER = "contact.guangdong", "market.guangdong"
NIGHT = clock.at(world.NOW.date(), 23)


@pytest.fixture
def box(superuser: Superuser) -> Iterator[Mailbox]:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail")
    with mailbox() as made:
        yield made


def tell(acting: As, url: str = "/desk", **more: object) -> int:
    with acting(GD) as actor:
        unit = actor.appointments[0].unit
        service.tell(unit, N_("A plain sentence."), url, people=[people.key(OWNER)], **more)
        db.session.commit()
    return unit


def prefer(acting: As, name: str, kind: NoticeKind, mode: Mode) -> None:
    with acting(name) as actor:
        service.prefer(actor, {kind: mode})
        db.session.commit()


def set_rules(acting: As, **changed: object) -> None:
    with acting("admin") as admin:
        row = queries.rules_row()
        service.set_rules(replace(queries.delivery_rules(), **changed), version=row.version if row else 0, actor=admin)
        db.session.commit()


def count(superuser: Superuser, table: str, where: str = "true") -> int:
    row = superuser.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
    assert row
    return int(row[0])


def test_only_in_the_portal(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    prefer(acting, OWNER, NoticeKind.GENERAL, Mode.IN_APP)
    tell(acting)
    deliver(app, box.url)
    assert (count(superuser, "notice"), count(superuser, "mail")) == (1, 0)
    set_rules(acting, least={NoticeKind.GENERAL: Mode.AT_ONCE})             # headquarters wants it louder
    tell(acting)
    deliver(app, box.url)
    assert (count(superuser, "notice"), count(superuser, "mail")) == (2, 1)


def test_one_letter_a_day(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    prefer(acting, OWNER, NoticeKind.GENERAL, Mode.DAILY)
    for _ in range(3):
        tell(acting)
    deliver(app, box.url)
    deliver(app, box.url)
    assert count(superuser, "outbox_message", "topic = 'digest'") == 1 and count(superuser, "mail") == 0
    with clock.standing_at(world.NOW + timedelta(days=1)):
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
        superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic <> 'notice'")
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
    assert len(box.letters) == 1 and count(superuser, "mail") == 1
    assert count(superuser, "notice", "digested_at IS NOT NULL") == 3


@pytest.mark.parametrize("most", [2, 3])
def test_a_letter_of_the_day_says_that_there_is_more_only_where_there_is(
        app: Flask, acting: As, superuser: Superuser, box: Mailbox, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(letters, "MOST_ITEMS", most)
    prefer(acting, OWNER, NoticeKind.GENERAL, Mode.DAILY)
    for _ in range(3):
        tell(acting)
    deliver(app, box.url)
    with clock.standing_at(world.NOW + timedelta(days=1)):
        deliver(app, box.url)
    assert count(superuser, "mail", "body LIKE '%%There is more%%' OR body LIKE '%%待汇总的通知不止%%'") == (1 if most < 3 else 0)


def test_quiet_hours(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    with clock.standing_at(NIGHT):
        tell(acting)
        tell(acting, urgent=True)
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
        assert len(box.letters) == 1 and count(superuser, "notice") == 2    # the portal itself is never quiet
    morning = clock.at(world.NOW.date() + timedelta(days=1), 7, 30)
    assert count(superuser, "outbox_message", f"topic = 'mail' AND done_at IS NULL AND next_at = '{morning.isoformat()}'") == 1
    with clock.standing_at(morning):
        deliver(app, box.url, group=Group.MAIL)
    assert len(box.letters) == 2


def test_what_was_due_before_a_rule_was_made_waits_uncounted(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    tell(acting)
    deliver(app, box.url)
    with clock.standing_at(NIGHT):
        deliver(app, box.url, group=Group.MAIL)
    assert box.letters == [] and count(superuser, "outbox_message", "attempts > 0 OR error IS NOT NULL") == 0


@pytest.fixture
def assignment(acting: As) -> UUID:
    """One of Guangdong's in the market line, which its line owner may see."""
    with acting(OWNER) as owner:
        found = assignments.of_unit(world.programme(owner).id, owner.appointments[0].unit)
        return next(a.id for a in found if a.line == "market")


def moved(superuser: Superuser) -> None:
    """The owner works for another line now."""
    superuser.execute("UPDATE appointment SET line = 'it' WHERE id = %s", (people.appointment_key(OWNER),))


def test_nothing_of_what_one_may_not_see(app: Flask, acting: As, superuser: Superuser, box: Mailbox, assignment: UUID) -> None:
    moved(superuser)
    tell(acting, f"/assignments/{assignment}")                             # the address alone says what it is about
    tell(acting, subject=("assignment", assignment))
    deliver(app, box.url)
    assert count(superuser, "notice") == 0 and count(superuser, "outbox_message", "done_at IS NULL") == 0


def test_the_right_is_looked_at_again_when_the_letter_goes(app: Flask, acting: As, superuser: Superuser, box: Mailbox,
                                                           assignment: UUID) -> None:
    tell(acting, subject=("assignment", assignment))
    deliver(app, box.url)
    assert count(superuser, "notice") == 1 and count(superuser, "mail", "body <> ''") == 1
    moved(superuser)
    deliver(app, box.url, group=Group.MAIL)
    assert box.letters == [] and count(superuser, "mail", "withheld_at IS NOT NULL AND body = '' AND subject = ''") == 1
    with acting(OWNER) as owner:
        assert queries.letters(owner) == []


def test_a_digest_leaves_out_what_one_may_not_see_any_more(app: Flask, acting: As, superuser: Superuser, box: Mailbox,
                                                           assignment: UUID) -> None:
    for kind in (NoticeKind.ASSIGNMENT, NoticeKind.GENERAL):
        prefer(acting, OWNER, kind, Mode.DAILY)
    tell(acting, f"/assignments/{assignment}")
    tell(acting)
    deliver(app, box.url)
    moved(superuser)
    with clock.standing_at(world.NOW + timedelta(days=1)):
        deliver(app, box.url)
        deliver(app, box.url, group=Group.MAIL)
    assert len(box.letters) == 1 and str(assignment) not in box.letters[0] and "/desk" in box.letters[0]


def test_headquarters_sees_by_its_own_function(app: Flask, acting: As, superuser: Superuser, box: Mailbox,
                                               assignment: UUID) -> None:
    """The receiving unit's scope sees nothing of a province; the right is asked in the receiver's own."""
    with acting(GD):
        service.tell(1, N_("x"), "/desk", roles=[Role.HQ_LINE_LEAD], subject=("assignment", assignment))
        db.session.commit()
    deliver(app, box.url)
    told = {r[0] for r in superuser.execute("SELECT person_id FROM notice").fetchall()}
    assert told == {people.key("market")}                                  # the other lines' leads see theirs only


def test_who_left_in_between_is_told_nothing(app: Flask, acting: As, superuser: Superuser, box: Mailbox, assignment: UUID) -> None:
    tell(acting, subject=("assignment", assignment))
    deliver(app, box.url)
    superuser.execute("UPDATE person SET left_on = '2026-03-01' WHERE id = %s", (people.key(OWNER),))
    deliver(app, box.url, group=Group.MAIL)
    assert box.letters == []


def test_a_thing_that_nobody_knows_how_to_ask_about_is_kept_back(app: Flask, acting: As, superuser: Superuser,
                                                                 box: Mailbox) -> None:
    tell(acting, subject=("mystery", people.key(GD)))
    deliver(app, box.url)
    assert count(superuser, "notice") == 0
    assert superuser.execute("SELECT error FROM outbox_message").fetchall() == [("LookupError: nobody says who may see a mystery",)]


def test_a_key_is_posted_once_for_a_unit_and_topic(acting: As, superuser: Superuser, box: Mailbox) -> None:
    for _ in range(2):
        tell(acting, key="rung 1")
    with acting(GD) as actor:
        for unit in (1, actor.appointments[0].unit):
            outbox.post("other", unit, {}, key="rung 1")
        db.session.commit()
    assert count(superuser, "outbox_message") == 3


def test_events_reach_each_subscriber_once(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    heard: list[tuple[str, UUID, object]] = []

    def hear(name: str, key: UUID, payload: dict[str, object]) -> None:
        heard.append((name, key, payload["n"]))

    def fail(_: UUID, __: dict[str, object]) -> None:
        raise LookupError("not yet")
    with acting(GD) as actor:
        unit = actor.appointments[0].unit
        outbox.post("issue.closed", unit, {"n": 1}, key="Q-1")
        db.session.commit()
    subscribed: dict[str, dict[str, outbox.Handler]] = {
        "issue.closed": {"indicators": partial(hear, "indicators"), "desk": partial(hear, "desk"), "broken": fail}}
    for _ in range(2):
        with app.app_context(), acting_as(Scope(None, (unit,))):
            outbox.drain(outbox.events(subscribed))
    assert sorted((name, n) for name, _, n in heard) == [("desk", 1), ("indicators", 1)] and len({key for _, key, _ in heard}) == 2
    assert count(superuser, "outbox_message", "done_at IS NULL AND topic = 'issue.closed>broken' AND error LIKE '%not yet'") == 1


def test_the_others_share_the_fate_of_what_is_unreachable(app: Flask, acting: As, superuser: Superuser, box: Mailbox) -> None:
    """One attempt tells it of all that waits for the same server; after the last they are parked together, with a reason."""
    for _ in range(4):
        tell(acting)
    deliver(app, box.url)
    tried: list[str] = []

    def away(_: UUID, payload: dict[str, object]) -> None:
        tried.append(str(payload["mail"]))
        raise outbox_rules.Unreachable("it is away", "mail")
    for n in range(outbox_rules.SLOW_ATTEMPTS):
        with clock.standing_at(clock.at((world.NOW + timedelta(days=n)).date(), 10)), app.app_context():
            [unit] = outbox_queries.receivers_waiting(Group.MAIL)
            with acting_as(Scope(None, (unit,))):
                outbox.drain({"mail": away}, Group.MAIL)
    assert len(tried) == outbox_rules.SLOW_ATTEMPTS
    assert count(superuser, "outbox_message", "parked_at IS NOT NULL AND error = 'Unreachable: it is away'") == 4
    with acting("admin") as admin:
        assert len(outbox_queries.parked()) == 4 and outbox.retry(outbox_queries.parked()[0].id, actor=admin) == 1
        assert outbox.retry(actor=admin) == 3 and outbox_queries.parked() == []
        db.session.commit()
    deliver(app, box.url, group=Group.MAIL)
    assert len(box.letters) == 4
    assert count(superuser, "audit_entry", "subject_kind = 'outbox_message' AND action = 'retry'") == 4


def test_who_may_set_the_ways(acting: As) -> None:
    with acting(GD) as contact, pytest.raises(NotPermitted):
        service.set_rules(rules.STANDARD_RULES, version=0, actor=contact)
    set_rules(acting, rest_days=False)
    with acting("admin") as admin, pytest.raises(Stale):
        service.set_rules(rules.STANDARD_RULES, version=0, actor=admin)


def test_choices_are_ones_own_and_known_to_delivery_alone(acting: As, superuser: Superuser) -> None:
    for name in (OWNER, "auditor", "office"):
        prefer(acting, name, NoticeKind.ISSUE, Mode.DAILY)
        prefer(acting, name, NoticeKind.ISSUE, Mode.IN_APP)
    with acting(GD) as contact:
        assert queries.preferences(contact) == {} and queries.modes([people.key(OWNER)]) == {}
    with acting(OWNER) as owner:
        assert queries.preferences(owner) == {NoticeKind.ISSUE: Mode.IN_APP}
    assert count(superuser, "notice_preference") == 3


def test_every_kind_of_thing_that_a_page_is_about_can_be_asked_about() -> None:
    assert set(delivery.SEES.things) == {"assignment", "bulletin", "campaign", "filing", "issue", "meeting", "programme",
                                  "supervision"}
