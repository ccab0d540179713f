"""A unit is closed, or merged into another: whoever goes on in its place sees the campaigns that concerned it.

Run by headquarters itself, after the day has come (`portal.units.service` posts it). Twice is once."""
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal.audit import service as audit
from portal.campaigns import queries
from portal.campaigns.models import Campaign
from portal.campaigns.service.content import Units, content_of, known_units, seen_by
from portal.campaigns.service.judging import address, called, tell_desk
from portal.notices import service as notices
from tenants import directory
from tenants.access import HEADQUARTERS
from tenants.db import db
from tenants.messages import N_
from tenants.models import Unit
from tenants.vocabulary import CampaignState, Line, Role


def succeed(_: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in headquarters' lane: `payload` names the unit that is gone."""
    units = known_units()
    unit = units[int(payload["unit"])]
    if directory.goes_on(unit):
        return
    for campaign in queries.seen_by(unit.id):
        _join(campaign, unit, units)
        if campaign.unit_id == unit.id and campaign.state in (CampaignState.LIVE, CampaignState.PAUSED):
            _nobody_runs(campaign, unit)


def _join(campaign: Campaign, unit: Unit, units: Units) -> None:
    """The launcher stays who it was: headquarters' line says who is it from now on."""
    seen = seen_by(content_of(campaign), units, campaign.parties)
    come = [units[u] for u in seen.parties if u not in campaign.parties]
    if not come:
        return
    campaign.parties, campaign.desks = list(seen.parties), list(seen.desks)
    db.session.flush()
    audit.record("succeed", "campaign", campaign.id, {"party": [u.code for u in come]}, under=None)
    for heir in come:
        tell_desk(heir.id, Line(campaign.line), N_("%(unit)s is closed; its campaign concerns your unit now: %(campaign)s",
                                                   unit=unit.names, campaign=called(campaign)), address(campaign))


def _nobody_runs(campaign: Campaign, unit: Unit) -> None:
    """Nobody can pause or end what runs: headquarters' line gives it to another launcher."""
    said = N_("%(unit)s is closed, nobody can pause or end its campaign; give it to another launcher: %(campaign)s",
              unit=unit.names, campaign=called(campaign))
    notices.tell(HEADQUARTERS, said, address(campaign),
                 roles=[Role.HQ_LINE_LEAD], line=Line(campaign.line), key=f"launcher {campaign.id} {unit.id}")
