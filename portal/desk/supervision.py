"""Supervision orders on the desk: those to reply to, replies to judge, and units that ask for more time. One statement each."""
from collections.abc import Iterable

from portal.desk.rules import Task
from portal.supervision import queries, rules
from portal.supervision.rules import GRADES, Grade
from tenants import clock
from tenants.access import Identity, reaches
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

MOST = 20                              # rows on a desk: the list has them all
CLIPPED = 60                           # characters of an order's words


def mine(identity: Identity) -> Iterable[Task]:
    """What waits for this person."""
    if reaches(identity, Permission.SUPERVISION_REPLY):
        orders = queries.to_reply(identity, MOST)
        lights = queries.lights(orders)
        for o in orders:
            yield Task(N_("Reply to supervision order %(code)s", code=o.code),
                       N_("%(grade)s: %(words)s", grade=GRADES[Grade(o.grade)], words=rules.clip(o.words, CLIPPED)),
                       f"/supervision/{o.id}#replying", N_("Reply"), o.term, lights[o.id].code, key=f"order-{o.id}")
    if reaches(identity, Permission.SUPERVISION_ORDER):           # the office may judge a line's, but it is the line's work
        office = any(a.role is Role.HQ_OFFICE for a in identity.appointments)
        lines: list[Line | None] = [None] if office else [a.line for a in identity.appointments if a.line]
        for o, at in queries.asking(identity, lines, MOST):
            yield Task(N_("More time for supervision order %(code)s", code=o.code),
                       N_("%(unit)s asks; the term is %(day)s", unit=o.unit.short_names, day=o.term),
                       f"/supervision/{o.id}#keeping", N_("Settle"), None, "blue", clock.local(at).date(), key=f"time-{o.id}")
        for o in queries.to_judge(identity, lines, MOST):
            yield Task(N_("Judge the reply to supervision order %(code)s", code=o.code),
                       N_("%(unit)s replied in round %(n)s", unit=o.unit.short_names, n=o.round),
                       f"/supervision/{o.id}#judging", N_("Judge"), None, "blue", o.replied_on)
