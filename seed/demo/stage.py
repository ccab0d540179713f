"""Performs a story through the portal's services: each act by its actor, in that person's scope, at its own time."""
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import singledispatchmethod
from io import BytesIO
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import event, select

from portal.accounts import service as accounts
from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.assignments.models import Assignment
from portal.attachments import service as attachments
from portal.filings import queries as filing_queries
from portal.filings import service as filings
from portal.filings.models import Filing, FilingItem
from portal.filings.rules import Contact, Content, ItemContent
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.rules import Selector
from seed.demo import acts, words
from seed.demo.acts import Act, OnTask, Plan, Who
from seed.demo.exchange_acts import ExchangeAct, Warn, World, spread
from seed.demo.people import Staff, leave
from seed.demo.when import workday
from tenants import clock, directory
from tenants.access import Identity
from tenants.db import db
from tenants.isolation import acting_as
from tenants.vocabulary import Line, MilestoneCode, Part, Process

_WITH_FILE = frozenset({"06", "09"})   # codes of assignments that are handed in with a file


class Stage:
    """What the performance needs to know again and again: who is who, and which assignment has which key."""

    def __init__(self, staff: dict[str, Staff], performed: Collection[tuple[datetime, UUID]] = ()) -> None:
        """`performed`: at which moments who has acted in an earlier run that was interrupted."""
        self.staff = staff
        self._performed = performed
        self._identities: dict[Who, Identity] = {}
        self._assignments: dict[tuple[str, int], dict[str, UUID]] = {}
        self._filings: dict[tuple[str, int], UUID] = {}
        self._programmes: dict[int, UUID] = {}
        self._world = World(staff)

    def identity(self, who: Who) -> Identity:
        """The person with the functions held in that unit; as the portal knows them at the moment of the clock."""
        if who not in self._identities:
            staff = self.staff[who[1]]
            found = directory.identity_of(staff.keys[who[0]])
            assert found is not None, who
            here = tuple(a for a in found.appointments if a.unit == staff.unit_id)
            self._identities[who] = replace(found, appointments=here)
        return self._identities[who]

    def known(self) -> Iterable[tuple[Who, Identity]]:
        """Everybody who has acted."""
        return self._identities.items()

    def programme(self, year: int, key: UUID) -> None:
        self._programmes[year] = key

    def perform(self, story: Sequence[Act], said: Callable[[int], None]) -> None:
        """Do everything, in the order given; what one person does at one moment is one transaction. `said` hears how many
        acts are done."""
        done = 0
        for (at, who), together in groupby(story, key=lambda a: (a.at, a.who)):
            group = list(together)
            done += len(group)
            if (at, self.staff[who[1]].keys[who[0]]) in self._performed:
                continue
            with clock.standing_at(at):
                actor = self.identity(who)
                with acting_as(actor.scope(writing=True)):
                    for each in self._alike(group):
                        self._act(each[0], each, actor)
                    db.session.commit()
            if any(isinstance(a, Warn) for a in group):
                spread()                               # at once, since the story answers them
            said(done)
        spread()

    @staticmethod
    def _alike(group: Sequence[Act]) -> Iterable[list[Act]]:
        """Everything on assignments together, anything else one by one."""
        on_tasks = [a for a in group if isinstance(a, OnTask)]
        if on_tasks:
            yield list(on_tasks)
        yield from ([a] for a in group if not isinstance(a, OnTask))

    # --- what is done ---------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _act(self, first: Act, group: Sequence[Act], actor: Identity) -> None:
        raise TypeError(first)

    @_act.register
    def _(self, first: OnTask, group: Sequence[Act], actor: Identity) -> None:
        wanted = [(self._assignment(a), a) for a in group]
        found = {a.id: a for a in db.session.scalars(assignment_queries.listed(
            [assignment_queries.readable(actor), Assignment.id.in_({key for key, _ in wanted})]))}
        for key, act in wanted:
            on_task(act, found[key], actor)

    @_act.register
    def _(self, act: ExchangeAct, group: Sequence[Act], actor: Identity) -> None:
        act.perform(self._world, actor)

    @_act.register
    def _(self, act: acts.Write, group: Sequence[Act], actor: Identity) -> None:
        unit = self.staff[act.of.unit]
        if filing_queries.exists(self._programmes[act.of.year], unit.unit_id):
            filing = self._filing(act, actor)
        else:
            filing = filings.open_draft(self._programmes[act.of.year], unit.unit_id, actor=actor)
        filings.save(filing, _content(filing, unit, act.plan, act.share), actor=actor)

    @_act.register
    def _(self, act: acts.Submit, group: Sequence[Act], actor: Identity) -> None:
        filing = self._filing(act, actor)
        unit = self.staff[act.of.unit]
        content = _content(filing, unit, act.plan, 1) if act.plan is not None else _mended(filing, act, unit)
        filings.save(filing, content, actor=actor)
        filings.submit(filing, actor=actor)

    @_act.register
    def _(self, act: acts.Review, group: Sequence[Act], actor: Identity) -> None:
        filing = self._filing(act, actor)
        keys = {i.assignment.code: i.assignment_id for i in filing.items}
        filings.review(filing, act.line, act.verdict, act.remark, {keys[c]: t for c, t in act.remarks.items()}, actor=actor)
        if filing.approved_at:
            self._assignments.pop((act.of.unit, act.of.year), None)      # those for systems have come

    @_act.register
    def _(self, act: acts.Ask, group: Sequence[Act], actor: Identity) -> None:
        filing = self._filing(act, actor)
        item = next(i for i in filing.items if i.assignment.code == act.of.code)
        (filings.answer if act.answer else filings.ask)(filing, item, act.text, actor=actor)

    @_act.register
    def _(self, act: acts.AddTask, group: Sequence[Act], actor: Identity) -> None:
        programme_service.add_assignments(programmes.one(actor, self._programmes[act.of.year]), programme_service.TemplateContent(
            code=act.of.code, line=Line.CUSTOMER_SERVICE, process=Process.PROBLEM_RESPONSE, milestone=MilestoneCode.IMPROVEMENT,
            due=act.due, title="Show first-contact responsibility on site", title_zh="首问负责现场示范",
            deliverable="Two service areas run as a model, with a visit by the others", deliverable_zh="两个示范片区及观摩安排",
            evidence="Record of the visit", evidence_zh="观摩记录", targets=[Selector(unit=u) for u in act.units]), actor=actor)
        for unit in act.units:
            self._assignments.pop((unit, act.of.year), None)

    @_act.register
    def _(self, act: acts.Leave, group: Sequence[Act], actor: Identity) -> None:
        leave(self.staff[act.of.unit].keys[act.person], clock.today() + timedelta(days=1), actor.appointments[0])

    @_act.register
    def _(self, act: acts.Delegate, group: Sequence[Act], actor: Identity) -> None:
        today = clock.today()
        accounts.delegate(actor.appointments[0].id, self.staff[act.of.unit].keys[act.to], today, today + timedelta(days=act.days),
                          actor=actor, whole=actor)
        self._identities.pop((act.to, act.of.unit), None)

    # --- finding the things ---------------------------------------------------------------------------------------

    def _assignment(self, act: Act) -> UUID:
        place = (act.of.unit, act.of.year)
        if place not in self._assignments:
            rows = db.session.execute(select(Assignment.code, Assignment.id).where(
                Assignment.programme_id == self._programmes[act.of.year],
                Assignment.unit_id == self.staff[act.of.unit].unit_id))
            self._assignments[place] = {row.code: row.id for row in rows}
        return self._assignments[place][act.of.code]

    def _filing(self, act: Act, actor: Identity) -> Filing:
        place = (act.of.unit, act.of.year)
        if place not in self._filings:
            found = filing_queries.latest(self._programmes[act.of.year], self.staff[act.of.unit].unit_id)
            assert found is not None, act
            self._filings[place] = found.id
        return filing_queries.one(actor, self._filings[place])


@contextmanager
def lightly() -> Iterator[None]:
    """Commits do not wait for the disk in this block: only a power cut would lose one, and the next ordinary commit waits
    for all of them."""
    def at_once(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")

    event.listen(db.engine, "connect", at_once)
    db.engine.dispose()
    try:
        yield
    finally:
        event.remove(db.engine, "connect", at_once)
        db.engine.dispose()


def on_task(act: Act, assignment: Assignment, actor: Identity) -> None:
    match act:
        case acts.Report():
            assignments.report(assignment, act.percent, act.text, actor=actor)
        case acts.HandIn():
            if act.of.code in _WITH_FILE:
                attachments.attach("assignment", assignment.id, BytesIO(f"{assignment.deliverable_zh}\n{act.text}\n".encode()),
                                   "工作记录.txt", actor=actor)
            assignments.hand_in(assignment, act.text, actor=actor)
        case acts.Verify():
            assignments.verify(assignment, act.verdict, act.text, actor=actor)
        case acts.Chase():
            assignments.chase(assignment, act.text, actor=actor)
        case acts.Cancel():
            assignments.cancel(assignment, act.text, actor=actor)
        case acts.AskWaiver():
            assignments.ask_waiver(assignment, act.text, actor=actor)
        case acts.GrantWaiver():
            assignments.decide_waiver(assignment, "grant", act.text, actor=actor)
        case _:
            raise TypeError(act)


def _content(filing: Filing, unit: Staff, plan: Plan, share: float) -> Content:
    """The plan as far as it is thought through: the general part, and that share of the items."""
    contacts = (Contact(unit.keys["contact"], Part.CONTACT), Contact(unit.keys["deputy"], Part.DEPUTY),
                *(Contact(unit.keys[line.value], Part.COUNTERPART, line) for line in Line))
    items = filing_queries.ordered(filing)
    found = {i.assignment_id: ItemContent(unit.keys[p.owner], p.start, p.due, p.deliverable, p.measure)
             if (p := plan.items.get(i.assignment.code)) else _of_mid_year(i, unit)
             for i in items[:int(len(items) * share)]}
    return Content(plan.mechanism, plan.team, contacts, plan.readiness, found)


def _of_mid_year(item: FilingItem, unit: Staff) -> ItemContent:
    """What was asked when the plan had been thought through already."""
    asked = item.assignment
    return ItemContent(unit.keys[asked.line], min(workday(clock.today()), asked.due), asked.due, asked.deliverable_zh,
                       words.measure(Random(asked.code), asked.code))


def _mended(filing: Filing, act: acts.Submit, unit: Staff) -> Content:
    """What was returned, with what the reviewers missed and what was asked meanwhile."""
    content = filing_queries.content(filing)
    codes = {i.assignment.code: i.assignment_id for i in filing.items}
    items = {codes[c]: replace(content.items[codes[c]], measure=f"{content.items[codes[c]].measure}{added}")
             for c, added in act.mended.items()}
    items |= {i.assignment_id: _of_mid_year(i, unit) for i in filing.items if not i.measure and i.assignment_id not in items}
    mechanism = f"{content.mechanism}\n{act.general}" if act.general else content.mechanism
    return replace(content, mechanism=mechanism, items=items)
