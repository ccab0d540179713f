"""Wanting a list regularly, and delivering it: once a period, with what the person may read at that moment."""
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from portal import i18n, texts
from portal.assignments import queries as assignments
from portal.attachments import storage
from portal.audit import service as audit
from portal.notices import service as notices
from portal.saved.rules import filters
from portal.subscriptions import queries, rules
from portal.subscriptions.models import Delivery, Subscription
from portal.subscriptions.rules import KEPT, LANGUAGES, LISTS, LONGEST, MOST, Rhythm
from tenants import clock, directory
from tenants.access import Appointment, Identity
from tenants.context import Lane, Scope
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tenants.isolation import acting_as
from tenants.messages import N_, Message

KIND, HOME = "subscription", "/account/subscriptions"
Make = Callable[[Identity, str, str, str], bytes]      # person, page, query, language; raises NotPermitted, NotVisible


class Outcome(StrEnum):
    SENT = "sent"
    ENDED = "ended"
    NOTHING = "nothing"


def _function(actor: Identity) -> Appointment:
    """The one acted in. Raises NotPermitted."""
    if not actor.appointments:
        raise NotPermitted(N_("You have no function in the portal today. Ask the administrator for one."))
    if actor.appointments[0].lane is Lane.AUDITOR:
        raise NotPermitted(N_("The auditor's function only reads: it keeps nothing."))
    return actor.appointments[0]


def subscribe(page: str, query: str, name: str, rhythm: str, language: str, *, actor: Identity) -> Subscription:
    """From the next day of its rhythm on. Raises NotPermitted, Invalid, RuleViolated beyond `rules.MOST`."""
    under, named, kept = _function(actor), texts.prose(name, texts.SHORT), filters(_masked(query))
    errors: dict[str, list[Message]] = {}
    if page not in LISTS or len(kept) > LONGEST:
        errors["page"] = [N_("This list cannot be sent regularly.")]
    if not named or len(named) > texts.SHORT:
        errors["name"] = [N_("Write something of at most %(n)s characters.", n=texts.SHORT)]
    if rhythm not in set(Rhythm):
        errors["rhythm"] = [N_("Choose one of the list.")]
    if language not in LANGUAGES:
        errors["language"] = [N_("Choose one of the list.")]
    if errors:
        raise Invalid(errors)
    if len(queries.listed(actor)) >= MOST:
        raise RuleViolated(N_("You are sent %(n)s lists already. End one first.", n=MOST))
    made = Subscription(id=uuid7(), person_id=actor.person, appointment_id=under.id, page=page, query=kept, name=named,
                        rhythm=rhythm, language=language, active=True, made_at=clock.now(), next_on=_next(Rhythm(rhythm)),
                        sent_at=None, ended_at=None)
    db.session.add(made)
    db.session.flush()
    audit.record("subscribe", KIND, made.id, {"name": named, "rhythm": rhythm}, under=under)
    return made


def _masked(query: str) -> str:
    """Each value by itself, without the numbers of people."""
    return urlencode([(k, texts.prose(v, LONGEST)) for k, v in parse_qsl(texts.clean(query).lstrip("?"))])


def _next(rhythm: Rhythm) -> date:
    return rules.next_day(rhythm, clock.today(), assignments.calendar())


def set_active(subscription: Subscription, active: bool, *, actor: Identity) -> None:
    """Let it rest, or go on: what was left out meanwhile is not made up. Raises NotPermitted; RuleViolated for one that ended."""
    under = _function(actor)
    if subscription.ended_at is not None:
        raise RuleViolated(N_("It has ended. Ask for the list anew."))
    if subscription.active != active:
        subscription.active = active
        if active:
            subscription.next_on = _next(Rhythm(subscription.rhythm))
        db.session.flush()
        audit.record("resume" if active else "pause", KIND, subscription.id, {"name": subscription.name}, under=under)


def remove(subscription: Subscription, *, actor: Identity) -> None:
    """What was sent can still be fetched. Raises NotPermitted."""
    under = _function(actor)
    audit.record("remove", KIND, subscription.id, {"name": subscription.name}, under=under)
    db.session.delete(subscription)
    db.session.flush()


def deliver(key: UUID, person: UUID, make: Make) -> Outcome:
    """Make the workbook as this person at this moment, keep it for the person and say so; once a period. One who may not see the
    list any more is told that it has ended. Needs no scope: it enters the person's."""
    who = directory.identity_of(person)
    with acting_as(Scope(person, (), Lane.UNIT)):          # what the person wants is the person's in any lane
        row = db.session.get(Subscription, key)
        function = row.appointment_id if row else None
    acted = next((a for a in who.appointments if a.id == function), None) if who else None
    if who is None or acted is None:
        return _ended(key, who, person)
    narrowed = who.acting(acted.id)
    with acting_as(narrowed.scope(writing=True)):
        row = queries.held(key)
        if row is None or not row.active or row.next_on > clock.today():
            return Outcome.NOTHING
        try:
            content = make(narrowed, row.page, row.query, row.language)
        except (NotPermitted, NotVisible):
            content = None
        if content is not None:
            _send(row, content, acted)
            db.session.commit()
            return Outcome.SENT
    return _ended(key, who, person)


def _send(row: Subscription, content: bytes, under: Appointment) -> None:
    today, now = clock.today(), clock.now()
    made = Delivery(id=uuid7(), person_id=row.person_id, name=f"{row.name} {today.isoformat()}.xlsx", at=now, until=today + KEPT,
                    size=len(content), key=storage.fresh_key())
    storage.current().put(made.key, content)               # what a failed commit leaves behind is removed at night
    db.session.add(made)
    period, row.sent_at, row.next_on = row.next_on, now, _next(Rhythm(row.rhythm))
    db.session.flush()
    audit.record("deliver", KIND, row.id, {"name": row.name}, under=under)
    notices.tell(under.unit, N_("“%(name)s” is here: %(list)s as Excel, to be fetched until %(day)s.", name=row.name,
                                list=i18n.both(LISTS[row.page]), day=made.until.isoformat()),
                 f"{HOME}/files/{made.id}", people=(row.person_id,), key=f"subscription {row.id} {period.isoformat()}")


def _ended(key: UUID, who: Identity | None, person: UUID) -> Outcome:
    """In whatever function is left; without any, nobody is there to be told."""
    left = who.appointments[0] if who and who.appointments else None
    with acting_as(who.acting(left.id).scope(writing=True) if who and left else Scope(person, (), Lane.UNIT)):
        row = queries.held(key)
        if row is None or not row.active:
            return Outcome.NOTHING
        row.active, row.ended_at = False, clock.now()
        db.session.flush()
        if left is not None:
            notices.tell(left.unit, N_("“%(name)s” is not sent any more: you may not see that list now.", name=row.name), HOME,
                         people=(person,), key=f"subscription {row.id} ended")
        db.session.commit()
    return Outcome.ENDED
