"""What a person has to do with issues, by kind. Each kind is a condition, so that a count opens its rows."""
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, func, select

from portal.issues.models import Issue, IssueWait
from portal.issues.queries.reading import UNFINISHED, readable
from portal.issues.queries.thread import first_contact_there
from tenants import clock
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.permissions import Permission

Conditions = Sequence[ColumnElement[bool]]
REMINDED = timedelta(days=14)                          # how long after its end one is reminded to warn others


def _waits() -> ColumnElement[bool]:
    return exists().where(IssueWait.issue_id == Issue.id, IssueWait.ended_at.is_(None))


def _answer() -> Conditions:
    return (Issue.state == "routed", ~Issue.ruling_due, Issue.campaign_id.is_not(None))


def _solve() -> Conditions:
    return (Issue.state == "accepted", ~Issue.ruling_due, Issue.campaign_id.is_not(None), ~_waits())


def _confirm() -> Conditions:
    return (Issue.state == "resolved",)


def _rule() -> Conditions:
    return (Issue.ruling_due.is_(True), Issue.state.in_(UNFINISHED))


def _reply() -> Conditions:
    return (Issue.state == "accepted", _waits())


def _identify() -> Conditions:
    return (Issue.campaign_id.is_(None), Issue.state.in_(UNFINISHED))


def _take_over() -> Conditions:
    return (Issue.state.in_(UNFINISHED), ~first_contact_there())


def _warn() -> Conditions:
    return (Issue.state == "closed", Issue.warned_at.is_(None), Issue.campaign_id.is_not(None),
            Issue.merged_into_id.is_(None), Issue.closed_at >= clock.now() - REMINDED)


_KINDS: Mapping[str, tuple[Permission, Callable[[], Conditions]]] = {
    "answer": (Permission.ISSUE_ANSWER, _answer), "solve": (Permission.ISSUE_ANSWER, _solve),
    "confirm": (Permission.ISSUE_CONFIRM, _confirm), "rule": (Permission.ISSUE_RULE, _rule),
    "reply": (Permission.ISSUE_CONFIRM, _reply), "identify": (Permission.ISSUE_IDENTIFY, _identify),
    "take_over": (Permission.ISSUE_TAKE_OVER, _take_over), "warn": (Permission.ISSUE_ANSWER, _warn)}
KINDS = tuple(_KINDS)


def task(identity: Identity, kind: str) -> Conditions:
    """The rows that wait for this person in that way. Raises KeyError for a kind that there is not."""
    permission, conditions = _KINDS[kind]
    return (readable(identity, permission), *conditions())


def to_do(identity: Identity) -> Mapping[str, int]:
    """How many wait, by kind, in one statement; kinds that can never be this person's are left out."""
    mine = [kind for kind, (permission, _) in _KINDS.items() if reaches(identity, permission)]
    if not mine:
        return {}
    found = db.session.execute(select(*(
        select(func.count()).select_from(Issue).where(*task(identity, kind)).scalar_subquery() for kind in mine))).one()
    return dict(zip(mine, found, strict=True))
