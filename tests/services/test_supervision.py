"""A supervision order from its issue to its end, as the runtime role; who is not concerned finds nothing of it."""
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from portal import delivery
from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.audit import queries as audit
from portal.desk import supervision as desk
from portal.notices import service as notices
from portal.reminders import service as reminders
from portal.reminders.models import Reminder
from portal.supervision import queries, service
from portal.supervision.models import Order
from portal.supervision.rules import AboutKind, Ref
from tenants import clock
from tenants.access import Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.isolation import acting_as
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.exchange import campaign, raised
from tests.factories.supervision import order, wanted

OUTSIDERS = ("contact.beijing", "head.beijing", "network", "market.guangdong", "member.guangdong", "network.guangdong")


def told(superuser: Superuser, key: UUID) -> list[object]:
    """The roles of each notice about an order, in the order of sending."""
    return [row[0] for row in superuser.execute(
        "SELECT payload->'roles' FROM outbox_message WHERE topic = %s AND payload->'subject'->>1 = %s ORDER BY id",
        (notices.TOPIC, str(key))).fetchall()]


def later(days: int) -> datetime:
    return world.NOW + timedelta(days=days)


def test_issued_replied_returned_replied_and_closed(acting: As, superuser: Superuser) -> None:
    key = order(acting, "office", "guangdong")
    assert told(superuser, key) == [["unit_contact"]]
    with acting("contact.guangdong") as contact:
        o = queries.one(contact, key)
        assert (o.code, o.term, o.first_term, o.round) == ("D-2026-guangdong-001", date(2026, 3, 24), date(2026, 3, 24), 1)
        assert [str(t.title) for t in desk.mine(contact)] == [f"Reply to supervision order {o.code}"]
        with pytest.raises(NotPermitted):
            service.accept(o, actor=contact)
        with pytest.raises(NotPermitted):
            service.withdraw(o, "no", actor=contact)
        with pytest.raises(NotPermitted):
            service.extend(o, date(2026, 4, 1), "late", actor=contact)
        with pytest.raises(Invalid) as wrong:
            service.reply(o, " ", date(2028, 1, 1), actor=contact)
        assert set(wrong.value.errors) == {"words", "done_by"}
        with pytest.raises(Stale):
            service.reply(o, "Done.", date(2026, 3, 20), actor=contact, version=o.version + 1)
        service.reply(o, "Done, all bills.", date(2026, 3, 20), actor=contact, version=o.version)
        db.session.commit()
        with pytest.raises(RuleViolated):
            service.reply(o, "Again.", date(2026, 3, 20), actor=contact)
        assert list(desk.mine(contact)) == []
    with clock.standing_at(later(20)), acting("office") as office:
        o = queries.one(office, key)
        assert [str(t.title) for t in desk.mine(office)] == [f"Judge the reply to supervision order {o.code}"]
        assert queries.lights([o])[key].code == "blue"
        with pytest.raises(Invalid) as wrong:                # the term has passed meanwhile
            service.send_back(o, "Which ones?", actor=office)
        assert set(wrong.value.errors) == {"term"}
        service.send_back(o, "Which ones?", date(2026, 4, 10), actor=office)
        db.session.commit()
        assert (o.state, o.round, o.term, o.first_term, o.replied_on) == (
            "open", 2, date(2026, 4, 10), date(2026, 3, 24), None)
        service.extend(o, date(2026, 4, 17), "The list is long", actor=office)
        with pytest.raises(Invalid):
            service.extend(o, date(2026, 4, 15), "Earlier", actor=office)
        db.session.commit()
        with pytest.raises(RuleViolated):
            service.accept(o, actor=office)
    with clock.standing_at(later(21)), acting("head.guangdong") as head:
        service.reply(queries.one(head, key), "The list is attached.", date(2026, 4, 1), actor=head)
        db.session.commit()
    with clock.standing_at(later(22)), acting("office") as office:
        o = queries.one(office, key)
        service.accept(o, "Well done", actor=office)
        db.session.commit()
        assert [(r.round, r.verdict) for r in queries.replies(o)] == [(2, "accepted"), (1, "returned")]
        actions = [e.action for e in audit.history("supervision", key)]
        assert sorted(actions) == sorted(["order", "reply", "return", "extend", "reply", "accept"])
        o.term = date(2026, 5, 1)
        with pytest.raises(Exception, match="does not change"):
            db.session.flush()
        db.session.rollback()


def test_who_is_not_concerned_finds_nothing(acting: As) -> None:
    key = order(acting, "office", "guangdong", grade="serious")
    with acting("contact.beijing") as outsider:
        for table in ("supervision", "supervision_reply"):
            assert db.session.execute(db.text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert audit.history("supervision", key) == [] and outsider.appointments
        with pytest.raises(Exception) as refused:
            db.session.execute(db.text("SELECT app.next_order_number(2, 2026)"))
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
        db.session.rollback()
    for name in OUTSIDERS:                                   # another unit, another line, and within the unit another line's owner
        with acting(name) as outsider:
            with pytest.raises(NotVisible):
                queries.one(outsider, key)
            assert queries.count(queries.conditions(outsider, queries.Wanted(q="bills"))) == 0 and list(desk.mine(outsider)) == []
            assert not delivery.SEES.things["supervision"](outsider, key)
    for name in ("contact.guangdong", "head.guangdong", "office", "leader", "auditor"):
        with acting(name) as reader:
            assert queries.one(reader, key).code.endswith("-001") and delivery.SEES.things["supervision"](reader, key)
    with acting("contact.guangdong") as contact:             # a unit may reply, and nothing else, in the database as well
        o = queries.one(contact, key)
        o.state = "closed"
        with pytest.raises(Exception, match=r"may only reply|permission denied"):
            db.session.flush()
        db.session.rollback()


def test_a_line_orders_in_its_own_matter_and_grades_tell_more_people(acting: As, superuser: Superuser) -> None:
    with acting("network") as other, pytest.raises(NotPermitted):
        service.issue(wanted("guangdong", line=Line.MARKET), actor=other)
    key = order(acting, "market", "guangdong", grade="serious", line=Line.MARKET)
    assert told(superuser, key) == [["unit_contact", "unit_head"], ["hq_leader"]]
    with acting("market.guangdong") as owner, pytest.raises(NotPermitted):
        service.reply(queries.one(owner, key), "Done", date(2026, 3, 20), actor=owner)
    with acting("network") as other, pytest.raises(NotVisible):
        queries.one(other, key)
    with acting("market") as lead:
        service.withdraw(queries.one(lead, key), "It was another unit's", actor=lead)
        db.session.commit()
        ref, foreign = (Ref(AboutKind.ASSIGNMENT, db.session.scalars(
            assignments.listed([Assignment.line == line, Assignment.unit_id == 20])).all()[0].id) for line in ("market", "network"))
        with pytest.raises(Invalid) as wrong:
            service.issue(wanted(line=Line.MARKET, about=(foreign,)), actor=lead)
        assert set(wrong.value.errors) == {"about"}
        made = service.issue(wanted(line=Line.MARKET, about=(ref,), grade="urgent"), actor=lead)
        db.session.commit()
        assert [(m.unit_id, m.about, m.code) for m in made] == [(20, ref, "D-2026-guangdong-002")]
        with pytest.raises(Invalid) as wrong:                # one at a time about one thing
            service.issue(wanted(line=Line.MARKET, about=(ref,), grade="x", words="", term=date(2026, 1, 1)), actor=lead)
        assert set(wrong.value.errors) == {"about", "grade", "words", "term"}
        assert [o.code for o in queries.of_thing(lead, ref)] == ["D-2026-guangdong-002"]


def test_an_order_about_an_issue_goes_to_its_owner_and_to_nobody_who_cannot_see_it(acting: As, superuser: Superuser) -> None:
    issue = raised(acting, "contact.guangdong", campaign(superuser, "migu", lands=["guangdong", "beijing"]))
    ref = Ref(AboutKind.ISSUE, issue)
    with acting("network") as stranger, pytest.raises(Invalid):
        service.issue(wanted(line=Line.NETWORK, about=(ref,)), actor=stranger)
    with acting("office") as office:
        made = service.issue(wanted(about=(ref,)), actor=office)
        db.session.commit()
        key, unit = made[0].id, made[0].unit_id
    with acting("contact.migu") as owner:
        o = queries.one(owner, key)
        assert unit == owner.appointments[0].unit and ref in queries.things(owner, [ref])
        assert o.about == ref
    with acting("contact.guangdong") as raiser, pytest.raises(NotVisible):
        queries.one(raiser, key)


def _sweep(unit: int, days: int) -> list[str]:
    """What a sweep tells of orders then."""
    with clock.standing_at(later(days)), acting_as(Scope(None, (unit,), Lane.UNIT)):
        before = set(db.session.scalars(select(Reminder.id)))
        reminders.sweep(unit)
        rows = db.session.scalars(select(Reminder).where(Reminder.kind == "order", Reminder.id.not_in(before)))
        return sorted(r.rung for r in rows)


@pytest.fixture
def climb(acting: As) -> Callable[[int], list[str]]:
    with acting("contact.guangdong") as contact:
        unit = contact.appointments[0].unit
    return lambda days: _sweep(unit, days)


def test_the_ladder_of_an_order_climbs_and_begins_anew(acting: As, app: Flask, climb: Callable[[int], list[str]]) -> None:
    key = order(acting, "office", "guangdong", term=date(2026, 3, 20))           # a Friday
    with app.app_context():
        assert climb(7) == ["-3 day contact"] and climb(7) == []
        assert climb(13) == ["+1 day contact", "+1 day unit_head"]
        assert climb(15) == ["+3 day hq_line"] and climb(17) == ["+5 day office"] and climb(22) == ["+8 day leadership"]
    with clock.standing_at(later(23)), acting("office") as office:
        service.extend(queries.one(office, key), date(2026, 4, 10), "More work than it seemed", actor=office)
        db.session.commit()
    with app.app_context():
        assert climb(24) == [] and climb(35) == ["+1 day contact", "+1 day unit_head"]
    with clock.standing_at(later(35)), acting("contact.guangdong") as contact:
        rows = db.session.scalars(select(Reminder).where(Reminder.kind == "order").order_by(Reminder.at.desc())).all()
        mine = next(r for r in rows if people.key("contact.guangdong") in r.people)
        reminders.answer(mine, reminders.Reply("need_time", "A week more", date(2026, 4, 20)), actor=contact)
        service.reply(queries.one(contact, key), "Done.", date(2026, 4, 14), actor=contact)
        db.session.commit()
    with app.app_context():
        assert climb(40) == []


def test_identity_is_needed_for_everything(acting: As) -> None:
    """The table of permissions alone decides who issues."""
    for name in ("leader", "auditor", "contact.guangdong"):
        with acting(name) as who:
            assert isinstance(who, Identity)
            with pytest.raises(NotPermitted):
                service.issue(wanted("guangdong"), actor=who)
            assert db.session.scalar(select(Order.id).limit(1)) is None


def test_two_at_once_about_one_thing(acting: As, superuser: Superuser) -> None:
    """Both have looked before either has issued: one order, and the other hears why there is no second."""
    row = superuser.execute("SELECT id FROM assignment WHERE unit_id = 20 AND line = 'market' ORDER BY code").fetchone()
    assert row
    about, meet, became = (Ref(AboutKind.ASSIGNMENT, row[0]),), threading.Barrier(2), []

    def go() -> None:
        with acting("office") as office:
            queries.unfinished_about(about, None)
            meet.wait(10)
            try:
                made = service.issue(wanted(about=about), actor=office)
                db.session.commit()
                became.append(made[0].code)
            except Invalid as refused:
                db.session.rollback()
                became.append(*refused.errors)
    threads = [threading.Thread(target=go) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert sorted(became) == ["D-2026-guangdong-001", "about"]
