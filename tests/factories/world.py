"""What every test database starts with: the real reference data, people in some units, the programme of 2026 issued."""
from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.models import Programme
from seed.plan import load_reference
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Appointment, Person, Unit
from tests.factories import people

YEAR = 2026
ISSUED_AT = datetime(YEAR, 1, 12, 2, 0, tzinfo=UTC)
NOW = datetime(YEAR, 3, 10, 2, 0, tzinfo=UTC)          # 10:00 in Shanghai, a Tuesday: the plan is due in seven weeks


def build(app: Flask) -> None:
    """Fill an empty, migrated database, as the lanes allow it."""
    with clock.standing_at(ISSUED_AT), app.app_context():
        with acting_as(Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)):
            load_reference()
            db.session.commit()
        with acting_as(Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)):
            _people()
            db.session.commit()
        with acting_as(Scope(None, (HEADQUARTERS,), Lane.SIGN_IN)):
            hashed = accounts.hash_password(people.PASSWORD)
            for name in people.everybody():
                accounts.set_password(people.key(name), people.email(name), hashed=hashed)
            db.session.commit()
        office = identity("office")
        with acting_as(office.scope(writing=True)):
            made = programme_service.draft(programmes.plan(), YEAR, office)
            db.session.commit()
            programme_service.issue(programmes.one(office, made.id), actor=office)
            db.session.commit()


def _people() -> None:
    units = {u.code: u.id for u in db.session.scalars(select(Unit))}
    for name in people.everybody():
        who, _, unit = name.partition(".")
        role, line = people.function(name)
        db.session.add(Person(id=people.key(name), email=people.email(name), name=f"示例 {name}", phone="", language="zh",
                              left_on=None))
        db.session.flush()
        db.session.add(Appointment(
            id=people.appointment_key(name), person_id=people.key(name), unit_id=units[unit or "hq"], role=role.value,
            line=line.value if line else None, deputy=who == "deputy", valid_from=date(YEAR, 1, 1), valid_until=None))
        db.session.flush()


def identity(name: str) -> Identity:
    """The person as the portal would know them now; needs an application context, and no scope."""
    found = directory.identity_of(people.key(name))
    assert found is not None, name
    return found


def programme(identity: Identity) -> Programme:
    """The issued programme, in the scope at hand."""
    found = programmes.current(identity)
    assert found is not None
    return found
