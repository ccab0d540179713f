"""A slice for tests: it reads, creates, changes and pages through the room as the real ones do."""
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy import select

from portal import api
from portal.api import Answer, ApiRoute, Body, Instant, Page, PageQuery, Phrase, Spec
from portal.units import queries, rules, service
from portal.web.access import identity
from tenants import clock
from tenants.access import need
from tenants.db import db
from tenants.errors import Invalid, NotVisible, RuleViolated
from tenants.messages import N_
from tenants.models import Person, Unit
from tenants.permissions import Permission

NAME = "probe"


class Colleague(BaseModel):
    id: str
    name: str
    at: Instant


class NewColleague(Body):
    name: Phrase
    email: Phrase


class Thing(BaseModel):
    code: str
    short: str
    closed: date | None


class ChangedThing(Body):
    short: Phrase | None = None
    order: int | None = None
    on: date | None = None


def _colleague(p: Person) -> Colleague:
    return Colleague(id=str(p.id), name=p.name, at=datetime(2026, 3, 1, tzinfo=clock.now().tzinfo))


def _thing(u: Unit) -> Thing:
    return Thing(code=u.code, short=u.short_zh, closed=u.closed_on)


def listing() -> Answer:
    return api.page_of(select(Person), (Person.email, Person.id), api.query(PageQuery), _colleague)


def backwards() -> Answer:
    return api.page_of(select(Person), (Person.email, Person.id), api.query(PageQuery), _colleague, descending=True)


def ordered() -> Answer:
    people = db.session.scalars(select(Person).order_by(Person.email)).all()
    return api.page(people, api.query(PageQuery), _colleague, key=lambda p: str(p.id))


def single(key: str) -> Answer:
    found = db.session.get(Person, api.key(key))
    if found is None:
        raise NotVisible
    return api.one(_colleague(found))


def add() -> Answer:
    sent = api.body(NewColleague)
    who = identity()
    unit = db.session.get_one(Unit, who.appointments[0].unit)
    made = service.add_person(unit, sent.name, sent.email, actor=who)
    return api.created(_colleague(made), f"/probe/colleagues/{made.id}")


def poke(key: str) -> Answer:
    answer = single(key)
    need(identity(), Permission.PERSON_ADD, None)
    return answer


def change(code: str) -> Answer:
    unit = queries.by_code(code)
    if unit.kind == "headquarters":
        raise NotVisible
    who = identity()

    def allow() -> None:
        need(who, Permission.ADMINISTER)
        if unit.closed_on:
            raise RuleViolated(N_("This unit is closed already."))
    api.if_match(_thing(unit), allow)
    sent = api.body(ChangedThing)
    if sent.short == "":
        raise Invalid({"short": [N_("This is required.")]})
    facts = rules.Facts(unit.code, unit.kind, unit.category, unit.name, unit.name_zh, sent.short or unit.short_zh,
                        unit.parent_id, unit.position)
    service.change_unit(unit, facts, version=unit.version, actor=who)
    return api.one(_thing(unit))


KEYS = (("key", "Whose."),)
ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/probe/colleagues", listing, Permission.DIRECTORY_READ, Spec(summary="All", answer=Page[Colleague], query=PageQuery)),
    ("GET", "/probe/backwards", backwards, Permission.DIRECTORY_READ, Spec(summary="All", answer=Page[Colleague], query=PageQuery)),
    ("GET", "/probe/ordered", ordered, Permission.DIRECTORY_READ, Spec(summary="All", answer=Page[Colleague], query=PageQuery)),
    ("GET", "/probe/colleagues/<key>", single, Permission.DIRECTORY_READ, Spec(summary="One", answer=Colleague, keys=KEYS)),
    ("POST", "/probe/colleagues", add, Permission.PERSON_ADD, Spec(summary="Add", answer=Colleague, body=NewColleague, status=201)),
    ("POST", "/probe/colleagues/<key>/poke", poke, Permission.PERSON_ADD, Spec(summary="Poke", answer=Colleague, keys=KEYS)),
    ("PATCH", "/probe/units/<code>", change, Permission.ADMINISTER, Spec(
        summary="Change", answer=Thing, body=ChangedThing, keys=(("code", "Which."),))),
)
