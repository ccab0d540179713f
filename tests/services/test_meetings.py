"""A meeting from the invitation to the assignment, as the runtime role; who is not invited finds nothing of it."""
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from portal.assignments.models import Assignment
from portal.attachments import queries as attachments
from portal.desk import meetings as desk
from portal.meetings import queries, service
from portal.meetings.rules import Decided
from portal.notices import service as notices
from tenants import clock, directory
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.meetings import content, meeting

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
