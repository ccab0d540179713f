"""A programme that has ended: no plan is begun, nobody is reminded; what is open may be finished, everything stays readable."""
from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from portal.assignments import queries, service
from portal.filings import service as filings
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.reminders import service as reminders
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.errors import RuleViolated
from tenants.isolation import acting_as
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.exchange import unit
from tests.factories.plans import draft
from tests.services.plan_turns import CONTACT, GD, Opened, judge, opened, rows, state, submit
from tests.services.test_waivers import a_key
from tests.web.test_desk import desk, panel

__all__ = ["opened"]                                   # fixtures


@pytest.fixture
def key(acting: As) -> UUID:
    """A plan that was begun while the programme ran; ending it is each test's own."""
    with acting(CONTACT) as contact:
        made = draft(contact).id
        db.session.commit()
        return made


def end(acting: As) -> None:
    with acting("office") as office:
        programme_service.end(programmes.one(office, world.programme(office).id), actor=office)
        db.session.commit()


def test_no_plan_is_begun_and_one_under_way_may_be_finished(acting: As, key: UUID, opened: Opened, superuser: Superuser) -> None:
    end(acting)
    with acting("contact.tibet") as contact, pytest.raises(RuleViolated):
        filings.open_draft(world.programme(contact).id, contact.appointments[0].unit, actor=contact)
    submit(opened)
    judge(opened, Line.MARKET)
    assert state(superuser) == "submitted"


def test_work_may_be_finished_and_is_verified(acting: As, superuser: Superuser) -> None:
    asked = a_key(superuser)
    end(acting)
    with acting(f"market.{GD}") as owner:
        found = queries.one(owner, asked)
        service.report(found, 80, "nearly", actor=owner)
        service.hand_in(found, "done", actor=owner)
        db.session.commit()
    with acting("market") as lead:
        service.verify(queries.one(lead, asked), "close", "", actor=lead)
        db.session.commit()
    assert rows(superuser, f"SELECT state FROM assignment WHERE id = '{asked}'") == [("closed",)]


def test_nobody_is_reminded_and_the_desk_is_clear(app: Flask, acting: As, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-06-30', owner_id = %s WHERE unit_id = 20", (people.key(f"market.{GD}"),))
    with clock.standing_at(clock.at(date(2026, 7, 8), 10)):
        assert "overdue" in panel(desk(app, f"head.{GD}"), "mine")
        assert "implementation plan" in panel(desk(app, CONTACT), "mine")
        end(acting)
        with app.app_context(), acting_as(Scope(None, (unit(superuser, GD),))):
            found = reminders.sweep(unit(superuser, GD))
        assert (found.seen, found.told, found.nobody) == (0, 0, 0)
        for who in (CONTACT, f"head.{GD}", f"market.{GD}"):
            assert "Nothing to do" in panel(desk(app, who), "mine"), who
        assert "overdue" not in panel(desk(app, "office"), "waiting")
