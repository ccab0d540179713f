"""What the figures of the flows count, as conditions on the list of issues: a figure opens exactly its rows."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from portal.campaigns.models import Campaign
from portal.issues.models import Issue
from tenants import clock
from tenants.db import db
from tenants.models import Unit


@dataclass(frozen=True, slots=True)
class Narrow:
    """None and False leave a side open. `launcher` is the code of the unit that launched the campaign; `responded` and
    `resolved` keep what has come so far; `closed_until` is the first instant that is too late."""
    owner_kind: str | None = None
    raiser_kind: str | None = None
    launcher: str | None = None
    responded: bool = False
    resolved: bool = False
    closed_since: datetime | None = None
    closed_until: datetime | None = None


def narrowed(wanted: Narrow) -> Iterator[ColumnElement[bool]]:
    """To be added to the conditions of `queries.conditions`, which say what may be read."""
    i = Issue
    for column, kind in ((i.owner_unit, wanted.owner_kind), (i.raised_by, wanted.raiser_kind)):
        if kind is not None:
            yield column.in_(select(Unit.id).where(Unit.kind == kind))
    if wanted.launcher is not None:
        launched = select(Campaign.id).join(Unit, Unit.id == Campaign.unit_id).where(Unit.code == wanted.launcher)
        yield i.campaign_id.in_(launched)
    if wanted.responded:
        yield i.responded_at.is_not(None)
    if wanted.resolved:
        yield i.resolved_at.is_not(None)
    if wanted.closed_since is not None:
        yield i.closed_at >= wanted.closed_since
    if wanted.closed_until is not None:
        yield i.closed_at < wanted.closed_until


def complaints(where: Sequence[ColumnElement[bool]]) -> list[tuple[date, int]]:
    """When each issue was raised, as a day on the portal's wall clock, and how many complaints it has by now."""
    rows = db.session.execute(select(Issue.raised_at, Issue.complaint_count).where(*where).order_by(Issue.raised_at))
    return [(clock.local(at).date(), n) for at, n in rows]
