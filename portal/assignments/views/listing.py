"""The list of assignments: filters in the address, cursor by due day, several chased at once."""
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.assignments import forms, queries, service
from portal.assignments.models import Assignment
from portal.assignments.rules import LIGHTS, STATES, UNCLOSED_STATES
from portal.web import cursors, lists, untrusted
from portal.web.access import identity
from portal.web.names import person_name, term, unit_short
from portal.web.templating import done, light_words, state_words
from tenants import clock, directory
from tenants.access import Identity, permits, reaches
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, Process, UnitKind

PAGE = 50
MOST_CHASED = 300                      # at once: more is no reminder but an order, to be given otherwise
ADDRESS = "/assignments"


def index() -> ResponseReturnValue:
    return render_template("assignments/index.html", **_list())


def picked() -> ResponseReturnValue:
    """Links of a page that refused to chase lead back to the list that it showed."""
    return redirect(_address(request.args), 303)


def chase_several() -> ResponseReturnValue:
    """All of the rows picked or, where one of them may not be chased, none; or all of the filter that may be."""
    me, text = identity(), request.form.get("text", "")
    keys = forms.keys(request.form.getlist("pick"))
    try:
        rows = _all_of_filter(me, request.form["all"]) if "all" in request.form else queries.several(me, keys)
        if not rows:
            raise Invalid({"pick": [N_("Pick at least one assignment first.")]})
        service.chase_all(rows, text, actor=me)
    except (NotPermitted, RuleViolated, Invalid) as refused:
        said = next(iter(refused.errors.values()))[0] if isinstance(refused, Invalid) else refused.message
        status = 403 if isinstance(refused, NotPermitted) else 409 if isinstance(refused, RuleViolated) else 422
        shown = _list(said=said, picks=frozenset(map(str, keys)), text=text)
        return render_template("assignments/index.html", **shown), status
    done(N_("Chased: %(n)s. Their owners and contacts are told.", n=len(rows)))
    return redirect(_address(request.args), 303)


def _all_of_filter(me: Identity, expected: str) -> Sequence[Assignment]:
    """What the filter of the address shows and this person may chase, on every page of it: as many as the button said. Raises
    NotPermitted for who chases nothing, RuleViolated where they have become others, Invalid where they are too many."""
    if not reaches(me, Permission.ASSIGNMENT_CHASE):
        raise NotPermitted(N_("None of your functions may do this here."))
    where = queries.chaseable(me, queries.conditions(me, wanted(forms.asked(request.args), me), clock.today()))
    rows = db.session.scalars(queries.listed(where).limit(MOST_CHASED + 1)).all()
    if len(rows) > MOST_CHASED:
        raise Invalid({"pick": [N_("At most %(n)s are chased at once: narrow the filter.", n=MOST_CHASED)]})
    if str(len(rows)) != expected:
        raise RuleViolated(N_("Nobody was chased: what fits this filter has changed. Now it is %(n)s.", n=len(rows)))
    return rows


def _list(said: Message | None = None, picks: frozenset[str] = frozenset(), text: str = "") -> dict[str, Any]:
    me, today, filters = identity(), clock.today(), forms.asked(request.args)
    where = queries.conditions(me, wanted(filters, me), today)
    start = cursors.read_day(request.args.get("cursor"))
    here = [*where, queries.after(*start)] if start else where
    rows = db.session.scalars(queries.listed(here).limit(PAGE + 1).options(
        queries.with_waivers(), queries.with_extensions(), queries.with_owner_gone())).all()
    shown = rows[:PAGE]
    last = shown[-1] if len(rows) > PAGE else None
    chases = bool(reaches(me, Permission.ASSIGNMENT_CHASE))
    several_pages = chases and bool(filters) and (last or start)
    return {
        "rows": shown, "lights": queries.lights(shown, today), "total": queries.count(where), "as_of": clock.now(),
        "next": _address({**filters, "cursor": cursors.written(last.due, last.id)}) if last else None,
        "first": _address(filters) if start else None, "filters": filters, "options": _options(me),
        "chips": lists.chips(ADDRESS, filters, chip),
        "address": ADDRESS, "with_filter": lambda **set_: _address({**filters, **set_}), "query": request.query_string.decode(),
        "across": _across(me), "chases": chases, "most_chased": MOST_CHASED,
        "orders": bool(reaches(me, Permission.SUPERVISION_ORDER)),
        "chase_total": queries.count(queries.chaseable(me, where)) if several_pages else 0, "chaseable": _chaseable(shown, me),
        "owner_to_name": {a.id for a in shown if a.owner_gone and "name_owner" in service.offers(a, actor=me)},
        "works": bool(reaches(me, Permission.ASSIGNMENT_REPORT)), "verifies": bool(reaches(me, Permission.ASSIGNMENT_VERIFY)),
        "said": said, "picks": picks, "text": text, "most": texts.MEDIUM}


def wanted(filters: Mapping[str, str], me: Identity) -> queries.Wanted:
    """What the filters of an address narrow the list to."""
    owner = filters.get("owner", "")
    if "@" in owner:                                   # a mail address names a person as well as the key does
        filters = {**filters, "owner": str(queries.person_with_mail(owner) or untrusted.NOBODY)}
    return forms.wanted(filters, me=me.person)


def _address(args: Mapping[str, str]) -> str:
    kept = {k: v for k in (*forms.FILTERS, "cursor") if (v := args.get(k))}
    return f"{ADDRESS}?{urlencode(kept)}" if kept else ADDRESS


def _across(me: Identity) -> bool:
    """Whether this person reads more than one unit."""
    found = reaches(me, Permission.ASSIGNMENT_READ)
    return len({r.unit for r in found}) > 1 or any(r.unit is None for r in found)


def _chaseable(rows: Sequence[Assignment], me: Identity) -> frozenset[str]:
    return frozenset(str(a.id) for a in rows
                     if a.state in UNCLOSED_STATES and permits(me, Permission.ASSIGNMENT_CHASE, a.subject))


def _options(me: Identity) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, in the reader's language."""
    found = {name: [(str(code), term(name if name != "kind" else "unit_kind", code)) for code in codes] for name, codes in (
        ("line", Line), ("milestone", MilestoneCode), ("process", Process), ("kind", UnitKind), ("category", Category))}
    found["light"] = [(code, light_words(code)) for code in LIGHTS]
    found["state"] = [(code, state_words("assignment", code)[0]) for code in STATES]
    found["year"] = [(str(year), str(year)) for year in queries.years(me)]
    if _across(me):
        found["unit"] = [(u.code, unit_short(u)) for u in directory.units()]
    return found


def chip(name: str, value: str) -> str:
    match name:
        case "q":
            return f"“{value[:60]}”"
        case "unit":
            return unit_short(value)
        case "kind":
            return term("unit_kind", value)
        case "light":
            return light_words(value)
        case "state":
            return state_words("assignment", value)[0]
        case "owner":
            return str(_("owned by me") if value == "me" else _("owned by %(who)s", who=_owner(value)))
        case _ if name in (*forms.SWITCHES, "programme"):
            return _switch(name)
        case _:
            return term(name, value)


def _switch(name: str) -> str:
    """What is set, where the filter has no value worth telling."""
    return str({"overdue": _("overdue"), "counted": _("without cancelled ones"), "programme": _("of one programme"),
                "requested": _("“not applicable” asked for"), "extending": _("more time asked for"),
                "chased": _("chased and not closed"), "later": _("not pressing yet"), "owner_left": _("owner has left")}[name])


def _owner(value: str) -> str:
    found = queries.person_with_mail(value) if "@" in value else untrusted.key(value)
    return (person_name(found) if found else "") or value
