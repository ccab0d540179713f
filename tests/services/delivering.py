"""What the background does by itself, done at once: for tests about what arrives."""
from flask import Flask

from portal.notices import service as notices
from portal.outbox import queries, service
from tenants.context import Scope
from tenants.isolation import acting_as

BASE = "http://portal.example"


def deliver(app: Flask, mail_url: str = "", *, slow: bool = False) -> int:
    """Drain every receiver's messages in the receiver's scope; how many were delivered."""
    with app.app_context():
        units = queries.receivers_waiting(slow=slow)
    done = 0
    for unit in units:
        with app.app_context(), acting_as(Scope(None, (unit,))):
            done += service.drain(notices.handlers(BASE, mail_url), slow=slow)
    return done
