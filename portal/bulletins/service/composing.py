"""A draft: figures taken once, words of the office around them, until it is published or thrown away."""
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal import texts
from portal.audit import service as audit
from portal.bulletins import queries
from portal.bulletins.models import Bulletin
from portal.bulletins.rules import BulletinState, Content, Section
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, need, permits
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale, noting
from tenants.messages import N_, Message
from tenants.permissions import Permission

KIND = "bulletin"
_ISSUED = frozenset({"acknowledge", "chase"})
_ACTIONS = ("change", "refresh", "remove", "publish", *sorted(_ISSUED))


def allow(bulletin: Bulletin, action: str, *, actor: Identity) -> Appointment:
    """May this person do this to the bulletin now? Raises NotPermitted, then RuleViolated."""
    under = (need(actor, Permission.BULLETIN_ACKNOWLEDGE, bulletin.subject) if action == "acknowledge"
             else need(actor, Permission.BULLETIN_WRITE))
    if (bulletin.state == BulletinState.ISSUED) != (action in _ISSUED):
        raise RuleViolated(N_("The bulletin is not published yet.") if action in _ISSUED else
                           N_("The bulletin is published and stays as it is."))
    return under


def offers(bulletin: Bulletin, *, actor: Identity) -> frozenset[str]:
    """What this person may do with it now."""
    writes, reads = permits(actor, Permission.BULLETIN_WRITE), permits(actor, Permission.BULLETIN_ACKNOWLEDGE, bulletin.subject)
    issued = bulletin.state == BulletinState.ISSUED
    return frozenset(a for a in _ACTIONS if (reads if a == "acknowledge" else writes) and issued == (a in _ISSUED))


def compose(title: str, *, actor: Identity) -> Bulletin:
    """A draft with the figures of this moment. Raises NotPermitted, RuleViolated, Invalid."""
    under = need(actor, Permission.BULLETIN_WRITE)
    made = written(checked_title(title), None, by=actor.person)
    audit.record("compose", KIND, made.id, {"title": made.title, "as_of": made.as_of}, under=under)
    return made


def written(title: str, receivers: list[int] | None, *, by: UUID | None) -> Bulletin:
    """The row of a new draft, in a scope of headquarters. Raises RuleViolated where there is nothing to tell of."""
    now = clock.now()
    made = Bulletin(id=uuid7(), unit_id=HEADQUARTERS, year=None, number=None, title=title, words={}, picks=[],
                    figures=_figures(), as_of=now, receivers=receivers, parties=[], state=BulletinState.DRAFT.value,
                    composed_at=now, composed_by_id=by, published_at=None, published_by_id=None)
    db.session.add(made)
    db.session.flush()
    return made


def _figures() -> dict[str, Any]:
    found = queries.figures(clock.now())
    if found is None:
        raise RuleViolated(N_("No programme is issued yet, so there are no figures."))
    return found


def checked_title(title: str) -> str:
    """As it is stored. Raises Invalid."""
    found = texts.prose(title, texts.SHORT)
    if not found or len(found) > texts.SHORT:
        raise Invalid({"title": [N_("Write something of at most %(n)s characters.", n=texts.SHORT)]})
    return found


def checked_receivers(receivers: frozenset[int] | None) -> list[int] | None:
    """As they are stored. Raises Invalid."""
    if receivers is None:
        return None
    if not receivers or not receivers <= {u.id for u in directory.going_on() if u.id != HEADQUARTERS}:
        raise Invalid({"receivers": [N_("Choose all units, or at least one.")]})
    return sorted(receivers)


def begin(bulletin: Bulletin, action: str, actor: Identity, version: int | None) -> Appointment:
    """Hold it for a change. Raises NotPermitted, RuleViolated, Stale."""
    allow(bulletin, action, actor=actor)
    queries.lock(bulletin)
    under = allow(bulletin, action, actor=actor)
    if version is not None and version != bulletin.version:
        raise Stale(N_("Somebody else has changed this bulletin since you opened the form."))
    return under


def change(bulletin: Bulletin, content: Content, *, actor: Identity, version: int | None = None) -> None:
    """Title, words, receivers and good practice of a draft. Raises NotPermitted, RuleViolated, Stale, Invalid."""
    under = begin(bulletin, "change", actor, version)
    new = _judged(bulletin, content)
    before = _noted(bulletin)
    for name, value in new.items():
        setattr(bulletin, name, value)
    after = _noted(bulletin)
    db.session.flush()
    changes = {name: [before.get(name), after.get(name)] for name in {**before, **after} if before.get(name) != after.get(name)}
    if changes:
        audit.record("change", KIND, bulletin.id, changes, under=under)


def _noted(bulletin: Bulletin) -> dict[str, Any]:
    """For the trail: receivers by code ("*": all), of the good practice how many are picked."""
    units = "*" if bulletin.receivers is None else ", ".join(u.code for u in directory.units() if u.id in bulletin.receivers)
    return {**bulletin.words, "title": bulletin.title, "receivers": units, "picks": len(bulletin.picks)}


def _judged(bulletin: Bulletin, content: Content) -> dict[str, Any]:
    """The columns, cleaned. Raises Invalid with every fault at its field."""
    errors: dict[str, list[Message]] = {}
    found: dict[str, Any] = {"words": _words(content.words, errors)}
    with noting(errors):
        found["title"] = checked_title(content.title)
    with noting(errors):
        found["receivers"] = checked_receivers(content.receivers)
    known = {row["key"] for row in bulletin.figures["practice"]}
    found["picks"] = [key for key in dict.fromkeys(content.picks) if key in known]
    if errors:
        raise Invalid(errors)
    return found


def _words(typed: Mapping[str, str], errors: dict[str, list[Message]]) -> dict[str, str]:
    found = {}
    for section in Section:
        text = texts.prose(typed.get(section, ""), texts.MEDIUM)
        if len(text) > texts.MEDIUM:
            errors[section.value] = [N_("At most %(n)s characters; this has %(m)s. Shorten it or refer to a document.",
                                        n=texts.MEDIUM, m=len(text))]
        if text:
            found[section.value] = text
    return found


def take_anew(bulletin: Bulletin, *, actor: Identity, version: int | None = None) -> None:
    """The figures of this moment instead; good practice that is still there stays picked. Raises as `change`."""
    under = begin(bulletin, "refresh", actor, version)
    before, bulletin.as_of, bulletin.figures = bulletin.as_of, clock.now(), _figures()
    known = {row["key"] for row in bulletin.figures["practice"]}
    bulletin.picks = [key for key in bulletin.picks if key in known]
    db.session.flush()
    audit.record("refresh", KIND, bulletin.id, {"as_of": [before, bulletin.as_of]}, under=under)


def remove(bulletin: Bulletin, *, actor: Identity, version: int | None = None) -> None:
    """Throw a draft away; the trail keeps that it was there. Raises NotPermitted, RuleViolated, Stale."""
    under = begin(bulletin, "remove", actor, version)
    audit.record("remove", KIND, bulletin.id, {"title": bulletin.title}, under=under)
    db.session.delete(bulletin)
    db.session.flush()
