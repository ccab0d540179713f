"""What the clocks and the rules make of an issue: for a page, a list, and for what may be done next."""
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.audit.models import AuditEntry
from portal.issues.models import Issue, IssueTurn, IssueWait
from portal.issues.queries.limits import Clocks, ground
from portal.issues.queries.reading import UNFINISHED
from portal.issues.queries.thread import in_office, open_wait, turns, turns_of, waits_of
from portal.issues.rules import clocks as rules
from portal.issues.rules.life import Standing
from tenants import clock
from tenants.db import db
from tenants.vocabulary import Severity, Stage, TurnStart


def clocks(issues: Sequence[Issue], now: datetime | None = None) -> Mapping[UUID, Clocks]:
    """Of each issue, in four statements however many they are."""
    keys = [issue.id for issue in issues]
    had, waited, at = turns_of(keys), waits_of(keys), now or clock.now()
    return {issue.id: _clocks(issue, had.get(issue.id, ()), waited.get(issue.id, ()), at) for issue in issues}


def clocks_of(issue: Issue, now: datetime | None = None) -> Clocks:
    return clocks([issue], now)[issue.id]


def _clocks(issue: Issue, had: Sequence[IssueTurn], waited: Sequence[IssueWait], now: datetime) -> Clocks:
    on, times = ground(), times_of(issue)
    limit = rules.limit_for(on.limits, Severity(issue.severity), Stage(issue.stage))
    due = rules.deadlines(issue.raised_at, limit, on.time)
    end = times.resolved_at or times.ended_at or now
    shares = rules.shares(
        [rules.Turn((t.unit_id, t.line), rules.Span(t.begun_at, t.ended_at)) for t in had],
        [rules.Span(w.begun_at, w.ended_at) for w in waited], end, limit, on.time)
    return Clocks(due.respond_by, due.resolve_by, rules.overdue(times, due, now),
                  rules.used(times, due, limit, on.time, now), tuple(shares),
                  None if times.resolved_at or times.ended_at else next((w.begun_at for w in waited if w.ended_at is None), None),
                  rules.next_due(times, due), rules.late_to_respond(times, due, now), rules.late_to_resolve(times, due, now),
                  limit.continuous)


def times_of(issue: Issue) -> rules.Times:
    return rules.Times(issue.raised_at, issue.responded_at, issue.resolved_at, issue.closed_at)


def standing(issue: Issue) -> Standing:
    """Where it stands, for the rules to say what may be done."""
    last = turns(issue)[-1]
    on, times = ground(), times_of(issue)
    limit = rules.limit_for(on.limits, Severity(issue.severity), Stage(issue.stage))
    late = rules.overdue(times, rules.deadlines(issue.raised_at, limit, on.time), clock.now())
    return Standing(
        issue.state, handed_over=last.start == TurnStart.HANDED_OVER and issue.state == "routed", ruling_due=issue.ruling_due,
        ruled=issue.ruled, overdue=late, waiting=open_wait(issue) is not None, identified=issue.campaign_id is not None,
        open_parts=open_parts(issue), holds=holds(issue), contact_gone=not in_office(issue),
        merged=issue.merged_into_id is not None, warned=issue.warned_at is not None)


def holds(issue: Issue) -> int:
    """How many issues go on in it. Its own trail says so to everybody who sees it; those issues not all of them see."""
    e = AuditEntry
    taken, parted = (func.count().filter(e.action == action) for action in ("merged", "parted"))
    return db.session.scalar(select(taken - parted).where(
        e.subject_kind == "issue", e.subject_id == issue.id, e.action.in_(("merged", "parted")))) or 0


def open_parts(issue: Issue) -> int:
    """How many sub-issues are not finished; who owns an issue sees all its parts."""
    return db.session.scalar(select(func.count()).select_from(Issue).where(
        Issue.parent_id == issue.id, Issue.state.in_(UNFINISHED))) or 0
