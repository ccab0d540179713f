"""Answers to reminders: done, need time, blocked, not mine. What an answer asks for is done by whoever owns that: an assignment is
handed in, or more time is asked for it; everything else is kept and told. It stands in the history of the thing."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal import i18n, texts
from portal.assignments import queries as assignments
from portal.assignments import service as work
from portal.assignments.models import Assignment
from portal.audit import service as audit
from portal.bulletins import queries as bulletins
from portal.campaigns import queries as campaigns
from portal.filings import queries as filings
from portal.issues import queries as issues
from portal.notices import service as notices
from portal.reminders import queries, rules
from portal.reminders.models import Reminder, ReminderAnswer
from portal.reminders.rules import ANSWERS, Answer, Deadline
from portal.supervision import queries as supervision
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.vocabulary import Line, Role

_ONE: Mapping[str, Callable[[Identity, UUID], Any]] = {
    "assignment": assignments.one, "filing": filings.one, "issue": issues.one, "campaign": campaigns.one,
    "bulletin": bulletins.one, "supervision": supervision.one}
_MOST = 1_000                          # characters


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
    thing = _ONE[reminder.subject_kind](actor, reminder.subject_id)
    chosen = _chosen(reminder, reply)
    said, unit = _words(chosen, reply), _unit(reminder, chosen, reply)
    under = _under(actor, reminder.unit_id)
    _keep(reminder, chosen, said, unit, reply, actor, by_link)
    changes: dict[str, Any] = {"answer": str(chosen), "text": said, **({"blocking": unit.code} if unit else {})}
    audit.record("answer_reminder", reminder.subject_kind, reminder.subject_id, changes, under=under)
    if isinstance(thing, Assignment) and chosen is Answer.DONE:
        work.hand_in(thing, said, actor=actor)
    elif isinstance(thing, Assignment) and chosen is Answer.NEED_TIME:
        work.ask_extension(thing, reply.due, said, actor=actor)
    else:
        _tell(reminder, thing, chosen, said, unit, actor)


def _chosen(reminder: Reminder, reply: Reply) -> Answer:
    found = next((a for a in rules.offered(Deadline(reminder.kind)) if a == reply.answer), None)
    if found is None:
        raise Invalid({"answer": [N_("Choose one of the answers.")]})
    return found


def _words(chosen: Answer, reply: Reply) -> str:
    said = texts.prose(reply.words)
    if len(said) > _MOST:
        raise Invalid({"words": [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                    n=_MOST, m=len(said))]})
    if not said and not (chosen is Answer.BLOCKED and reply.blocking):
        raise Invalid({"words": [N_("Say it in a few words: whoever has to go on from here reads them.")]})
    return said


def _unit(reminder: Reminder, chosen: Answer, reply: Reply) -> Unit | None:
    if chosen is not Answer.BLOCKED or not reply.blocking:
        return None
    unit = directory.unit_by_code(texts.clean(reply.blocking))
    if unit is None or unit.id == reminder.unit_id:
        raise Invalid({"blocking": [N_("Choose another unit.")]})
    return unit


def _under(actor: Identity, unit: int) -> Appointment:
    """The function in which it was answered: one in the unit that it is about, else any."""
    found = next((a for a in actor.appointments if a.unit == unit), None) or next(iter(actor.appointments), None)
    if found is None:
        raise NotPermitted(N_("You have no function in the portal today. Ask the administrator for one."))
    return found


def _keep(reminder: Reminder, chosen: Answer, said: str, unit: Unit | None, reply: Reply, actor: Identity, by_link: bool) -> None:
    r = reminder
    db.session.add(ReminderAnswer(
        id=uuid7(), unit_id=r.unit_id, reminder_id=r.id, subject_kind=r.subject_kind, subject_id=r.subject_id, kind=r.kind,
        part=r.part, round=r.round, person_id=actor.person, at=clock.now(), answer=chosen.value, words=said,
        due=reply.due if chosen is Answer.NEED_TIME else None, blocking_id=unit.id if unit else None, by_link=by_link))
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:                                 # the same link, pressed twice at once
        raise RuleViolated(N_("This was answered already.")) from None


def _tell(reminder: Reminder, thing: Any, chosen: Answer, said: str, unit: Unit | None, actor: Identity) -> None:
    """What is not mine goes to the unit's contact, who knows whose it is; the rest to the line at headquarters."""
    line = Line(getattr(thing, "owner_line", None) or getattr(thing, "line", None) or Line.CUSTOMER_SERVICE)
    words: dict[str, Any] = {"who": actor.name, "answer": _both(ANSWERS[chosen]), "title": _title(thing), "text": said}
    message = N_("%(who)s answers a reminder of %(title)s: %(answer)s. %(text)s", **words)
    if unit is not None:
        message = N_("%(who)s answers a reminder of %(title)s: %(answer)s, by %(unit)s. %(text)s",
                     unit={"en": unit.name, "zh": unit.name_zh}, **words)
    inside = chosen is Answer.NOT_MINE and reminder.unit_id != HEADQUARTERS
    url, subject = rules.address(reminder.subject_kind, reminder.subject_id), (reminder.subject_kind, reminder.subject_id)
    if inside:
        people = [p.id for p in directory.holders(reminder.unit_id, [Role.UNIT_CONTACT, Role.UNIT_HEAD]) if p.id != actor.person]
        notices.tell(reminder.unit_id, message, url, people=people, subject=subject)
    else:
        offices = reminder.unit_id == HEADQUARTERS or (reminder.kind == Deadline.ORDER and thing.line is None)
        role = Role.HQ_OFFICE if offices else Role.HQ_LINE_LEAD
        notices.tell(HEADQUARTERS, message, url, roles=[role], line=None if role is Role.HQ_OFFICE else line, subject=subject)


def _both(words: Message) -> dict[str, str]:
    return {"en": str(words), "zh": i18n.translate(words, "zh")}


def _title(thing: Any) -> dict[str, str] | str:
    if hasattr(thing, "title_zh"):
        return {"en": thing.title, "zh": thing.title_zh}
    if hasattr(thing, "programme_id"):
        return _both(N_("the implementation plan"))
    if hasattr(thing, "first_term"):                       # a supervision order has a number alone
        return str(thing.code)
    return str(getattr(thing, "title", "") or thing.name)
