"""Meetings on the desk: invitations to answer, decisions to make assignments of. One statement each."""
from collections.abc import Iterable

from portal.desk.rules import Task
from portal.meetings import queries
from tenants import clock
from tenants.access import Identity, reaches
from tenants.messages import N_
from tenants.permissions import Permission

MOST = 20                              # rows on a desk: the list has them all
NEAR = 7                               # days before it begins that an answer turns amber


def mine(identity: Identity) -> Iterable[Task]:
    """What waits for this person."""
    if reaches(identity, Permission.MEETING_ANSWER):
        for i in queries.to_answer(identity, MOST):
            day = clock.local(i.meeting.starts_at).date()
            yield Task(N_("Answer who comes: %(title)s", title=i.meeting.title), N_("meeting at %(place)s", place=i.meeting.place),
                       f"/meetings/{i.meeting_id}#answering", N_("Answer"), day,
                       "amber" if (day - clock.today()).days <= NEAR else "grey", key=f"invitation-{i.id}")
    for d in queries.to_assign(identity, MOST):
        yield Task(N_("Make an assignment of a decision: %(title)s", title=d.title),
                   N_("%(unit)s, decided at %(meeting)s", unit=d.unit.short_names, meeting=d.meeting.title),
                   f"/meetings/{d.meeting_id}#decisions", N_("Assign"), d.due, "red" if d.due < clock.today() else "grey",
                   key=f"decision-{d.id}")
