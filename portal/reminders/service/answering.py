"""Answers to reminders: done, need time, blocked, not mine. What an answer asks for is done by whoever owns that: an assignment is
handed in, or more time is asked for; everything else is kept and told. It stands in the history of the thing."""
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal import texts
from portal.assignments import service as work
from portal.audit import service as audit
from portal.reminders import queries, rules
from portal.reminders.models import Reminder, ReminderAnswer
from portal.reminders.rules import Answer, Deadline, Seat
from portal.reminders.service.offering import Offer, extended, offer, thing_of
from portal.reminders.service.telling import tell_above, tell_blocking
from portal.supervision import service as supervision
from portal.supervision.models import Order
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.messages import N_
from tenants.models import Unit

_MOST = 1_000                          # characters
_WITH_UNIT = (Answer.BLOCKED, Answer.NEED_TIME)        # may name the unit that holds it up
_RECEIPTS = {Deadline.RECEIPT: "campaign_receipt", Deadline.ACKNOWLEDGEMENT: "bulletin_receipt"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What was filled in. `blocking` is a unit's code."""
    answer: str
    words: str = ""
    due: date | None = None
    blocking: str = ""


def answer(reminder: Reminder, reply: Reply, *, actor: Identity, by_link: bool = False) -> None:
    """Answer what one was reminded of. Raises NotVisible where it may not be seen any more, NotPermitted and RuleViolated where
    what the answer asks for cannot be done now, Invalid."""
    queries.one(actor, reminder.id)
    thing = thing_of(reminder, actor)
    found = offer(reminder, thing, actor=actor)
    if not found.answers:
        raise RuleViolated(N_("This waits for no answer any more: it was dealt with meanwhile."))
    chosen = _chosen(found, reply)
    said, unit = _words(chosen, reply), _unit(reminder, chosen, reply)
    under = _under(actor, reminder)
    inside = rules.seat(under.unit, under.role) is Seat.UNIT or reminder.unit_id == HEADQUARTERS
    _keep(reminder, chosen, said, unit, reply, actor, by_link, reminder.unit_id if inside else HEADQUARTERS)
    kind, subject = _place(reminder)
    audit.record("answer_reminder", kind, subject, {
        "answer": str(chosen), **({"text": said} if inside else {}), **({"blocking": unit.code} if unit else {})}, under=under)
    if chosen is Answer.DONE:
        work.hand_in(thing, said, actor=actor)
    elif chosen is Answer.NEED_TIME and found.dated:
        _ask(thing, said, reply, actor)
    else:
        tell_above(reminder, thing, chosen, said, reply.due if chosen is Answer.NEED_TIME else None, unit, actor=actor, under=under)
    if unit is not None:
        tell_blocking(reminder, thing, said if inside else "", unit, actor=actor)


def _ask(thing: Any, said: str, reply: Reply, actor: Identity) -> None:
    """For another day, of whoever may grant it."""
    if isinstance(thing, Order):
        supervision.ask_time(thing, reply.due, said, reply.blocking, actor=actor)
        return
    assignment = extended(thing)
    assert assignment is not None                          # it was offered
    work.ask_extension(assignment, reply.due, said, reply.blocking, actor=actor)


def _chosen(found: Offer, reply: Reply) -> Answer:
    chosen = next((a for a in found.answers if a == reply.answer), None)
    if chosen is None:
        raise Invalid({"answer": [N_("Choose one of the answers.")]})
    return chosen


def _place(reminder: Reminder) -> tuple[str, UUID]:
    """Where it stands in the trail. Of a campaign or a bulletin it is the unit's own receipt: the thing's history is read by
    every unit that it concerns."""
    kind = _RECEIPTS.get(Deadline(reminder.kind))
    return (kind, UUID(reminder.part)) if kind else (reminder.subject_kind, reminder.subject_id)


def _words(chosen: Answer, reply: Reply) -> str:
    said = texts.prose(reply.words, _MOST)
    if len(said) > _MOST:
        raise Invalid({"words": [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                    n=_MOST, m=len(said))]})
    if not said and not (chosen is Answer.BLOCKED and reply.blocking):
        raise Invalid({"words": [N_("Say it in a few words: whoever has to go on from here reads them.")]})
    return said


def _unit(reminder: Reminder, chosen: Answer, reply: Reply) -> Unit | None:
    if not reply.blocking:
        return None
    if chosen not in _WITH_UNIT:
        raise Invalid({"blocking": [N_("A unit is named with “it is blocked” or “I need more time”.")]})
    unit = directory.unit_by_code(texts.clean(reply.blocking))
    if unit is None or unit.id == reminder.unit_id:
        raise Invalid({"blocking": [N_("Choose another unit.")]})
    return unit


def _under(actor: Identity, reminder: Reminder) -> Appointment:
    """The function in which it was answered: one where those sit who have to act, else where the others sit, else any."""
    places = (HEADQUARTERS, reminder.unit_id) if reminder.kind in rules.JUDGED else (reminder.unit_id, HEADQUARTERS)
    held = sorted(actor.appointments, key=lambda a: places.index(a.unit) if a.unit in places else len(places))
    if not held:
        raise NotPermitted(N_("You have no function in the portal today. Ask the administrator for one."))
    return held[0]


def _keep(reminder: Reminder, chosen: Answer, said: str, unit: Unit | None, reply: Reply, actor: Identity, by_link: bool,
          read_in: int) -> None:
    """`read_in` is the unit that reads it, besides headquarters."""
    r = reminder
    db.session.add(ReminderAnswer(
        id=uuid7(), unit_id=read_in, reminder_id=r.id, subject_kind=r.subject_kind, subject_id=r.subject_id, kind=r.kind,
        part=r.part, round=r.round, person_id=actor.person, at=clock.now(), answer=chosen.value, words=said,
        due=reply.due if chosen is Answer.NEED_TIME else None, blocking_id=unit.id if unit else None, by_link=by_link))
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:                                 # the same link, pressed twice at once
        raise RuleViolated(N_("This was answered already.")) from None
