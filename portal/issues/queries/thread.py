"""What hangs on an issue: parties, turns, waits, comments, links, parts. Whoever sees the issue sees it, links excepted."""
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.audit import queries as audit
from portal.issues.models import Issue, IssueComment, IssueLink, IssueParty, IssueTurn, IssueWait
from portal.issues.queries.reading import listed, readable
from tenants import clock, models
from tenants.access import HEADQUARTERS, Appointment, Identity, permits
from tenants.db import db
from tenants.directory import in_force
from tenants.models import Person
from tenants.permissions import Permission
from tenants.vocabulary import IssuePart, Line, Role

_ORDER = {part.value: n for n, part in enumerate(IssuePart)}


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of an issue, for people: `words` is what was said in it, `of` the unit acted for. `action` is a
    code of the audit trail, "comment", "question" or "answer" for what was only said."""
    at: datetime
    action: str
    by: Person | None
    on_behalf_of: Person | None
    words: str
    changes: Mapping[str, Any]
    of: models.Unit | None = None


def parties(issue: Issue) -> Sequence[IssueParty]:
    """Raiser, owner, cooperating, supervising; within a part in the order they came."""
    return in_sight(issue, parties_of([issue.id]).get(issue.id, []))


def in_sight(issue: Issue, rows: Sequence[IssueParty]) -> Sequence[IssueParty]:
    """Headquarters does not supervise while it owns, though it did before. A desk that has handed it over and supervises now
    is there once: cooperating says no more."""
    if issue.owner_unit == HEADQUARTERS:
        return [p for p in rows if p.part != IssuePart.SUPERVISING]
    watching = {(p.unit_id, p.line) for p in rows if p.part == IssuePart.SUPERVISING}
    return [p for p in rows if p.part != IssuePart.COOPERATING or (p.unit_id, p.line) not in watching]


def parties_of(keys: Sequence[UUID]) -> Mapping[UUID, Sequence[IssueParty]]:
    """The same for a page of issues, in one statement."""
    found: dict[UUID, list[IssueParty]] = {}
    if keys:
        for row in db.session.scalars(select(IssueParty).where(IssueParty.issue_id.in_(keys)).options(joinedload(IssueParty.unit))
                                      .execution_options(populate_existing=True)):
            found.setdefault(row.issue_id, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda p: (_ORDER[p.part], p.at, p.id))
    return found


def turns(issue: Issue) -> Sequence[IssueTurn]:
    """Whose it was, first one first."""
    return turns_of([issue.id]).get(issue.id, [])


def turns_of(keys: Sequence[UUID]) -> Mapping[UUID, Sequence[IssueTurn]]:
    found: dict[UUID, list[IssueTurn]] = {}
    if keys:
        for row in db.session.scalars(select(IssueTurn).where(IssueTurn.issue_id.in_(keys)).options(joinedload(IssueTurn.unit))
                                      .order_by(IssueTurn.position)):
            found.setdefault(row.issue_id, []).append(row)
    return found


def waits_of(keys: Sequence[UUID]) -> Mapping[UUID, Sequence[IssueWait]]:
    found: dict[UUID, list[IssueWait]] = {}
    if keys:
        for row in db.session.scalars(select(IssueWait).where(IssueWait.issue_id.in_(keys)).order_by(IssueWait.begun_at)):
            found.setdefault(row.issue_id, []).append(row)
    return found


def open_wait(issue: Issue) -> IssueWait | None:
    """While the owner waits for the raiser's answer."""
    return next((w for w in waits_of([issue.id]).get(issue.id, ()) if w.ended_at is None), None)


def comments(issue: Issue) -> Sequence[IssueComment]:
    """Comments, questions and answers, oldest first, with who spoke as whom."""
    c = IssueComment
    return db.session.scalars(select(c).where(c.issue_id == issue.id).options(joinedload(c.by), joinedload(c.unit))
                              .order_by(c.at, c.id)).all()


def timeline(issue: Issue) -> Sequence[Event]:
    """Everything that happened and was said, oldest first."""
    return sorted((*_steps(issue), *_spoken(issue)), key=lambda e: e.at)


def _spoken(issue: Issue) -> Iterator[Event]:
    rows = comments(issue)
    others = {c.on_behalf_of_id for c in rows if c.on_behalf_of_id}
    holders = {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_(others)))} if others else {}
    for c in rows:
        yield Event(c.at, c.kind, c.by, holders.get(c.on_behalf_of_id) if c.on_behalf_of_id else None, c.text,
                    {"mentions": c.mentions} if c.mentions else {}, c.unit)


_SPOKEN = frozenset({"comment", "ask", "answer"})          # these are shown as what was said


def _steps(issue: Issue) -> Iterator[Event]:
    entries = [e for e in reversed(audit.history("issue", issue.id)) if e.action not in _SPOKEN]
    people = audit.people(entries)
    units = {u.id: u for u in db.session.scalars(select(models.Unit).where(models.Unit.id.in_({e.unit_id for e in entries})))}
    for e in entries:
        words = next((str(e.changes[k]) for k in ("text", "reason") if e.changes.get(k)), "")
        yield Event(e.at, e.action, people.get(e.by) if e.by else None,
                    people.get(e.on_behalf_of) if e.on_behalf_of else None, words, e.changes,
                    units.get(e.unit_id) if e.by else None)


def links(identity: Identity, issue: Issue) -> Sequence[Issue]:
    """The linked issues that this person reads too; of the others not even the number is told."""
    pair = or_((IssueLink.issue_id == issue.id) & (IssueLink.other_id == Issue.id),
               (IssueLink.other_id == issue.id) & (IssueLink.issue_id == Issue.id))
    linked = select(IssueLink.id).where(pair).exists()
    return db.session.scalars(listed([linked, readable(identity)])).all()


def linked(one: Issue, other: Issue) -> bool:
    """Whether the two are linked already, one way or the other."""
    both = [one.id, other.id]
    found = select(IssueLink.id).where(IssueLink.issue_id.in_(both), IssueLink.other_id.in_(both))
    return db.session.scalar(found.limit(1)) is not None


def sub_issues(identity: Identity, issue: Issue) -> Sequence[Issue]:
    """The parts that were given to other owners, as far as this person reads them, oldest first."""
    return db.session.scalars(listed([Issue.parent_id == issue.id, readable(identity)]).order_by(None)
                              .order_by(Issue.raised_at, Issue.id)).all()


def merged(identity: Identity, issue: Issue) -> Sequence[Issue]:
    """The duplicates that were closed into this one, as far as this person reads them."""
    return db.session.scalars(listed([Issue.merged_into_id == issue.id, readable(identity)])).all()


def names_of(addresses: Collection[str]) -> Mapping[str, str]:
    """What the people of these mail addresses are called."""
    if not addresses:
        return {}
    rows = db.session.execute(select(Person.email, Person.name).where(Person.email.in_(addresses)))
    return {row.email: row.name for row in rows}


def audience(issue: Issue) -> Sequence[Person]:
    """Everybody in the parties' units who reads this issue today: who can be mentioned."""
    a = models.Appointment
    rows = db.session.scalars(
        select(a).join(a.person).where(a.unit_id.in_(issue.parties), in_force(clock.today()))
        .options(contains_eager(a.person)).order_by(Person.name, Person.email)).all()
    return list({row.person.id: row.person for row in rows if _reads(row, issue)}.values())


def units_of(issue: Issue, people: Sequence[UUID]) -> Mapping[UUID, int]:
    """In which party's unit each of these people works; of several the first."""
    a = models.Appointment
    rows = db.session.execute(select(a.person_id, a.unit_id).join(a.person).where(
        a.person_id.in_(people), a.unit_id.in_(issue.parties), in_force(clock.today())).order_by(a.unit_id.desc()))
    return {row[0]: row[1] for row in rows}


def _reads(row: models.Appointment, issue: Issue) -> bool:
    held = Appointment(row.id, Role(row.role), row.unit_id, "", row.person_id, Line(row.line) if row.line else None)
    return bool(permits(Identity(row.person_id, row.person.email, row.person.name, (held,)), Permission.ISSUE_READ, issue.subject))


def colleagues(issue: Issue) -> Sequence[Person]:
    """Who can be first contact instead: people of the raising unit with a function that this part is granted to."""
    a = models.Appointment
    taking = [r.value for r in FIRST_CONTACTS]
    return db.session.scalars(
        select(Person).where(Person.id.in_(
            select(a.person_id).join(a.person).where(a.unit_id == issue.raised_by, a.role.in_(taking), in_force(clock.today()))),
            Person.id != issue.first_contact_id).order_by(Person.name, Person.email)).all()


FIRST_CONTACTS = (Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.UNIT_HEAD, Role.UNIT_CONTACT, Role.LINE_OWNER, Role.MEMBER)


def first_contact_there() -> ColumnElement[bool]:
    """Whether the first contact still works in the raising unit, as a condition on issues."""
    a = models.Appointment
    return select(a.id).join(a.person).where(
        a.person_id == Issue.first_contact_id, a.unit_id == Issue.raised_by, a.role.in_([r.value for r in FIRST_CONTACTS]),
        in_force(clock.today())).correlate(Issue).exists()


def in_office(issue: Issue) -> bool:
    return db.session.scalar(select(Issue.id).where(Issue.id == issue.id, first_contact_there())) is not None
