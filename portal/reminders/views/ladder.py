"""The ladder of reminders, kept by the programme office, and what it would say tomorrow."""
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.reminders import forms, queries, rules, service
from portal.reminders.forms import Row
from portal.reminders.rules import CHANNELS, KINDS, PEOPLE, SPANS
from portal.web.access import identity
from portal.web.templating import done, translate
from tenants import clock
from tenants.errors import Invalid, Stale
from tenants.messages import N_, Message

MOST_SHOWN = 200
EMPTY_ROWS = 3


def index() -> ResponseReturnValue:
    return _page(forms.shown(queries.ladder()), service.seen())


def save() -> ResponseReturnValue:
    typed, was = forms.read(request.form), request.form.get("seen", "")
    if typed.errors:
        return _page(typed.rows, was, typed.errors), 422
    try:
        service.keep(typed.rungs, was, actor=identity())
    except Invalid as fault:
        return _page(typed.rows, was, fault.errors), 422
    except Stale as stale:
        return _page(typed.rows, service.seen(), said=stale.message), 412
    done(N_("Saved. What is due from now on is told by it."))
    return redirect(url_for("reminders.index"), 303)


def tomorrow() -> ResponseReturnValue:
    until = clock.at(clock.today() + timedelta(days=1), 23, 59)
    ahead = service.foresee(until)
    people = {person for one in ahead.found for _, person in one.people}
    return render_template("reminders/tomorrow.html", found=ahead.found[:MOST_SHOWN], total=len(ahead.found), whole=ahead.whole,
                           failed=ahead.failed, until=until, people=len(people), kinds=KINDS, whom=PEOPLE, channels=CHANNELS)


def _page(rows: Sequence[Row], seen: str, errors: Mapping[str, Sequence[Message]] | None = None,
          said: Message | None = None) -> str:
    options: dict[str, Any] = {name: [(str(code), translate(words)) for code, words in found.items()] for name, found in (
        ("kind", KINDS), ("span", SPANS), ("whom", PEOPLE), ("channel", CHANNELS))}
    return render_template("reminders/ladder.html", rows=[*rows, *({} for _ in range(EMPTY_ROWS))], seen=seen, errors=errors or {},
                           said=said, options=options, most=rules.MOST_STEPS)
