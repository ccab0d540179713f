"""Writing assignments: progress, handing in, verification, chasing. Permission first, then the state, then the content."""
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from portal import texts
from portal.assignments import queries
from portal.assignments.models import Assignment, ProgressReport
from portal.assignments.rules import CLOSED, HANDED_IN, MACHINE, OPEN, UNCLOSED_STATES
from portal.audit import service as audit
from portal.notices import service as notices
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity, need, permits
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

PLAN_FILING = "plan_filing"
ACTIONS = ("report", "hand_in", "verify", "chase", "cancel")
_WHO = {"report": Permission.ASSIGNMENT_REPORT, "chase": Permission.ASSIGNMENT_CHASE, "verify": Permission.ASSIGNMENT_VERIFY,
        **{t.action: t.who for t in MACHINE.transitions}}


def allow(assignment: Assignment, action: str, *, actor: Identity) -> Appointment:
    """May this person do that now? Returns the appointment that grants it; raises NotPermitted, then RuleViolated."""
    under = need(actor, _WHO[action], assignment.subject)
    if assignment.template_kind == PLAN_FILING and action != "chase":
        raise RuleViolated(N_("The plan's own task moves with the filing: it is handed in by submission, closed by approval."))
    if action == "report":
        if assignment.state != OPEN:
            raise RuleViolated(N_("Progress is reported while an assignment is open."))
    elif action == "chase":
        if assignment.state not in UNCLOSED_STATES:
            raise RuleViolated(N_("There is nothing to chase: the assignment is finished."))
    else:
        MACHINE.step(assignment.state, "close" if action == "verify" else action)
    return under


def offers(assignment: Assignment, *, actor: Identity) -> frozenset[str]:
    """Those of ACTIONS that `allow` grants now."""
    found = set()
    for action in ACTIONS:
        with suppress(NotPermitted, RuleViolated):
            allow(assignment, action, actor=actor)
            found.add(action)
    return frozenset(found)


def _begin(assignment: Assignment, action: str, actor: Identity, version: int | None) -> Appointment:
    """Permission, then the row held and read anew, then its version, then its state. `version` is what the person had
    in front of them; None from a program that has no form open. Raises NotPermitted, Stale, RuleViolated."""
    need(actor, _WHO[action], assignment.subject)
    queries.lock(assignment)
    if version is not None and version != assignment.version:
        raise Stale(N_("Somebody else has changed this assignment since you opened it. See what it says now, then decide."))
    return allow(assignment, action, actor=actor)


def report(assignment: Assignment, percent: int, text: str, *, actor: Identity, version: int | None = None) -> None:
    """How far it is, 0 to 100, in words too. Raises Invalid for a figure out of range or words beyond the field."""
    under = _begin(assignment, "report", actor, version)
    _write_report(assignment, percent, _report_text(percent, text), actor, under)


def _report_text(percent: int, text: str) -> str:
    """The words as they are stored. Raises Invalid for them or for the figure."""
    text = texts.clean(text)
    if not 0 <= percent <= 100:
        raise Invalid({"percent": [N_("Give a whole number from 0 to 100.")]})
    _bounded("text", text)
    return text


def _write_report(assignment: Assignment, percent: int, text: str, actor: Identity, under: Appointment) -> None:
    before = assignment.percent
    _append_report(assignment, percent, text, actor.person)
    db.session.flush()
    audit.record("report", "assignment", assignment.id, {"percent": [before, percent], "text": text}, under=under)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row of the page that reports on many; `hand_in` when it is said to be done."""
    assignment: Assignment
    percent: int
    text: str
    version: int
    hand_in: bool = False


def report_many(rows: Iterable[Row], *, actor: Identity) -> None:
    """Report on all of them or on none. Raises Invalid whose fields are `key.percent`, `key.text`, `key.version` (another
    has changed it meanwhile) and `key.state` (it cannot be reported on any more)."""
    ordered = sorted(rows, key=lambda r: r.assignment.id)        # locked in one order by everybody
    faults: dict[str, Sequence[Message]] = {}
    for row in ordered:
        faults |= {f"{row.assignment.id}.{field}": said for field, said in _row_faults(row, actor).items()}
    if faults:
        raise Invalid(faults)
    for row in ordered:
        if row.hand_in:
            hand_in(row.assignment, row.text, actor=actor)
        else:
            report(row.assignment, row.percent, row.text, actor=actor)


def _row_faults(row: Row, actor: Identity) -> Mapping[str, Sequence[Message]]:
    try:
        _begin(row.assignment, "hand_in" if row.hand_in else "report", actor, row.version)
        _report_text(row.percent, row.text)
    except Stale as stale:
        return {"version": [stale.message]}
    except (NotPermitted, RuleViolated) as refused:
        return {"state": [refused.message]}
    except Invalid as invalid:
        return invalid.errors
    return {}


def hand_in(assignment: Assignment, text: str, *, actor: Identity, version: int | None = None) -> None:
    """Say that it is done: 100 %, and the line at headquarters looks at it."""
    under = _begin(assignment, "hand_in", actor, version)
    text = texts.clean(text)
    _bounded("text", text)
    before = (assignment.state, assignment.percent)
    _append_report(assignment, 100, text, actor.person)
    assignment.state, assignment.handed_in_on = HANDED_IN, clock.today()
    db.session.flush()
    audit.record("hand_in", "assignment", assignment.id,
                 {"state": [before[0], HANDED_IN], "percent": [before[1], 100], "text": text}, under=under)
    _tell_verifiers(assignment, N_("%(unit)s handed in: %(title)s", unit=_unit_name(assignment), title=_title(assignment)))


def verify(assignment: Assignment, verdict: str, remark: str, *, actor: Identity, version: int | None = None) -> None:
    """`close` it against the deliverable asked for, or `return` it with a reason. Raises Invalid without a reason."""
    under = _begin(assignment, "verify", actor, version)
    if verdict not in ("close", "return"):
        raise Invalid({"verdict": [N_("Choose to close or to return.")]})
    remark = texts.clean(remark)
    _bounded("remark", remark)
    if verdict == "return" and not remark:
        raise Invalid({"remark": [N_("Say what is missing, so that it can be mended.")]})
    target = MACHINE.step(assignment.state, verdict).target
    changes: dict[str, object] = {"state": [assignment.state, target], "remark": remark}
    assignment.state = target
    if verdict == "close":
        assignment.closed_on = clock.today()
    else:
        before = _percent_before_hand_in(assignment)
        changes["percent"] = [assignment.percent, before]
        assignment.percent, assignment.handed_in_on = before, None
    db.session.flush()
    audit.record(verdict, "assignment", assignment.id, changes, under=under)
    said = N_("Closed by headquarters: %(title)s", title=_title(assignment)) if verdict == "close" else \
        N_("Returned by headquarters: %(title)s. %(remark)s", title=_title(assignment), remark=remark)
    _tell_unit(assignment, said)


def chase(assignment: Assignment, text: str, *, actor: Identity, version: int | None = None) -> None:
    """Urge the unit by hand; how often and when last stays visible on the assignment."""
    under = _begin(assignment, "chase", actor, version)
    text = texts.clean(text)
    _bounded("text", text)
    assignment.chase_count += 1
    assignment.chased_at = clock.now()
    db.session.flush()
    audit.record("chase", "assignment", assignment.id, {"text": text, "chase_count": assignment.chase_count}, under=under)
    _tell_unit(assignment, N_("Headquarters chases: %(title)s. %(text)s", title=_title(assignment), text=text))


def chase_all(assignments: Sequence[Assignment], text: str, *, actor: Identity) -> None:
    """Chase all of them or, where one of them may not or cannot be chased, none. Raises NotPermitted, RuleViolated."""
    others = [a.code for a in assignments if not permits(actor, Permission.ASSIGNMENT_CHASE, a.subject)]
    if others:
        raise NotPermitted(N_("Nobody was chased: these of the %(n)s picked are not yours to chase: %(codes)s.",
                              n=len(assignments), codes=others))
    finished = [a.code for a in assignments if a.state not in UNCLOSED_STATES]
    if finished:
        raise RuleViolated(N_("Nobody was chased: these of the %(n)s picked are finished: %(codes)s.",
                              n=len(assignments), codes=finished))
    for assignment in sorted(assignments, key=lambda a: a.id):
        chase(assignment, text, actor=actor)


def cancel(assignment: Assignment, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """Take it out of every denominator, visibly, with a reason."""
    under = _begin(assignment, "cancel", actor, version)
    reason = texts.clean(reason)
    _bounded("reason", reason)
    if not reason:
        raise Invalid({"reason": [N_("Give the reason; it stays visible.")]})
    before = assignment.state
    assignment.state = MACHINE.step(before, "cancel").target
    db.session.flush()
    audit.record("cancel", "assignment", assignment.id, {"state": [before, assignment.state], "reason": reason}, under=under)
    _tell_unit(assignment, N_("Cancelled by headquarters: %(title)s. %(reason)s", title=_title(assignment), reason=reason))


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


def create(news: Iterable[New], *, under: Appointment) -> list[Assignment]:
    """Make assignments; whoever calls has judged that they may be made."""
    made = [Assignment(
        id=uuid7(), unit_id=n.unit, programme_id=n.programme, year=n.year, code=n.code, template_kind=n.kind,
        line=n.line.value, process=n.process, milestone=n.milestone, milestone_due=n.milestone_due, title=n.title,
        title_zh=n.title_zh, deliverable=n.deliverable, deliverable_zh=n.deliverable_zh, evidence=n.evidence,
        evidence_zh=n.evidence_zh, owner_id=n.owner, start=None, due=n.due, original_due=n.due,
        position=n.position, percent=0, state=OPEN, chase_count=0, promised="", measure="", reported_on=None, handed_in_on=None,
        closed_on=None, chased_at=None) for n in news]
    db.session.add_all(made)
    db.session.flush()
    for a in made:
        audit.record("create", "assignment", a.id, {"state": [None, OPEN], "due": [None, a.due]}, under=under)
    return made


def put_in_force(assignment: Assignment, *, owner: UUID, start: date, due: date, promised: str, measure: str,
                 under: Appointment) -> None:
    """What an approved filing says now holds. What the unit promised stands beside the deliverable asked for."""
    before = {"owner": assignment.owner_id, "start": assignment.start, "due": assignment.due, "measure": assignment.measure}
    after = {"owner": owner, "start": start, "due": due, "measure": measure}
    assignment.owner_id, assignment.start, assignment.due, assignment.measure = owner, start, due, measure
    assignment.promised = promised
    audit.record("plan", "assignment", assignment.id,
                 {k: [before[k], after[k]] for k in after if before[k] != after[k]}, under=under)


def move_plan_filing(assignment: Assignment, state: str, *, under: Appointment) -> None:
    """The task of filing the plan follows the filing: its first submission hands it in, approval closes it."""
    if assignment.state == state:
        return
    before, today = assignment.state, clock.today()
    assignment.state, assignment.percent = state, 100
    assignment.handed_in_on = assignment.handed_in_on or today
    assignment.reported_on = assignment.reported_on or today
    if state == CLOSED:
        assignment.closed_on = today
    audit.record({HANDED_IN: "hand_in", CLOSED: "close"}[state], "assignment", assignment.id, {"state": [before, state]},
                 under=under)


def _append_report(assignment: Assignment, percent: int, text: str, by: UUID) -> None:
    db.session.add(ProgressReport(id=uuid7(), unit_id=assignment.unit_id, assignment_id=assignment.id, percent=percent,
                                  text=text, at=clock.now(), by_id=by))
    assignment.percent, assignment.reported_on = percent, clock.today()
    flag_modified(assignment, "percent")         # the same figure again is a report too: the version moves on


def _percent_before_hand_in(assignment: Assignment) -> int:
    """What was reported before the handing in that is now returned."""
    r = ProgressReport
    last_two = db.session.scalars(select(r.percent).where(r.assignment_id == assignment.id)
                                  .order_by(r.at.desc(), r.id.desc()).limit(2)).all()
    return last_two[1] if len(last_two) == 2 else 0


def _bounded(place: str, text: str, limit: int = texts.MEDIUM) -> None:
    if len(text) > limit:
        raise Invalid({place: [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                  n=limit, m=len(text))]})


def _title(assignment: Assignment) -> dict[str, str]:
    return {"en": assignment.title, "zh": assignment.title_zh}


def _unit_name(assignment: Assignment) -> dict[str, str]:
    return {"en": assignment.unit.name, "zh": assignment.unit.name_zh}


def _tell_verifiers(assignment: Assignment, message: Message) -> None:
    line, url = Line(assignment.line), f"/assignments/{assignment.id}"
    own = assignment.unit_id == HEADQUARTERS
    roles = [Role.HQ_LINE_LEAD] if not own else [Role.HQ_LEADER if line is Line.CUSTOMER_SERVICE else Role.HQ_OFFICE]
    notices.tell(HEADQUARTERS, message, url, roles=roles, line=line)


def _tell_unit(assignment: Assignment, message: Message) -> None:
    roles = [Role.HQ_LINE_LEAD] if assignment.unit_id == HEADQUARTERS else [Role.UNIT_CONTACT]
    notices.tell(assignment.unit_id, message, f"/assignments/{assignment.id}", roles=roles,
                 line=Line(assignment.line) if assignment.unit_id == HEADQUARTERS else None,
                 people=[assignment.owner_id] if assignment.owner_id else [])
