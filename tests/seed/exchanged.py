"""What the demonstration year must show of campaigns and quality issues."""
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.assignments.models import WaiverRequest
from portal.campaigns import queries as campaign_queries
from portal.campaigns.models import Campaign, CampaignCheck, CampaignReceipt, CampaignSync, Caution
from portal.issues import queries
from portal.issues.models import Issue, IssueComment, IssueLink, IssueParty, IssueTurn, IssueWait
from tenants import directory
from tenants.access import Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Person, Unit
from tenants.vocabulary import CampaignState, IssueState, SyncEvent, TurnStart

OFFICE = Scope(None, (1,), Lane.OVERSIGHT)


def exchanged() -> list[tuple[object, ...]]:
    """What two runs must have in common: all of it but the keys. To be asked in a scope that sees everything."""
    i, c, r = Issue, Campaign, CampaignReceipt
    issues = db.session.execute(select(
        Unit.code, i.code, i.state, i.severity, i.title, i.complaint_count, i.disagreements, i.ruling_due, i.reopened,
        i.chase_count, i.raised_at, i.responded_at, i.resolved_at, i.closed_at, i.parties, i.owner_line, i.solution)
        .join(Unit, Unit.id == i.raised_by).order_by(Unit.code, i.raised_at))
    campaigns = db.session.execute(select(
        Unit.code, c.code, c.state, c.name, c.starts, c.ends, c.live_at, c.parties).join(Unit, Unit.id == c.unit_id)
        .order_by(Unit.code, c.code))
    receipts = db.session.execute(select(c.code, Unit.code, r.at, r.acknowledged_at, r.chase_count).join(c, c.id == r.campaign_id)
                                  .join(Unit, Unit.id == r.unit_id).order_by(c.code, Unit.code, r.at))
    comments = db.session.execute(select(IssueComment.at, IssueComment.text, IssueComment.mentions)
                                  .order_by(IssueComment.at, IssueComment.text))
    return [tuple(row) for rows in (issues, campaigns, receipts, comments) for row in rows]


def _count(column: object) -> Counter[str]:
    return Counter(db.session.scalars(select(column)))


def something_is_there() -> None:
    """On any day of any year."""
    with acting_as(OFFICE):
        assert _count(Campaign.state).keys() > {"live"}
        assert _count(Issue.state).keys() >= {"routed", "accepted", "resolved"}
        assert _count(Issue.state).total() >= 15
        open_ones = db.session.scalars(select(CampaignReceipt.acknowledged_at)).all()
        assert None in open_ones and any(open_ones)


def everything_is_there(now: datetime) -> None:
    """Late in the year."""
    with acting_as(OFFICE):
        states = _count(Issue.state)
        assert set(_count(Campaign.state)) == {s.value for s in CampaignState}
        assert set(_count(CampaignSync.event)) >= {s.value for s in SyncEvent} - {"resume"}
        assert set(states) == {s.value for s in IssueState}
        assert 0.45 < states["closed"] / states.total() < 0.8
        assert set(_count(IssueTurn.start)) == {s.value for s in TurnStart} - {"succeeded"}
        i = Issue
        for wanted in (i.ruling_due, i.ruled, i.reopened > 0, i.merged_into_id.is_not(None), i.parent_id.is_not(None),
                       i.campaign_id.is_(None), i.warned_at.is_not(None), i.chase_count > 0, queries.overdue(now)):
            assert db.session.scalar(select(func.count()).where(wanted)), wanted
        assert db.session.scalars(select(IssueLink)).first() is not None
        k = CampaignCheck
        assert db.session.scalars(select(k).join(k.by).join(Campaign, Campaign.id == k.campaign_id).where(
            k.verdict == "not_applicable", Person.email == "office@hq.example", Campaign.state == "live")).first() is not None
        assert None in db.session.scalars(select(IssueWait.ended_at)).all()
        assert any(db.session.scalars(select(IssueComment.mentions)))
        assert set(db.session.scalars(select(WaiverRequest.verdict))) == {None, "granted"}
        assert any(db.session.scalars(select(Caution.answered_at)))
    nobody_else_sees_it()
    if now.month < 12:                                 # at the end of a year those days may find a desk empty
        _everybody_has_something_to_do()


def people() -> Iterator[Identity]:
    """Everybody outside headquarters who has functions in one unit only."""
    with acting_as(OFFICE):
        keys = db.session.scalars(select(Person.id).order_by(Person.email)).all()
    for key in keys:
        found = directory.identity_of(key)
        if found is not None and len({a.unit for a in found.appointments} - {1}) == 1:
            yield found


def nobody_else_sees_it() -> None:
    """In no unit does anybody find an issue of which the unit is no party, whoever asks and however widely."""
    parties: dict[UUID, set[int]] = defaultdict(set)
    with acting_as(OFFICE):
        for issue, unit in db.session.execute(select(IssueParty.issue_id, IssueParty.unit_id)):
            parties[issue].add(unit)
    seen = 0
    for actor in people():
        unit = actor.appointments[0].unit
        with acting_as(actor.scope(writing=False)):
            for key in db.session.scalars(select(Issue.id)):
                assert unit in parties[key]
                seen += 1
    assert seen


def _everybody_has_something_to_do() -> None:
    with acting_as(OFFICE):
        by_mail = {p.email: p.id for p in db.session.scalars(select(Person))}
    for who in ("market@hq", "customer-service@hq", "contact@guangdong", "market@guangdong", "market@migu"):
        actor = directory.identity_of(by_mail[f"{who}.example"])
        assert actor is not None
        with acting_as(actor.scope(writing=False)):
            assert any(queries.to_do(actor).values()), who
            assert who != "contact@guangdong" or campaign_queries.to_acknowledge(actor, 5)
