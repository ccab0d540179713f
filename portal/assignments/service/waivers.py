"""“Not applicable”: a unit asks to be excused from an assignment, and who would verify it decides (platform rule).

While the request is open the work may go on; granted, the assignment is cancelled and leaves every denominator."""
from uuid import UUID

from portal.assignments.models import Assignment, WaiverRequest
from portal.assignments.rules import GRANTED, MACHINE
from portal.assignments.service import requests, watching
from portal.assignments.service.judging import begin, tell_unit, tell_verifiers, title_of
from portal.audit import service as audit
from tenants import clock
from tenants.access import Identity
from tenants.db import db, uuid7
from tenants.messages import N_


def ask_waiver(assignment: Assignment, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """Ask to be excused from it. Raises Invalid without a reason."""
    under = begin(assignment, "ask_waiver", actor, version)
    reason = requests.reason_given(reason, N_("Say why it does not apply to the unit."))
    assignment.waivers.append(WaiverRequest(
        id=uuid7(), unit_id=assignment.unit_id, assignment_id=assignment.id, reason=reason, asked_by=requests.person(actor),
        on_behalf_of_id=under.on_behalf_of, asked_at=clock.now(), verdict=None, remark="", decided_by=None,
        decided_at=None, withdrawn_at=None))
    db.session.flush()
    audit.record("ask_waiver", "assignment", assignment.id, {"reason": reason}, under=under)
    tell_verifiers(assignment, N_("%(unit)s asks for “not applicable”: %(title)s. %(reason)s",
                                  unit=assignment.unit.names, title=title_of(assignment), reason=reason))


def withdraw_waiver(assignment: Assignment, *, actor: Identity) -> None:
    """Take the open request back: whoever works on the assignment may, not only who asked."""
    under = begin(assignment, "withdraw_waiver", actor, None)
    requests.withdraw(assignment, "withdraw_waiver", _open(assignment), under)
    tell_verifiers(assignment, N_("%(unit)s took its request for “not applicable” back: %(title)s",
                                  unit=assignment.unit.names, title=title_of(assignment)))


def decide_waiver(assignment: Assignment, verdict: str, remark: str, *, actor: Identity, request: UUID | None = None) -> None:
    """`grant` what is asked, which cancels the assignment, or `decline` it with a reason. `request` is the one that the
    person had in front of them; None from a program. Raises Stale where another has taken its place, Invalid for the rest."""
    under = begin(assignment, "decide_waiver", actor, None)
    found = _open(assignment)
    requests.same(found, request)
    decided, remark = requests.verdict_of(verdict, remark, N_("Say why it does apply, so that the unit can go on."))
    before = assignment.state
    requests.answer(found, decided, remark, actor)
    changes: dict[str, object] = {"remark": remark}
    if decided == GRANTED:
        assignment.state = MACHINE.step(before, "cancel").target
        changes = {"state": [before, assignment.state], "reason": found.reason, **changes}
    db.session.flush()
    audit.record(f"{verdict}_waiver", "assignment", assignment.id, changes, under=under)
    if decided == GRANTED:
        requests.lapse(assignment, under)                 # more time, which may have been asked for beside it
    said = N_("Granted by headquarters, not applicable: %(title)s. %(remark)s", title=title_of(assignment), remark=remark) \
        if decided == GRANTED else \
        N_("Declined by headquarters, it does apply: %(title)s. %(remark)s", title=title_of(assignment), remark=remark)
    tell_unit(assignment, said, also=[found.asked_by_id])
    if decided == GRANTED:
        watching.left(assignment, under)


def settle(assignment: Assignment, remark: str, actor: Identity) -> None:
    """An open request, if there is one, is granted: headquarters has cancelled the assignment by itself."""
    found = assignment.open_waiver
    if found is not None:
        requests.answer(found, GRANTED, remark, actor)


def _open(assignment: Assignment) -> WaiverRequest:
    found = assignment.open_waiver
    assert found is not None                               # `begin` has judged the state
    return found
