"""One search over everything that has a title or a code: a few of each kind, and the way to all of them."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.assignments import queries as assignments
from portal.bulletins import queries as bulletins
from portal.campaigns import queries as campaigns
from portal.issues import queries as issues
from portal.meetings import queries as meetings
from portal.supervision import queries as supervision
from portal.units import queries as units
from portal.web.access import Route, identity, may
from portal.web.locale import language
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission

SHOWN = 6                              # of each kind
LONGEST = 100                          # characters
FEWEST = 2
CLIPPED = 60                           # characters of what has no title


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: its code, what it is called, where its page is, whose it is."""
    code: str
    name: str
    href: str
    unit: Unit | int | None


@dataclass(frozen=True, slots=True)
class Group:
    """The things of one kind: those shown, how many there are, and the list that has them all."""
    label: Message
    rows: Sequence[Found]
    count: int
    href: str


Look = Callable[[Identity, str], tuple[Sequence[Found], int]]


def _assignments(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = assignments.conditions(me, assignments.Wanted(q=q), clock.today())
    rows = db.session.scalars(assignments.listed(where).limit(SHOWN)).all()
    return [Found(a.code, a.title_zh if language() == "zh" else a.title, f"/assignments/{a.id}", a.unit) for a in rows], \
        assignments.count(where)


def _campaigns(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = campaigns.conditions(me, campaigns.Wanted(q=q))
    rows = db.session.scalars(campaigns.listed(where).limit(SHOWN)).all()
    return [Found(c.code, c.name, f"/campaigns/{c.id}", c.unit) for c in rows], campaigns.count(where)


def _issues(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = issues.conditions(me, issues.Wanted(q=q), clock.now())
    rows = db.session.scalars(issues.listed(where).limit(SHOWN)).all()
    return [Found(i.code, i.title, f"/issues/{i.id}", i.raiser) for i in rows], issues.count(where)


def _meetings(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = meetings.conditions(me, meetings.Wanted(q=q))
    rows = db.session.scalars(meetings.listed(where).limit(SHOWN)).all()
    return [Found("", m.title, f"/meetings/{m.id}", None) for m in rows], meetings.count(where)


def _bulletins(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = bulletins.conditions(me, bulletins.Wanted(q=q))
    rows = db.session.scalars(bulletins.listed(where).limit(SHOWN)).all()
    return [Found(b.code, b.title, f"/bulletins/{b.id}", None) for b in rows], bulletins.count(where)


def _orders(me: Identity, q: str) -> tuple[Sequence[Found], int]:
    where = supervision.conditions(me, supervision.Wanted(q=q))
    rows = db.session.scalars(supervision.listed(where).limit(SHOWN)).all()
    return [Found(o.code, o.words[:CLIPPED], f"/supervision/{o.id}", o.unit) for o in rows], supervision.count(where)


def _units(_: Identity, q: str) -> tuple[Sequence[Found], int]:
    word = q.casefold()
    rows = [u for u in db.session.scalars(units.units()) if any(word in name.casefold() for name in (u.code, u.name, u.name_zh))]
    return [Found("", u.name_zh if language() == "zh" else u.name, f"/units/{u.code}", None) for u in rows[:SHOWN]], len(rows)


_KINDS: Sequence[tuple[Message, Permission, str, Look]] = (
    (N_("Assignments"), Permission.ASSIGNMENT_LIST, "/assignments", _assignments),
    (N_("Quality issues"), Permission.ISSUE_LIST, "/issues", _issues),
    (N_("Campaigns"), Permission.CAMPAIGN_LIST, "/campaigns", _campaigns),
    (N_("Meetings"), Permission.MEETING_LIST, "/meetings", _meetings),
    (N_("Bulletins"), Permission.BULLETIN_LIST, "/bulletins", _bulletins),
    (N_("Supervision orders"), Permission.SUPERVISION_LIST, "/supervision", _orders),
    (N_("Units"), Permission.DIRECTORY_READ, "/units", _units),
)


def index() -> ResponseReturnValue:
    """Two characters at least: one alone is in everything."""
    q = " ".join(request.args.get("q", "").split())[:LONGEST]
    groups: list[Group] = []
    if len(q) >= FEWEST:
        for label, permission, href, look in _KINDS:
            if may(permission):
                rows, count = look(identity(), q)
                groups.append(Group(label, rows, count, href if href == "/units" else f"{href}?{urlencode({'q': q})}"))
    return render_template("search/index.html", q=q, groups=[g for g in groups if g.rows], short=0 < len(q) < FEWEST)


NAME, PREFIX = "search", "/search"
ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.DIRECTORY_READ),
)
