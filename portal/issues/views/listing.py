"""The inbox of quality issues: what I have to do as segments, filters in the address, a page by cursor."""
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from portal.campaigns import queries as campaigns
from portal.issues import forms, queries
from portal.issues.queries.figures import narrowed
from portal.issues.views import clocks, words
from portal.web import cursors, untrusted
from portal.web.access import identity, may
from portal.web.names import term, unit_short
from portal.web.templating import state_words
from tenants import clock, directory
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.permissions import Permission
from tenants.vocabulary import IssuePart, IssueState, Line, Severity, Stage, UnitKind

PAGE = 50
ADDRESS = "/issues"


def index() -> ResponseReturnValue:
    me, filters, now = identity(), forms.asked(request.args), clock.now()
    where = conditions(me, filters)
    start = cursors.read(request.args.get("cursor"))
    here = [*where, queries.after(*start)] if start else where
    rows = db.session.scalars(queries.listed(here).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    last = shown[-1] if len(rows) > PAGE else None
    todo = queries.to_do(me)
    return render_template(
        "issues/index.html", rows=shown, clocks=clocks.deadlines(shown, queries.clocks(shown)), total=queries.count(where),
        as_of=now, filters=filters,
        next=_address({**filters, "cursor": cursors.written(last.raised_at, last.id)}) if last else None,
        first=_address(filters) if start else None, chips=_chips(filters, me), address=ADDRESS, options=_options(me),
        segments=[(words.TASKS[k], k, todo.get(k, 0)) for k in words.TASKS if todo.get(k) or filters.get("todo") == k],
        across=_across(me), raises=bool(reaches(me, Permission.ISSUE_RAISE)), flows=may(Permission.FLOWS_READ))


def conditions(me: Identity, filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """Everything that the list asks for, what may be read first. The export asks the same."""
    known = {k: v for k, v in filters.items() if k not in forms.CODES or v in forms.CODES[k]}
    if len(known) < len(filters):                       # an unknown code fits nothing
        known["campaign"] = "none"
    tasks = known.get("todo")
    return [*queries.conditions(me, forms.wanted(known), clock.now(), *([_tasks(me)] if tasks else [])),
            *narrowed(forms.narrow(known))]


def _tasks(me: Identity) -> Any:
    return lambda kind: queries.task(me, kind)


def _address(args: Mapping[str, str]) -> str:
    kept = {k: v for k in (*forms.FILTERS, "cursor") if (v := args.get(k))}
    return f"{ADDRESS}?{urlencode(kept)}" if kept else ADDRESS


def _across(me: Identity) -> bool:
    """Whether this person reads issues in which the own unit has no part."""
    return any(r.unit is None and r.party is None and r.first is None and r.raiser is None and r.desk is None
               for r in reaches(me, Permission.ISSUE_READ))


def _options(me: Identity) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, in the reader's language."""
    found = {name: [(str(code), state_words(kind, code)[0]) for code in codes] for name, kind, codes in (
        ("state", "issue", IssueState), ("severity", "severity", Severity), ("stage", "stage", Stage),
        ("role", "issue_part", IssuePart))}
    found["line"] = [(str(code), term("line", code)) for code in Line]
    found["unit"] = [(u.code, unit_short(u)) for u in directory.units()]
    found["kind"] = [(str(code), term("unit_kind", code)) for code in UnitKind]
    return found


def _chips(filters: Mapping[str, str], me: Identity) -> list[tuple[str, str]]:
    """(what is set in words, the address without it)."""
    def without(name: str) -> str:
        return _address({k: v for k, v in filters.items() if k != name})
    return [(_chip(name, value, me), without(name)) for name, value in filters.items() if name != "todo"]


def _chip(name: str, value: str, me: Identity) -> str:
    kinds = {"state": "issue", "severity": "severity", "stage": "stage"}
    if name in kinds:
        return state_words(kinds[name], value)[0]
    if name == "q":
        return f"“{value[:60]}”"
    if name == "campaign":
        return _campaign(value, me)
    if name == "line":
        return term("line", value)
    return _labelled(name, value)


def _campaign(value: str, me: Identity) -> str:
    try:
        return campaigns.one(me, untrusted.key_of(value)).name
    except NotVisible:
        return str(_("of one campaign"))


def _labelled(name: str, value: str) -> str:
    said = {"owner": _("owner: %(what)s", what=unit_short(value)), "raiser": _("raised by: %(what)s", what=unit_short(value)),
            "launcher": _("launched by: %(what)s", what=unit_short(value)),
            "owner_kind": _("owner: %(what)s", what=term("unit_kind", value)),
            "raiser_kind": _("raised by: %(what)s", what=term("unit_kind", value)),
            "role": _("my unit is: %(what)s", what=state_words("issue_part", value)[0]),
            "overdue": _("overdue"), "open": _("not closed yet"), "ruling_due": _("a ruling is due"),
            "handed_over": _("handed over at least once"), "responded": _("accepted so far"), "resolved": _("solved so far"),
            "since": _("raised from %(day)s on", day=value), "until": _("raised up to %(day)s", day=value),
            "closed_since": _("closed from %(day)s on", day=value), "closed_until": _("closed up to %(day)s", day=value)}
    return str(said[name])
