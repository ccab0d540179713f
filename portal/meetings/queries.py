"""Meetings as somebody may see them; every list begins with what the person reaches."""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.meetings.models import Meeting, MeetingAddendum, MeetingDecision, MeetingInvitation
from portal.meetings.rules import MeetingState
from portal.reach import Shared, within
from tenants import clock
from tenants.access import Identity, permits, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission

_SHARED = Shared(parties=Meeting.parties, desks=Meeting.parties)       # nobody reaches a meeting by a desk


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; `when` is "coming" or "past", `unit` the code of a unit invited."""
    kind: str | None = None
    state: str | None = None
    when: str | None = None
    unit: str | None = None
    q: str = ""


def readable(identity: Identity) -> ColumnElement[bool]:
    line = cast("InstrumentedAttribute[str]", Meeting.line)                # the office's have none, which equals no line
    return within(reaches(identity, Permission.MEETING_READ), unit=Meeting.unit_id, line=line, shared=_SHARED)


def conditions(identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    m, now = Meeting, clock.now()
    found = [readable(identity)]
    found += [column == value for column, value in ((m.kind, wanted.kind), (m.state, wanted.state)) if value is not None]
    if wanted.when is not None:
        found.append({"coming": m.ends_at >= now, "past": m.ends_at < now}.get(wanted.when, false()))
    if wanted.unit is not None:
        unit = select(Unit.id).where(Unit.code == wanted.unit).scalar_subquery()
        found.append(unit == func.any(m.parties))
    if wanted.q:
        found.append(or_(m.title.icontains(wanted.q, autoescape=True), m.place.icontains(wanted.q, autoescape=True)))
    return found


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Meeting]:
    """The latest first."""
    return (select(Meeting).where(*where).order_by(Meeting.starts_at.desc(), Meeting.id.desc())
            .options(joinedload(Meeting.convened_by), joinedload(Meeting.published_by)))


def after(starts: datetime, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`."""
    return tuple_(Meeting.starts_at, Meeting.id) < tuple_(starts, key)


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Meeting).where(*where)) or 0


def one(identity: Identity, key: UUID) -> Meeting:
    """Raises NotVisible."""
    if not reaches(identity, Permission.MEETING_READ):
        raise NotVisible
    found = db.session.scalars(listed([Meeting.id == key, readable(identity)])).one_or_none()
    if found is None:
        raise NotVisible
    return found


def lock(meeting: Meeting) -> None:
    """Hold the row until the commit and read it anew; only for whoever may change it."""
    db.session.refresh(meeting, list(Meeting.__mapper__.column_attrs.keys()), with_for_update=True)


def invitations(meeting: Meeting) -> Sequence[MeetingInvitation]:
    """Who was asked and what they answered, units in the plan's order; a unit sees its own."""
    i = MeetingInvitation
    return db.session.scalars(select(i).join(i.unit).where(i.meeting_id == meeting.id)
                              .options(joinedload(i.unit), joinedload(i.by)).order_by(Unit.position, i.unit_id)).all()


def answers_in(keys: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """Of each meeting (how many have answered, how many were asked) among those one may see."""
    i = MeetingInvitation
    rows = db.session.execute(select(i.meeting_id, func.count(i.answer), func.count())
                              .where(i.meeting_id.in_(keys)).group_by(i.meeting_id))
    return {key: (answered, asked) for key, answered, asked in rows}


def decisions(meeting: Meeting) -> Sequence[MeetingDecision]:
    d = MeetingDecision
    return db.session.scalars(select(d).where(d.meeting_id == meeting.id).options(joinedload(d.unit), joinedload(d.owner))
                              .order_by(d.at, d.id)).all()


def addenda(meeting: Meeting) -> Sequence[MeetingAddendum]:
    a = MeetingAddendum
    return db.session.scalars(select(a).where(a.meeting_id == meeting.id).options(joinedload(a.by)).order_by(a.at, a.id)).all()


def became(identity: Identity, found: Sequence[MeetingDecision]) -> Mapping[UUID, Assignment]:
    """The assignments that decisions became, as far as this person may read them."""
    keys = [d.assignment_id for d in found if d.assignment_id]
    if not keys or not reaches(identity, Permission.ASSIGNMENT_READ):
        return {}
    where = [Assignment.id.in_(keys), assignments.readable(identity)]
    return {a.id: a for a in db.session.scalars(assignments.listed(where))}


def of_assignment(identity: Identity, assignment: UUID) -> MeetingDecision | None:
    """The decision that an assignment came from, with its meeting, if the person may see that."""
    if not reaches(identity, Permission.MEETING_READ):
        return None
    d = MeetingDecision
    return db.session.scalars(select(d).join(d.meeting).where(d.assignment_id == assignment, readable(identity))
                              .options(joinedload(d.meeting))).one_or_none()


def mine_to_answer(identity: Identity) -> ColumnElement[bool]:
    i = MeetingInvitation
    return or_(false(), *(i.unit_id == r.party for r in reaches(identity, Permission.MEETING_ANSWER)))


def to_answer(identity: Identity, most: int) -> Sequence[MeetingInvitation]:
    """Invitations to coming meetings that this person's unit has yet to answer, the next first."""
    i, m = MeetingInvitation, Meeting
    return db.session.scalars(
        select(i).join(i.meeting).where(mine_to_answer(identity), i.answer.is_(None), m.state == MeetingState.CALLED.value,
                                        m.starts_at > clock.now())
        .options(joinedload(i.meeting)).order_by(m.starts_at, i.id).limit(most)).all()


def to_assign(identity: Identity, most: int) -> Sequence[MeetingDecision]:
    """Decisions that have not become assignments yet, for whoever may add those."""
    if not permits(identity, Permission.ASSIGNMENT_ADD):
        return ()
    d, m = MeetingDecision, Meeting
    return db.session.scalars(
        select(d).join(d.meeting).where(and_(d.assignment_id.is_(None), m.state != MeetingState.CANCELLED.value))
        .options(joinedload(d.meeting), joinedload(d.unit)).order_by(d.due, d.id).limit(most)).all()
