"""Landing units and the product's company hear of launch, change, pause, resumption and end, and acknowledge it."""
from collections.abc import Mapping
from typing import Any

from portal.audit import service as audit
from portal.campaigns import queries
from portal.campaigns.models import Campaign, CampaignReceipt, CampaignSync
from portal.campaigns.service.content import Units, content_of, to_inform
from portal.campaigns.service.judging import address, allow, called, tell_desk, words
from tenants import clock
from tenants.access import Appointment, Identity, need
from tenants.db import db, uuid7
from tenants.errors import RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, SyncEvent


def announce(campaign: Campaign, event: SyncEvent, text: str, changes: Mapping[str, Any], units: Units, *, actor: Identity,
             under: Appointment, also: frozenset[int] = frozenset()) -> None:
    """Post the news to everybody concerned and open a receipt for each. A receipt lies between the unit, the launcher and
    the unit that acts `under` its appointment. `also` are units that no longer belong to it and are to hear of that."""
    sync = CampaignSync(id=uuid7(), campaign_id=campaign.id, event=event.value, words=text, changes=dict(changes),
                        by_id=actor.person, at=clock.now())
    db.session.add(sync)
    db.session.flush()
    content = content_of(campaign)
    between = {campaign.unit_id, under.unit}
    named = to_inform(content, units)
    for unit in [*named, *sorted(also - {*named, campaign.unit_id})]:
        db.session.add(CampaignReceipt(
            id=uuid7(), campaign_id=campaign.id, sync_id=sync.id, unit_id=unit, line=campaign.line,
            parties=sorted({unit, *between}), at=sync.at, acknowledged_at=None, by_id=None, chased_at=None, chase_count=0))
        tell_desk(unit, Line(campaign.line), _news(campaign, event, units), address(campaign))
    db.session.flush()


def _news(campaign: Campaign, event: SyncEvent, units: Units) -> Message:
    about = {"unit": units[campaign.unit_id].names, "campaign": called(campaign)}
    match event:
        case SyncEvent.LAUNCH:
            return N_("%(unit)s launches a campaign that concerns you: %(campaign)s. Please acknowledge.", **about)
        case SyncEvent.CHANGE:
            return N_("%(unit)s has changed a campaign that concerns you: %(campaign)s. Please acknowledge.", **about)
        case SyncEvent.PAUSE:
            return N_("%(unit)s pauses a campaign that concerns you: %(campaign)s. Please acknowledge.", **about)
        case SyncEvent.RESUME:
            return N_("%(unit)s resumes a campaign that concerns you: %(campaign)s. Please acknowledge.", **about)
        case _:
            return N_("%(unit)s ends a campaign that concerns you: %(campaign)s. Please acknowledge.", **about)


def acknowledge(campaign: Campaign, *, actor: Identity) -> int:
    """All news of the campaign that the actor's unit has yet to acknowledge; returns how many. Raises NotPermitted,
    RuleViolated where there is none."""
    under = allow(campaign, "acknowledge", actor=actor)
    found = 0
    for receipt in queries.open_receipts(campaign, actor):
        under = need(actor, Permission.CAMPAIGN_ACKNOWLEDGE, receipt.subject)
        receipt.acknowledged_at, receipt.by_id = clock.now(), actor.person
        audit.record("acknowledge", "campaign_receipt", receipt.id, {"campaign": campaign.id}, under=under)
        found += 1
    db.session.flush()
    return found


def chase_receipts(campaign: Campaign, text: str, *, actor: Identity) -> int:
    """Urge every unit that has not acknowledged; how often and when last stays visible. Returns how many units were urged.
    Raises NotPermitted, RuleViolated where nobody is left, Invalid."""
    under = allow(campaign, "chase", actor=actor)
    text = words("text", text)
    left = [r for r in queries.receipts(campaign) if r.acknowledged_at is None]
    for receipt in left:
        receipt.chased_at, receipt.chase_count = clock.now(), receipt.chase_count + 1
    urged = {r.unit_id for r in left}
    if not urged:
        raise RuleViolated(N_("There is nobody to chase: everybody who was informed has acknowledged."))
    for unit in sorted(urged):
        tell_desk(unit, Line(campaign.line), N_("Please acknowledge what you were told of %(campaign)s. %(text)s",
                                                campaign=called(campaign), text=text), address(campaign))
    db.session.flush()
    audit.record("chase", "campaign", campaign.id, {"text": text}, under=under)
    return len(urged)
