"""The desk: what I have to do, what waits for others, where my unit stands; and the help page of each role."""
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.desk import queries
from portal.filings import queries as filings
from portal.notices import queries as notices
from portal.programmes import queries as programmes
from portal.web.access import Route, identity, may
from tenants import clock
from tenants.messages import Message
from tenants.permissions import PUBLIC, Permission


def home() -> ResponseReturnValue:
    return redirect(url_for("desk.show"))


def show() -> ResponseReturnValue:
    me = identity()
    programme = programmes.current(me) if may(Permission.PROGRAMME_READ) else None
    standings = filings.overview(me, programme.id) if programme else []
    works = may(Permission.ASSIGNMENT_LIST)
    return render_template(
        "desk/show.html", me=me, programme=programme, as_of=clock.now(),
        mine=queries.mine(me, standings) if works else [], waiting=queries.waiting(me, standings) if works else [],
        glances=queries.glances(me, programme) if programme else [], most=queries.MOST_ROWS,
        notices=[(n, Message(n.text, n.params)) for n in notices.notices(me, limit=5)], hour=clock.local(clock.now()).hour)


def help_page() -> ResponseReturnValue:
    return render_template("desk/help.html")


NAME, PREFIX = "desk", ""
ROUTES: tuple[Route, ...] = (
    ("GET", "/", home, PUBLIC),
    ("GET", "/desk", show, Permission.DESK_READ),
    ("GET", "/help", help_page, Permission.DESK_READ),
)
