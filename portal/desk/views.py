"""The desk: what I have to do, what waits for others, where my unit stands; and the help page of each role."""
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.desk import queries, service
from portal.notices import queries as notices
from portal.programmes import queries as programmes
from portal.web import untrusted
from portal.web.access import Route, identity, may
from portal.web.addresses import local_path
from portal.web.frame import nav
from portal.web.once import once
from portal.web.templating import done
from tenants import clock
from tenants.access import reaches
from tenants.messages import N_, Message
from tenants.permissions import PUBLIC, Permission

_OF_WORK = {"/assignments/progress": Permission.ASSIGNMENT_REPORT, "/assignments/verify": Permission.ASSIGNMENT_VERIFY}


def home() -> ResponseReturnValue:
    return redirect(url_for("desk.show"))


def show() -> ResponseReturnValue:
    me = identity()
    programme, every = programmes.chosen(me) if may(Permission.PROGRAMME_READ) else (None, [])
    standings = queries.standings(me, every)
    works = may(Permission.ASSIGNMENT_LIST)
    return render_template(
        "desk/show.html", me=me, programme=programme, as_of=clock.now(),
        mine=queries.mine(me, standings) if works else [], waiting=queries.waiting(me, standings) if works else [],
        glances=queries.glances(me, programme) if programme else [], most=queries.MOST_ROWS,
        chases=bool(reaches(me, Permission.ASSIGNMENT_CHASE)),
        notices=[(n, Message(n.text, n.params)) for n in notices.notices(me, limit=5)], hour=clock.local(clock.now()).hour)


def acknowledge() -> ResponseReturnValue:
    """What was picked here or on a list, then back there; each that was refused is told with the reason."""
    picks = [pick.partition(" ") for pick in dict.fromkeys(request.form.getlist("pick"))]
    if not picks:
        done(N_("Pick at least one to acknowledge first."), fault=True)
    elif len(picks) > service.MOST:
        done(N_("At most %(n)s are acknowledged at once.", n=service.MOST), fault=True)
    else:
        number, refused = service.acknowledge([(kind, untrusted.key(key) or untrusted.NOBODY) for kind, _, key in picks],
                                              actor=identity())
        if number:
            done(N_("Acknowledged: %(n)s.", n=number))
        for message in refused:
            done(message, fault=True)
    return redirect(local_path(request.form.get("next"), url_for("desk.show")), 303)


def help_page() -> ResponseReturnValue:
    return render_template("desk/help.html", opens=_opens)


def _opens(href: str) -> bool:
    """Whether the page opens for whom one acts as: the help names every function's pages, and links one's own."""
    path = href.partition("?")[0]
    if path in _OF_WORK:
        return bool(reaches(identity(), _OF_WORK[path]))
    return any(entry.shown for entry in nav() if entry.href == path)


NAME, PREFIX = "desk", ""
ROUTES: tuple[Route, ...] = (
    ("GET", "/", home, PUBLIC),
    ("GET", "/desk", show, Permission.DESK_READ),
    ("POST", "/desk/acknowledge", once(acknowledge), Permission.DESK_READ),
    ("GET", "/help", help_page, Permission.DESK_READ),
)
