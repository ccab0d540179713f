"""A unit is closed, or merged into another: what it owned and what it raised goes on elsewhere. A first contact leaves: the
unit hears whose part is to be taken over.

Run by headquarters itself, after the day has come (`portal.units.service` posts it). Twice is once: what has moved is found
no more."""
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from portal.audit import service as audit
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.service.owning import change_part, give
from portal.issues.service.owning import join as take_part
from portal.issues.service.telling import FIRST, Desk, owner_desk, recorded, ruling_desk, tell, tell_raiser
from tenants import clock, directory
from tenants.access import HEADQUARTERS
from tenants.db import db
from tenants.messages import N_
from tenants.models import Unit
from tenants.vocabulary import IssuePart, Line, TurnStart


def succeed(_: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in headquarters' lane: `payload` names the unit that is gone."""
    unit = db.session.get_one(Unit, int(payload["unit"]))
    if directory.goes_on(unit):
        return
    heir = queries.successor(unit.id)
    for issue in _open(Issue.owner_unit == unit.id):
        _owner_gone(issue, unit, heir)
    for issue in _open(Issue.raised_by == unit.id):
        _raiser_gone(issue, unit, heir or HEADQUARTERS)


def leave(_: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in headquarters' lane: somebody's function in the unit has ended. Who may take the part over hears of each
    issue; each first contact who is gone is told of once."""
    unit, day = int(payload["unit"]), date.fromisoformat(payload["day"])
    if day > clock.today():
        return
    for issue in _open((Issue.raised_by == unit) & ~queries.first_contact_there()):
        tell_raiser(issue, N_("The first contact of your unit's issue has left; take the part over: %(title)s (%(code)s)",
                              title=issue.title, code=issue.code), f"left {issue.id} {issue.first_contact_id}")


def _open(of: ColumnElement[bool]) -> Sequence[Issue]:
    return db.session.scalars(queries.listed([of, Issue.state.in_(queries.UNFINISHED)]).order_by(None).order_by(Issue.id)
                              .with_for_update(of=Issue)).all()


def _owner_gone(issue: Issue, unit: Unit, heir: int | None) -> None:
    """To the successor's desk of the same line; without a successor to headquarters' line of the campaign."""
    desk: Desk = (heir, issue.owner_line) if heir and heir != HEADQUARTERS else ruling_desk(issue)
    before, state = owner_desk(issue), issue.state
    if issue.state == "accepted":
        issue.state = "routed"                         # the new desk has yet to take it up
    give(issue, desk, TurnStart.SUCCEEDED)
    audit.record("succeed", "issue", issue.id, {
        "owner": [recorded(before), recorded(desk)], "state": [state, issue.state]}, under=None)
    queries.reload(issue)
    tell(issue, N_("%(unit)s is closed, its issue is yours now: %(title)s (%(code)s)", unit=unit.names, title=issue.title,
                   code=issue.code), [desk], first=False)
    tell(issue, N_("%(unit)s is closed; %(owner)s answers your issue now: %(title)s (%(code)s)", unit=unit.names,
                   owner=issue.owner.names, title=issue.title, code=issue.code))


def _raiser_gone(issue: Issue, unit: Unit, heir: int) -> None:
    """The successor takes the raiser's part, and somebody there is first contact: the same person where that one works there."""
    line = Line(issue.ruling_line)
    take_part(issue, (heir, line.value), IssuePart.RAISING, None)
    change_part(issue, (unit.id, line.value), IssuePart.RAISING, IssuePart.COOPERATING)
    before, issue.raised_by = issue.first_contact_id, heir
    issue.first_contact_id = _first_contact(heir, before)
    queries.reload(issue)
    audit.record("succeed", "issue", issue.id, {
        "raised_by": [unit.code, issue.raiser.code], "first_contact": [before, issue.first_contact_id]}, under=None)
    what = {"unit": unit.names, "raiser": issue.raiser.names, "title": issue.title, "code": issue.code}
    tell(issue, N_("%(unit)s is closed; you are first contact of its issue now: %(title)s (%(code)s)", **what))
    tell(issue, N_("%(unit)s is closed; the first contact of its issue is now at %(raiser)s: %(title)s (%(code)s)", **what),
         [owner_desk(issue)], first=False)


def _first_contact(unit: int, before: UUID) -> UUID:
    if before in {p.id for p in directory.people(unit)}:
        return before
    for role in FIRST:
        found = directory.holders(unit, [role])
        if found:
            return found[0].id
    return before                                      # nobody is there yet: whoever heads it may take the part over
