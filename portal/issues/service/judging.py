"""Who may do what with an issue now, and in which order that is judged: permission, the row held, its version, its state,
and last what was sent."""
from collections.abc import Mapping
from dataclasses import replace

from portal import texts
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.rules import life
from tenants.access import Appointment, Identity, need, permits
from tenants.errors import Invalid, NotPermitted, Stale
from tenants.messages import N_, Message

ACTIONS = life.ACTIONS


def allow(issue: Issue, action: str, *, actor: Identity) -> Appointment:
    """May this person do that now? Returns the appointment that grants it. Raises NotPermitted, then RuleViolated."""
    under = granted(issue, action, actor=actor)
    life.check(action, queries.standing(issue))
    return under


def offers(issue: Issue, *, actor: Identity) -> frozenset[str]:
    """What `allow` grants now."""
    possible = life.offers(queries.standing(issue))
    return frozenset(action for action in possible if _may(issue, action, actor))


def _may(issue: Issue, action: str, actor: Identity) -> bool:
    return bool(permits(_as_raiser(issue, actor) if action == "join" else actor, life.WHO[action], issue.subject))


def granted(issue: Issue, action: str, *, actor: Identity) -> Appointment:
    """May this person ever do that here, whatever the state? Raises NotPermitted."""
    if action == "join" and not _may(issue, action, actor):
        raise NotPermitted(N_("Complaints are added by the unit that raised the issue."))
    return need(_as_raiser(issue, actor) if action == "join" else actor, life.WHO[action], issue.subject)


def _as_raiser(issue: Issue, actor: Identity) -> Identity:
    """With the functions in the raising unit alone."""
    return replace(actor, appointments=tuple(a for a in actor.appointments if a.unit == issue.raised_by), also=actor.selves)


def begin(issue: Issue, action: str, actor: Identity, version: int | None) -> Appointment:
    """Permission, then the row held and read anew, then its version, then its state. `version` is what the person had in
    front of them; None from a program that has no form open. Raises NotPermitted, Stale, RuleViolated."""
    granted(issue, action, actor=actor)
    queries.lock(issue)
    if version is not None and version != issue.version:
        raise Stale(N_("Somebody else has changed this issue since you opened it. See what it says now, then decide."))
    return allow(issue, action, actor=actor)


def said_faults(said: Mapping[str, tuple[str, int, bool]]) -> dict[str, list[Message]]:
    """What is wrong with texts: field → (what was sent, how many characters at most, whether it is required)."""
    found: dict[str, list[Message]] = {}
    for field, (text, most, required) in said.items():
        length = len(texts.clean(text))
        if required and not length:
            found[field] = [N_("This is required.")]
        elif length > most:
            found[field] = [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.", n=most, m=length)]
    return found


def invalid(faults: Mapping[str, list[Message]]) -> None:
    """Raises Invalid where there are any."""
    if faults:
        raise Invalid(faults)


def words(field: str, text: str, *, required: bool = True, most: int = texts.MEDIUM) -> str:
    """A text of a step as it is stored. Raises Invalid."""
    invalid(said_faults({field: (text, most, required)}))
    return texts.prose(text)
