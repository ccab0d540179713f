"""Finding issues. What a person may not read is not there: the same answer as for what does not exist."""
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from portal.campaigns.models import Campaign
from portal.issues.models import Issue, IssueParty, IssueTurn
from portal.issues.queries.limits import OPEN, overdue
from portal.reach import Shared, within
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import IssuePart

UNFINISHED = (*OPEN, "resolved")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None leaves a side open. `role` is the part of the person's own units, `owner` and
    `raised_by` are unit codes, `line` is that of the campaign, `task` a kind of `queries.to_do`, `since` and `until` bound
    when it was raised (until: the first instant that is too late)."""
    campaign: UUID | None = None
    state: str | None = None
    severity: str | None = None
    stage: str | None = None
    line: str | None = None
    role: str | None = None
    owner: str | None = None
    raised_by: str | None = None
    overdue: bool | None = None
    open: bool | None = None
    ruling_due: bool | None = None
    handed_over: bool | None = None
    task: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""


def readable(identity: Identity, permission: Permission = Permission.ISSUE_READ) -> ColumnElement[bool]:
    """The issues that the table of permissions lets this person reach."""
    i = Issue
    shared = Shared(parties=i.parties, desks=i.desks, first=i.first_contact_id, raiser=i.raised_by, ruling=i.ruling_line,
                    desk=i.desk)                                        # type: ignore[arg-type]  # a column property is one
    return within(reaches(identity, permission), unit=i.owner_unit, line=i.owner_line, shared=shared)


def with_names() -> Sequence[ORMOption]:
    """Who raised it, who owns it, its first contact and its campaign come along. A unit that no longer sees the campaign
    gets none."""
    return (joinedload(Issue.raiser), joinedload(Issue.owner), joinedload(Issue.first_contact),
            joinedload(Issue.campaign).joinedload(Campaign.unit))


def one(identity: Identity, key: UUID) -> Issue:
    """Raises NotVisible."""
    _reach_any(identity)
    found = db.session.scalars(
        select(Issue).where(Issue.id == key, readable(identity)).options(*with_names())).one_or_none()
    if found is None:
        raise NotVisible
    return found


def by_code(identity: Identity, code: str) -> Issue | None:
    """The newest of that code among what this person reads; codes count within the raising unit."""
    if not reaches(identity, Permission.ISSUE_READ):
        return None
    return db.session.scalars(listed([Issue.code == code, readable(identity)]).limit(1)).one_or_none()


def goes_on_in(issue: Issue) -> Issue | None:
    """What a duplicate was closed into, of which its raiser is a party."""
    found = [Issue.id == issue.merged_into_id] if issue.merged_into_id else None
    return db.session.scalars(listed(found)).one_or_none() if found else None


def readable_of(identity: Identity, keys: Collection[UUID]) -> frozenset[UUID]:
    """Those of the issues that this person reads."""
    if not keys:
        return frozenset()
    return frozenset(db.session.scalars(select(Issue.id).where(Issue.id.in_(keys), readable(identity))))


def _reach_any(identity: Identity) -> None:
    """Who reads no issue at all may be in a lane that the database does not let near the table."""
    if not reaches(identity, Permission.ISSUE_READ):
        raise NotVisible


def lock(issue: Issue) -> None:
    """Hold the row until the commit and read it anew: of two people who act at once the second sees the first's work.
    Only for whoever may change it, since the database asks for that right."""
    db.session.scalars(select(Issue).where(Issue.id == issue.id).options(*with_names())
                       .with_for_update(of=Issue).execution_options(populate_existing=True)).one()


def reload(issue: Issue) -> None:
    """Read it anew with its names, after what was written."""
    db.session.flush()
    db.session.scalars(select(Issue).where(Issue.id == issue.id).options(*with_names())
                       .execution_options(populate_existing=True)).one()


def lock_both(one: Issue, other: Issue) -> None:
    """Always in the same order, so that two who do it the other way round do not wait for each other."""
    for issue in sorted((one, other), key=lambda i: i.id):
        lock(issue)


def conditions(identity: Identity, wanted: Wanted, now: datetime,
               tasks: Callable[[str], Sequence[ColumnElement[bool]]] | None = None) -> list[ColumnElement[bool]]:
    """Everything that a list asks for, readability first; nothing that is counted by the clock is stored."""
    found = [readable(identity), *_columns(wanted), *_units(identity, wanted)]
    if wanted.overdue is not None:
        found.append(overdue(now) if wanted.overdue else ~overdue(now))
    if wanted.open is not None:
        found.append(Issue.state.in_(UNFINISHED) if wanted.open else Issue.state.not_in(UNFINISHED))
    if wanted.handed_over is not None:
        moved = exists().where(IssueTurn.issue_id == Issue.id, IssueTurn.start == "handed_over")
        found.append(moved if wanted.handed_over else ~moved)
    if wanted.task is not None and tasks is not None:
        found += tasks(wanted.task)
    if wanted.q:
        found.append(or_(*(c.icontains(wanted.q, autoescape=True)
                           for c in (Issue.title, Issue.code, Issue.description, Issue.campaign_words))))
    return found


def _columns(wanted: Wanted) -> list[ColumnElement[bool]]:
    i = Issue
    pairs = ((i.campaign_id, wanted.campaign), (i.state, wanted.state), (i.severity, wanted.severity), (i.stage, wanted.stage),
             (i.ruling_line, wanted.line), (i.ruling_due, wanted.ruling_due))
    found: list[ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
    if wanted.since is not None:
        found.append(i.raised_at >= wanted.since)
    if wanted.until is not None:
        found.append(i.raised_at < wanted.until)
    return found


def _units(identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    i, found = Issue, list[ColumnElement[bool]]()
    for column, code in ((i.owner_unit, wanted.owner), (i.raised_by, wanted.raised_by)):
        if code is not None:
            found.append(column.in_(select(Unit.id).where(Unit.code == code)))
    mine = sorted({a.unit for a in identity.appointments})
    if wanted.role == IssuePart.OWNER:
        found.append(i.owner_unit.in_(mine))
    elif wanted.role == IssuePart.RAISING:
        found.append(i.raised_by.in_(mine))
    elif wanted.role is not None:
        p = IssueParty
        found.append(exists().where(p.issue_id == i.id, p.unit_id.in_(mine), p.part == wanted.role))
    return found


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Issue]:
    """Newest first, to be paged; units, first contact and campaign come along."""
    return (select(Issue).where(*where).order_by(Issue.raised_at.desc(), Issue.id.desc()).options(*with_names()))


def after(raised_at: datetime, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`: where the next page begins."""
    return tuple_(Issue.raised_at, Issue.id) < tuple_(raised_at, key)


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Issue).where(*where)) or 0
