"""Bulletins on the desk: to be acknowledged, on the spot; and for the office, what a plan has composed. One statement each."""
from collections.abc import Iterable

from portal.bulletins import queries
from portal.desk.rules import Task
from tenants import clock
from tenants.access import Identity, reaches
from tenants.messages import N_
from tenants.permissions import Permission

MOST = 20                              # rows on a desk: the list has them all


def mine(identity: Identity) -> Iterable[Task]:
    """What waits for this person."""
    if reaches(identity, Permission.BULLETIN_ACKNOWLEDGE):
        for r in queries.to_acknowledge(identity, MOST):
            b = r.bulletin
            yield Task(N_("Read and acknowledge bulletin %(code)s: %(title)s", code=b.code, title=b.title),
                       N_("the programme office has chased it") if r.chase_count else None, f"/bulletins/{b.id}",
                       N_("Acknowledge"), None, "amber" if r.chase_count else "grey", clock.local(r.at).date(),
                       post=f"/bulletins/{b.id}/acknowledge", pick=f"bulletin {b.id}")
    for b in queries.drafts(identity, MOST):
        yield Task(N_("Look at the bulletin that was composed by schedule: %(title)s", title=b.title), None, f"/bulletins/{b.id}",
                   N_("Open"), None, "grey", clock.local(b.composed_at).date())
