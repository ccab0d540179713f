"""Files of a campaign: evidence for each launch element, and what agents work by."""
from uuid import UUID

from portal.attachments import registry
from portal.campaigns import queries
from portal.campaigns.models import Campaign
from tenants.access import Appointment, Identity, need
from tenants.errors import RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import CampaignState, LaunchElement

KIND = "campaign"


def allow_file(campaign: Campaign, actor: Identity, _part: str = "") -> Appointment:
    """By whoever gives verdicts on it, until it has ended. Raises NotPermitted, RuleViolated."""
    under = need(actor, Permission.CAMPAIGN_CHECK, campaign.subject)
    if campaign.state == CampaignState.ENDED:
        raise RuleViolated(N_("Files are added and removed until a campaign has ended."))
    return under


def _load(actor: Identity, key: UUID) -> Campaign:
    return queries.one(actor, key)


registry.register(registry.Carrier(KIND, _load, Campaign.id, queries.readable, Permission.CAMPAIGN_READ, allow_file,
                                   lambda c: f"/campaigns/{c.id}",
                                   (*(e.value for e in LaunchElement), queries.AGENT_DOCUMENT)))
