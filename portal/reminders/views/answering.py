"""Answering a reminder: on the page of the thing, or by the link of a letter, which tells nothing to whoever else opens it."""
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import links
from portal.notices.service import ANSWER_LINK
from portal.reminders import queries, rules, service
from portal.reminders.models import Reminder, ReminderAnswer
from portal.reminders.rules import ANSWERS, PEOPLE, Whom
from portal.reminders.service import Offer, Reply
from portal.supervision import service as supervision
from portal.supervision.models import Order
from portal.web.access import identity
from portal.web.errors import status_of
from portal.web.names import unit_short
from portal.web.panels import Show
from portal.web.templating import done
from tenants import directory
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tenants.isolation import acting_as
from tenants.messages import N_, Message

Errors = Mapping[str, Sequence[Message]]


def of_thing(kind: str) -> Show:
    """The panel on the page of a thing of this kind: how often it was reminded of, what was answered, and the answers that this
    person may give. Nothing where nobody was ever reminded."""
    def show(thing: Any) -> str:
        told = queries.of(thing.id)
        if not told:
            return ""
        mine = next((r for r in queries.mine(identity(), thing.id) if queries.waits(r, thing)), None)
        form: dict[str, Any] = {"reminder": None, "names": ANSWERS}
        if mine is not None:
            form = {**_form(mine, service.offer(mine, thing, actor=identity()), request.args), "units": _units(mine.unit_id)}
        return render_template("reminders/_panel.html", told=told, whom=PEOPLE, whom_of=_whom, answers=queries.answered(thing.id),
                               asked=_asked_of_order(thing) if kind == "supervision" else None, o=thing, **form)
    return show


def _asked_of_order(order: Order) -> ReminderAnswer | None:
    """The last request for another term in this round, for whoever may extend it."""
    if "extend" not in supervision.offers(order, actor=identity()):
        return None
    return next((a for a in queries.answered(order.id) if a.due and a.due > order.term), None)


def answer(key: UUID) -> ResponseReturnValue:
    reminder = queries.one(identity(), key)
    back = rules.address(reminder.subject_kind, reminder.subject_id)
    try:
        service.answer(reminder, _reply(), actor=identity())
    except Invalid as fault:
        return _again(key, fault.errors), 422
    except NotVisible:
        return _again(key, {"answer": [N_("It is not there any more, or no longer yours to see.")]}), 404
    except (NotPermitted, RuleViolated) as refused:
        return _again(key, {"answer": [refused.message]}), status_of(refused)
    done(N_("Answered. It stands in the history, and whoever has to go on was told."))
    return redirect(back, 303)


def deed(key: UUID) -> ResponseReturnValue:
    """To where what one was reminded of is done; the address says nothing of what it is."""
    reminder = queries.one(identity(), key)
    found = service.offer(reminder, service.thing_of(reminder, identity()), actor=identity())
    return redirect(found.deed or rules.address(reminder.subject_kind, reminder.subject_id), 303)


def by_link(token: str) -> ResponseReturnValue:
    """Changes nothing: programs that look through letters open links, too."""
    found = _read(token)
    return _worn() if found is None else _linked(*found)


def send_by_link(token: str) -> ResponseReturnValue:
    found = _read(token)
    if found is None:
        return _worn()
    who, key = found[0], found[1].id
    try:
        service.answer(found[1], _reply(), actor=who, by_link=True)
    except Invalid as fault:                               # what else is wrong might tell of the thing: it is said on its page
        errors = {name: said if name in ("answer", "words") else [_ELSEWHERE] for name, said in fault.errors.items()}
        return _linked_again(who, key, errors), 422
    except (NotVisible, NotPermitted, RuleViolated):
        return _linked_again(who, key, {"answer": [_ELSEWHERE]}), 409
    return render_template("reminders/link.html", state="done", typed={})


_ELSEWHERE = N_("This does not fit. Sign in and look at the page: it says why.")


def _read(token: str) -> tuple[Identity, Reminder] | None:
    """Whose link of which reminder it is; None for one that is forged, too old, used, or of somebody who has left."""
    try:
        reminder, person = map(UUID, links.read(ANSWER_LINK, token))
    except (links.Worn, ValueError):
        return None
    who = directory.identity_of(person)
    if who is None or not who.appointments:
        return None
    g.stack.enter_context(acting_as(who.scope(writing=request.method == "POST")))      # until the request's commit
    try:
        found = queries.one(who, reminder)
    except NotVisible:
        return None
    return None if queries.spent(reminder, person) else (who, found)


def _linked(who: Identity, reminder: Reminder, errors: Errors | None = None) -> str:
    """The form; where nothing is left to answer, or nothing to be seen any more, a sentence, and what was typed."""
    try:
        found = service.offer(reminder, service.thing_of(reminder, who), actor=who)
    except NotVisible:
        return render_template("reminders/link.html", state="refused", typed=request.form)
    if not found.answers:
        return render_template("reminders/link.html", state="closed", typed=request.form)
    return render_template("reminders/link.html", state="open", errors=errors or {}, at=reminder.at,
                           **_form(reminder, found, request.form), units=_units())


def _linked_again(who: Identity, key: UUID, errors: Errors) -> str:
    """As nothing of it is stored, everything is read anew."""
    db.session.rollback()
    return _linked(who, queries.one(who, key), errors)


def _worn() -> ResponseReturnValue:
    return render_template("reminders/link.html", state="worn", typed=request.form), 404


def _again(key: UUID, errors: Errors) -> str:
    """What was typed, with what was wrong beside it; nothing of it is stored."""
    db.session.rollback()
    reminder = queries.one(identity(), key)
    try:
        found = service.offer(reminder, service.thing_of(reminder, identity()), actor=identity())
    except NotVisible:
        found = Offer()
    return render_template("reminders/answer.html", errors=errors,
                           back=rules.address(reminder.subject_kind, reminder.subject_id),
                           **_form(reminder, found, request.form), units=_units(reminder.unit_id))


def _form(reminder: Reminder, found: Offer, typed: Mapping[str, str]) -> dict[str, Any]:
    return {"reminder": reminder, "typed": typed, "offer": found, "names": ANSWERS}


def _units(but: int | None = None) -> list[tuple[str, str]]:
    """Who may hold it up. The page of a link offers every unit: one that is missing would be whose thing it is."""
    return [(u.code, unit_short(u)) for u in directory.units() if u.id != but]


def _reply() -> Reply:
    try:
        due = date.fromisoformat(request.form.get("due", ""))
    except ValueError:
        due = None
    return Reply(request.form.get("answer", ""), request.form.get("words", ""), due, request.form.get("blocking", ""))


def _whom(reminder: Reminder) -> Message | None:
    """Whom the rung was meant for."""
    return PEOPLE.get(Whom(reminder.rung.rpartition(" ")[2]))
