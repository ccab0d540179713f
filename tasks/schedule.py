"""What happens by the clock. A run that found no worker in time is dropped: the next one does its work too."""
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery.schedules import crontab, maybe_schedule

from portal.operations import service as operations
from tenants import clock

SCHEDULE = {
    "deliver what waits": {"task": "tasks.outbox.dispatch", "schedule": 2.0, "options": {"expires": 10}},
    "look for what is due": {"task": "tasks.reminders.begin", "schedule": crontab(minute=7), "options": {"expires": 3000}},
    "look for what is due within minutes": {"task": "tasks.reminders.begin_pressing", "schedule": crontab(minute="*/5"),
                                            "options": {"expires": 240}},
    "compose bulletins by schedule": {"task": "tasks.bulletins.compose", "schedule": crontab(minute=17),
                                      "options": {"expires": 3000}},
    "send lists that are wanted regularly": {"task": "tasks.subscriptions.begin", "schedule": crontab(minute=27, hour="7-20"),
                                             "options": {"expires": 3000}},
    "forget what nobody needs": {"task": "tasks.upkeep.purge", "schedule": crontab(hour=3, minute=20)},
    "remove bytes that no file names": {"task": "tasks.upkeep.sweep", "schedule": crontab(hour=3, minute=40)},
}
_EVERY = 60.0                          # seconds after which a process says again what the schedule is
_said = 0.0


def announced(entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Tell the portal, which shows it, what is in the schedule and when it is next due; now and then, by each process."""
    global _said
    if _said and time.monotonic() - _said < _EVERY:
        return
    for entry in entries.values():
        schedule = maybe_schedule(entry["schedule"])
        now = schedule.now()
        ahead = max(schedule.remaining_estimate(now), timedelta(0))
        operations.announce(entry["task"], words(schedule), clock.now() + ahead)
    _said = time.monotonic()


def words(schedule: Any) -> str:
    """"every 2 s", or the five fields of cron."""
    if isinstance(schedule, crontab):
        return " ".join(str(getattr(schedule, f"_orig_{name}")) for name in ("minute", "hour", "day_of_month", "month_of_year",
                                                                            "day_of_week"))
    return f"every {schedule.run_every.total_seconds():g} s"
