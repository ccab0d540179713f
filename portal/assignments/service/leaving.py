"""When an assignment leaves what is counted: a higher slice that reckons with it registers at import, as panels do."""
from collections.abc import Callable
from dataclasses import dataclass

from portal.assignments.models import Assignment
from tenants.access import Appointment


@dataclass(frozen=True, slots=True)
class Watcher:
    """`hold` locks what the watcher would change, before the assignment is locked, as the watcher's own writes do; `left` is
    told once the assignment is cancelled, in the same transaction."""
    hold: Callable[[Assignment], None]
    left: Callable[[Assignment, Appointment], None]


_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """The same one again changes nothing."""
    if watcher not in _watchers:
        _watchers.append(watcher)


def hold(assignment: Assignment) -> None:
    for watcher in _watchers:
        watcher.hold(assignment)


def left(assignment: Assignment, under: Appointment) -> None:
    for watcher in _watchers:
        watcher.left(assignment, under)
