"""Thin: each hour every unit's open things are looked at, unit by unit, for what the ladder says is due; quality issues, whose
limits may be minutes, every five minutes."""
from collections.abc import Collection

from portal.reminders import queries, service
from portal.reminders.rules import PRESSING, Deadline
from tasks.celery import Counts, PlainTask, ScopedTask, celery
from tenants.context import current


@celery.task(base=PlainTask)
def begin() -> Counts:
    return _begun(sweep)


@celery.task(base=PlainTask)
def begin_pressing() -> Counts:
    return _begun(sweep_pressing)


@celery.task(base=ScopedTask, expires=3_000)
def sweep(after: str = "") -> Counts:
    return _swept(sweep, tuple(Deadline), after)


@celery.task(base=ScopedTask, expires=240)
def sweep_pressing(after: str = "") -> Counts:
    return _swept(sweep_pressing, PRESSING, after)


def _begun(task: ScopedTask) -> Counts:
    found = queries.units_to_sweep()
    for unit in found:
        task.for_unit(unit)
    return {"swept": len(found)}


def _swept(task: ScopedTask, kinds: Collection[Deadline], after: str) -> Counts:
    """What time was too short for is left to another, which goes on from there."""
    scope = current()
    assert scope is not None                               # the task has entered its unit's
    found = service.sweep(scope.units[0], kinds=kinds, after=after)
    if found.place:
        task.for_unit(scope.units[0], found.place)
    return {"seen": found.seen, "told": found.told, "nobody": found.nobody, "failed": found.failed}
