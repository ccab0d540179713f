"""Celery's own program, with a beat whose hours last seconds: what is looked for each hour, it has looked for every few.

`python -m tests.tasks.hasty beat …`"""
import sys

from celery.__main__ import main

from tasks.celery import celery

EVERY = 6.0
HOURLY = ("tasks.reminders.begin", "tasks.bulletins.compose", "tasks.subscriptions.begin")

if __name__ == "__main__":
    for entry in celery.conf.beat_schedule.values():
        if entry["task"] in HOURLY:
            entry["schedule"] = EVERY
    sys.argv[0] = "celery"
    main()
