"""What somebody who was reminded may answer now: as much as the slices offer this person for the thing, and no more."""
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal.assignments import queries as assignments
from portal.assignments import service as work
from portal.assignments.models import Assignment
from portal.bulletins import queries as bulletins
from portal.bulletins import service as bulletin_service
from portal.campaigns import queries as campaigns
from portal.campaigns import service as campaign_service
from portal.filings import queries as filings
from portal.filings import service as filing_service
from portal.issues import queries as issues
from portal.issues import service as issue_service
from portal.reminders import queries, rules
from portal.reminders.models import Reminder
from portal.reminders.rules import Answer, Deadline
from portal.supervision import queries as supervision
from portal.supervision import service as supervision_service
from tenants import directory
from tenants.access import Identity, permits
from tenants.errors import NotPermitted, RuleViolated
from tenants.permissions import Permission
from tenants.vocabulary import Line

_ONE: Mapping[str, Callable[[Identity, UUID], Any]] = {
    "assignment": assignments.one, "filing": filings.one, "issue": issues.one, "campaign": campaigns.one,
    "bulletin": bulletins.one, "supervision": supervision.one}


@dataclass(frozen=True, slots=True)
class Offer:
    """The answers, none where the thing waits for nobody any more. `deed` is the address where what is waited for is done, for
    whoever may do it there; `dated` says that more time is a request for another day."""
    answers: tuple[Answer, ...] = ()
    deed: str = ""
    dated: bool = False


def thing_of(reminder: Reminder, actor: Identity) -> Any:
    """What one was reminded of. Raises NotVisible."""
    return _ONE[reminder.subject_kind](actor, reminder.subject_id)


def offer(reminder: Reminder, thing: Any, *, actor: Identity) -> Offer:
    if not queries.waits(reminder, thing):
        return Offer()
    kind = Deadline(reminder.kind)
    deed, asks = _DEEDS[kind](reminder, thing, actor)
    answers = rules.offered(kind, acts=bool(deed), asks=asks)
    return Offer(answers, "" if Answer.DONE in answers else deed, asks)


def extended(thing: Any) -> Assignment | None:
    """The assignment whose due day is put off where more time is needed: a plan's is that of filing it."""
    return thing if isinstance(thing, Assignment) else filings.plan_task(thing)


Deed = tuple[str, bool]                # where it is done, empty where this person may not; whether another day may be asked for


def _assignment(_: Reminder, thing: Any, actor: Identity) -> Deed:
    found = work.offers(thing, actor=actor)
    return _at(f"/assignments/{thing.id}#report", "hand_in" in found), "ask_extension" in found


def _filing(_: Reminder, thing: Any, actor: Identity) -> Deed:
    task = extended(thing)
    asks = task is not None and "ask_extension" in work.offers(task, actor=actor)
    if isinstance(thing, Assignment):
        address = f"/filings?unit={_code(thing.unit_id)}&year={thing.year}"
        return _at(address, bool(permits(actor, Permission.FILING_DRAFT, thing.subject))), asks
    return _at(f"/filings/{thing.id}", _may(lambda: filing_service.allow(thing, "submit", actor=actor))), asks


def _review(reminder: Reminder, thing: Any, actor: Identity) -> Deed:
    line = Line(reminder.part)
    may = _may(lambda: filing_service.allow_review(thing, line, actor=actor))
    return _at(f"/filings/{thing.id}/review?line={line}", may), False


def _verification(_: Reminder, thing: Any, actor: Identity) -> Deed:
    return _at(f"/assignments/{thing.id}#verify", "verify" in work.offers(thing, actor=actor)), False


def _extension(_: Reminder, thing: Any, actor: Identity) -> Deed:
    return _at(f"/assignments/{thing.id}#more-time", "decide_extension" in work.offers(thing, actor=actor)), False


def _issue(reminder: Reminder, thing: Any, actor: Identity) -> Deed:
    wanted = {"accept"} if reminder.kind == Deadline.RESPOND else {"accept", "resolve"}
    return _at(f"/issues/{thing.id}#act", bool(wanted & issue_service.offers(thing, actor=actor))), False


def _receipt(_: Reminder, thing: Any, actor: Identity) -> Deed:
    return _at(f"/campaigns/{thing.id}", _may(lambda: campaign_service.allow(thing, "acknowledge", actor=actor))), False


def _order(_: Reminder, thing: Any, actor: Identity) -> Deed:
    found = "reply" in supervision_service.offers(thing, actor=actor)
    return _at(f"/supervision/{thing.id}#replying", found), found


def _acknowledgement(_: Reminder, thing: Any, actor: Identity) -> Deed:
    return _at(f"/bulletins/{thing.id}", "acknowledge" in bulletin_service.offers(thing, actor=actor)), False


_DEEDS: Mapping[Deadline, Callable[[Reminder, Any, Identity], Deed]] = {
    Deadline.FILING: _filing, Deadline.REVIEW: _review, Deadline.ASSIGNMENT: _assignment, Deadline.VERIFICATION: _verification,
    Deadline.EXTENSION: _extension, Deadline.RESPOND: _issue, Deadline.RESOLVE: _issue, Deadline.RECEIPT: _receipt,
    Deadline.ORDER: _order, Deadline.ACKNOWLEDGEMENT: _acknowledgement}


def _at(address: str, allowed: bool) -> str:
    return address if allowed else ""


def _may(asked: Callable[[], object]) -> bool:
    with suppress(NotPermitted, RuleViolated):
        asked()
        return True
    return False


def _code(unit: int) -> str:
    return next(u.code for u in directory.units() if u.id == unit)
