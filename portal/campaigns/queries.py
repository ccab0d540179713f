"""Reading campaigns. What a person may not read is not there: the same answer as for what does not exist."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, case, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from portal.attachments.models import Attachment
from portal.campaigns import rules
from portal.campaigns.models import Campaign, CampaignCheck, CampaignImport, CampaignReceipt, CampaignSync, Caution
from portal.reach import Shared, within
from tenants import clock
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import LaunchElement

AGENT_DOCUMENT = "agent_document"       # the part of a file that is what agents work by
_SHARED = Shared(parties=Campaign.parties, desks=Campaign.desks, everyone=Campaign.everyone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None leaves a side open. Units are codes; `lands` finds what lands there, network-wide
    campaigns included; `receipts` keeps those whose news this person's unit has yet to acknowledge."""
    line: str | None = None
    launcher: str | None = None
    state: str | None = None
    lands: str | None = None
    product_owner: str | None = None
    segment: str | None = None
    business: str | None = None
    receipts: bool = False
    q: str = ""


def readable(identity: Identity, permission: Permission = Permission.CAMPAIGN_READ) -> ColumnElement[bool]:
    """The campaigns that the table of permissions lets this person reach."""
    return within(reaches(identity, permission), unit=Campaign.unit_id, line=Campaign.line, shared=_SHARED)


def mine_to_acknowledge(identity: Identity) -> ColumnElement[bool]:
    """Open receipts that this person may give: those of the own unit, where the function has a line, in that line."""
    r = CampaignReceipt
    own = [and_(r.unit_id == x.party, *([r.line == x.party_line.value] if x.party_line else []))
           for x in reaches(identity, Permission.CAMPAIGN_ACKNOWLEDGE)]
    return and_(r.acknowledged_at.is_(None), or_(false(), *own))


def conditions(identity: Identity, wanted: Wanted, permission: Permission = Permission.CAMPAIGN_READ) -> list[ColumnElement[bool]]:
    """Everything a list asks for, readability first."""
    c = Campaign
    found = [readable(identity, permission)]
    found += [column == value for column, value in (
        (c.line, wanted.line), (c.state, wanted.state), (c.segment, wanted.segment), (c.business, wanted.business))
        if value is not None]
    found += [column == _key(code) for column, code in ((c.unit_id, wanted.launcher), (c.product_owner_id, wanted.product_owner))
              if code is not None]
    if wanted.lands is not None:
        found.append(or_(c.network, _key(wanted.lands) == any_(c.lands_in)))
    if wanted.receipts:
        r = CampaignReceipt
        found.append(exists().where(r.campaign_id == c.id, mine_to_acknowledge(identity)))
    if wanted.q:
        found.append(called(wanted.q))
    return found


def _key(code: str) -> ColumnElement[int]:
    return select(Unit.id).where(Unit.code == code).scalar_subquery()


def called(words: str) -> ColumnElement[bool]:
    """Whose code, name, product or brand holds these words."""
    return or_(*(c.icontains(words, autoescape=True) for c in (Campaign.code, Campaign.name, Campaign.product, Campaign.brand)))


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Campaign]:
    """The latest start first, to be paged; launcher and product owner come along."""
    return (select(Campaign).where(*where).order_by(Campaign.starts.desc(), Campaign.id.desc())
            .options(joinedload(Campaign.unit), joinedload(Campaign.product_owner), joinedload(Campaign.registered_by)))


def after(starts: date, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`: where the next page begins."""
    return tuple_(Campaign.starts, Campaign.id) < tuple_(starts, key)


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Campaign).where(*where)) or 0


def one(identity: Identity, key: UUID, permission: Permission = Permission.CAMPAIGN_READ) -> Campaign:
    """With launcher, product owner and who registered it. Raises NotVisible."""
    if not reaches(identity, permission):
        raise NotVisible
    found = db.session.scalars(listed([Campaign.id == key, readable(identity, permission)])).one_or_none()
    if found is None:
        raise NotVisible
    return found


def findable(identity: Identity, words: str, most: int = 20) -> Sequence[Campaign]:
    """Campaigns on which this person may raise an issue, by two characters of code or name or more; running ones first."""
    if len(words) < 2:
        return ()
    c = Campaign
    running = c.state.in_(["live", "paused"])
    return db.session.scalars(listed([readable(identity, Permission.ISSUE_RAISE), called(words)]).order_by(None)
                              .order_by(running.desc(), c.starts.desc(), c.id.desc()).limit(most)).all()


def lock(campaign: Campaign) -> None:
    """Hold the row until the commit and read it anew. Only for whoever may change it."""
    db.session.scalars(listed([Campaign.id == campaign.id]).order_by(None).with_for_update(of=Campaign)
                       .execution_options(populate_existing=True)).one()


def seen_by(unit: int) -> Sequence[Campaign]:
    """Every campaign that a unit sees as a party, held until the commit."""
    return db.session.scalars(listed([Campaign.parties.contains([unit])]).order_by(None).order_by(Campaign.id)
                              .with_for_update(of=Campaign)).all()


def code_taken(unit: int, code: str, besides: UUID | None = None) -> bool:
    """Whether the unit has a campaign of this code that one may see."""
    found = select(Campaign.id).where(Campaign.unit_id == unit, Campaign.code == code, Campaign.id != besides)
    return db.session.scalar(found.limit(1)) is not None


def codes_of(unit: int) -> Mapping[str, UUID]:
    """The codes that a unit has used."""
    rows = db.session.execute(select(Campaign.code, Campaign.id).where(Campaign.unit_id == unit))
    return {row.code: row.id for row in rows}


def verdicts(campaign: Campaign) -> Mapping[LaunchElement, Sequence[CampaignCheck]]:
    """The verdicts in force of each element, oldest first, with who gave them."""
    return _in_force(_verdicts([campaign.id])[campaign.id])


_Verdicts = Mapping[LaunchElement, Sequence[CampaignCheck]]


def _verdicts(keys: Sequence[UUID]) -> Mapping[UUID, _Verdicts]:
    """Of each campaign all that was ever said of an element, oldest first."""
    c = CampaignCheck
    found: dict[UUID, dict[LaunchElement, list[CampaignCheck]]] = {key: {e: [] for e in LaunchElement} for key in keys}
    for row in db.session.scalars(select(c).where(c.campaign_id.in_(keys))
                                  .options(joinedload(c.by)).order_by(c.at, c.id)):
        found[row.campaign_id][LaunchElement(row.element)].append(row)
    return found


def _in_force(found: _Verdicts) -> _Verdicts:
    return {element: [row for row in rows if row.revoked_at is None] for element, rows in found.items()}


def _agent_documents(keys: Sequence[UUID]) -> Mapping[UUID, tuple[bool, datetime]]:
    """Of each campaign that ever had one: whether agents have something to work by, and when that last changed."""
    a = Attachment
    rows = db.session.execute(
        select(a.subject_id, func.bool_or(a.removed_at.is_(None)), func.max(func.coalesce(a.removed_at, a.at)))
        .where(a.subject_kind == "campaign", a.subject_id.in_(keys), a.part == AGENT_DOCUMENT).group_by(a.subject_id))
    return {key: (there, changed) for key, there, changed in rows}


@dataclass(frozen=True, slots=True)
class Element:
    """How one launch element stands: what the portal finds missing by itself (`automatic`), the verdicts of people that
    nobody took back, oldest first (`said`), and all that keeps it from being met (`missing`)."""
    element: LaunchElement
    automatic: tuple[rules.Missing, ...]
    said: Sequence[CampaignCheck]
    missing: tuple[rules.Missing, ...]
    second_wanted: bool

    @property
    def met(self) -> bool:
        return not self.missing

    @property
    def last(self) -> CampaignCheck | None:
        return self.said[-1] if self.said else None

    @property
    def first(self) -> CampaignCheck | None:
        """The verdict in force; of two who agree that it does not apply, the first one's."""
        return self.said[-2] if self.second else self.last

    @property
    def second(self) -> CampaignCheck | None:
        """Who confirmed that it does not apply."""
        return self.last if rules.agreed([rules.Said(c.verdict, c.speakers) for c in self.said]) else None

    @property
    def reason(self) -> str:
        return next((c.reason for c in (self.first, self.second) if c and c.reason), "")


def _facts(c: Campaign, agent_document: bool) -> rules.LaunchFacts:
    return rules.LaunchFacts(
        starts=c.starts, ends=c.ends, today=clock.today(), notice_text=c.notice_text, agent_document=agent_document,
        training_on=c.training_on, network=c.network, lands_in=frozenset(c.lands_in),
        configured_network=c.configured_network, configured_in=frozenset(c.configured_in))


def _standing(c: Campaign, documents: tuple[bool, datetime] | None,
              ever: _Verdicts) -> Sequence[Element]:
    """What was said of the documents counts while they are the same."""
    said = _in_force(ever)
    facts = _facts(c, documents is not None and documents[0])
    if documents is not None:
        said = {**said, LaunchElement.DOCUMENTS: [r for r in said[LaunchElement.DOCUMENTS] if r.at >= documents[1]]}
    found = rules.elements(facts, {e: [rules.Said(r.verdict, r.speakers) for r in rows] for e, rows in said.items()},
                           {element for element, rows in ever.items() if rows and not said[element]})
    automatic = rules.examine(facts)
    return [Element(e.element, automatic[e.element], said[e.element], e.missing, e.second_wanted) for e in found]


def standings(campaigns: Sequence[Campaign]) -> dict[UUID, Sequence[Element]]:
    """Of each campaign its five launch elements, in two statements."""
    keys = [c.id for c in campaigns]
    if not keys:
        return {}
    said, documents = _verdicts(keys), _agent_documents(keys)
    return {c.id: _standing(c, documents.get(c.id), said[c.id]) for c in campaigns}


def evidence(campaign: Campaign, element: LaunchElement) -> bool:
    """Whether a file shows how this element stands."""
    a, parts = Attachment, {element.value} | ({AGENT_DOCUMENT} if element is LaunchElement.DOCUMENTS else set())
    return db.session.scalar(select(exists().where(a.subject_kind == "campaign", a.subject_id == campaign.id, a.part.in_(parts),
                                                   a.removed_at.is_(None)))) or False


def missing(campaign: Campaign) -> Sequence[rules.Missing]:
    """What keeps it from 100 %; nothing where all is met."""
    return [m for e in standings([campaign])[campaign.id] for m in e.missing]


def syncs(campaign: Campaign) -> Sequence[CampaignSync]:
    """What landing units were to hear of, newest first, with who caused it."""
    return db.session.scalars(select(CampaignSync).where(CampaignSync.campaign_id == campaign.id)
                              .options(joinedload(CampaignSync.by)).order_by(CampaignSync.at.desc(), CampaignSync.id.desc())).all()


def receipts(campaign: Campaign) -> Sequence[CampaignReceipt]:
    """Who was informed of what and who has acknowledged, newest news first, units in the plan's order; a unit sees its own,
    the launcher and headquarters see all."""
    return receipts_of([campaign.id])[campaign.id]


def receipts_of(keys: Sequence[UUID]) -> dict[UUID, Sequence[CampaignReceipt]]:
    """The same of several campaigns, in one statement."""
    r = CampaignReceipt
    found: dict[UUID, list[CampaignReceipt]] = {key: [] for key in keys}
    for row in db.session.scalars(
            select(r).join(r.unit).where(r.campaign_id.in_(keys)).options(joinedload(r.unit), joinedload(r.by), joinedload(r.sync))
            .order_by(r.at.desc(), r.sync_id.desc(), Unit.position, r.id)) if keys else ():
        found[row.campaign_id].append(row)
    return dict(found)


def receipts_in(keys: Sequence[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """Of each campaign (how many receipts are open, how many there are) among those one may see, for a list."""
    r = CampaignReceipt
    rows = db.session.execute(
        select(r.campaign_id, func.count().filter(r.acknowledged_at.is_(None)), func.count())
        .where(r.campaign_id.in_(keys)).group_by(r.campaign_id))
    return {key: (still_open, total) for key, still_open, total in rows}


def to_acknowledge_of(keys: Sequence[UUID], identity: Identity) -> frozenset[UUID]:
    """Those of these campaigns of which this person has news to acknowledge."""
    r = CampaignReceipt
    return frozenset(db.session.scalars(select(r.campaign_id).where(r.campaign_id.in_(keys), mine_to_acknowledge(identity))))


def open_receipts(campaign: Campaign, identity: Identity) -> Sequence[CampaignReceipt]:
    """What this person may acknowledge of it now."""
    r = CampaignReceipt
    return db.session.scalars(
        select(r).where(r.campaign_id == campaign.id, mine_to_acknowledge(identity)).order_by(r.id)).all()


def to_acknowledge(identity: Identity, most: int) -> Sequence[tuple[CampaignReceipt, Campaign]]:
    """News that this person's unit has yet to acknowledge, with its campaign, campaign by campaign, oldest first."""
    r, c = CampaignReceipt, Campaign
    rows = db.session.execute(
        select(r, c).join(c, c.id == r.campaign_id).where(mine_to_acknowledge(identity))
        .options(joinedload(r.sync), joinedload(c.unit)).order_by(r.campaign_id, r.at, r.id).limit(most))
    return [(receipt, campaign) for receipt, campaign in rows]


def by_key(keys: Sequence[UUID]) -> Mapping[UUID, Campaign]:
    """These campaigns with launcher and product owner, as far as the database shows them."""
    return {c.id: c for c in db.session.scalars(listed([Campaign.id.in_(keys)]))} if keys else {}


def to_check(identity: Identity, most: int) -> Sequence[Campaign]:
    """Campaigns that are not live yet and on which this person gives verdicts, the next to start first."""
    c = Campaign
    return db.session.scalars(
        listed([readable(identity, Permission.CAMPAIGN_CHECK), c.state.in_(["draft", "in_check"])])
        .order_by(None).order_by(c.starts, c.id).limit(most)).all()


def to_confirm(identity: Identity, most: int) -> Sequence[Campaign]:
    """Campaigns of which somebody else has said last that an element does not apply, and which wait for this person as the
    second, the next to start first."""
    c, k = Campaign, CampaignCheck
    each, by_time = (k.campaign_id, k.element), (k.at, k.id)
    said = select(k.campaign_id, k.verdict, k.by_id, k.on_behalf_of_id,
                  func.lag(k.verdict).over(partition_by=each, order_by=by_time).label("before"),
                  func.lead(k.id).over(partition_by=each, order_by=by_time).label("later")
                  ).where(k.revoked_at.is_(None)).subquery()
    waits = exists().where(said.c.campaign_id == c.id, said.c.later.is_(None), said.c.verdict == "not_applicable",
                           said.c.before.is_distinct_from("not_applicable"), said.c.by_id.not_in(identity.selves),
                           func.coalesce(said.c.on_behalf_of_id, said.c.by_id).not_in(identity.selves))
    return db.session.scalars(
        listed([readable(identity, Permission.CAMPAIGN_CONFIRM), c.state != "ended", waits])
        .order_by(None).order_by(c.starts, c.id).limit(most)).all()


@dataclass(frozen=True, slots=True)
class CautionsWanted:
    """What the list of warnings is narrowed to: `state` is one of `rules.CAUTION_FILTERS`, `unit` and `line` are codes."""
    state: str | None = None
    unit: str | None = None
    line: str | None = None


def _cautions(identity: Identity, wanted: CautionsWanted, permission: Permission) -> list[ColumnElement[bool]]:
    """An unknown code fits nothing."""
    c = Caution
    waits = c.answered_at.is_(None)
    of_state = {"waiting": waits, "late": and_(waits, c.due < clock.today()), "answered": ~waits, "affected": c.affected.is_(True)}
    found = [within(reaches(identity, permission), unit=c.unit_id, line=c.line)]
    if wanted.state is not None:
        found.append(of_state.get(wanted.state, false()))
    if wanted.unit is not None:
        found.append(c.unit_id == _key(wanted.unit))
    if wanted.line is not None:
        found.append(c.line == wanted.line)
    return found


def cautions(identity: Identity, wanted: CautionsWanted = CautionsWanted(),
             permission: Permission = Permission.CAUTION_READ) -> Select[Caution]:
    """Dated checks asked of units, to be paged: those that wait, the first due first; then the answered, the latest first."""
    c = Caution
    return (select(c).where(*_cautions(identity, wanted, permission))
            .options(joinedload(c.unit), joinedload(c.by), joinedload(c.campaign))
            .order_by(c.answered_at.desc().nulls_first(), case((c.answered_at.is_(None), c.due)), c.id))


def after_caution(at: date, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `cautions`: one that waits is placed by its due day, an answered one by its instant."""
    c = Caution
    if isinstance(at, datetime):
        return or_(c.answered_at < at, and_(c.answered_at == at, c.id > key))
    return or_(c.answered_at.is_not(None), tuple_(c.due, c.id) > tuple_(at, key))


def count_cautions(identity: Identity, wanted: CautionsWanted) -> int:
    where = _cautions(identity, wanted, Permission.CAUTION_READ)
    return db.session.scalar(select(func.count()).select_from(Caution).where(*where)) or 0


def caution(identity: Identity, key: UUID) -> Caution:
    """Raises NotVisible."""
    if not reaches(identity, Permission.CAUTION_READ):
        raise NotVisible
    found = db.session.scalars(cautions(identity).where(Caution.id == key)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def upload(identity: Identity, key: UUID) -> CampaignImport:
    """One's own upload, not yet taken in. Raises NotVisible."""
    found = db.session.scalars(select(CampaignImport).where(
        CampaignImport.id == key, CampaignImport.person_id == identity.person)).one_or_none()
    if found is None:
        raise NotVisible
    return found
