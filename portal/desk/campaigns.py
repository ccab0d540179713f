"""Campaigns on the desk: what is to be judged before its launch, news to acknowledge, warnings to answer; and for the launcher
who has not acknowledged. One statement each."""
from collections.abc import Iterable
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.campaigns import queries
from portal.campaigns.models import Campaign, CampaignReceipt
from portal.campaigns.queries import CautionsWanted
from portal.desk.rules import Task
from tenants import clock
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import CampaignState, SyncEvent

MOST = 30                              # rows on a desk: the lists have them all
NEAR = 14                              # days before its start that a campaign which is not live yet turns amber


def mine(identity: Identity) -> Iterable[Task]:
    """What waits for this person."""
    if reaches(identity, Permission.CAMPAIGN_CHECK):
        yield from _to_check(identity)
    if reaches(identity, Permission.CAMPAIGN_CONFIRM):
        for c in queries.to_confirm(identity, MOST):
            yield Task(N_("%(code)s %(name)s", code=c.code, name=c.name),
                       N_("campaign: confirm as the second person what does not apply"), f"/campaigns/{c.id}#checks", N_("Confirm"),
                       c.starts, _tone(c), key=f"confirm-{c.id}")
    if reaches(identity, Permission.CAMPAIGN_ACKNOWLEDGE):
        yield from _to_acknowledge(identity)
    if reaches(identity, Permission.CAUTION_ANSWER):
        yield from _cautions(identity)


def _to_check(identity: Identity) -> Iterable[Task]:
    for c in queries.to_check(identity, MOST):
        action = N_("Check") if c.state == CampaignState.DRAFT else N_("Go on")
        yield Task(N_("%(code)s %(name)s", code=c.code, name=c.name), N_("campaign: judge the launch elements"),
                   f"/campaigns/{c.id}#checks", action, c.starts, _tone(c), key=f"campaign-{c.id}")


def _tone(c: Campaign) -> str:
    left = (c.starts - clock.today()).days
    return "red" if left < 0 else "amber" if left <= NEAR else "grey" if c.state == CampaignState.DRAFT else "green"


def _to_acknowledge(identity: Identity) -> Iterable[Task]:
    for key, found in groupby(queries.to_acknowledge(identity, MOST), key=lambda row: row[1].id):
        rows = list(found)
        campaign: Campaign = rows[0][1]
        by = campaign.unit.short_names
        news = list(dict.fromkeys(SyncEvent(r.sync.event) for r, _ in rows))
        yield Task(N_("%(code)s %(name)s", code=campaign.code, name=campaign.name),
                   N_("%(unit)s tells you: %(news)s; chased already", unit=by, news=news) if any(r.chase_count for r, _ in rows)
                   else N_("%(unit)s tells you: %(news)s", unit=by, news=news), f"/campaigns/{key}",
                   N_("Acknowledge"), None, "grey",
                   clock.local(rows[0][0].at).date(), pick=f"campaign {key}")


def _cautions(identity: Identity) -> Iterable[Task]:
    today = clock.today()
    waiting = queries.cautions(identity, CautionsWanted(state="waiting"), Permission.CAUTION_ANSWER)
    for k in db.session.scalars(waiting.limit(MOST)):
        at = urlencode({"state": "waiting", "unit": k.unit.code, "line": k.line})      # with these it stands on the first page
        yield Task(N_("Look whether it is affected: %(code)s %(name)s", code=k.campaign.code, name=k.campaign.name),
                   N_("a like campaign had a quality issue"), f"/cautions?{at}#c-{k.id}", N_("Answer"), k.due,
                   "red" if k.due < today else "amber" if (k.due - today).days <= 3 else "green", key=f"caution-{k.id}")


def waiting(identity: Identity) -> Iterable[Task]:
    """For the launcher: whose units have yet to acknowledge, the longest waiting first."""
    if not reaches(identity, Permission.CAMPAIGN_RUN):
        return
    r = CampaignReceipt
    open_ones = db.session.scalars(
        select(r).join(Campaign, Campaign.id == r.campaign_id)
        .where(r.acknowledged_at.is_(None), queries.readable(identity, Permission.CAMPAIGN_RUN))
        .options(joinedload(r.unit)).order_by(r.at, r.id).limit(MOST * 10)).all()
    by_campaign: dict[UUID, list[CampaignReceipt]] = {}
    for row in open_ones:
        by_campaign.setdefault(row.campaign_id, []).append(row)
    names = queries.by_key(list(by_campaign))
    for key, rows in by_campaign.items():
        units = list({r.unit_id: r.unit.short_names for r in rows}.values())
        yield Task(N_("%(code)s %(name)s", code=names[key].code, name=names[key].name),
                   N_("%(n)s units have yet to acknowledge", n=len(units)), f"/campaigns/{key}#news", N_("Chase"), None, "grey",
                   clock.local(min(r.at for r in rows)).date())
