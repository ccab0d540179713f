"""Makes the demonstration: people, programmes, their stories in the order of time, notices; leaves a mark when it is whole."""
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.assignments.models import Assignment
from portal.audit.models import AuditEntry
from portal.filings import queries as filing_queries
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.models import Programme
from portal.programmes.rules import DRAFT, FIRST_YEAR, ISSUED
from seed.demo import bulletins, legends, letters, meetings, people, reminded, subscriptions, supervision
from seed.demo.acts import Act
from seed.demo.filing_story import Task
from seed.demo.stage import Stage, lightly
from seed.demo.story import OFFICE, in_order, tell
from seed.demo.when import HEAD_START, ISSUE_DAY, When
from seed.reading import programme_plan
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.context import Lane, Scope
from tenants.db import db, uuid7
from tenants.isolation import acting_as
from tenants.models import Person, Setting, Unit
from tenants.vocabulary import Line

MARK = "demonstration"
YEARS = {"small": 1, "large": 3}      # programmes, the last one this year's
_SETTING_UP = Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Begun:
    """With what the year was begun, kept in the mark: with these an interrupted run goes on as it was begun."""
    at: datetime
    scale: str
    random_seed: int


class Refused(Exception):
    """The demonstration cannot be made here; says why in a sentence."""


def make(password: str, base_url: str, say: Say, *, scale: str = "small", random_seed: int = 1,
         only: Collection[str] | None = None) -> bool:
    """The whole demonstration; False when it is there already. One that was interrupted is gone on with, as it was begun.
    `only` leaves out all units but these (and headquarters).

    Needs an application context, no scope, and the reference data. Raises Refused."""
    codes = _units(only)
    begun = _begin(Begun(clock.now(), scale, random_seed))
    if begun is None:
        return False
    started = time.monotonic()

    def step(text: str) -> None:
        say(f"{text} ({time.monotonic() - started:.1f} s)")

    with lightly(), clock.standing_at(begun.at):
        _make(codes, begun, password, base_url, step)
    _finish()
    step("ready")
    return True


def _make(codes: Sequence[str], begun: Begun, password: str, base_url: str, step: Say) -> None:
    this_year = clock.today().year
    first_year = max(FIRST_YEAR, this_year - YEARS[begun.scale] + 1)
    with clock.standing_at(_issue_moment(first_year) - timedelta(days=4)):
        staff = people.make(codes, date(first_year - 1, 1, 1), password, begun.random_seed)
    stage = Stage(staff, _performed())
    step(f"{sum(len(s.keys) for s in staff.values())} people in {len(staff)} units")
    waiting: list[Act] = []
    for year in range(first_year, this_year + 1):
        when = _issue(year, stage)
        waiting = in_order([*waiting, *tell(staff, *_asked(stage, when), when, begun.random_seed)])
        step(f"programme of {year} issued")
        until = _issue_moment(year + 1) if year < this_year else when.now
        told, moments = _progress(step, len(waiting)), bulletins.moments(when) if year == this_year else []
        for moment in moments:
            stage.perform([a for a in waiting if a.at < moment], told)
            waiting = [a for a in waiting if a.at >= moment]
            bulletins.issue(stage, moment, moment == moments[-1])
        stage.perform([a for a in waiting if a.at < until], told)
        waiting = [a for a in waiting if a.at >= until]
    step(f"{legends.speak(stage)} legends of units")
    step(f"{supervision.order(stage)} supervision orders issued")
    step(f"{reminded.remind(stage)} reminders told")
    step(f"{meetings.meet(stage)} meetings called")
    step(f"{bulletins.draft(stage)} bulletins composed")
    step(f"{subscriptions.want(stage)} lists sent")
    step(f"{letters.deliver(base_url)} notices delivered")
    letters.read(stage)


def _units(only: Collection[str] | None) -> list[str]:
    with acting_as(_SETTING_UP):
        known = list(db.session.scalars(select(Unit.code).where(Unit.id != HEADQUARTERS, Unit.parent_id.is_(None))
                                        .order_by(Unit.position, Unit.id)))
    if not known:
        raise Refused("There is no unit yet: run portal seed plan first.")
    return [code for code in known if only is None or code in only]


def _begin(wanted: Begun) -> Begun | None:
    """Leave the mark, unfinished, or find that of an earlier run. None when the year is whole."""
    with acting_as(_SETTING_UP):
        mark = db.session.scalars(select(Setting).where(Setting.name == MARK)).one_or_none()
        if mark is not None:
            found = Begun(datetime.fromisoformat(mark.value["at"]), mark.value["scale"], mark.value["random_seed"])
            return None if mark.value["whole"] else found
        if db.session.scalar(select(func.count()).select_from(Person)):
            raise Refused("People work in this portal already; the demonstration year is made only in an empty one.")
        db.session.add(Setting(id=uuid7(), name=MARK, value={
            "at": wanted.at.isoformat(), "scale": wanted.scale, "random_seed": wanted.random_seed, "whole": False}))
        db.session.commit()
    return wanted


def _performed() -> frozenset[tuple[datetime, UUID]]:
    """At which moments who has acted already: what an interrupted run has done, according to the audit trail."""
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)):
        rows = db.session.execute(select(AuditEntry.at, AuditEntry.by).where(AuditEntry.by.is_not(None)).distinct())
        return frozenset((row.at, row.by) for row in rows)


def _finish() -> None:
    with acting_as(_SETTING_UP):
        mark = db.session.scalars(select(Setting).where(Setting.name == MARK)).one()
        mark.value = {**mark.value, "whole": True}
        db.session.commit()


def _issue_moment(year: int) -> datetime:
    """Early in the year; in the days before it when the year has only begun."""
    return clock.at(min(date(year, *ISSUE_DAY), clock.local(clock.now() - HEAD_START).date()), 9, 30)


def _issue(year: int, stage: Stage) -> When:
    """The office issues the year's programme, from the draft that setting up has made or from one of its own."""
    issued = _issue_moment(year)
    with clock.standing_at(issued):
        office = stage.identity(OFFICE)
        with acting_as(office.scope(writing=True)):
            found = db.session.scalars(select(Programme.id).where(Programme.year == year)).one_or_none()
            key = found or programme_service.draft(programme_plan(), year, office).id
            programme = programmes.one(office, key)
            if programme.state == DRAFT:
                programme_service.issue(programme, actor=office)
            stage.programme(year, key)
            over = select(Programme).where(Programme.year == year - 2, Programme.state == ISSUED)
            for ended in db.session.scalars(over):     # its last systems were due at the end of the year before
                programme_service.end(ended, actor=office)
            due = next(t.due for t in programme.templates if t.kind == "plan_filing")
            db.session.commit()
    return When(clock.now(), year, issued, due)


def _asked(stage: Stage, when: When) -> tuple[dict[str, list[Task]], dict[str, tuple[str, ...]]]:
    """Each unit's assignments, and the stages that each kind of system concerns."""
    codes = {s.unit_id: s.unit for s in stage.staff.values()}
    tasks: dict[str, list[Task]] = defaultdict(list)
    with acting_as(stage.identity(OFFICE).scope(writing=False)):
        stages = filing_queries.stages_by_system()
        a = Assignment
        for row in db.session.scalars(select(a).where(a.year == when.year).order_by(a.unit_id, a.position, a.code)):
            if row.unit_id in codes:
                tasks[codes[row.unit_id]].append(Task(row.code, row.template_kind, Line(row.line), row.milestone, row.due,
                                                      row.deliverable_zh))
    return tasks, stages


def _progress(step: Say, total: int) -> Callable[[int], None]:
    """Says so at every tenth of the story."""
    told = 0

    def said(done: int) -> None:
        nonlocal told
        if done * 10 // total > told:
            told = done * 10 // total
            step(f"{done} of {total} acts")
    return said
