"""What requests about an assignment have in common: asked for with a reason, answered once, ended by what overtakes them."""
from collections.abc import Mapping
from uuid import UUID

from portal import texts
from portal.assignments.models import Assignment, Request
from portal.assignments.rules import DECLINED, GRANTED
from portal.assignments.service.judging import bounded
from portal.audit import service as audit
from tenants import clock
from tenants.access import Appointment, Identity
from tenants.db import db
from tenants.errors import Invalid, Stale
from tenants.messages import N_, Message
from tenants.models import Person


def reason_given(reason: str, without: Message) -> str:
    """The words as they are stored. Raises Invalid, without any by the given words."""
    reason = texts.prose(reason)
    bounded("reason", reason)
    if not reason:
        raise Invalid({"reason": [without]})
    return reason


def same(found: Request | None, key: UUID | None) -> None:
    """Whether it is the request that the person had in front of them; None as key comes from a program. Raises Stale."""
    if found is None or key not in (None, found.id):
        raise Stale(N_("The unit has asked anew since you opened this. See what it says now, then decide."))


def verdict_of(verdict: str, remark: str, without: Message) -> tuple[str, str]:
    """The state that follows and the remark as it is stored. Raises Invalid: to decline needs words."""
    decided = {"grant": GRANTED, "decline": DECLINED}.get(verdict)
    if decided is None:
        raise Invalid({"verdict": [N_("Choose to grant or to decline.")]})
    remark = texts.prose(remark)
    bounded("remark", remark)
    if decided == DECLINED and not remark:
        raise Invalid({"remark": [without]})
    return decided, remark


def answer(request: Request, verdict: str, remark: str, actor: Identity) -> None:
    judge = person(actor)                                 # read before anything half done can be flushed
    request.verdict, request.remark = verdict, remark
    request.decided_by, request.decided_at = judge, clock.now()


def withdraw(assignment: Assignment, action: str, request: Request, under: Appointment) -> None:
    request.withdrawn_at = clock.now()
    db.session.flush()
    audit.record(action, "assignment", assignment.id, {}, under=under)


def lapse(assignment: Assignment, under: Appointment) -> None:
    """Every open request ends without an answer: what was done overtakes it."""
    found: Mapping[str, Request | None] = {"withdraw_waiver": assignment.open_waiver,
                                           "withdraw_extension": assignment.open_extension}
    for action, request in found.items():
        if request is not None:
            withdraw(assignment, action, request, under)


def person(actor: Identity) -> Person:
    return db.session.get_one(Person, actor.person)
