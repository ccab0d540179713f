"""What a campaign's page shows of its issues: the open ones, and the complaints by week."""
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from portal.campaigns.models import Campaign
from portal.issues import queries
from portal.issues.queries.figures import complaints
from portal.issues.views import clocks
from portal.web.access import identity, may
from tenants import clock
from tenants.access import reaches
from tenants.db import db
from tenants.permissions import Permission

SHOWN = 6
WEEKS = 26


def of_campaign(campaign: Campaign) -> str:
    """The panels “Issues” and “Complaints”, of the issues that this person reads; nothing for who reads none at all."""
    me = identity()
    if not reaches(me, Permission.ISSUE_READ):
        return ""
    now = clock.now()
    where = queries.conditions(me, queries.Wanted(campaign=campaign.id), now)
    running = queries.conditions(me, queries.Wanted(campaign=campaign.id, open=True), now)
    rows = db.session.scalars(queries.listed(running).limit(SHOWN)).all()
    days = complaints(where)
    address = f"/issues?campaign={campaign.id}"
    return render_template(
        "issues/_of_campaign.html", rows=rows, clocks=clocks.deadlines(rows, queries.clocks(rows)), total=len(days),
        running=queries.count(running) if len(rows) == SHOWN else len(rows), address=address, campaign=campaign,
        complaints=sum(n for _day, n in days), chart=_chart(days, address), raises=may(Permission.ISSUE_RAISE, campaign.subject))


def _chart(days: Sequence[tuple[date, int]], address: str) -> Mapping[str, Any] | None:
    """Complaints by the week in which the issue was raised; each week opens its issues."""
    if not any(n for _day, n in days):
        return None
    by_week: dict[date, int] = {}
    for day, n in days:
        monday = day - timedelta(days=day.weekday())
        by_week[monday] = by_week.get(monday, 0) + n
    last = clock.today() - timedelta(days=clock.today().weekday())
    first = max(min(by_week), last - timedelta(weeks=WEEKS - 1))
    weeks = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return {"labels": [w.isoformat() for w in weeks], "unit": "", "min": 0, "series": [
        {"name": str(_("complaints")), "data": [by_week.get(w, 0) for w in weeks], "step": False,
         "opens": [f"{address}&since={w}&until={w + timedelta(days=6)}" for w in weeks]}]}
