"""From desk to desk: accepted, handed over, declined, ruled."""
from collections.abc import Collection

from portal.audit import service as audit
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.rules import life
from portal.issues.service.judging import begin, words
from portal.issues.service.owning import give, move_on
from portal.issues.service.telling import Desk, owner_desk, recorded, ruling_desk, tell
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.vocabulary import Line, TurnStart

NO_UNIT = N_("There is no such unit.")


def accept(issue: Issue, *, actor: Identity, version: int | None = None) -> None:
    """The desk takes it up. Of several who do so at once, one succeeds."""
    under = begin(issue, "accept", actor, version)
    before, issue.state = issue.state, "accepted"
    issue.responded_at = issue.responded_at or clock.now()
    audit.record("accept", "issue", issue.id, {"state": [before, issue.state]}, under=under)
    queries.reload(issue)
    tell(issue, N_("%(owner)s accepted your issue: %(title)s (%(code)s)", **_what(issue)),
         {(issue.raised_by, issue.ruling_line)} - {owner_desk(issue)}, actor=actor)


def hand_over(issue: Issue, unit: int, line: str, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """To the desk where the cause lies, which owns it at once. Handing it back to a desk that has owned it is a
    disagreement: at the second, headquarters' line rules. Raises Invalid for whom the campaign does not concern."""
    under = begin(issue, "hand_over", actor, version)
    reason = words("reason", reason)
    desk = named_desk(issue, unit, line)
    if desk == owner_desk(issue):
        raise Invalid({"unit": [N_("This desk owns it already.")]})
    back = life.goes_back([((t.unit_id, t.line), t.start) for t in queries.turns(issue)], desk)
    _move(issue, "hand_over", desk, TurnStart.HANDED_OVER, reason, life.disagreements_after(
        "hand_over", issue.disagreements, back=back), under, actor)
    tell(issue, N_("An issue was handed over to you: %(title)s (%(code)s). %(reason)s", reason=reason, **_what(issue)),
         [owner_desk(issue)], actor=actor, first=False)
    tell(issue, N_("Your issue was handed over to %(owner)s: %(title)s (%(code)s). %(reason)s", reason=reason, **_what(issue)),
         actor=actor)
    _tell_ruler(issue, N_("An issue that your line supervises was handed over to %(owner)s: %(title)s (%(code)s)", **_what(issue)))


def decline(issue: Issue, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """Return what was handed over to who handed it over."""
    under = begin(issue, "decline", actor, version)
    reason = words("reason", reason)
    giver = queries.turns(issue)[-2]
    decliner = issue.owner.names
    _move(issue, "decline", (giver.unit_id, giver.line), TurnStart.DECLINED, reason, life.disagreements_after(
        "decline", issue.disagreements, back=False), under, actor)
    move_on(issue)
    tell(issue, N_("%(who)s declined an issue, it is yours again: %(title)s (%(code)s). %(reason)s", who=decliner, reason=reason,
                   **_what(issue)), [owner_desk(issue)], actor=actor, first=False)
    tell(issue, N_("%(who)s declined your issue, it is with %(owner)s again: %(title)s (%(code)s). %(reason)s", who=decliner,
                   reason=reason, **_what(issue)), actor=actor)
    if issue.ruling_due:
        _tell_ruler(issue, None)


def rule(issue: Issue, unit: int, line: str, reason: str, *, actor: Identity, version: int | None = None) -> None:
    """Headquarters' line says whose it is; that desk accepts and can neither decline nor hand over. Every desk that has had
    it hears of the ruling."""
    under = begin(issue, "rule", actor, version)
    reason = words("reason", reason)
    desk, before = named_desk(issue, unit, line), owner_desk(issue)
    changes = {"owner": [recorded(before), recorded(desk)], "state": [issue.state, "routed"],
               "ruling_due": [issue.ruling_due, False], "reason": reason}
    issue.state, issue.ruling_due, issue.ruled = "routed", False, True
    give(issue, desk, TurnStart.RULED, reason=reason, by=actor.person)
    audit.record("rule", "issue", issue.id, changes, under=under)
    queries.reload(issue)
    tell(issue, N_("Headquarters ruled that %(owner)s owns the issue: %(title)s (%(code)s). %(reason)s", reason=reason,
                   **_what(issue)), dict.fromkeys((t.unit_id, t.line) for t in queries.turns(issue)), actor=actor)


def named_desk(issue: Issue, unit: int, line: str, field: str = "unit") -> Desk:
    """A desk that may be drawn in. Raises Invalid, as if a unit that the campaign does not concern did not exist."""
    if unit not in _keys(issue):
        raise Invalid({field: [NO_UNIT]})
    if line not in set(Line):
        raise Invalid({"line": [N_("Choose one of the list.")]})
    return unit, str(line)


def _keys(issue: Issue) -> Collection[int]:
    return {u.id for u in queries.nameable(issue)}


def _move(issue: Issue, action: str, desk: Desk, start: TurnStart, reason: str, disagreements: int, under: Appointment,
          actor: Identity) -> None:
    changes: dict[str, object] = {"owner": [recorded(owner_desk(issue)), recorded(desk)], "reason": reason}
    if issue.state != "routed":
        changes["state"] = [issue.state, "routed"]
    if disagreements != issue.disagreements:
        changes["disagreements"] = [issue.disagreements, disagreements]
    issue.state, issue.disagreements = "routed", disagreements
    if disagreements >= life.DISAGREEMENTS:
        issue.ruling_due = changes["ruling_due"] = True
    give(issue, desk, start, reason=reason, by=actor.person)
    db.session.flush()
    audit.record(action, "issue", issue.id, changes, under=under)
    queries.reload(issue)


def _tell_ruler(issue: Issue, message: Message | None) -> None:
    """Headquarters' line: that it has to rule, or else what it watches; not when it owns the issue and has been told."""
    if issue.ruling_due:
        message = N_("A second disagreement: your line rules who owns the issue: %(title)s (%(code)s)", **_what(issue))
    elif issue.owner_unit == HEADQUARTERS:
        return
    if message is not None:
        tell(issue, message, [ruling_desk(issue)], first=False)


def _what(issue: Issue) -> dict[str, object]:
    return {"title": issue.title, "code": issue.code, "owner": issue.owner.names}
