"""Celery's own program, with a beat whose hours last seconds: what is looked for each hour, it has looked for twice a minute.

`python -m tests.tasks.hasty beat …`"""
import sys

from celery.__main__ import main

from tasks.celery import celery

EVERY = 30.0                           # seconds: time enough for every unit to be swept on a busy machine
HOURLY = ("tasks.reminders.begin", "tasks.bulletins.compose", "tasks.subscriptions.begin")

if __name__ == "__main__":
    for entry in celery.conf.beat_schedule.values():
        if entry["task"] in HOURLY:
            entry["schedule"] = EVERY
    sys.argv[0] = "celery"
    main()
