"""Chasing by hand: one assignment, or all that a filter shows; of many, each receiver hears in one notice."""
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from portal import texts
from portal.assignments.models import Assignment
from portal.assignments.rules import UNCLOSED_STATES
from portal.assignments.service.judging import begin, bounded, tell_unit, title_of
from portal.audit import service as audit
from portal.notices import service as notices
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity, permits
from tenants.db import db
from tenants.errors import NotPermitted, RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import Role

MOST_NAMED = 8                         # codes in one notice


def chase(assignment: Assignment, text: str, *, actor: Identity, version: int | None = None) -> None:
    """Urge the unit by hand; how often and when last stays visible on the assignment."""
    text = texts.prose(text)
    _note(assignment, text, actor, version)
    _tell_one(assignment, text)


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
    text = texts.prose(text)
    of_unit: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in sorted(assignments, key=lambda a: a.id):
        _note(assignment, text, actor, None)
        of_unit[assignment.unit_id].append(assignment)
    for unit, rows in of_unit.items():
        _tell_many(unit, rows, text)


def _note(assignment: Assignment, text: str, actor: Identity, version: int | None) -> None:
    under = begin(assignment, "chase", actor, version)
    bounded("text", text)
    assignment.chase_count += 1
    assignment.chased_at = clock.now()
    db.session.flush()
    audit.record("chase", "assignment", assignment.id, {"text": text, "chase_count": assignment.chase_count}, under=under)


def _tell_one(assignment: Assignment, text: str) -> None:
    tell_unit(assignment, N_("Headquarters chases: %(title)s. %(text)s", title=title_of(assignment), text=text))


def _tell_many(unit: int, rows: Sequence[Assignment], text: str) -> None:
    """The contact hears of all, an owner of what is his own; nobody of one thing twice."""
    if unit == HEADQUARTERS or len(rows) == 1:         # headquarters' own lie with one line each
        for assignment in rows:
            _tell_one(assignment, text)
        return
    contacts = {p.id for p in directory.holders(unit, [Role.UNIT_CONTACT])}
    owned: dict[UUID, list[Assignment]] = defaultdict(list)
    for assignment in rows:
        if assignment.owner_id is not None and assignment.owner_id not in contacts:
            owned[assignment.owner_id].append(assignment)
    for owner, theirs in [(None, rows), *owned.items()]:
        said = N_("Headquarters chases %(n)s assignments: %(codes)s. %(text)s", n=len(theirs), codes=_codes(theirs), text=text)
        notices.tell(unit, said, f"/assignments?unit={theirs[0].unit.code}&chased=1",
                     **{"people": [owner]} if owner else {"roles": [Role.UNIT_CONTACT]})


def _codes(rows: Sequence[Assignment]) -> dict[str, str]:
    """Enough of them to know which are meant."""
    codes = sorted(a.code for a in rows)
    more = ["…"] if len(codes) > MOST_NAMED else []
    return {language: mark.join([*codes[:MOST_NAMED], *more]) for language, mark in (("en", ", "), ("zh", "、"))}
