"""What happens by the clock. A run that found no worker in time is dropped: the next one does its work too."""
from celery.schedules import crontab

SCHEDULE = {
    "deliver what waits": {"task": "tasks.outbox.dispatch", "schedule": 2.0, "options": {"expires": 10}},
    "forget what nobody needs": {"task": "tasks.upkeep.purge", "schedule": crontab(hour=3, minute=20)},
}
