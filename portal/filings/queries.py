"""Reading plans. The head of a filing shows to whoever may read it; items and the general part are judged one by one."""
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import CANCELLED, PLAN_FILING, WEEK
from portal.filings.models import Filing, FilingItem, FilingNote, FilingReview, FilingSubmission
from portal.filings.rules import (
    APPROVED,
    DRAFT,
    PENDING,
    RETURNED,
    SUBMITTED,
    Bounds,
    Changes,
    Content,
    ItemContent,
    changes,
    contacts_from,
    late_days,
    lines_concerned,
    readable_changes,
)
from portal.reach import within
from tenants import clock, directory
from tenants.access import Identity, Subject, permits, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Person, Term, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None leaves a side open. `waits_for` is a line whose review is outstanding."""
    unit: str | None = None
    kind: str | None = None
    category: str | None = None
    programme: UUID | None = None
    state: str | None = None
    waits_for: str | None = None


def readable(identity: Identity) -> ColumnElement[bool]:
    return within(reaches(identity, Permission.FILING_READ), unit=Filing.unit_id)


def conditions(identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [readable(identity)]
    if wanted.programme is not None:
        found.append(Filing.programme_id == wanted.programme)
    if wanted.state is not None:
        found.append(Filing.state == wanted.state)
    units = [c == v for c, v in ((Unit.code, wanted.unit), (Unit.kind, wanted.kind), (Unit.category, wanted.category))
             if v is not None]
    if units:
        found.append(Filing.unit_id.in_(select(Unit.id).where(*units)))
    if wanted.waits_for is not None:
        found.append(waiting_for(wanted.waits_for))
    return found


def waiting_for(line: str) -> ColumnElement[bool]:
    """Submitted, and this line has not judged all of its part yet."""
    part: ColumnElement[bool] = Filing.id.in_(_pending_items(FilingItem.filing_id).where(FilingItem.line == line))
    if line == Line.CUSTOMER_SERVICE:
        part = or_(part, Filing.general_verdict == PENDING)
    return (Filing.state == SUBMITTED) & part


def _pending_items(*columns: Any) -> Select[Any]:
    """Items that have yet to be judged; what was cancelled is not."""
    a = Assignment
    return select(*columns).join(a, a.id == FilingItem.assignment_id).where(FilingItem.verdict == PENDING, a.state != CANCELLED)


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Filing]:
    """In the plan's order of units, newest version first; to be paged by (unit_id, id)."""
    return select(Filing).where(*where).order_by(Filing.unit_id, Filing.id.desc()).options(joinedload(Filing.unit))


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Filing).where(*where)) or 0


UNIT = "unit"                    # whom a plan waits for that is the unit's to write or to mend; else codes of lines
WITH_ITEMS = (selectinload(Filing.items).options(joinedload(FilingItem.assignment), joinedload(FilingItem.owner)),)
_WHOLE = (joinedload(Filing.unit), joinedload(Filing.saved_by), *WITH_ITEMS)


def one(identity: Identity, key: UUID) -> Filing:
    """With unit, items, their assignments and owners. Raises NotVisible."""
    found = db.session.scalars(select(Filing).where(Filing.id == key, readable(identity)).options(*_WHOLE)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def lock(filing: Filing) -> None:
    """Hold the filing until the commit and read it and its items anew: two lines that approve at once both count."""
    db.session.refresh(filing, [c.key for c in Filing.__mapper__.column_attrs], with_for_update=True)
    db.session.scalars(select(FilingItem).where(FilingItem.filing_id == filing.id)
                       .options(joinedload(FilingItem.assignment), joinedload(FilingItem.owner))
                       .execution_options(populate_existing=True)).all()


def refresh(filing: Filing) -> None:
    """Read it and all that `one` gives with it anew."""
    db.session.flush()
    db.session.scalars(select(Filing).where(Filing.id == filing.id).options(*_WHOLE)
                       .execution_options(populate_existing=True)).one()


def latest(programme: UUID, unit: int) -> Filing | None:
    """The unit's newest version for a programme, as the database lets this scope see it."""
    return db.session.scalars(select(Filing).where(Filing.programme_id == programme, Filing.unit_id == unit)
                              .order_by(Filing.number.desc()).limit(1).options(joinedload(Filing.unit))).one_or_none()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one unit stands with its plan. `late` are calendar days; `pending` are the lines that have yet to judge."""
    unit: Unit
    task: Assignment
    filing: Filing | None
    pending: tuple[Line, ...]
    late: int

    @property
    def state(self) -> str:
        return self.filing.state if self.filing else "missing"

    @property
    def handed_in(self) -> bool:
        """Whether it was submitted once: how late it is is settled then, whatever is returned."""
        return self.filing is not None and self.filing.first_submitted_at is not None

    @property
    def approved_lately(self) -> bool:
        """Within the last seven days."""
        at = self.filing.approved_at if self.filing and self.state == APPROVED else None
        return at is not None and at > clock.now() - WEEK

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Whose turn it is: the unit's, to write or to mend; or the lines'."""
        return (UNIT,) if self.state in ("missing", DRAFT, RETURNED) else tuple(self.pending)

    def matches(self, *, state: str = "", kind: str = "", category: str = "", waits_for: str = "", late: str = "",
                unit: str = "", lately: str = "") -> bool:
        """Whether the filters of the page let it through; an empty one lets everything through."""
        return ((not state or self.state == state) and (not kind or self.unit.kind == kind)
                and (not category or self.unit.category == category) and (not unit or self.unit.code == unit)
                and (not waits_for or waits_for in self.waits_for) and (not late or self.late > 0)
                and (not lately or self.approved_lately))


def overview(identity: Identity, *programmes: UUID) -> list[Standing]:
    """Every unit that owes a plan to these programmes, in the plan's order, as far as this person reads filings."""
    if not programmes:
        return []
    a = Assignment
    tasks = db.session.scalars(
        select(a).join(a.unit).options(contains_eager(a.unit))
        .where(a.programme_id.in_(programmes), a.template_kind == PLAN_FILING, a.state != "cancelled",
               within(reaches(identity, Permission.FILING_READ), unit=a.unit_id))
        .order_by(Unit.position, Unit.id, a.year)).all()
    newest = db.session.scalars(
        select(Filing).where(Filing.programme_id.in_(programmes), readable(identity))
        .ext(distinct_on(Filing.programme_id, Filing.unit_id))
        .order_by(Filing.programme_id, Filing.unit_id, Filing.number.desc())).all()
    filings = {(f.programme_id, f.unit_id): f for f in newest}
    pending, today = pending_lines(newest), clock.today()
    return [_standing(t, filings.get((t.programme_id, t.unit_id)), pending, today) for t in tasks]


def _standing(task: Assignment, filing: Filing | None, pending: dict[UUID, tuple[Line, ...]], today: date) -> Standing:
    submitted = _first_day(filing) if filing else None
    return Standing(task.unit, task, filing, pending.get(filing.id, ()) if filing else (),
                    late_days(submitted, task.due, today))


def hold(programme: UUID, unit: int) -> Filing | None:
    """The unit's plan where it is under review, held until the commit; None where nothing of it is judged now."""
    key = db.session.scalar(select(Filing.id).where(Filing.programme_id == programme, Filing.unit_id == unit,
                                                    Filing.state == SUBMITTED).with_for_update())
    if key is None:
        return None
    return db.session.scalars(select(Filing).where(Filing.id == key).options(*_WHOLE)
                              .execution_options(populate_existing=True)).one()


def to_fill_up(programme: UUID, units: Collection[int]) -> Sequence[Filing]:
    """The plans of these units that are being written or mended, held until the commit."""
    keys = db.session.scalars(select(Filing.id).where(
        Filing.programme_id == programme, Filing.unit_id.in_(units), Filing.state.in_((DRAFT, RETURNED)))
        .order_by(Filing.id).with_for_update()).all()
    return db.session.scalars(select(Filing).where(Filing.id.in_(keys)).options(*_WHOLE).order_by(Filing.id)
                              .execution_options(populate_existing=True)).all() if keys else ()


def exists(programme: UUID, unit: int) -> bool:
    return latest(programme, unit) is not None


def ordered(filing: Filing) -> list[FilingItem]:
    """Items in the plan's order: milestone, line, position."""
    lines = list(Line)
    return sorted(filing.items, key=lambda i: (i.assignment.milestone_due, lines.index(Line(i.line)), i.assignment.position,
                                               i.assignment.code))


def visible_items(filing: Filing, identity: Identity) -> list[FilingItem]:
    """The items whose assignment this person may read."""
    return [i for i in ordered(filing) if permits(identity, Permission.ASSIGNMENT_READ, i.assignment.subject)
            or permits(identity, Permission.FILING_DRAFT, filing.subject)]


def shows_general(filing: Filing, identity: Identity) -> bool:
    return bool(permits(identity, Permission.FILING_GENERAL_READ, filing.general))


def reviewable_lines(filing: Filing, identity: Identity) -> tuple[Line, ...]:
    """The lines concerned whose part this person may judge."""
    return tuple(line for line in lines_concerned(Line(i.line) for i in filing.asked)
                 if permits(identity, Permission.FILING_REVIEW, Subject(filing.unit_id, line))
                 and all(permits(identity, Permission.FILING_REVIEW, s) for s in parts(filing, line)))


def parts(filing: Filing, line: Line) -> list[Subject]:
    """A line's part of the plan as those see it who are named in it as owners: nobody reviews what is his own."""
    return [Subject(filing.unit_id, line, owner) for owner in dict.fromkeys(i.owner_id for i in filing.asked if i.line == line)
            if owner is not None]


def content(filing: Filing) -> Content:
    """The plan as it is saved now."""
    return Content(filing.mechanism, filing.team, contacts_from(filing.contacts),
                   {k: tuple(v) for k, v in filing.readiness.items()},
                   {i.assignment_id: ItemContent(i.owner_id, i.start, i.due, i.deliverable, i.measure) for i in filing.items})


def bounds(filing: Filing) -> dict[UUID, Bounds]:
    """What each item is held against, in the plan's order; nothing is asked any more of one that was cancelled."""
    return {i.assignment_id: Bounds(date(i.assignment.year, 1, 1), i.assignment.milestone_due) for i in ordered(filing)
            if not i.cancelled}


def working_in(unit: int) -> frozenset[UUID]:
    """The people with a function in the unit today."""
    return frozenset(p.id for p in directory.people(unit))


def submissions(filing: Filing) -> Sequence[FilingSubmission]:
    """Newest first."""
    return db.session.scalars(select(FilingSubmission).where(FilingSubmission.filing_id == filing.id)
                              .order_by(FilingSubmission.round.desc())).all()


def last_changes(filing: Filing) -> Changes:
    """What the newest submission changed against the one before; nothing for a first one."""
    newest = submissions(filing)
    return changes(newest[1].content, newest[0].content) if len(newest) > 1 else {}


def changes_unseen(filing: Filing, line: Line) -> Changes:
    """What a line has not seen yet: the present submission against the one it judged last; nothing before its first
    verdict, since then it reads everything for the first time."""
    r = FilingReview
    judged = db.session.scalar(select(func.max(r.round)).where(r.filing_id == filing.id, r.line == line.value,
                                                               r.round < filing.round))
    kept = {s.round: s.content for s in submissions(filing)} if judged else {}
    return changes(kept[judged], kept[filing.round]) if judged in kept else {}


def people(keys: Sequence[UUID]) -> Sequence[Person]:
    """Persons by key, whether they still work here or not."""
    return db.session.scalars(select(Person).where(Person.id.in_(keys)).order_by(Person.name)).all() if keys else []


def reread(filing: Filing) -> None:
    """Forget what was changed but not saved, and read again what is."""
    db.session.rollback()
    refresh(filing)


def reviews_of(filings: Sequence[Filing]) -> dict[UUID, list[FilingReview]]:
    """Filing → its reviews, oldest first, with who reviewed."""
    found: dict[UUID, list[FilingReview]] = {f.id: [] for f in filings}
    for row in db.session.scalars(select(FilingReview).where(FilingReview.filing_id.in_(found))
                                  .options(selectinload(FilingReview.by)).order_by(FilingReview.at, FilingReview.id)):
        found[row.filing_id].append(row)
    return found


def visible_reviews(every: Sequence[FilingReview], items: Iterable[FilingItem], *, general: bool) -> list[FilingReview]:
    """Those of lines of whose part something is visible: `items`, and for customer service the general part."""
    lines = {i.line for i in items} | ({Line.CUSTOMER_SERVICE.value} if general else set())
    return [r for r in every if r.line in lines]


def visible_notes(every: Sequence[FilingNote], items: Collection[FilingItem], *, general: bool) -> list[FilingNote]:
    """The same of words: those at visible items, those about the whole of such a line's part, those about the general part."""
    keys, lines = {i.id for i in items}, {i.line for i in items} - {Line.CUSTOMER_SERVICE.value}
    return [n for n in every if (n.item_id in keys if n.item_id else general if n.general else n.line in lines)]


def notes_of(filings: Sequence[Filing]) -> dict[UUID, list[FilingNote]]:
    """Filing → remarks, questions and answers, oldest first."""
    found: dict[UUID, list[FilingNote]] = {f.id: [] for f in filings}
    for row in db.session.scalars(select(FilingNote).where(FilingNote.filing_id.in_(found))
                                  .options(selectinload(FilingNote.by)).order_by(FilingNote.at, FilingNote.id)):
        found[row.filing_id].append(row)
    return found


def notes(filing: Filing) -> Sequence[FilingNote]:
    """Remarks, questions and answers, oldest first."""
    return notes_of([filing])[filing.id]


def history_reader(filing: Filing, identity: Identity) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What of an entry of its history this person reads: as much as of the plan itself."""
    items, general = visible_items(filing, identity), shows_general(filing, identity)
    codes = {i.assignment.code for i in items}
    lines = {i.line for i in items} | ({Line.CUSTOMER_SERVICE.value} if general else set())
    return lambda recorded: readable_changes(recorded, codes, lines, general=general)


def days_late(filing: Filing) -> int:
    """Calendar days from the deadline to the first submission, or to today while there is none."""
    return late_days(_first_day(filing), filing.due, clock.today())


def _first_day(filing: Filing) -> date | None:
    return clock.local(filing.first_submitted_at).date() if filing.first_submitted_at else None


def choosable(filing: Filing) -> list[Person]:
    """Whom one may name: the unit's people today, and whoever is named already."""
    here, gone = here_and_gone(filing)
    return [*here, *gone]


def here_and_gone(filing: Filing) -> tuple[Sequence[Person], Sequence[Person]]:
    """The unit's people today; and who is named in the plan but has left."""
    here = directory.people(filing.unit_id)
    named = {UUID(c["person"]) for c in filing.contacts} | {i.owner_id for i in filing.items if i.owner_id}
    return here, people(sorted(named - {p.id for p in here}))


def plan_task(filing: Filing) -> Assignment | None:
    """The unit's task of filing this plan, with what was asked for about it."""
    a = Assignment
    return db.session.scalars(select(a).where(a.programme_id == filing.programme_id, a.unit_id == filing.unit_id,
                                              a.template_kind == PLAN_FILING)
                              .options(joinedload(a.unit), assignments.with_waivers(), assignments.with_extensions())).one_or_none()


def stages_by_system() -> dict[str, tuple[str, ...]]:
    """System kind → the stages it concerns, from the plan's catalogue."""
    rows = db.session.scalars(select(Term).where(Term.vocabulary == "system").order_by(Term.position))
    return {row.code: tuple((row.parent or "").split()) for row in rows}


def names(*vocabularies: str) -> dict[tuple[str, str], Term]:
    """(vocabulary, code) → its names in both languages."""
    return {(t.vocabulary, t.code): t for t in db.session.scalars(select(Term).where(Term.vocabulary.in_(vocabularies)))}


def pending_lines(filings: Iterable[Filing]) -> dict[UUID, tuple[Line, ...]]:
    """Filing → the lines that have yet to judge their part; for submitted ones."""
    submitted = [f for f in filings if f.state == SUBMITTED]
    rows = db.session.execute(
        _pending_items(FilingItem.filing_id, FilingItem.line).distinct()
        .where(FilingItem.filing_id.in_([f.id for f in submitted]))) if submitted else ()
    waiting: dict[UUID, set[Line]] = {f.id: ({Line.CUSTOMER_SERVICE} if f.general_verdict == PENDING else set()) for f in submitted}
    for key, line in rows:
        waiting[key].add(Line(line))
    return {key: tuple(x for x in Line if x in lines) for key, lines in waiting.items()}
