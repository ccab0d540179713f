"""Composition root of what is delivered: who may see what a notice is about, and which slice hears of which event."""
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from portal.assignments import queries as assignments
from portal.bulletins import queries as bulletins
from portal.campaigns import queries as campaigns
from portal.campaigns import service as campaign_service
from portal.config import Settings
from portal.exchange import service as exchange
from portal.filings import queries as filings
from portal.issues import queries as issues
from portal.issues import service as issue_service
from portal.meetings import queries as meetings
from portal.notices import service as notices
from portal.outbox import service as outbox
from portal.outbox.service import Handler
from portal.programmes import queries as programmes
from portal.reminders import queries as reminders
from portal.supervision import queries as supervision
from tenants.access import HEADQUARTERS, Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import NotVisible
from tenants.isolation import acting_as


def _at_headquarters(handler: Handler) -> Handler:
    """What headquarters does by itself across units: in its own lane, in a session and a transaction beside the drain's. It is
    committed first, so a message may come twice; these handlers know what they have done."""
    def run(key: UUID, payload: dict[str, Any]) -> None:
        with current_app.app_context(), acting_as(Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)):
            handler(key, payload)
            db.session.commit()
    return run


# Event → {subscriber: handler}. A lower slice posts the event (`outbox.post("issue.closed", unit, …)`), higher ones hear it.
_AT_HEADQUARTERS: Mapping[str, Mapping[str, Handler]] = {
    "campaigns": campaign_service.HEADQUARTERS_HANDLERS, "issues": issue_service.HEADQUARTERS_HANDLERS,
    "exchange": exchange.HEADQUARTERS_HANDLERS}
EVENTS: Mapping[str, Mapping[str, Handler]] = {
    event: {slice_: _at_headquarters(heard[event]) for slice_, heard in _AT_HEADQUARTERS.items() if event in heard}
    for event in {event for heard in _AT_HEADQUARTERS.values() for event in heard}}


def _found(one: Callable[[Identity, UUID], Any]) -> Callable[[Identity, UUID], bool]:
    """A slice's query for one thing, which raises NotVisible, as a question."""
    def sees(identity: Identity, key: UUID) -> bool:
        try:
            one(identity, key)
        except NotVisible:
            return False
        return True
    return sees


# Kind of thing → may this person see this one now? Every kind that is named as a notice's subject has its line here.
SEES = notices.Sees({
    "assignment": _found(assignments.one), "bulletin": _found(bulletins.one), "campaign": _found(campaigns.one),
    "filing": _found(filings.one), "issue": _found(issues.one), "meeting": _found(meetings.one),
    "programme": _found(programmes.one), "supervision": _found(supervision.one)},
    reminders.stands)


def handlers(settings: Settings) -> Mapping[str, Handler]:
    """Every topic of the outbox that somebody handles."""
    said = notices.handlers(settings.base_url, settings.mail_url, sees=SEES, webhook_hosts=settings.webhook_hosts)
    return {**outbox.events(EVENTS), **said}
