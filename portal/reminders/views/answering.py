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
from portal.reminders.models import Reminder
from portal.reminders.rules import ANSWERS, PEOPLE, Deadline, Whom
from portal.reminders.service import Reply
from portal.web.access import identity
from portal.web.names import unit_short
from portal.web.panels import Show
from portal.web.templating import done
from tenants import directory
from tenants.access import Identity
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tenants.isolation import acting_as
from tenants.messages import N_, Message


def of_thing(kind: str) -> Show:
    """The panel on the page of a thing of this kind: how often it was reminded of, what was answered, and the answers that this
    person may give. Nothing where nobody was ever reminded."""
    def show(thing: Any) -> str:
        told = queries.of(thing.id)
        if not told:
            return ""
        mine = next((r for r in told if identity().selves & set(r.people)), None)
        return render_template("reminders/_panel.html", told=told, whom=PEOPLE, whom_of=_whom, answers=queries.answered(thing.id),
                               **_form(mine, request.args))
    return show


def answer(key: UUID) -> ResponseReturnValue:
    reminder = queries.one(identity(), key)
    back = rules.address(reminder.subject_kind, reminder.subject_id)
    try:
        service.answer(reminder, _reply(), actor=identity())
    except Invalid as fault:
        return _page(reminder, fault.errors), 422
    except RuleViolated as refused:
        return _page(reminder, {"answer": [refused.message]}), 409
    done(N_("Answered. It stands in the history, and whoever has to go on was told."))
    return redirect(back, 303)


def by_link(token: str) -> ResponseReturnValue:
    """Changes nothing: programs that look through letters open links, too."""
    found = _read(token)
    return _worn() if found is None else _linked(found[1])


def send_by_link(token: str) -> ResponseReturnValue:
    found = _read(token)
    if found is None:
        return _worn()
    who, reminder = found
    try:
        service.answer(queries.one(who, reminder.id), _reply(), actor=who, by_link=True)
    except Invalid as fault:                               # what else is wrong might tell of the thing: it is said on its page
        return _linked(reminder, {name: said if name in ("answer", "words") else [_ELSEWHERE]
                                  for name, said in fault.errors.items()}), 422
    except (NotVisible, NotPermitted, RuleViolated):
        return render_template("reminders/link.html", state="refused"), 409
    return render_template("reminders/link.html", state="done")


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


def _linked(reminder: Reminder, errors: Mapping[str, Sequence[Message]] | None = None) -> str:
    return render_template("reminders/link.html", state="open", errors=errors or {}, at=reminder.at,
                           **_form(reminder, request.form))


def _worn() -> ResponseReturnValue:
    return render_template("reminders/link.html", state="worn"), 404


def _page(reminder: Reminder, errors: Mapping[str, Sequence[Message]]) -> str:
    return render_template("reminders/answer.html", errors=errors,
                           back=rules.address(reminder.subject_kind, reminder.subject_id),
                           **_form(reminder, request.form))


def _form(reminder: Reminder | None, typed: Mapping[str, str]) -> dict[str, Any]:
    if reminder is None:
        return {"reminder": None, "names": ANSWERS}
    return {"reminder": reminder, "typed": typed, "offered": rules.offered(Deadline(reminder.kind)), "names": ANSWERS,
            "dated": reminder.subject_kind == "assignment",
            "units": [(u.code, unit_short(u)) for u in directory.units() if u.id != reminder.unit_id]}


def _reply() -> Reply:
    try:
        due = date.fromisoformat(request.form.get("due", ""))
    except ValueError:
        due = None
    return Reply(request.form.get("answer", ""), request.form.get("words", ""), due, request.form.get("blocking", ""))


def _whom(reminder: Reminder) -> Message | None:
    """Whom the rung was meant for."""
    return PEOPLE.get(Whom(reminder.rung.rpartition(" ")[2]))
