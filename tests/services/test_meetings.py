"""A meeting from the invitation to the assignment, as the runtime role; who is not invited finds nothing of it."""
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from portal.assignments.models import Assignment
from portal.attachments import queries as attachments
from portal.desk import meetings as desk
from portal.meetings import queries, service
from portal.meetings.rules import Decided, Item
from portal.notices import service as notices
from tenants import clock, directory
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.meetings import content, meeting
from tests.services.at_once import at_once
from tests.services.test_notices import Post

DUE = date(2026, 6, 1)


def decided(unit: str, owner: str = "") -> Decided:
    keys = {u.code: u.id for u in directory.units()}
    return Decided(unit=keys[unit], line=Line.MARKET, title="Correct the bills", deliverable="A list of all bills", due=DUE,
                   owner=owner)


def test_from_the_invitation_to_the_assignment(acting: As, superuser: Superuser) -> None:
    key = meeting(acting, "office", "guangdong", "tibet")
    told = superuser.execute("SELECT count(*) FROM outbox_message WHERE topic = %s AND payload->'subject'->>1 = %s",
                             (notices.TOPIC, str(key))).fetchone()
    assert told == (2,)
    with acting("contact.guangdong") as contact:
        m = queries.one(contact, key)
        assert [str(t.title) for t in desk.mine(contact)] == ["Answer who comes: Bills of the spring"]
        with pytest.raises(Invalid):
            service.answer(m, "sends", "", actor=contact)
        service.answer(m, "sends", "Somebody of billing", actor=contact)
        db.session.commit()
        assert list(desk.mine(contact)) == [] and len(queries.invitations(m)) == 1
        for refused in (lambda: service.decide(m, decided("guangdong"), actor=contact), lambda: service.cancel(m, actor=contact)):
            with pytest.raises(NotPermitted):
                refused()
    with clock.standing_at(world.NOW + timedelta(days=4)), acting("office") as office:
        m = queries.one(office, key)
        with pytest.raises(Invalid) as wrong:
            service.decide(m, decided("beijing", owner="nobody@hq.example"), actor=office)
        assert set(wrong.value.errors) == {"unit", "owner"}
        made = service.decide(m, decided("guangdong", owner=people.email("market.guangdong")), actor=office)
        service.publish(m, "Said: a lot.", actor=office)
        db.session.commit()
        first = service.assign(m, made.id, actor=office)
        assert service.assign(m, made.id, actor=office) == first
        db.session.commit()
        row = db.session.get(Assignment, first)
        assert row is not None and (row.owner_id, row.due, row.title, row.line) == (
            people.key("market.guangdong"), DUE, "Correct the bills", "market")
        with pytest.raises(RuleViolated):
            service.decide(m, decided("guangdong"), actor=office)
        with pytest.raises(RuleViolated):
            service.publish(m, "Other words", actor=office)
        service.amend(m, "One word was wrong.", actor=office)
        db.session.commit()
        m.minutes = "Other words"
        with pytest.raises(Exception, match="published minutes do not change"):
            db.session.flush()
        db.session.rollback()
    with acting("market.guangdong") as owner:
        found = queries.of_assignment(owner, first)
        assert found is not None and found.meeting.minutes == "Said: a lot."
        assert list(queries.became(owner, [found])) == [first]
    with acting("contact.tibet") as other:                   # invited, but the assignment is another's
        rows = queries.decisions(queries.one(other, key))
        assert len(rows) == 1 and queries.became(other, rows) == {}


def test_three_decisions_become_three_assignments(app: Flask, acting: As, superuser: Superuser) -> None:
    """One of them headquarters' own. Each owner hears of it, and it stands in the history of the assignment."""
    key = meeting(acting, "office", "guangdong", "tibet")
    with clock.standing_at(world.NOW + timedelta(days=4)), acting("office") as office:
        m = queries.one(office, key)
        wanted = (("guangdong", "market.guangdong"), ("tibet", "market.tibet"), ("hq", "market"))
        made = [service.decide(m, decided(unit, people.email(who)), actor=office).id for unit, who in wanted]
        db.session.commit()
        superuser.execute("DELETE FROM outbox_message")
        keys = [service.assign(m, k, actor=office) for k in made]
        db.session.commit()
        assert len(set(keys)) == 3 and queries.to_assign(office, 9) == []
        rows = [db.session.get_one(Assignment, k) for k in keys]
        assert [(a.owner_id, a.due, a.unit_id) for a in rows] == [
            (people.key(who), DUE, decided(unit).unit) for unit, who in wanted]
    with clock.standing_at(world.NOW + timedelta(days=4)):
        found = Post(app, superuser, empty=False).new()
    for assignment, (unit, who) in zip(keys, wanted, strict=True):
        assert f"/assignments/{assignment}" in [url for words, url in found[who] if "You are the owner" in words]
        owners = superuser.execute("SELECT changes->'owner'->>1 FROM audit_entry WHERE subject_id = %s AND action = 'change'",
                                   (assignment,)).fetchall()
        assert owners == [(str(people.key(who)),)] or unit == "hq"           # headquarters' line lead is its owner already
    assert {"contact.guangdong", "contact.tibet"} <= set(found)


def test_the_office_hears_of_a_decision_that_waits_for_it(app: Flask, acting: As, superuser: Superuser) -> None:
    key, post = meeting(acting, "market", "guangdong", line=Line.MARKET), Post(app, superuser)
    with acting("market") as lead:
        service.decide(queries.one(lead, key), decided("guangdong"), actor=lead)
        db.session.commit()
    assert {who: said[0][1] for who, said in post.new().items()} == {"office": f"/meetings/{key}"}
    with acting("office") as office:
        service.decide(queries.one(office, key), decided("guangdong"), actor=office)
        db.session.commit()
    assert post.new() == {}


def test_a_decision_is_corrected_or_taken_back_until_something_became_of_it(acting: As, superuser: Superuser) -> None:
    key = meeting(acting, "market", "guangdong", "tibet", line=Line.MARKET)
    with acting("market") as lead:
        m = queries.one(lead, key)
        first, other, third = (service.decide(m, decided("guangdong"), actor=lead) for _ in range(3))
        service.correct(m, first.id, replace(decided("tibet"), title="Correct all bills"), actor=lead, version=1)
        db.session.commit()
        assert (first.title, first.unit_id, first.version) == ("Correct all bills", decided("tibet").unit, 2)
        with pytest.raises(Stale):
            service.correct(m, first.id, decided("tibet"), actor=lead, version=1)
        with pytest.raises(Invalid) as wrong:
            service.correct(m, first.id, replace(decided("beijing"), title=""), actor=lead)
        assert set(wrong.value.errors) == {"title", "unit"}
        service.take_back(m, other.id, actor=lead)
        db.session.commit()
        assert [d.id for d in queries.decisions(m)] == [first.id, third.id]
        with pytest.raises(NotVisible):
            service.take_back(m, other.id, actor=lead)
    with acting("network") as stranger, pytest.raises(NotPermitted):
        service.take_back(queries.one(stranger, key), first.id, actor=stranger)
    with clock.standing_at(world.NOW + timedelta(days=4)), acting("office") as office:
        m = queries.one(office, key)
        service.assign(m, first.id, actor=office)
        with pytest.raises(RuleViolated, match="the meeting stands"):
            service.cancel(m, actor=office)
        db.session.commit()
        with pytest.raises(RuleViolated, match="assignment already"):
            service.take_back(m, first.id, actor=office)
        service.publish(m, "Said: a lot.", actor=office)
        db.session.commit()
        with pytest.raises(RuleViolated):
            service.correct(m, third.id, decided("guangdong"), actor=office)
        for statement in (f"UPDATE meeting_decision SET title = 'x' WHERE id = '{first.id}'",
                          f"DELETE FROM meeting_decision WHERE id = '{third.id}'"):
            with pytest.raises(Exception, match="that is out or assigned stays"):
                db.session.execute(db.text(statement))
            db.session.rollback()
        service.assign(queries.one(office, key), third.id, actor=office)
        db.session.commit()
    trail = [a for a, in superuser.execute("SELECT action FROM audit_entry WHERE subject_id = %s", (key,)).fetchall()]
    assert {"correct", "take_back", "assign"} <= set(trail)


def test_two_decisions_of_a_day_are_assigned_at_once(acting: As) -> None:
    key = meeting(acting, "office", "guangdong")
    with acting("office") as office:
        made = [service.decide(queries.one(office, key), decided("guangdong"), actor=office).id for _ in range(2)]
        db.session.commit()

    def assign(decision: UUID, meet: Callable[[], object]) -> None:
        with acting("office") as office:
            m = queries.one(office, key)
            meet()
            service.assign(m, decision, actor=office)
            db.session.commit()
    assert at_once(made, assign) == []
    with acting("office") as office:
        found = queries.became(office, queries.decisions(queries.one(office, key)))
    assert len({a.code for a in found.values()}) == 2


def test_the_trail_says_what_a_change_changed(acting: As, superuser: Superuser) -> None:
    key = meeting(acting, "office", "guangdong", "tibet")
    with acting("office") as office:
        m, same = queries.one(office, key), content("guangdong", "tibet")
        service.change(m, same, actor=office)
        service.change(m, replace(same, agenda=(Item("What goes well", None),)), actor=office)
        service.change(m, replace(content("guangdong", "tibet", "beijing"), agenda=(Item("What goes well", None),)), actor=office)
        db.session.commit()
    trail = superuser.execute("SELECT changes FROM audit_entry WHERE subject_id = %s ORDER BY seq", (key,)).fetchall()
    assert trail[0][0]["units"] == "guangdong, tibet" or trail[0][0]["units"] == "tibet, guangdong"
    assert trail[1:] == [({"agenda": ["What went wrong (guangdong)", "What goes well"]},),
                         ({"units": [trail[0][0]["units"], trail[2][0]["units"][1]]},)]


def test_who_is_not_invited_finds_nothing(acting: As, superuser: Superuser) -> None:
    key = meeting(acting, "market", "guangdong", line=Line.MARKET)
    with acting("contact.beijing") as outsider:
        assert queries.count(queries.conditions(outsider, queries.Wanted(q="Bills"))) == 0
        with pytest.raises(NotVisible):
            queries.one(outsider, key)
        assert queries.to_answer(outsider, 9) == [] and attachments.of("meeting", key) == []
        for table in ("meeting", "meeting_invitation", "meeting_decision", "meeting_addendum"):
            assert db.session.execute(db.text(f"SELECT count(*) FROM {table}")).scalar() == 0
        with pytest.raises(Exception, match="row-level security") as refused:
            db.session.execute(db.text(
                "INSERT INTO meeting SELECT gen_random_uuid(), :u, NULL, 'topic', 't', 'p', now(), now() + interval '1 hour',"
                " ARRAY[:u], '[]', 'called', '', :p, now(), NULL, NULL, 1"),
                {"u": outsider.appointments[0].unit, "p": outsider.person})
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
        db.session.rollback()


def test_a_line_lead_calls_for_the_own_line_only(acting: As) -> None:
    key = meeting(acting, "market", "guangdong", line=Line.MARKET)
    with acting("network") as other:
        with pytest.raises(NotPermitted):
            service.convene(content("guangdong", line=Line.MARKET), actor=other)
        with pytest.raises(NotPermitted):
            service.cancel(queries.one(other, key), actor=other)
    with acting("market") as lead:
        m = queries.one(lead, key)
        made = service.decide(m, decided("guangdong"), actor=lead)
        with pytest.raises(NotPermitted):                    # the office confirms what a line proposes
            service.assign(m, made.id, actor=lead)
        service.change(m, replace(content("guangdong", "tibet"), place="Hall 4"), actor=lead)
        db.session.commit()
        with pytest.raises(Invalid) as wrong:
            service.change(m, replace(content("tibet"), title="", kind="x"), actor=lead)
        assert set(wrong.value.errors) == {"title", "kind", "units"}
    with acting("contact.tibet") as late:
        assert queries.one(late, key).place == "Hall 4"
    with acting("office") as office:
        assert [t.action.msgid for t in desk.mine(office)] == ["Assign"]
        service.cancel(queries.one(office, key), actor=office)
        db.session.commit()
        assert list(desk.mine(office)) == []
