"""More time: a unit asks for another due day, and how far away it is decides who may grant it (platform rule).

The day first agreed is never overwritten; each request stays beside the assignment, with its reason, who decided, and the unit
that blocks. While a request is open the day in force holds."""
from datetime import date
from typing import Any
from uuid import UUID

from portal import texts
from portal.assignments.models import Assignment, Extension
from portal.assignments.rules import GRANTED, granting, latest_due
from portal.assignments.service import requests
from portal.assignments.service.judging import begin, tell_granters, tell_unit, title_of
from portal.audit import service as audit
from tenants import clock, directory
from tenants.access import Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, noting
from tenants.messages import N_, Message
from tenants.models import Unit


def ask_extension(assignment: Assignment, due: date | None, reason: str, blocking: str = "", *, actor: Identity,
                  version: int | None = None) -> None:
    """Ask for the day `due`, with a reason, naming by its code the unit that blocks. Raises Invalid."""
    under = begin(assignment, "ask_extension", actor, version)
    due, reason, unit = _judged(assignment, due, reason, blocking)
    assignment.extensions.append(Extension(
        id=uuid7(), unit_id=assignment.unit_id, assignment_id=assignment.id, reason=reason, asked_by=requests.person(actor),
        on_behalf_of_id=under.on_behalf_of, asked_at=clock.now(), verdict=None, remark="", decided_by=None,
        decided_at=None, withdrawn_at=None,
        due_before=assignment.due, due=due, blocking_unit=unit))
    db.session.flush()
    audit.record("ask_extension", "assignment", assignment.id,
                 {"new_due": [assignment.due, due], "reason": reason, **({"blocking": unit.code} if unit else {})}, under=under)
    tell_granters(assignment, granting(due, assignment.milestone_due, assignment.year), N_(
        "%(unit)s asks for more time, until %(due)s instead of %(before)s: %(title)s. %(reason)s", unit=assignment.unit.names,
        due=due.isoformat(), before=assignment.due.isoformat(), title=title_of(assignment), reason=reason))


def withdraw_extension(assignment: Assignment, *, actor: Identity) -> None:
    """Take the open request back: whoever works on the assignment may, not only who asked."""
    under = begin(assignment, "withdraw_extension", actor, None)
    found = _open(assignment)
    requests.withdraw(assignment, "withdraw_extension", found, under)
    tell_granters(assignment, granting(found.due, assignment.milestone_due, assignment.year), N_(
        "%(unit)s took its request for more time back: %(title)s", unit=assignment.unit.names, title=title_of(assignment)))


def decide_extension(assignment: Assignment, verdict: str, remark: str, *, actor: Identity, request: UUID | None = None) -> None:
    """`grant` it, which moves the due day, or `decline` it with a reason. `request` is the one that the person had in front of
    them; None from a program. Raises Stale where another has taken its place, Invalid for the rest."""
    under = begin(assignment, "decide_extension", actor, None)
    found = _open(assignment)
    requests.same(found, request)
    decided, remark = requests.verdict_of(verdict, remark, N_("Say why it cannot wait, so that the unit can go on."))
    requests.answer(found, decided, remark, actor)
    before, changes = assignment.due, dict[str, object](remark=remark)
    if decided == GRANTED:
        assignment.due = found.due
        changes |= {"due": [before, found.due], "reason": found.reason}
    db.session.flush()
    audit.record(f"{verdict}_extension", "assignment", assignment.id, changes, under=under)
    said: dict[str, Any] = {"due": assignment.due.isoformat(), "title": title_of(assignment), "remark": remark}
    tell_unit(assignment, N_("More time was granted, until %(due)s: %(title)s. %(remark)s", **said) if decided == GRANTED else
              N_("More time was declined, %(due)s stays: %(title)s. %(remark)s", **said), also=[found.asked_by_id])


def _open(assignment: Assignment) -> Extension:
    found = assignment.open_extension
    assert found is not None                               # `begin` has judged the state
    return found


def _judged(assignment: Assignment, due: date | None, reason: str, blocking: str) -> tuple[date, str, Unit | None]:
    """Day, words and unit. Raises Invalid with every fault at its field."""
    errors: dict[str, list[Message]] = {}
    day, unit = assignment.due, None
    with noting(errors):
        day = _later(assignment, due)
    with noting(errors):
        reason = requests.reason_given(reason, N_("Say why more time is needed."))
    with noting(errors):
        unit = _blocking(assignment, blocking)
    if errors:
        raise Invalid(errors)
    return day, reason, unit


def _later(assignment: Assignment, due: date | None) -> date:
    """Raises Invalid for what is no day, no later one, past, or beyond what can be asked for."""
    if due is None:
        raise Invalid({"due": [N_("Give the new due day.")]})
    if due <= assignment.due:
        raise Invalid({"due": [N_("The new day must lie after %(day)s, which is in force.", day=assignment.due)]})
    if due < clock.today():
        raise Invalid({"due": [N_("The new day lies in the past.")]})
    if due > (last := latest_due(assignment.year)):
        raise Invalid({"due": [N_("At most until %(day)s.", day=last)]})
    return due


def _blocking(assignment: Assignment, code: str) -> Unit | None:
    code = texts.clean(code)
    if not code:
        return None
    unit = directory.unit_by_code(code)
    if unit is None or unit.id == assignment.unit_id:
        raise Invalid({"blocking": [N_("Choose another unit.")]})
    return unit
