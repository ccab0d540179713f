"""One's deadlines for a calendar program, at an address that is a secret; kept on the account page."""
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.desk import queries as desk
from portal.desk.rules import Task
from portal.feeds import rules, service
from portal.feeds.rules import Entry
from portal.programmes import queries as programmes
from portal.web import panels
from portal.web.access import Route
from portal.web.names import unit_short
from portal.web.templating import done, translate
from tenants import clock, directory
from tenants.access import Identity, permits
from tenants.isolation import acting_as
from tenants.messages import N_
from tenants.permissions import PUBLIC, Permission

LONGEST = 100                          # characters of a secret


def feed(secret: str) -> ResponseReturnValue:
    """What is due for this person, with the rights of this moment. A wrong secret, one that was renewed or ended, and one of
    somebody who has left are the same 404."""
    person = service.person_of(secret) if len(secret) <= LONGEST else None
    who = directory.identity_of(person) if person else None
    if who is None:
        raise NotFound
    g.identity = g.whole_identity = who
    g.stack.enter_context(acting_as(who.scope(writing=False)))
    base = current_app.config["PORTAL"].base_url
    made = rules.calendar(_entries(who, base), name=_("Deadlines of %(name)s", name=who.name), language=who.language,
                          host=urlsplit(base).hostname or "portal", today=clock.today())
    answer = Response(made, mimetype="text/calendar", headers={"Content-Disposition": 'inline; filename="deadlines.ics"'})
    answer.cache_control.private = True
    answer.cache_control.no_cache = "*"
    answer.add_etag()
    return answer.make_conditional(request)


def _entries(who: Identity, base: str) -> Iterator[Entry]:
    """What the desk shows with a day of its own, and the assignments that one answers for, also those that are due later."""
    for task in _tasks(who):
        if task.due is not None and task.key:
            yield Entry(task.key, task.at or task.due, translate(task.title), translate(task.about) if task.about else "",
                        base + task.href)
    if permits(who, Permission.ASSIGNMENT_LIST):
        for a in assignments.answered_for(who, programmes.running(Assignment.programme_id)):
            title = N_("%(code)s %(title)s", code=a.code, title=desk.title(a))
            yield Entry(f"assignment-{a.id}", a.due, translate(title), unit_short(a.unit), f"{base}/assignments/{a.id}")


def _tasks(who: Identity) -> list[Task]:
    if not permits(who, Permission.ASSIGNMENT_LIST):
        return []
    every = programmes.chosen(who)[1] if permits(who, Permission.PROGRAMME_READ) else []
    return desk.mine(who, desk.standings(who, every))


def renew() -> ResponseReturnValue:
    secret = service.renew()
    base = current_app.config["PORTAL"].base_url
    return render_template("feeds/made.html", address=f"{base}{url_for('feeds.feed', secret=secret)}")


def end() -> ResponseReturnValue:
    service.end()
    done(N_("Ended. The calendar's address opens nothing any more."))
    return redirect(url_for("accounts.account") + "#calendar", 303)


def of_account(_person: UUID) -> str:
    """The panel on the account page."""
    return render_template("feeds/_panel.html", made_at=service.made_at())


panels.register("account", of_account)

NAME, PREFIX = "feeds", ""
ROUTES: tuple[Route, ...] = (
    ("GET", "/calendar/<secret>.ics", feed, PUBLIC),
    ("POST", "/account/calendar", renew, Permission.ACCOUNT_USE),
    ("POST", "/account/calendar/end", end, Permission.ACCOUNT_USE),
)
