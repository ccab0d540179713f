"""Work on assignments: progress, handing in, verification, cancelling. Permission first, then the state, then the content."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from portal import texts
from portal.assignments.models import Assignment, ProgressReport
from portal.assignments.rules import HANDED_IN, MACHINE
from portal.assignments.service import requests, waivers, watching
from portal.assignments.service.judging import begin, bounded, tell_unit, tell_verifiers, title_of
from portal.audit import service as audit
from tenants import clock
from tenants.access import Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message


def report(assignment: Assignment, percent: int, text: str, *, actor: Identity, version: int | None = None) -> None:
    """How far it is, 0 to 100, in words too. Raises Invalid for a figure out of range or words beyond the field."""
    under = begin(assignment, "report", actor, version)
    _write_report(assignment, percent, _report_text(percent, text), actor, under)


def _report_text(percent: int, text: str) -> str:
    """The words as they are stored. Raises Invalid for them or for the figure."""
    text = texts.prose(text)
    if not 0 <= percent <= 100:
        raise Invalid({"percent": [N_("Give a whole number from 0 to 100.")]})
    bounded("text", text)
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
        begin(row.assignment, "hand_in" if row.hand_in else "report", actor, row.version)
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
    under = begin(assignment, "hand_in", actor, version)
    text = texts.prose(text)
    bounded("text", text)
    before = (assignment.state, assignment.percent)
    _append_report(assignment, 100, text, actor.person)
    assignment.state, assignment.handed_in_on = HANDED_IN, clock.today()
    requests.lapse(assignment, under)
    db.session.flush()
    audit.record("hand_in", "assignment", assignment.id,
                 {"state": [before[0], HANDED_IN], "percent": [before[1], 100], "text": text}, under=under)
    tell_verifiers(assignment, N_("%(unit)s handed in: %(title)s", unit=assignment.unit.names, title=title_of(assignment)))


def verify(assignment: Assignment, verdict: str, remark: str, *, actor: Identity, version: int | None = None) -> None:
    """`close` it against the deliverable asked for, or `return` it with a reason. Raises Invalid without a reason."""
    under = begin(assignment, "verify", actor, version)
    if verdict not in ("close", "return"):
        raise Invalid({"verdict": [N_("Choose to close or to return.")]})
    remark = texts.prose(remark)
    bounded("remark", remark)
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
        assignment.round, assignment.returned_at = assignment.round + 1, clock.now()
    db.session.flush()
    audit.record(verdict, "assignment", assignment.id, changes, under=under)
    said = N_("Closed by headquarters: %(title)s", title=title_of(assignment)) if verdict == "close" else \
        N_("Returned by headquarters: %(title)s. %(remark)s", title=title_of(assignment), remark=remark)
    tell_unit(assignment, said)


def cancel(assignment: Assignment, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """Take it out of every denominator, visibly, with a reason."""
    under = begin(assignment, "cancel", actor, version)
    reason = texts.prose(reason)
    bounded("reason", reason)
    if not reason:
        raise Invalid({"reason": [N_("Give the reason; it stays visible.")]})
    before = assignment.state
    assignment.state = MACHINE.step(before, "cancel").target
    waivers.settle(assignment, reason, actor)
    requests.lapse(assignment, under)
    db.session.flush()
    audit.record("cancel", "assignment", assignment.id, {"state": [before, assignment.state], "reason": reason}, under=under)
    tell_unit(assignment, N_("Cancelled by headquarters: %(title)s. %(reason)s", title=title_of(assignment), reason=reason))
    watching.left(assignment, under)


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
