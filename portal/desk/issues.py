"""Quality issues on the desk: what waits for me, what I wait for. One statement for what is mine, one for what is others'."""
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import and_, not_, or_, select

from portal.desk.rules import Task
from portal.issues import queries as issues
from portal.issues.models import Issue
from tenants import clock
from tenants.access import HEADQUARTERS, Identity, permits, reaches
from tenants.db import db
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line

MOST = 40                                              # rows on a desk: the inbox has them all
_TO_DO: Mapping[str, tuple[Message, Message, str]] = {  # what, the button's word, whether a clock runs and which
    "rule": (N_("Rule whose issue it is"), N_("Rule"), "resolve"),
    "identify": (N_("Find out which campaign is meant"), N_("Identify"), "respond"),
    "reply": (N_("Answer the owner's question"), N_("Reply"), "resolve"),
    "confirm": (N_("Confirm the solution, or reopen"), N_("Confirm"), ""),
    "answer": (N_("Accept the issue"), N_("Accept"), "respond"),
    "solve": (N_("Solve the issue"), N_("Solve"), "resolve"),
    "take_over": (N_("Take over as first contact: who it was has left"), N_("Take over"), ""),
    "warn": (N_("Shall campaigns that are alike be checked?"), N_("Warn …"), ""),
}


def mine(identity: Identity) -> Iterable[Task]:
    """What waits for this person, the oldest first."""
    if not reaches(identity, Permission.ISSUE_READ):
        return                                         # who reads none may be in a lane that does not get near the table
    kinds = list(_TO_DO)
    marks = [and_(*issues.task(identity, kind)).label(kind) for kind in kinds]
    rows = db.session.execute(
        select(Issue, *marks).where(or_(*(and_(*issues.task(identity, kind)) for kind in kinds)))
        .options(*issues.with_names()).order_by(Issue.raised_at, Issue.id).limit(MOST))
    for row in rows:
        yield _task(row[0], next(kind for kind in kinds if getattr(row, kind)))


def _task(i: Issue, kind: str) -> Task:
    what, action, clock_name = _TO_DO[kind]
    at, light = _due(i, clock_name)
    return Task(N_("%(code)s %(title)s", code=i.code, title=i.title),
                N_("%(what)s · %(unit)s raised it", what=what, unit=i.raiser.short_names), f"/issues/{i.id}", action, _day(at),
                light, None if at else clock.local(i.resolved_at or i.raised_at).date(), key=f"issue-{i.id}", at=at)


def _day(at: datetime | None) -> date | None:
    return clock.local(at).date() if at else None


def _due(i: Issue, which: str) -> tuple[datetime | None, str]:
    """When the clock that runs ends, and the light that it shows."""
    if not which:
        return None, "grey"
    both = issues.deadlines(i.raised_at, i.severity, i.stage)
    at: datetime = both.respond_by if which == "respond" and i.responded_at is None else both.resolve_by
    now = clock.now()
    near = clock.local(at).date() <= clock.today()
    return at, "red" if at < now else "amber" if near else "green"


def waiting(identity: Identity) -> Iterable[Task]:
    """For first contacts: whom their issues wait for. For headquarters: how many of those it sees are overdue."""
    if not reaches(identity, Permission.ISSUE_READ):
        return
    if any(a.unit == HEADQUARTERS for a in identity.appointments):
        late = issues.count([issues.readable(identity), issues.overdue(clock.now())])
        if late:
            yield Task(N_("%(n)s quality issues are overdue", n=late), N_("see who has them, and chase"), "/issues?overdue=1",
                       N_("Open"), None, "red")
        return
    where = [issues.readable(identity), Issue.first_contact_id.in_(identity.selves), Issue.state.in_(("routed", "accepted")),
             not_(and_(*issues.task(identity, "reply")))]
    rows = db.session.scalars(issues.listed(where).order_by(None).order_by(Issue.raised_at, Issue.id).limit(MOST))
    for i in rows:
        at, light = _due(i, "respond")
        yield Task(N_("%(code)s %(title)s", code=i.code, title=i.title),
                   N_("%(unit)s · %(line)s", unit=i.owner.short_names, line=Line(i.owner_line)), f"/issues/{i.id}", N_("Open"),
                   _day(at), light, chase=f"/issues/{i.id}/chase" if permits(identity, Permission.ISSUE_CHASE, i.subject) else None)
