"""Thin: each hour every unit's open things are looked at, unit by unit, for what the ladder says is due."""
from portal.reminders import queries, service
from tasks.celery import Counts, PlainTask, ScopedTask, celery
from tenants.context import current


@celery.task(base=PlainTask)
def begin() -> Counts:
    found = queries.units_to_sweep()
    for unit in found:
        sweep.for_unit(unit)
    return {"units": len(found)}


@celery.task(base=ScopedTask, expires=3_000)
def sweep() -> Counts:
    scope = current()
    assert scope is not None                               # the task has entered its unit's
    found = service.sweep(scope.units[0])
    if not found.whole:
        sweep.for_unit(scope.units[0])
    return {"seen": found.seen, "told": found.told, "nobody": found.nobody}
