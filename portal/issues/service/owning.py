"""How an issue comes into another desk's hands: turns, parties and the owner itself, always together."""
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.issues import queries
from portal.issues.models import Issue, IssueParty, IssueTurn, IssueWait
from portal.issues.service.telling import Desk
from portal.outbox import service as outbox
from portal.units.service import CLOSED
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.db import db, uuid7
from tenants.vocabulary import IssuePart, TurnStart


def join(issue: Issue, desk: Desk, part: IssuePart, by: UUID | None, at: datetime | None = None) -> bool:
    """Give a desk a part in the issue, and so the sight of it; False where it has that part already."""
    same = IssueParty.issue_id == issue.id, IssueParty.unit_id == desk[0], IssueParty.line == desk[1]
    held = set(db.session.scalars(select(IssueParty.part).where(*same)))
    if part in held or (part is IssuePart.COOPERATING and held & {IssuePart.OWNER, IssuePart.RAISING, IssuePart.SUPERVISING}):
        return False
    db.session.add(IssueParty(id=uuid7(), issue_id=issue.id, unit_id=desk[0], line=desk[1], part=part.value, by_id=by,
                              at=at or clock.now()))
    db.session.flush()
    db.session.refresh(issue, ["parties", "desks"])
    return True


def give(issue: Issue, desk: Desk, start: TurnStart, *, reason: str = "", by: UUID | None = None) -> None:
    """The desk owns the issue from now on. Who owned it stays as a cooperating party; headquarters, when it owned, watches
    again. The caller decides what that does to the state."""
    now, former = clock.now(), (issue.owner_unit, issue.owner_line)
    if desk != former:
        change_part(issue, former, IssuePart.OWNER, IssuePart.COOPERATING)
        if not change_part(issue, desk, IssuePart.COOPERATING, IssuePart.OWNER):
            join(issue, desk, IssuePart.OWNER, by, now)
        if desk[0] != HEADQUARTERS:
            _watch(issue, now)
        _see_parts(issue, desk, by)
        issue.owner_unit, issue.owner_line = desk
    add_turn(issue, desk, start, reason, by, now)
    db.session.flush()
    db.session.refresh(issue, ["parties", "desks"])


def move_on(issue: Issue) -> None:
    """It came back to a unit that has closed since: headquarters moves it to the successor, as it did what was there then."""
    if queries.successor(issue.owner_unit) != issue.owner_unit:
        outbox.post(CLOSED, HEADQUARTERS, {"unit": issue.owner_unit})


def add_turn(issue: Issue, desk: Desk, start: TurnStart, reason: str, by: UUID | None, at: datetime) -> None:
    """The turn that runs ends, the next begins; a question that waits for its answer ends with the turn."""
    past = queries.turns(issue)
    end_turn(issue, at)
    db.session.add(IssueTurn(id=uuid7(), issue_id=issue.id, position=len(past) + 1, unit_id=desk[0], line=desk[1],
                             start=start.value, reason=reason, by_id=by, begun_at=at, ended_at=None))


def end_turn(issue: Issue, at: datetime) -> None:
    """Nobody's time runs any more."""
    for turn in queries.turns(issue):
        if turn.ended_at is None:
            turn.ended_at = at
    go_on(issue, at)


def wait(issue: Issue, at: datetime) -> None:
    """From now on it lies with the raiser, to answer or to confirm: the owner's share stands still."""
    db.session.add(IssueWait(id=uuid7(), issue_id=issue.id, begun_at=at, ended_at=None))


def go_on(issue: Issue, at: datetime) -> None:
    """It lies with the owner again."""
    for row in queries.waits_of([issue.id]).get(issue.id, ()):
        if row.ended_at is None:
            row.ended_at = at


def change_part(issue: Issue, desk: Desk, before: IssuePart, after: IssuePart) -> bool:
    """What the desk's part becomes; False where it has no such part."""
    row = db.session.scalars(select(IssueParty).where(
        IssueParty.issue_id == issue.id, IssueParty.unit_id == desk[0], IssueParty.line == desk[1],
        IssueParty.part == before.value)).one_or_none()
    if row is None:
        return False
    row.part = after.value
    db.session.flush()
    return True


def _watch(issue: Issue, at: datetime) -> None:
    """Headquarters' line supervises what it does not own."""
    join(issue, (HEADQUARTERS, issue.ruling_line), IssuePart.SUPERVISING, None, at)


def _see_parts(issue: Issue, desk: Desk, by: UUID | None) -> None:
    """Who owns an issue waits for its parts, so it sees them."""
    for part in open_parts(issue):
        join(part, desk, IssuePart.COOPERATING, by)


def open_parts(issue: Issue) -> Iterable[Issue]:
    """The sub-issues that are not finished, as far as the database shows them: to the owner it shows all."""
    return db.session.scalars(select(Issue).where(Issue.parent_id == issue.id, Issue.state.in_(queries.UNFINISHED))
                              .order_by(Issue.id)).all()
