"""What the background does by itself, done at once: for tests about what arrives."""
from dataclasses import replace

from flask import Flask

from portal import delivery
from portal.outbox import queries, service
from portal.outbox.rules import Group
from tenants.context import Scope
from tenants.isolation import acting_as

BASE = "http://portal.example"


def deliver(app: Flask, mail_url: str = "", *, group: Group = Group.QUICK, webhook_hosts: str = "") -> int:
    """Drain every receiver's messages in the receiver's scope; how many were delivered."""
    settings = replace(app.config["PORTAL"], base_url=BASE, mail_url=mail_url, webhook_hosts=webhook_hosts)
    with app.app_context():
        units = queries.receivers_waiting(group)
    done = 0
    for unit in units:
        with app.app_context(), acting_as(Scope(None, (unit,))):
            done += service.drain(delivery.handlers(settings), group).delivered
    return done
