"""Assignments as they arise from a programme, and as an approved plan changes them; whoever calls has judged who may."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.assignments import queries
from portal.assignments.models import Assignment
from portal.assignments.rules import CLOSED, HANDED_IN, OPEN
from portal.assignments.service import requests, watching
from portal.assignments.service.judging import title_of
from portal.audit import service as audit
from portal.notices import service as notices
from tenants import clock
from tenants.access import Appointment
from tenants.db import db, uuid7
from tenants.messages import N_
from tenants.vocabulary import Line


@dataclass(frozen=True, slots=True)
class New:
    """An assignment to be made for a unit; dates as the programme's year has them."""
    unit: int
    programme: UUID
    year: int
    code: str
    kind: str
    line: Line
    process: str | None
    milestone: str
    milestone_due: date
    due: date
    title: str
    title_zh: str
    deliverable: str
    deliverable_zh: str
    evidence: str
    evidence_zh: str
    position: int
    owner: UUID | None = None
    start: date | None = None


def create(news: Iterable[New], *, under: Appointment) -> list[Assignment]:
    """Make assignments; whoever calls has judged that they may be made."""
    made = [Assignment(
        id=uuid7(), unit_id=n.unit, programme_id=n.programme, year=n.year, code=n.code, template_kind=n.kind,
        line=n.line.value, process=n.process, milestone=n.milestone, milestone_due=n.milestone_due, title=n.title,
        title_zh=n.title_zh, deliverable=n.deliverable, deliverable_zh=n.deliverable_zh, evidence=n.evidence,
        evidence_zh=n.evidence_zh, owner_id=n.owner, start=n.start, due=n.due, original_due=n.due,
        position=n.position, percent=0, state=OPEN, chase_count=0, promised="", measure="", reported_on=None, handed_in_on=None,
        closed_on=None, chased_at=None) for n in news]
    db.session.add_all(made)
    db.session.flush()
    for a in made:
        audit.record("create", "assignment", a.id, {"state": [None, OPEN], "due": [None, a.due]}, under=under)
    watching.made(made, under)
    return made


def give_to(assignment: Assignment, owner: UUID | None, *, under: Appointment) -> None:
    """Name its owner, who hears of it; None is nobody yet."""
    if owner is None:
        return
    if owner != assignment.owner_id:
        before, assignment.owner_id = assignment.owner_id, owner
        db.session.flush()
        audit.record("change", "assignment", assignment.id, {"owner": [before, owner]}, under=under)
    notices.tell(assignment.unit_id, N_("You are the owner of a new assignment: %(title)s, due %(day)s.",
                                        title=title_of(assignment), day=assignment.due.isoformat()),
                 f"/assignments/{assignment.id}", people=[owner])


def put_in_force(assignment: Assignment, *, owner: UUID, start: date, due: date, promised: str, measure: str,
                 under: Appointment) -> None:
    """What an approved filing says now holds, except that a plan written before takes back no time that was granted. What the
    unit promised stands beside the deliverable asked for."""
    if due < assignment.due:
        due = max(due, queries.extended_to(assignment.id) or due)
    before = {"owner": assignment.owner_id, "start": assignment.start, "due": assignment.due, "measure": assignment.measure}
    after = {"owner": owner, "start": start, "due": due, "measure": measure}
    assignment.owner_id, assignment.start, assignment.due, assignment.measure = owner, start, due, measure
    assignment.promised = promised
    audit.record("plan", "assignment", assignment.id,
                 {k: [before[k], after[k]] for k in after if before[k] != after[k]}, under=under)


def move_plan_filing(assignment: Assignment, state: str, *, under: Appointment) -> None:
    """The task of filing the plan follows the filing: its first submission hands it in, approval closes it. A request for more
    time is overtaken by each submission."""
    requests.lapse(assignment, under)
    if assignment.state in (state, CLOSED):
        return
    before, today = assignment.state, clock.today()
    assignment.state, assignment.percent = state, 100
    assignment.handed_in_on = assignment.handed_in_on or today
    assignment.reported_on = assignment.reported_on or today
    if state == CLOSED:
        assignment.closed_on = today
    audit.record({HANDED_IN: "hand_in", CLOSED: "close"}[state], "assignment", assignment.id, {"state": [before, state]},
                 under=under)
