"""Who may do what with an assignment now, in which order that is judged, and who hears of it."""
from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

from portal import texts
from portal.assignments import queries
from portal.assignments.models import Assignment
from portal.assignments.rules import MACHINE, OPEN, PLAN_FILING, SYSTEM, UNCLOSED_STATES, extendable, granting
from portal.assignments.service import watching
from portal.notices import service as notices
from tenants.access import HEADQUARTERS, Appointment, Identity, need
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

ACTIONS = ("report", "hand_in", "verify", "chase", "cancel", "ask_waiver", "withdraw_waiver", "decide_waiver",
           "ask_extension", "withdraw_extension", "decide_extension", "name_owner")
_WHO = {"report": Permission.ASSIGNMENT_REPORT, "chase": Permission.ASSIGNMENT_CHASE, "verify": Permission.ASSIGNMENT_VERIFY,
        "ask_waiver": Permission.ASSIGNMENT_WAIVE, "withdraw_waiver": Permission.ASSIGNMENT_WAIVE,
        "decide_waiver": Permission.ASSIGNMENT_VERIFY,
        "ask_extension": Permission.ASSIGNMENT_EXTEND, "withdraw_extension": Permission.ASSIGNMENT_EXTEND,
        "decide_extension": Permission.EXTENSION_GRANT, "name_owner": Permission.ASSIGNMENT_OWNER,
        **{t.action: t.who for t in MACHINE.transitions}}


def allow(assignment: Assignment, action: str, *, actor: Identity) -> Appointment:
    """May this person do that now? Returns the appointment that grants it; raises NotPermitted, then RuleViolated."""
    under = need(actor, _permission(assignment, action), assignment.subject)
    asked = {"decide_waiver": assignment.open_waiver, "decide_extension": assignment.open_extension}.get(action)
    if asked is not None and asked.askers & actor.selves:
        raise NotPermitted(N_("Nobody grants what they asked for themselves, nor does their delegate."))
    if assignment.template_kind == PLAN_FILING and action != "chase" and not action.endswith("_extension"):
        raise RuleViolated(N_("The plan's own task moves with the filing: it is handed in by submission, closed by approval."))
    if action == "report":
        if assignment.state != OPEN:
            raise RuleViolated(N_("Progress is reported while an assignment is open."))
    elif action.endswith("_waiver"):
        _waiver_state(assignment, action)
    elif action.endswith("_extension"):
        _extension_state(assignment, action)
    elif action == "name_owner":
        _owner_state(assignment)
    elif action == "chase":
        if assignment.state not in UNCLOSED_STATES:
            raise RuleViolated(N_("There is nothing to chase: the assignment is finished."))
    else:
        MACHINE.step(assignment.state, "close" if action == "verify" else action)
    return under


def _permission(assignment: Assignment, action: str) -> Permission:
    """Who may grant more time depends on how far away the new day is; without a request, on the nearest kind."""
    asked = assignment.open_extension if action == "decide_extension" else None
    return granting(asked.due, assignment.milestone_due, assignment.year) if asked else _WHO[action]


def _extension_state(assignment: Assignment, action: str) -> None:
    """Raises RuleViolated."""
    if action == "ask_extension":
        if not extendable(assignment.state, assignment.template_kind):
            raise RuleViolated(N_("More time can be asked for while an assignment is open."))
        if assignment.open_extension:
            raise RuleViolated(N_("More time has been asked for already: headquarters has yet to decide."))
    elif assignment.open_extension is None:
        raise RuleViolated(N_("No request for more time is open."))


def _owner_state(assignment: Assignment) -> None:
    """Raises RuleViolated."""
    if assignment.state != OPEN:
        raise RuleViolated(N_("An owner is named while an assignment is open."))
    if assignment.start is None and assignment.template_kind != SYSTEM:
        raise RuleViolated(N_("Until the unit's plan is in force, its owners are named in the plan."))


def _waiver_state(assignment: Assignment, action: str) -> None:
    """Raises RuleViolated."""
    if action == "ask_waiver":
        if assignment.state != OPEN:
            raise RuleViolated(N_("“Not applicable” can be asked for while an assignment is open."))
        if assignment.open_waiver:
            raise RuleViolated(N_("“Not applicable” has been asked for already: headquarters has yet to decide."))
    elif assignment.open_waiver is None:
        raise RuleViolated(N_("No request for “not applicable” is open."))


def offers(assignment: Assignment, *, actor: Identity) -> frozenset[str]:
    """Those of ACTIONS that `allow` grants now."""
    found = set()
    for action in ACTIONS:
        with suppress(NotPermitted, RuleViolated):
            allow(assignment, action, actor=actor)
            found.add(action)
    return frozenset(found)


def begin(assignment: Assignment, action: str, actor: Identity, version: int | None) -> Appointment:
    """Permission, then the row held and read anew, then its version, then its state. `version` is what the person had
    in front of them; None from a program that has no form open. Raises NotPermitted, Stale, RuleViolated."""
    need(actor, _permission(assignment, action), assignment.subject)
    if action in ("cancel", "decide_waiver"):
        watching.hold(assignment)
    queries.lock(assignment)
    if version is not None and version != assignment.version:
        raise Stale(N_("This was changed since you opened it, by somebody else or in another window. See what it says now, then "
                       "decide."))
    return allow(assignment, action, actor=actor)


def bounded(place: str, text: str, limit: int = texts.MEDIUM) -> None:
    if len(text) > limit:
        raise Invalid({place: [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                  n=limit, m=len(text))]})


def title_of(assignment: Assignment) -> dict[str, str]:
    return {"en": assignment.title, "zh": assignment.title_zh}


def tell_verifiers(assignment: Assignment, message: Message) -> None:
    line, url = Line(assignment.line), f"/assignments/{assignment.id}"
    own = assignment.unit_id == HEADQUARTERS
    roles = [Role.HQ_LINE_LEAD] if not own else [Role.HQ_LEADER if line is Line.CUSTOMER_SERVICE else Role.HQ_OFFICE]
    notices.tell(HEADQUARTERS, message, url, roles=roles, line=line)


def tell_granters(assignment: Assignment, permission: Permission, message: Message) -> None:
    """Whoever may grant more time: the verifiers, beyond the milestone the office, beyond the year the leadership group."""
    if permission is Permission.EXTENSION_GRANT:
        tell_verifiers(assignment, message)
        return
    offices_own = assignment.unit_id == HEADQUARTERS and assignment.line == Line.CUSTOMER_SERVICE
    leaders = permission is Permission.EXTENSION_GRANT_NEXT_YEAR or offices_own
    notices.tell(HEADQUARTERS, message, f"/assignments/{assignment.id}", roles=[Role.HQ_LEADER if leaders else Role.HQ_OFFICE])


def tell_unit(assignment: Assignment, message: Message, also: Collection[UUID] = ()) -> None:
    roles = [Role.HQ_LINE_LEAD] if assignment.unit_id == HEADQUARTERS else [Role.UNIT_CONTACT]
    notices.tell(assignment.unit_id, message, f"/assignments/{assignment.id}", roles=roles,
                 line=Line(assignment.line) if assignment.unit_id == HEADQUARTERS else None,
                 people=[p for p in (assignment.owner_id, *also) if p])
