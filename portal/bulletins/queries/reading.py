"""Bulletins as somebody may see them; every list begins with what the person reaches. A draft is the office's alone."""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from portal.bulletins import rules
from portal.bulletins.models import Bulletin, BulletinDocument, BulletinPlan, BulletinReceipt
from portal.bulletins.rules import BulletinState, Rhythm
from portal.reach import Shared, within
from portal.workdays import Calendar
from tenants.access import Identity, permits, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission

_SHARED = Shared(parties=Bulletin.parties, desks=Bulletin.parties)         # nobody reaches a bulletin by a desk


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; `open` is "1" for those that a unit has yet to acknowledge, `year` that of the number."""
    state: str | None = None
    year: str | None = None
    open: str | None = None
    q: str = ""


def readable(identity: Identity) -> ColumnElement[bool]:
    seen = within(reaches(identity, Permission.BULLETIN_READ), unit=Bulletin.unit_id, shared=_SHARED)
    return seen if permits(identity, Permission.BULLETIN_WRITE) else and_(seen, Bulletin.state == BulletinState.ISSUED.value)


def conditions(identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    b, found = Bulletin, [readable(identity)]
    if wanted.state is not None:
        found.append(b.state == wanted.state)
    if wanted.year is not None:
        known = wanted.year.isascii() and wanted.year.isdigit() and len(wanted.year) == 4
        found.append(b.year == int(wanted.year) if known else false())
    if wanted.open is not None:
        waits = exists().where(BulletinReceipt.bulletin_id == b.id, BulletinReceipt.acknowledged_at.is_(None))
        found.append(waits if wanted.open == "1" else and_(b.state == BulletinState.ISSUED.value, ~waits))
    if wanted.q:
        number = func.concat(b.year, "-", func.lpad(cast(b.number, Text), 2, "0"))
        found.append(or_(b.title.icontains(wanted.q, autoescape=True), and_(b.number.is_not(None), number == wanted.q)))
    return found


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Bulletin]:
    """The latest first."""
    return select(Bulletin).where(*where).order_by(Bulletin.composed_at.desc(), Bulletin.id.desc())


def after(composed: datetime, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`."""
    return tuple_(Bulletin.composed_at, Bulletin.id) < tuple_(composed, key)


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Bulletin).where(*where)) or 0


def one(identity: Identity, key: UUID) -> Bulletin:
    """Raises NotVisible."""
    if not reaches(identity, Permission.BULLETIN_READ):
        raise NotVisible
    found = db.session.scalars(listed([Bulletin.id == key, readable(identity)])).one_or_none()
    if found is None:
        raise NotVisible
    return found


def document(bulletin: Bulletin, language: str) -> BulletinDocument | None:
    """What an issued one was issued with."""
    d = BulletinDocument
    return db.session.scalars(select(d).where(d.bulletin_id == bulletin.id, d.language == language)).one_or_none()


def digests(bulletin: Bulletin) -> Mapping[str, bytes]:
    """SHA-256 of its documents, by language."""
    d = BulletinDocument
    found = db.session.execute(select(d.language, d.digest).where(d.bulletin_id == bulletin.id).order_by(d.language.desc()))
    return {row.language: row.digest for row in found}


def lock(bulletin: Bulletin) -> None:
    """Hold the row until the commit and read it anew; only for whoever may change it."""
    db.session.refresh(bulletin, list(Bulletin.__mapper__.column_attrs.keys()), with_for_update=True)


def last_number(year: int) -> int:
    """The highest number given in a year. Numbers are given one at a time: the next to ask waits for the commit."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"bulletin {year}", 0))))
    return db.session.scalar(select(func.max(Bulletin.number)).where(Bulletin.year == year)) or 0


def receipts(bulletin: Bulletin) -> Sequence[BulletinReceipt]:
    """Who was sent it and has acknowledged it, units in the plan's order; a unit sees its own."""
    r = BulletinReceipt
    return db.session.scalars(select(r).join(r.unit).where(r.bulletin_id == bulletin.id)
                              .options(joinedload(r.unit), joinedload(r.by)).order_by(Unit.position, r.unit_id)).all()


def unacknowledged(bulletin: Bulletin) -> Sequence[BulletinReceipt]:
    """Held until the commit: to be chased."""
    r = BulletinReceipt
    return db.session.scalars(select(r).where(r.bulletin_id == bulletin.id, r.acknowledged_at.is_(None)).order_by(r.unit_id)
                              .with_for_update().execution_options(populate_existing=True)).all()


def acknowledged_in(keys: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """Of each bulletin (how many have acknowledged, how many were sent it) among those one may see."""
    r = BulletinReceipt
    rows = db.session.execute(select(r.bulletin_id, func.count(r.acknowledged_at), func.count())
                              .where(r.bulletin_id.in_(keys)).group_by(r.bulletin_id))
    return {key: (done, sent) for key, done, sent in rows}


def to_acknowledge(identity: Identity, most: int) -> Sequence[BulletinReceipt]:
    """What this person's unit has yet to acknowledge, the longest waiting first."""
    r = BulletinReceipt
    return db.session.scalars(select(r).where(_mine_to_acknowledge(identity)).options(joinedload(r.bulletin))
                              .order_by(r.at, r.id).limit(most)).all()


def to_acknowledge_of(keys: Collection[UUID], identity: Identity) -> frozenset[UUID]:
    """Those of these bulletins that this person's unit has yet to acknowledge, and this person may."""
    r = BulletinReceipt
    return frozenset(db.session.scalars(select(r.bulletin_id).where(r.bulletin_id.in_(keys), _mine_to_acknowledge(identity))))


def _mine_to_acknowledge(identity: Identity) -> ColumnElement[bool]:
    r = BulletinReceipt
    own = (r.unit_id == reach.party for reach in reaches(identity, Permission.BULLETIN_ACKNOWLEDGE))
    return and_(r.acknowledged_at.is_(None), or_(false(), *own))


def drafts(identity: Identity, most: int) -> Sequence[Bulletin]:
    """Drafts that were composed by schedule and wait for the office."""
    if not permits(identity, Permission.BULLETIN_WRITE):
        return ()
    return db.session.scalars(listed([readable(identity), Bulletin.state == BulletinState.DRAFT.value,
                                      Bulletin.composed_by_id.is_(None)]).limit(most)).all()


def plans() -> Sequence[BulletinPlan]:
    return db.session.scalars(select(BulletinPlan).order_by(BulletinPlan.at, BulletinPlan.id)).all()


def plan(key: UUID) -> BulletinPlan:
    """Held until the commit. Raises NotVisible."""
    found = lock_plan(key)
    if found is None:
        raise NotVisible
    return found


def due_plans(today: date, days: Calendar) -> list[UUID]:
    """Those to be run now, in the scope of headquarters."""
    return [p.id for p in plans() if p.active and rules.due(Rhythm(p.rhythm), p.working_day, p.done, today, days)]


def lock_plan(key: UUID) -> BulletinPlan | None:
    """Hold it until the commit: of two runs at once the second sees what the first has done."""
    return db.session.scalars(select(BulletinPlan).where(BulletinPlan.id == key).with_for_update()
                              .execution_options(populate_existing=True)).one_or_none()
