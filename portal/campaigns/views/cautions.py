"""Warnings from elsewhere: dated checks that the owners of running campaigns are asked for, as a list that is answered in place."""
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.campaigns import forms, queries, rules, service
from portal.campaigns.models import Caution
from portal.web import cursors, labels, untrusted
from portal.web.access import Route, identity
from portal.web.names import term, unit_short
from portal.web.templating import done, state_words
from tenants import clock, directory
from tenants.access import Identity, need, permits, reaches
from tenants.db import db
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line

NAME, PREFIX = "cautions", "/cautions"
PAGE = 50
_ANSWERS = {"yes": True, "no": False}


def reader() -> Identity:
    """Who asks for the list. Raises NotPermitted for one who may read no warning at all."""
    me = identity()
    if not reaches(me, Permission.CAUTION_READ):
        need(me, Permission.CAUTION_READ)
    return me


def index() -> ResponseReturnValue:
    return _page(reader())


def answer(key: str) -> ResponseReturnValue:
    me = identity()
    caution = queries.caution(me, untrusted.key_of(key))
    need(me, Permission.CAUTION_ANSWER, caution.subject)
    try:
        service.answer_caution(caution, _ANSWERS.get(request.form.get("affected", "")), request.form.get("finding", ""),
                               actor=me, version=untrusted.version(request.form.get("version")))
    except Invalid as fault:
        return _page(me, caution.id, fault.errors), 422
    except Stale as stale:
        return _page(me, caution.id, said=stale.message), 412
    except RuleViolated as refused:
        return _page(me, caution.id, said=refused.message), 409
    done(N_("Answered. Headquarters reads what you found."))
    return redirect(_address(_here()), 303)


def _page(me: Identity, at: UUID | None = None, errors: Mapping[str, Sequence[Message]] | None = None,
          said: Message | None = None) -> str:
    """The list; `at` is being answered and stands on it with what was typed, whatever the list is narrowed to."""
    filters, start = forms.cautions_asked(request.args), _start(request.args.get("cursor"))
    wanted = forms.cautions_wanted(filters)
    found = queries.cautions(me, wanted)
    rows = db.session.scalars((found.where(queries.after_caution(*start)) if start else found).limit(PAGE + 1)).all()
    shown, last = rows[:PAGE], rows[PAGE - 1] if len(rows) > PAGE else None
    apart = [queries.caution(me, at)] if at and at not in {c.id for c in shown} else []
    mine = {c.id for c in (*apart, *shown) if c.answered_at is None and permits(me, Permission.CAUTION_ANSWER, c.subject)}
    return render_template(
        "campaigns/cautions.html", rows=[*apart, *shown], mine=mine, number=len(shown), total=queries.count_cautions(me, wanted),
        as_of=clock.now(), filters=filters, address=PREFIX, chips=_chips(me, filters), options=_options(me), across=_across(me),
        next=_address({**filters, "cursor": _cursor(last)}) if last else None, first=_address(filters) if start else None,
        state_of=_state, query=_address(_here()).removeprefix(PREFIX), at=at, typed=request.form if at else {}, errors=errors or {},
        said=said, most=texts.MEDIUM, element=labels.element)


def _state(c: Caution) -> str:
    return rules.caution_state(c.due, c.affected, clock.today())


def _here() -> dict[str, str]:
    """The filters and the place in the list that the address sets."""
    cursor = request.args.get("cursor", "")
    return {**forms.cautions_asked(request.args), **({"cursor": cursor} if _start(cursor) else {})}


def _start(text: str | None) -> tuple[date, UUID] | None:
    """Behind an answered one, by its instant, or behind one that waits, by its day."""
    return cursors.read(text) or cursors.read_day(text)


def _cursor(c: Caution) -> str:
    return cursors.written(c.answered_at or c.due, c.id)


def _address(args: Mapping[str, str]) -> str:
    return f"{PREFIX}?{urlencode(args)}" if args else PREFIX


def _across(me: Identity) -> bool:
    """Whether this person reads warnings of more than one unit."""
    found = reaches(me, Permission.CAUTION_READ)
    return len({r.unit for r in found}) > 1 or any(r.unit is None for r in found)


def _options(me: Identity) -> dict[str, list[tuple[str, str]]]:
    found = {"state": [(x, state_words("caution", x)[0]) for x in rules.CAUTION_FILTERS],
             "line": [(x.value, term("line", x)) for x in Line]}
    if _across(me):
        found["unit"] = [(u.code, unit_short(u)) for u in directory.units()]
    return found


def _chips(me: Identity, filters: Mapping[str, str]) -> list[tuple[str, str]]:
    """(what is set in words, the address without it)."""
    words = {name: dict(options) for name, options in _options(me).items()} if filters else {}
    return [(words.get(name, {}).get(value, f"“{value[:60]}”"), _address({k: v for k, v in filters.items() if k != name}))
            for name, value in filters.items()]


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.CAUTION_READ),
    ("POST", "/<key>", answer, Permission.CAUTION_ANSWER),
)
