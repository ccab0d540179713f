"""Assignments come and go: a higher slice that reckons with them registers at import, as panels do."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.assignments.models import Assignment
from tenants.access import Appointment


@dataclass(frozen=True, slots=True)
class Watcher:
    """`made` hears of new ones. `hold` locks what the watcher would change, before an assignment that may be cancelled is
    locked, as the watcher's own writes do; `left` hears that it was. All in the transaction of what happened."""
    made: Callable[[Sequence[Assignment], Appointment], None]
    hold: Callable[[Assignment], None]
    left: Callable[[Assignment, Appointment], None]


_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """The same one again changes nothing."""
    if watcher not in _watchers:
        _watchers.append(watcher)


def made(assignments: Sequence[Assignment], under: Appointment) -> None:
    for watcher in _watchers:
        watcher.made(assignments, under)


def hold(assignment: Assignment) -> None:
    for watcher in _watchers:
        watcher.hold(assignment)


def left(assignment: Assignment, under: Appointment) -> None:
    for watcher in _watchers:
        watcher.left(assignment, under)
