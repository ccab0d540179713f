"""A campaign's life: registered, changed, checked element by element, live, paused, ended."""
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal import i18n
from portal.audit import service as audit
from portal.campaigns import queries, rules
from portal.campaigns.models import Campaign, CampaignCheck
from portal.campaigns.service.content import (
    Content,
    Faults,
    Units,
    cleaned,
    columns,
    content_of,
    differences,
    faults,
    known_units,
    seen_by,
    to_inform,
)
from portal.campaigns.service.informing import announce
from portal.campaigns.service.judging import address, begin, called, permitted, tell_desk, way_to_change, way_to_check, words
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity, Subject, need, permits
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import CampaignState, LaunchElement, Line, SyncEvent, Verdict

_RUNNING = (CampaignState.LIVE, CampaignState.PAUSED)
_TAKEN = N_("The launching unit has a campaign with this code already.")


def register(content: Content, *, actor: Identity) -> Campaign:
    """A new draft. Raises NotPermitted for a launcher that is not the actor's, then Invalid."""
    units = known_units()
    under = may_register(content, actor=actor)
    content = cleaned(content)
    found = faults(content, units)
    _unique(content, found)
    if found:
        raise Invalid(found)
    campaign = add(content, units, actor=actor)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:                             # a colleague used it at the same moment
        raise Invalid({"code": [_TAKEN]}) from None
    record_registration(campaign, content, units, under)
    return campaign


def may_register(content: Content, *, actor: Identity) -> Appointment | None:
    """The appointment that grants it. None where launcher or line are still to be said, by somebody who registers at all.
    Raises NotPermitted."""
    if content.unit is None or content.line is None:
        return None
    return need(actor, Permission.CAMPAIGN_REGISTER, Subject(content.unit, content.line))


def _unique(content: Content, found: Faults, key: UUID | None = None) -> None:
    """Whether the launcher uses the code is told of a launcher only that was allowed, which takes unit and line."""
    if content.unit and content.line and "code" not in found and queries.code_taken(content.unit, content.code, key):
        found["code"] = [_TAKEN]


def add(content: Content, units: Units, *, actor: Identity) -> Campaign:
    """The row, not yet flushed; its content has been judged."""
    seen = seen_by(content, units)
    campaign = Campaign(id=uuid7(), state=CampaignState.DRAFT.value, registered_by_id=actor.person, registered_at=clock.now(),
                        live_at=None, parties=list(seen.parties), desks=list(seen.desks), everyone=seen.everyone,
                        **columns(content))
    db.session.add(campaign)
    return campaign


def record_registration(campaign: Campaign, content: Content, units: Units, under: Appointment | None) -> None:
    said = {name: pair[1] for name, pair in differences(Content(), content, units).items()}
    audit.record("register", "campaign", campaign.id, said, under=under)


def change(campaign: Campaign, content: Content, text: str = "", *, actor: Identity, version: int | None = None) -> None:
    """Change what it says; while it runs with words for those whom it concerns, who hear of it. What a change touches is
    judged anew before it goes live (again). Another launcher is one for which the actor registers, so that nobody is made to
    answer for a campaign; headquarters' line moves it between any units, and that alone.
    Raises NotPermitted, Stale, RuleViolated, Invalid."""
    under = begin(campaign, way_to_change(campaign, actor=actor), actor, version)
    units, before, content = known_units(), content_of(campaign), cleaned(content)
    _may_become(campaign, before, content, actor)
    running = campaign.state in _RUNNING
    found = faults(content, units, before)
    _unique(content, found, campaign.id)
    changes = {} if found else differences(before, content, units)
    try:
        text = words("words", text, required=N_("Say what changes and why: those whom it concerns read it.")
                     if running and changes else None)
    except Invalid as invalid:
        found |= {name: list(said) for name, said in invalid.errors.items()}
    if found:
        raise Invalid(found)
    if changes:
        _apply(campaign, before, content, units)
        anew = frozenset(LaunchElement) if {"unit", "line"} & changes.keys() else rules.touched(frozenset(changes))
        _revoke(campaign, anew)                        # another launcher sets another standard
        if running:
            gone = frozenset([*to_inform(before, units), before.unit or HEADQUARTERS]) - {*to_inform(content, units), HEADQUARTERS}
            announce(campaign, SyncEvent.CHANGE, text, changes, units, actor=actor, under=under, also=gone)
        if content.unit != before.unit:
            tell_desk(campaign.unit_id, Line(campaign.line),
                      N_("Your unit is now the launcher of %(campaign)s and sets its standard.", campaign=called(campaign)),
                      address(campaign))
        audit.record("change", "campaign", campaign.id, {**changes, **({"text": text} if text else {})}, under=under)


def _may_become(campaign: Campaign, before: Content, after: Content, actor: Identity) -> None:
    """May the actor make it so, whatever else is wrong with it? Raises NotPermitted."""
    if replace(after, unit=before.unit) != before:
        need(actor, Permission.CAMPAIGN_CHANGE, campaign.subject)
    moved = after.line == before.line and permits(actor, Permission.CAMPAIGN_MOVE, campaign.subject)
    if (after.unit, after.line) != (before.unit, before.line) and not moved:
        may_register(after, actor=actor)


def move(campaign: Campaign, unit: int | None, text: str = "", *, actor: Identity, version: int | None = None) -> None:
    """Give it to another launcher, as it is. Raises as `change` does."""
    permitted(campaign, "move", actor=actor)
    change(campaign, replace(content_of(campaign), unit=unit), text, actor=actor, version=version)


def _apply(campaign: Campaign, before: Content, after: Content, units: Units) -> None:
    """A former launcher stays a party, and so does everybody from the launch on: each may have issues on it."""
    kept = set(campaign.parties) - set(seen_by(before, units).parties)
    if after.unit != before.unit and before.unit is not None:
        kept.add(before.unit)
    if campaign.state in _RUNNING:
        kept |= set(campaign.parties)
    seen = seen_by(after, units, kept)
    for name, value in {**columns(after), "parties": list(seen.parties), "desks": list(seen.desks)}.items():
        setattr(campaign, name, value)
    campaign.everyone = seen.everyone or (campaign.state in _RUNNING and campaign.everyone)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:
        raise Invalid({"code": [_TAKEN]}) from None
    db.session.refresh(campaign, ["unit", "product_owner"])


def _revoke(campaign: Campaign, elements: frozenset[LaunchElement]) -> None:
    """What was judged is not what it says now: those who judge hear that they are to look again."""
    lapsed = {element: rows for element, rows in queries.verdicts(campaign).items() if element in elements and rows}
    for rows in lapsed.values():
        for row in rows:
            row.revoked_at = clock.now()
    db.session.flush()
    if lapsed:
        tell_desk(campaign.unit_id, Line(campaign.line), N_(
            "%(campaign)s was changed: to be judged anew are %(elements)s.", campaign=called(campaign),
            elements=_both([rules.element_words(e) for e in lapsed])), address(campaign) + "#checks")


def _both(words: Sequence[Message]) -> dict[str, str]:
    """Said in both languages."""
    return {"en": ", ".join(str(w) for w in words), "zh": "、".join(i18n.translate(w, "zh") for w in words)}


def check(campaign: Campaign, element: str, verdict: str, reason: str = "", *, actor: Identity, version: int | None = None) -> None:
    """A person's verdict on one launch element: met needs words or a file that shows it; `not_applicable` counts once a second
    person has said it too. Raises NotPermitted, Stale, RuleViolated, Invalid."""
    way = way_to_check(campaign, actor=actor)
    under = begin(campaign, way, actor, version)
    chosen, judged = _read(element, verdict)
    said = queries.verdicts(campaign)[chosen]
    first = said[-1] if said and said[-1].verdict == Verdict.NOT_APPLICABLE else None
    if way == "confirm" and (judged is not Verdict.NOT_APPLICABLE or first is None):
        raise NotPermitted(N_("You confirm what another has said not to apply; everything else is judged by whoever launches it."))
    shown = judged is Verdict.PASS and queries.evidence(campaign, chosen)
    reason = words("reason", reason, required=None if shown else _reason_for(judged, second=first is not None))
    if judged is Verdict.NOT_APPLICABLE and first is not None and first.speakers & actor.selves:
        raise RuleViolated(N_("A second person has to say that it does not apply: you or your delegate have said so already."))
    before = campaign.state
    campaign.state = rules.MACHINE.step(before, "check").target
    db.session.add(CampaignCheck(id=uuid7(), campaign_id=campaign.id, element=chosen.value, verdict=judged.value, reason=reason,
                                 by_id=actor.person, on_behalf_of_id=under.on_behalf_of, at=clock.now(), revoked_at=None))
    db.session.flush()
    changes: dict[str, Any] = {"element": chosen, "verdict": judged, "reason": reason}
    if before != campaign.state:
        changes["state"] = [before, campaign.state]
    audit.record("check", "campaign", campaign.id, changes, under=under)
    if judged is Verdict.FAIL or (judged is Verdict.NOT_APPLICABLE and first is None):
        asked = N_("%(campaign)s: “%(element)s” is not met. %(reason)s") if judged is Verdict.FAIL else \
            N_("%(campaign)s: a second person has to confirm that “%(element)s” does not apply. %(reason)s")
        told = Message(asked.msgid, {"campaign": called(campaign), "element": _both([rules.element_words(chosen)]),
                                     "reason": reason})
        tell_desk(campaign.unit_id, Line(campaign.line), told, address(campaign) + "#checks", but=actor.selves,
                  second=judged is Verdict.NOT_APPLICABLE)


def _read(element: str, verdict: str) -> tuple[LaunchElement, Verdict]:
    try:
        chosen = LaunchElement(element)
    except ValueError:
        raise Invalid({"element": [N_("Choose one of the five launch elements.")]}) from None
    try:
        return chosen, Verdict(verdict)
    except ValueError:
        raise Invalid({"verdict": [N_("Choose met, not met or not applicable.")]}) from None


def _reason_for(verdict: Verdict, *, second: bool) -> Message | None:
    if verdict is Verdict.PASS:
        return N_("Say what shows that it is met, or add a file as evidence first.")
    if verdict is Verdict.FAIL:
        return N_("Say what is missing, so that it can be mended.")
    return None if second else N_("Say why it does not apply; a second person has to agree.")


def go_live(campaign: Campaign, *, actor: Identity, version: int | None = None) -> None:
    """Launch, or resume what was paused: at 100 % only. Raises NotPermitted, Stale, RuleViolated saying what is missing."""
    under = begin(campaign, "go_live", actor, version)
    first = campaign.state != CampaignState.PAUSED
    _step(campaign, "go_live", "", under, SyncEvent.LAUNCH if first else SyncEvent.RESUME, actor)


def pause(campaign: Campaign, reason: str = "", *, actor: Identity, version: int | None = None) -> None:
    """Stop selling it for the time being. Raises NotPermitted, Stale, RuleViolated, Invalid."""
    under = begin(campaign, "pause", actor, version)
    _step(campaign, "pause", words("reason", reason), under, SyncEvent.PAUSE, actor)


def end(campaign: Campaign, reason: str = "", *, actor: Identity, version: int | None = None) -> None:
    """For good. Raises NotPermitted, Stale, RuleViolated, Invalid."""
    under = begin(campaign, "end", actor, version)
    _step(campaign, "end", words("reason", reason), under, SyncEvent.END, actor)


def _step(campaign: Campaign, action: str, reason: str, under: Appointment, event: SyncEvent, actor: Identity) -> None:
    before = campaign.state
    campaign.state = rules.MACHINE.step(before, action).target
    if event is SyncEvent.LAUNCH:
        campaign.live_at = clock.now()
    db.session.flush()
    changes: dict[str, Any] = {"state": [before, campaign.state]}
    announce(campaign, event, reason, changes, known_units(), actor=actor, under=under)
    said = {"reason": reason} if reason else {}
    audit.record("resume" if event is SyncEvent.RESUME else action, "campaign", campaign.id, {**changes, **said}, under=under)
