"""Towards the end: resolved by the owner, confirmed or reopened by the first contact, withdrawn; a question in between."""
from portal.audit import service as audit
from portal.issues import queries
from portal.issues.models import Issue, IssueWait
from portal.issues.service.beyond import tell_beyond
from portal.issues.service.gathering import part_from
from portal.issues.service.judging import begin, granted, invalid, said_faults, words
from portal.issues.service.owning import end_turn, go_on, move_on, wait
from portal.issues.service.talking import speak
from portal.issues.service.telling import Desk, owner_desk, ruling_desk, tell
from portal.texts import LONG, prose
from tenants import clock
from tenants.access import Identity
from tenants.db import db, uuid7
from tenants.messages import N_
from tenants.vocabulary import CommentKind


def resolve(issue: Issue, root_cause: str, solution: str, *, actor: Identity, version: int | None = None) -> None:
    """What it was and what was done; the first contact then confirms. Raises Invalid without either."""
    under = begin(issue, "resolve", actor, version)
    invalid(said_faults({"root_cause": (root_cause, LONG, True), "solution": (solution, LONG, True)}))
    now = clock.now()
    go_on(issue, now)
    issue.state, issue.resolved_at = "resolved", now
    issue.root_cause, issue.solution = prose(root_cause), prose(solution)
    audit.record("resolve", "issue", issue.id, {"state": ["accepted", issue.state], "root_cause": issue.root_cause,
                                                "solution": issue.solution}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(owner)s solved your issue; please confirm, or reopen it: %(title)s (%(code)s)", **_what(issue)), actor=actor)
    tell_beyond(issue, "resolve")


def confirm(issue: Issue, *, actor: Identity, version: int | None = None) -> None:
    """The first contact finds it solved: closed."""
    under = begin(issue, "confirm", actor, version)
    now = clock.now()
    issue.state, issue.closed_at = "closed", now
    end_turn(issue, now)
    audit.record("confirm", "issue", issue.id, {"state": ["resolved", issue.state]}, under=under)
    queries.reload(issue)
    tell(issue, N_("The first contact confirmed the solution, the issue is closed: %(title)s (%(code)s)", **_what(issue)),
         _desks(issue), actor=actor)
    tell_beyond(issue, "confirm")


def reopen(issue: Issue, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """It is not solved, or no duplicate: the owner goes on. The time since the solution was not the owner's; the overall clock
    ran on."""
    granted(issue, "reopen", actor=actor)
    into = queries.goes_on_in(issue)
    if into is not None:
        queries.lock_both(issue, into)
    under = begin(issue, "reopen", actor, version)
    reason = words("reason", reason)
    now, before = clock.now(), issue.state
    db.session.add(IssueWait(id=uuid7(), issue_id=issue.id, begun_at=issue.resolved_at or issue.closed_at or now, ended_at=now))
    if into is not None:
        part_from(issue, into, under)
    queries.turns(issue)[-1].ended_at = None
    issue.state, issue.resolved_at, issue.closed_at, issue.reopened = "accepted", None, None, issue.reopened + 1
    audit.record("reopen", "issue", issue.id, {"state": [before, issue.state], "reason": reason}, under=under)
    queries.reload(issue)
    move_on(issue)
    tell(issue, N_("An issue was reopened, it is not solved: %(title)s (%(code)s). %(reason)s", reason=reason, **_what(issue)),
         [owner_desk(issue), ruling_desk(issue)], actor=actor)
    tell_beyond(issue, "reopen")


def withdraw(issue: Issue, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """The first contact takes it back. Its parts are issues of their own, and go on."""
    under = begin(issue, "withdraw", actor, version)
    reason = words("reason", reason)
    now, before = clock.now(), issue.state
    issue.state, issue.closed_at, issue.ruling_due = "withdrawn", now, False
    end_turn(issue, now)
    audit.record("withdraw", "issue", issue.id, {"state": [before, issue.state], "reason": reason}, under=under)
    queries.reload(issue)
    tell(issue, N_("An issue was withdrawn: %(title)s (%(code)s). %(reason)s", reason=reason, **_what(issue)), _desks(issue),
         actor=actor)
    tell_beyond(issue, "withdraw")


def ask(issue: Issue, text: str, *, actor: Identity, version: int | None = None) -> None:
    """Something the raiser must say first; meanwhile the owner's share stands still, the overall clock does not."""
    under = begin(issue, "ask", actor, version)
    text = words("text", text, most=LONG)
    wait(issue, clock.now())
    speak(issue, CommentKind.QUESTION, text, (), actor, under)
    audit.record("ask", "issue", issue.id, {"text": text}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(owner)s asks you about your issue: %(title)s (%(code)s). %(text)s", text=text, **_what(issue)), actor=actor)


def answer(issue: Issue, text: str, *, actor: Identity, version: int | None = None) -> None:
    """What the owner asked for; the owner's share runs again."""
    under = begin(issue, "answer", actor, version)
    text = words("text", text, most=LONG)
    go_on(issue, clock.now())
    speak(issue, CommentKind.ANSWER, text, (), actor, under)
    audit.record("answer", "issue", issue.id, {"text": text}, under=under)
    queries.reload(issue)
    tell(issue, N_("The first contact answered your question: %(title)s (%(code)s). %(text)s", text=text, **_what(issue)),
         [owner_desk(issue)], actor=actor)


def _desks(issue: Issue) -> list[Desk]:
    """Every party: it is over for all of them."""
    return [owner_desk(issue), *((p.unit_id, p.line) for p in queries.parties(issue))]


def _what(issue: Issue) -> dict[str, object]:
    return {"title": issue.title, "code": issue.code, "owner": issue.owner.names}
