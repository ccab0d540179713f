"""Who owns an assignment in force: until a plan is approved its owner is named there, afterwards here (platform rule)."""
from uuid import UUID

from sqlalchemy import text

from portal.assignments import queries
from portal.assignments.models import Assignment
from portal.assignments.service.judging import begin, title_of
from portal.audit import service as audit
from portal.notices import service as notices
from tenants import clock, directory
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_


def name_owner(assignment: Assignment, owner: UUID | None, *, actor: Identity, version: int | None = None) -> None:
    """Somebody of the unit; whoever was named before is told as well. Raises Invalid."""
    under = begin(assignment, "name_owner", actor, version)
    if owner is None or owner not in {p.id for p in directory.people(assignment.unit_id)}:
        raise Invalid({"owner": [N_("Choose a person of the unit.")]})
    before = assignment.owner_id
    if owner == before:
        return
    db.session.execute(text("SELECT app.name_owner(:key, :owner, :today)"),
                       {"key": assignment.id, "owner": owner, "today": clock.today()})
    queries.lock(assignment)                              # as the database has it now
    audit.record("name_owner", "assignment", assignment.id, {"owner": [before, owner]}, under=under)
    for person, said in ((owner, N_("You own this assignment now: %(title)s", title=title_of(assignment))),
                         (before, N_("Somebody else owns this assignment now: %(title)s", title=title_of(assignment)))):
        if person is not None and person not in actor.selves:
            notices.tell(assignment.unit_id, said, f"/assignments/{assignment.id}", people=[person])
    db.session.flush()
