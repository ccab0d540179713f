"""Who hears of an issue: its desks, its first contact at every step, headquarters' line where it has to watch. Nobody else."""
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from portal.issues.models import Issue
from portal.notices import service as notices
from tenants import directory
from tenants.access import HEADQUARTERS, Identity
from tenants.db import db
from tenants.messages import Message
from tenants.models import Unit
from tenants.vocabulary import Line, Role, Severity

Desk = tuple[int, str]                                 # a unit and one of its lines
FIRST = (Role.UNIT_CONTACT, Role.UNIT_HEAD, Role.HQ_OFFICE)        # who takes the first contact's part, in this order


def address(issue: Issue) -> str:
    return f"/issues/{issue.id}"


def owner_desk(issue: Issue) -> Desk:
    return issue.owner_unit, issue.owner_line


def owner_elsewhere(issue: Issue, actor: Identity) -> list[Desk]:
    """The owner's desk, unless the actor serves it."""
    served = directory.people_of_desk(issue.owner_unit, Line(issue.owner_line))
    return [] if any(p.id in actor.selves for p in served) else [owner_desk(issue)]


def ruling_desk(issue: Issue) -> Desk:
    return HEADQUARTERS, issue.ruling_line


def recorded(desk: Desk) -> list[str]:
    """A desk as the audit trail keeps it: codes, which programs and people know."""
    return [db.session.get_one(Unit, desk[0]).code, str(desk[1])]


def tell(issue: Issue, message: Message, desks: Iterable[Desk] = (), *, actor: Identity | None = None, first: bool = True,
         people: Iterable[tuple[int, UUID]] = (), key: str | None = None) -> None:
    """Tell whoever serves these desks today, the first contact unless it is the actor, and named people of units. One letter
    to a person, also where two of these are the same unit. A desk at which nobody is present is headquarters' to watch. With a
    `key` a unit hears of it once, however often this is called."""
    named_people: dict[int, set[UUID]] = {}
    for unit, person in (*people, *(((issue.raised_by, issue.first_contact_id),) if first else ())):
        if actor is None or person != actor.person:
            named_people.setdefault(unit, set()).add(person)
    for unit, line in dict.fromkeys(desks):
        served = directory.desk(unit, Line(line))
        if served is None and unit != HEADQUARTERS:
            unit, served = HEADQUARTERS, directory.desk(HEADQUARTERS, Line(issue.ruling_line))
        if served is not None:
            _say(issue, message, unit, roles=[served[0]], line=served[1], people=named_people.pop(unit, ()),
                 key=key and f"{key} {line}")
    for unit, found in named_people.items():
        _say(issue, message, unit, people=found, key=key)


def tell_raiser(issue: Issue, message: Message, key: str) -> None:
    """Tell who may take the first contact's part; where nobody is there, headquarters' line."""
    role = next((r for r in FIRST if directory.holders(issue.raised_by, [r])), None)
    if role is None:
        tell(issue, message, [ruling_desk(issue)], first=False, key=key)
    else:
        _say(issue, message, issue.raised_by, roles=[role], key=key)


def _say(issue: Issue, message: Message, unit: int, **to: Any) -> None:
    notices.tell(unit, message, address(issue), subject=("issue", issue.id), urgent=issue.severity == Severity.CRITICAL, **to)
