"""What somebody does with a campaign or a quality issue: acts that know how they are performed.

A campaign is found again by the unit that launched it and its code, an issue by the unit that raised it and the moment, so
that a run that was interrupted goes on."""
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy import select, update

from portal.attachments import service as attachments
from portal.campaigns import queries as campaign_queries
from portal.campaigns import service as campaigns
from portal.campaigns.models import Campaign, Caution
from portal.campaigns.queries import CautionsWanted
from portal.issues import queries as issue_queries
from portal.issues import service as issues
from portal.issues.models import Issue
from portal.issues.service import HEADQUARTERS_HANDLERS, beyond, warning
from portal.outbox.models import OutboxMessage
from seed.demo.acts import Act, Of, Who
from seed.demo.people import Staff
from tenants import clock
from tenants.access import HEADQUARTERS, Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tenants.vocabulary import Business, Line, Segment

At = tuple[str, datetime]              # an issue: the unit that raised it, and when
Desk = tuple[str, Line]                # a unit, by its code, and one of its lines


class World:
    """Which campaign and which issue has which key."""

    def __init__(self, staff: Mapping[str, Staff]) -> None:
        self.staff = staff
        self._campaigns: dict[tuple[str, str], UUID] = {}
        self._issues: dict[At, UUID] = {}

    def unit(self, code: str) -> int:
        return self.staff[code].unit_id

    def address(self, who: Who) -> str:
        return self.staff[who[1]].address(who[0])

    def campaign(self, of: Of) -> UUID:
        key = of.unit, of.code
        if key not in self._campaigns:
            self._campaigns[key] = db.session.scalars(
                select(Campaign.id).where(Campaign.unit_id == self.unit(of.unit), Campaign.code == of.code)).one()
        return self._campaigns[key]

    def issue(self, at: At) -> UUID:
        if at not in self._issues:
            self._issues[at] = db.session.scalars(
                select(Issue.id).where(Issue.raised_by == self.unit(at[0]), Issue.raised_at == at[1])).one()
        return self._issues[at]

    def raised(self, at: At, key: UUID) -> None:
        self._issues[at] = key


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAct(Act, ABC):
    """`of` names the campaign, without a code where it is not known."""

    @abstractmethod
    def perform(self, world: World, actor: Identity) -> None: ...


# --- campaigns ------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a campaign says; units are codes, no units are the whole network. `configured` is what the systems have."""
    line: Line
    name: str
    product: str
    owner: str | None
    segment: Segment
    business: Business
    brand: str
    starts: date
    ends: date
    rules: str
    notice: str
    training: date | None
    lands: tuple[str, ...] = ()
    configured: tuple[str, ...] | None = None

    def content(self, of: Of, world: World) -> campaigns.Content:
        def keys(codes: tuple[str, ...]) -> tuple[int, ...]:
            return tuple(world.unit(c) for c in codes)
        configured = self.lands if self.configured is None else self.configured
        return campaigns.Content(
            code=of.code, name=self.name, unit=world.unit(of.unit), line=self.line, starts=self.starts, ends=self.ends,
            product=self.product, product_owner=world.unit(self.owner) if self.owner else None, network=not self.lands,
            lands_in=keys(self.lands), segment=self.segment, brand=self.brand, business=self.business, rules_text=self.rules,
            notice_text=self.notice, training_on=self.training, configured_network=not configured, configured_in=keys(configured))


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(ExchangeAct):
    offer: Offer

    def perform(self, world: World, actor: Identity) -> None:
        campaigns.register(self.offer.content(self.of, world), actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCampaign(ExchangeAct):
    def perform(self, world: World, actor: Identity) -> None:
        self.on(campaign_queries.one(actor, world.campaign(self.of)), world, actor)

    @abstractmethod
    def on(self, campaign: Campaign, world: World, actor: Identity) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach(OnCampaign):
    """A text file; of the part that agents work by."""
    name: str
    text: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        attachments.attach("campaign", campaign.id, BytesIO(self.text.encode()), self.name, actor=actor,
                           part=campaign_queries.AGENT_DOCUMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(OnCampaign):
    element: str
    verdict: str
    reason: str = ""

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        campaigns.check(campaign, self.element, self.verdict, self.reason, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLive(OnCampaign):
    """The launch; of a campaign that is paused its resumption."""

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        campaigns.go_live(campaign, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(OnCampaign):
    reason: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        campaigns.pause(campaign, self.reason, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class End(OnCampaign):
    reason: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        campaigns.end(campaign, self.reason, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolong(OnCampaign):
    """A change of the running campaign: it ends later."""
    ends: date
    text: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        campaigns.change(campaign, replace(campaigns.content_of(campaign), ends=self.ends), self.text, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge(OnCampaign):
    """All that the unit has not acknowledged yet: with one look also what came since."""

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        if campaign_queries.open_receipts(campaign, actor):
            campaigns.acknowledge(campaign, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaseReceipts(OnCampaign):
    """Of those who still have not."""
    text: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        if any(r.acknowledged_at is None for r in campaign_queries.receipts(campaign)):
            campaigns.chase_receipts(campaign, self.text, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCaution(OnCampaign):
    """What a warning from elsewhere asked to look at, where one has come."""
    affected: bool
    finding: str

    def on(self, campaign: Campaign, world: World, actor: Identity) -> None:
        open_ones = campaign_queries.cautions(actor, CautionsWanted(state="waiting")).where(Caution.campaign_id == campaign.id)
        for caution in db.session.scalars(open_ones).all():
            campaigns.answer_caution(caution, self.affected, self.finding, actor=actor)


# --- issues ---------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True, kw_only=True)
class Raise(ExchangeAct):
    """By the actor's unit. Without a campaign's code `called` says how the customer calls it."""
    title: str
    description: str
    severity: str
    stage: str
    element: str
    complaints: int
    called: str = ""
    also: tuple[str, ...] = ()

    def perform(self, world: World, actor: Identity) -> None:
        made = issues.raise_issue(issues.Draft(
            world.campaign(self.of) if self.of.code else None, world.unit(self.who[1]), self.title, self.description,
            self.severity, self.stage, self.element, self.complaints, self.called, tuple(world.unit(u) for u in self.also)),
            actor=actor)
        world.raised((self.who[1], self.at), made.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIssue(ExchangeAct):
    issue: At

    def perform(self, world: World, actor: Identity) -> None:
        self.on(issue_queries.one(actor, world.issue(self.issue)), world, actor)

    @abstractmethod
    def on(self, issue: Issue, world: World, actor: Identity) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(OnIssue):
    """A step that is its action and what is said in it: `texts` in the order in which the service takes them."""
    action: str
    texts: tuple[str, ...] = ()

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        getattr(issues, self.action)(issue, *self.texts, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(OnIssue):
    """`hand_over`, `rule` or `name_party`: to a desk, the last without words."""
    action: str
    desk: Desk
    texts: tuple[str, ...] = ()

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        getattr(issues, self.action)(issue, world.unit(self.desk[0]), self.desk[1].value, *self.texts, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(OnIssue):
    text: str
    mentions: tuple[Who, ...] = ()

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        issues.comment(issue, self.text, tuple(world.address(w) for w in self.mentions), actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify(OnIssue):
    """`of` is the campaign that was meant."""

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        issues.identify(issue, world.campaign(self.of), actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOther(OnIssue):
    """`merge` or `link`."""
    action: str
    other: At

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        other = issue_queries.one(actor, world.issue(self.other))
        getattr(issues, self.action)(issue, other, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(OnIssue):
    """The part is raised by the actor's unit at this moment."""
    desk: Desk
    title: str
    description: str

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        part = issues.split(issue, world.unit(self.desk[0]), self.desk[1].value, self.title, self.description, actor=actor)
        world.raised((self.who[1], self.at), part.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn(OnIssue):
    to: str

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        issues.pass_on(issue, world.staff[self.issue[0]].keys[self.to], actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(OnIssue):
    count: int
    text: str

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        issues.join(issue, self.count, self.text, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(OnIssue):
    name: str
    text: str

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        attachments.attach("issue", issue.id, BytesIO(self.text.encode()), self.name, actor=actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn(OnIssue):
    """Owners of alike campaigns are asked to look; `spread` lets them hear of it."""
    text: str
    days: int = field(default=7)

    def on(self, issue: Issue, world: World, actor: Identity) -> None:
        issues.warn(issue, self.text, clock.today() + timedelta(days=self.days), actor=actor)


_SPREAD = (warning.TOPIC, beyond.TOPIC)


def spread() -> int:
    """Headquarters finds the alike campaigns of every warning that waits, and whoever hears of a step without seeing the issue, a
    moment after it was sent. How many those were."""
    m = OutboxMessage
    receiver = Scope(None, (HEADQUARTERS,))
    with acting_as(receiver):
        waiting = db.session.execute(select(m.id, m.topic, m.at, m.payload).where(m.topic.in_(_SPREAD), m.done_at.is_(None))
                                     .order_by(m.at, m.id)).all()
    for row in waiting:
        with clock.standing_at(row.at + timedelta(seconds=5)):
            with acting_as(Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)):
                HEADQUARTERS_HANDLERS[row.topic](row.id, row.payload)
                db.session.commit()
            with acting_as(receiver):
                db.session.execute(update(m).where(m.id == row.id).values(done_at=clock.now()))
                db.session.commit()
    return len(waiting)
