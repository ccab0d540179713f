"""The account page: who I am here, as whom I act, who acts for me; and what was typed before a session ended."""
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries, rules, service
from portal.audit.rules import FIELDS
from portal.web import kept, panels, untrusted
from portal.web.access import Route, identity, whole_identity
from portal.web.addresses import local_path
from portal.web.names import term, unit_short
from portal.web.once import once
from portal.web.templating import done, translate
from tenants.access import Appointment
from tenants.context import Lane
from tenants.errors import Invalid, NotVisible
from tenants.messages import N_, Message
from tenants.permissions import Permission

NAME, PREFIX = "accounts", ""
_PARTS = re.compile(r"[^a-z_]+")                       # a field's name: items-<key>-measure
_VOCABULARIES = {"readiness": "stage"}                 # of a field's codes, where it is not called as the field


def act_as() -> ResponseReturnValue:
    """Another of one's own functions; everything on the pages is then that function's view."""
    chosen = untrusted.key(request.form.get("appointment"))
    if all(a.id != chosen for a in whole_identity().appointments):
        raise NotVisible
    session["acting"] = str(chosen)
    return redirect(local_path(request.form.get("next"), "/desk"), 303)


def account() -> ResponseReturnValue:
    return _page({}, {})


def delegate() -> ResponseReturnValue:
    """A colleague acts in one of one's functions for a time."""
    typed = request.form
    faults: dict[str, Sequence[Message]] = {}
    first, last = _day(typed.get("valid_from"), "valid_from", faults), _day(typed.get("valid_until"), "valid_until", faults)
    function = untrusted.key(typed.get("appointment"))
    if function is None:
        raise NotVisible
    try:
        if faults:
            raise Invalid(faults)
        service.delegate(function, untrusted.key(typed.get("person")), first, last, actor=identity(), whole=whole_identity())
    except Invalid as refused:
        return _page(refused.errors, typed), 422
    done(N_("Handed over. The record will show both names."))
    return redirect(url_for("accounts.account") + "#delegations", 303)


def end_delegation(key: UUID) -> ResponseReturnValue:
    service.end_delegation(key, actor=identity())
    done(N_("Ended. You alone act in this function again."))
    return redirect(url_for("accounts.account") + "#delegations", 303)


def resume() -> ResponseReturnValue:
    """What was typed when the session had ended, to be sent again."""
    form = kept.form()
    return render_template("accounts/resume.html", kept=form, typed=_legible(form.fields) if form else [])


def forget() -> ResponseReturnValue:
    kept.drop()
    return redirect("/desk", 303)


def _legible(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """What a person can read of a form: texts and days with the words for their fields, and codes in words; keys of things and
    what the form carries for the portal are left out."""
    found = []
    for name, value in fields:
        parts = _PARTS.split(name)
        if value.strip() and untrusted.key(value) is None and parts[0] not in kept.HIDDEN:
            field = next((part for part in reversed(parts) if part in FIELDS), "")
            words = translate(FIELDS[field]) if field else name
            found.append((words, term(_VOCABULARIES.get(field, field), value), "wide text"))
    return found


def _page(faults: Mapping[str, Sequence[Message]], typed: Mapping[str, Any]) -> str:
    me = whole_identity()
    held = queries.own_appointments(me)
    own = [a for a in me.appointments if a.on_behalf_of is None and a.lane is not Lane.AUDITOR]
    return render_template(
        "accounts/account.html", person=queries.person(me.person), held=held, own=[(a.id, words(a)) for a in own],
        delegations=queries.delegations_of([a.id for a in held]), by_id={a.id: a for a in held},
        panels=panels.of("account", me.person),
        carried=queries.carried_for_others(me), colleagues=_colleagues(own), typed=typed, longest=rules.LONGEST_DELEGATION.days,
        faults={k: [translate(m) for m in v] for k, v in faults.items()})


def _colleagues(own: Sequence[Appointment]) -> list[Any]:
    """For a list to choose from, by unit where there are several."""
    units = list(dict.fromkeys(a.unit for a in own))
    groups = [(u, [(p.id, p.name) for p in queries.colleagues(whole_identity(), u)]) for u in units]
    return groups[0][1] if len(groups) == 1 else [{"group": unit_short(u), "options": people} for u, people in groups]


def words(a: Appointment) -> str:
    """A function in words."""
    return " · ".join(filter(None, (term("role", a.role), unit_short(a.unit), term("line", a.line))))


def _day(text: str | None, field: str, faults: dict[str, Sequence[Message]]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults[field] = [N_("Write the day as year-month-day, such as 2026-03-01.")]
        return None


ROUTES: tuple[Route, ...] = (
    ("POST", "/act-as", act_as, Permission.ACCOUNT_USE),
    ("GET", "/account", account, Permission.ACCOUNT_USE),
    ("POST", "/account/delegations", once(delegate), Permission.APPOINTMENT_DELEGATE),
    ("POST", "/account/delegations/<uuid:key>/end", end_delegation, Permission.APPOINTMENT_DELEGATE),
    ("GET", "/resume", resume, Permission.ACCOUNT_USE),
    ("POST", "/resume", forget, Permission.ACCOUNT_USE),
)
