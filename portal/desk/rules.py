"""What stands on a desk, and in which order: late first, then by day, then what has no day. Pure."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from portal.assignments.rules import cell
from tenants.messages import Message


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do, or one that waits for others. `light` gives its colour; `action` is what the button says. `key` names a
    deadline of one's own, the same as long as it is the same; what gathers several has none."""
    title: Message
    about: Message | None
    href: str
    action: Message
    due: date | None = None
    light: str = "grey"
    since: date | None = None          # waits for others since that day
    chase: str | None = None           # what its chasing posts to, for those who may
    post: str | None = None            # what the button posts to, where it can be done on the desk
    key: str = ""
    at: datetime | None = None         # the moment of that day, where it is one
    pick: str = ""                     # as what it is acknowledged together with others
    settled: bool = False              # met or missed already: nothing is counted from the due day any more


def by_urgency(tasks: Iterable[Task]) -> list[Task]:
    """The earliest due day first; what has no day last, longest waiting first."""
    return sorted(tasks, key=lambda t: (t.due or date.max, t.since or date.max, str(t.title)))


@dataclass(frozen=True, slots=True)
class Glance:
    """One milestone of the strip: its light, how many of how many are closed, and when it is due."""
    milestone: str
    light: str | None
    closed: int
    total: int
    overdue: int
    due: date


def glance(milestone: str, due: date, lights: Iterable[str]) -> Glance:
    found = list(lights)
    return Glance(milestone, cell(found), found.count("closed"), len(found), found.count("red"), due)
