"""Evidence: files on an assignment, added by whoever reports on it, read by whoever reads it."""
from uuid import UUID

from portal.assignments import queries
from portal.assignments.models import Assignment
from portal.assignments.rules import PLAN_FILING, UNCLOSED_STATES
from portal.attachments import registry
from tenants.access import Appointment, Identity, need
from tenants.errors import RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission

KIND = "assignment"


def allow_file(assignment: Assignment, actor: Identity, _part: str = "") -> Appointment:
    """Until headquarters has closed it: evidence may be asked for after it was handed in."""
    under = need(actor, Permission.ASSIGNMENT_REPORT, assignment.subject)
    if assignment.template_kind == PLAN_FILING:
        raise RuleViolated(N_("The plan's own task has no files: what belongs to the plan stands in it."))
    if assignment.state not in UNCLOSED_STATES:
        raise RuleViolated(N_("Files are added and removed until an assignment is closed."))
    return under


def _load(actor: Identity, key: UUID) -> Assignment:
    return queries.one(actor, key)


registry.register(registry.Carrier(KIND, _load, Assignment.id, queries.readable, Permission.ASSIGNMENT_READ, allow_file,
                                   lambda a: f"/assignments/{a.id}"))
