"""Who hears of an answer that no request carries on: whoever is nearest above, and the unit that is named as holding it up."""
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from portal import i18n
from portal.assignments.models import Assignment
from portal.campaigns.models import Campaign
from portal.filings.models import Filing
from portal.issues.models import Issue
from portal.notices import service as notices
from portal.reminders import queries, rules
from portal.reminders.models import Reminder
from portal.reminders.rules import ANSWERS, Answer, Deadline, Seat
from portal.supervision.models import Order
from tenants import directory
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.vocabulary import Line, Role

Desk = tuple[Role, Line | None]
_UNIT = (Role.UNIT_CONTACT, Role.UNIT_HEAD)


def tell_above(reminder: Reminder, thing: Any, chosen: Answer, said: str, due: date | None, unit: Unit | None, *,
               actor: Identity, under: Appointment) -> None:
    """The nearest who may have to go on from here. What headquarters says is heard there alone."""
    words: dict[str, Any] = {"who": actor.name, "answer": i18n.both(ANSWERS[chosen]), "title": title(thing), "text": said}
    message = N_("%(who)s answers a reminder of %(title)s: %(answer)s. %(text)s", **words)
    if unit is not None:
        message = N_("%(who)s answers a reminder of %(title)s: %(answer)s, by %(unit)s. %(text)s", unit=unit.names, **words)
    elif due is not None:
        message = N_("%(who)s answers a reminder of %(title)s: %(answer)s, until %(due)s. %(text)s", due=due.isoformat(), **words)
    for seat in rules.hears(Deadline(reminder.kind), chosen, rules.seat(under.unit, under.role)):
        if _told(seat, reminder, thing, message, actor):
            return


def tell_blocking(reminder: Reminder, thing: Any, said: str, unit: Unit, *, actor: Identity) -> None:
    """The unit that is named hears it, too, as far as it sees the thing when the notice is delivered; `said` is empty where the
    words are headquarters' own."""
    if unit.id == HEADQUARTERS:
        return
    line = _desk(thing)[1]
    here = directory.holders(unit.id, (Role.UNIT_CONTACT, Role.LINE_OWNER), line)
    people = here or directory.holders(unit.id, (Role.UNIT_HEAD,))
    _send(unit.id, reminder, N_("%(who)s says that it waits for your unit: %(title)s. %(text)s", who=actor.name,
                                title=title(thing), text=said), people=[p.id for p in people])


def _told(seat: Seat, reminder: Reminder, thing: Any, message: Message, actor: Identity) -> bool:
    """False where nobody else sits there."""
    if seat is Seat.UNIT:
        people = [p.id for p in directory.holders(reminder.unit_id, _UNIT) if p.id not in actor.selves]
        if people:
            _send(reminder.unit_id, reminder, message, people=people)
        return bool(people)
    role, line = {Seat.OFFICE: (Role.HQ_OFFICE, None), Seat.LEADERSHIP: (Role.HQ_LEADER, None)}.get(seat) or _desk(thing)
    if all(p.id in actor.selves for p in directory.holders(HEADQUARTERS, (role,), line)):
        return False
    _send(HEADQUARTERS, reminder, message, roles=(role,), line=line)
    return True


def _send(unit: int, reminder: Reminder, message: Message, *, roles: Sequence[Role] = (), line: Line | None = None,
          people: Sequence[UUID] = ()) -> None:
    notices.tell(unit, message, rules.address(reminder.subject_kind, reminder.subject_id), roles=roles, line=line, people=people,
                 subject=(reminder.subject_kind, reminder.subject_id))


def _desk(thing: Any) -> Desk:
    """Who decides at headquarters; of what has no line the office, of a plan the line that carries the programme."""
    match thing:
        case Assignment():
            return queries.verifier(thing.unit_id, thing.line)
        case Filing():
            return Role.HQ_LINE_LEAD, Line.CUSTOMER_SERVICE
        case Issue():
            return Role.HQ_LINE_LEAD, Line(thing.ruling_line)
        case Campaign() | Order() if thing.line:
            return Role.HQ_LINE_LEAD, Line(thing.line)
        case _:
            return Role.HQ_OFFICE, None


def title(thing: Any) -> dict[str, str] | str:
    match thing:
        case Assignment():
            return {"en": f"{thing.code} {thing.title}", "zh": f"{thing.code} {thing.title_zh}"}
        case Filing():
            return i18n.both(N_("the implementation plan"))
        case Issue():
            return f"{thing.code} {thing.title}"
        case Order():                                      # has a number alone
            return thing.code
        case Campaign():
            return thing.name
        case _:
            return str(thing.title)
