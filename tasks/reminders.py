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
def sweep(after: str = "") -> Counts:
    """What time was too short for is left to another, which goes on from there."""
    scope = current()
    assert scope is not None                               # the task has entered its unit's
    found = service.sweep(scope.units[0], after=after)
    if found.place:
        sweep.for_unit(scope.units[0], found.place)
    return {"seen": found.seen, "told": found.told, "nobody": found.nobody, "failed": found.failed}
