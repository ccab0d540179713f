"""Campaigns for programs: registered, changed, checked, live, paused, ended; who was informed and has acknowledged."""
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Discriminator, Field, Tag

from portal import api
from portal.api import Answer, ApiRoute, Body, Instant, Page, PageQuery, Paragraph, Phrase, Spec, Text
from portal.attachments import api as files
from portal.audit.api import HistoryEntry, history
from portal.campaigns import models, queries, service
from portal.campaigns.models import Campaign as Row
from portal.campaigns.models import CampaignReceipt
from portal.campaigns.rules import Missing
from portal.campaigns.service import Content
from portal.web.access import identity
from tenants import directory
from tenants.access import need, reaches
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Business, CampaignState, LaunchElement, Line, Segment, SyncEvent, Verdict

NAME = "campaigns"
Codes = list[str] | Literal["network"]


class CampaignDesk(BaseModel):
    """A line of a unit."""
    unit: str = Field(description="A unit's code.", examples=["migu"])
    line: Line


class LaunchCheck(BaseModel):
    """One of the five launch elements: what the portal checks by itself, then what people said last."""
    element: LaunchElement
    met: bool
    automatic: list[str] = Field(description="What the portal's own checks find missing; empty where all is there.")
    verdict: Verdict | None = Field(description="Of a person; null while nobody has given one.")
    reason: str
    by: str | None = Field(description="A mail address.")
    at: Instant | None
    second_by: str | None = Field(description="Who confirmed `not_applicable`: a second person.")


class Receipt(BaseModel):
    """That a unit was informed. One sees those of one's own unit; the launcher and headquarters see all."""
    unit: str
    event: SyncEvent
    words: str
    at: Instant
    acknowledged_at: Instant | None
    by: str | None = Field(description="A mail address.")
    chased_at: Instant | None
    chase_count: int


class Campaign(BaseModel):
    """A campaign, its launch checks and who has heard of it."""
    id: str
    code: str = Field(description="Unique within the launching unit.")
    name: str
    launched_by: CampaignDesk
    lands_in: Codes = Field(description="Codes of units, or `network`.", examples=[["guangdong", "sichuan"]])
    product: str
    product_owner: str | None = Field(description="The specialised company whose product is sold.")
    starts: date
    ends: date
    segment: Segment
    brand: str
    business: Business
    rules_text: str
    notice_text: str
    training_on: date | None
    configured_in: Codes = Field(description="Where the systems have it, to be the same as `lands_in` at launch.")
    state: CampaignState
    standard_set_by: CampaignDesk = Field(description="Who launches a campaign sets its standard.")
    checks: list[LaunchCheck]
    missing: list[str] = Field(description="What is missing to 100 %; empty when it may go live.")
    receipts: list[Receipt]
    registered_by: str = Field(description="A mail address.")
    registered_at: Instant
    live_at: Instant | None
    version: int = Field(description="Rises with every change.")


class CampaignsQuery(PageQuery):
    line: Line | None = None
    launched_by: Phrase | None = Field(None, description="The launching unit's code.")
    state: CampaignState | None = None
    lands_in: Phrase | None = Field(None, description="A unit's code; network-wide campaigns land there too.")
    product_owner: Phrase | None = Field(None, description="A unit's code.")
    segment: Segment | None = None
    business: Business | None = None
    receipt: bool = Field(False, description="Only those whose news one's own unit has yet to acknowledge.")
    q: Phrase = Field("", description="In code, name, product and brand.")


CodesSent = Annotated[
    Annotated[list[Phrase], Tag("units"), Field(max_length=500)] | Annotated[Literal["network"], Tag("network")],
    Discriminator(lambda value: "network" if isinstance(value, str) else "units")]


class CampaignDeskSent(Body):
    unit: Phrase
    line: Line


class CampaignSent(Body):
    """A new draft."""
    code: Phrase
    name: Phrase
    launched_by: CampaignDeskSent
    lands_in: CodesSent
    product_owner: Phrase | None = None
    starts: date
    ends: date
    product: Phrase = ""
    segment: Segment = Segment.C
    brand: Phrase = ""
    business: Business = Business.NEW
    rules_text: Text = ""
    notice_text: Text = ""
    training_on: date | None = None
    configured_in: CodesSent = []


class CampaignChange(Body):
    """What is to be otherwise; what is not sent stays."""
    code: Phrase = ""
    name: Phrase = ""
    launched_by: CampaignDeskSent | None = None
    lands_in: CodesSent = []
    product_owner: Phrase | None = None
    starts: date | None = None
    ends: date | None = None
    product: Phrase = ""
    segment: Segment = Segment.C
    brand: Phrase = ""
    business: Business = Business.NEW
    rules_text: Text = ""
    notice_text: Text = ""
    training_on: date | None = None
    configured_in: CodesSent = []
    words: Paragraph = Field("", description="What changes and why; required while the campaign is live or paused.")


class LaunchCheckSent(Body):
    """A verdict. `pass` needs a reason (what shows it) or a file of this part; `fail` a reason; `not_applicable` a reason, and
    counts once a second person has said it too: at headquarters the office."""
    element: LaunchElement
    verdict: Verdict
    reason: Paragraph = ""


class CampaignReasonSent(Body):
    """Why; those whom it concerns read it."""
    reason: Paragraph = ""


class ReceiptChaseSent(Body):
    """Words to urge with."""
    text: Paragraph = ""


class _Shown:
    """Rows as answers; what belongs to a page of them is read at once."""

    def __init__(self) -> None:
        self.units: Mapping[int, Unit] = service.known_units()
        self.standings: dict[UUID, Sequence[queries.Element]] = {}
        self.receipts: dict[UUID, Sequence[CampaignReceipt]] = {}

    def read(self, rows: Sequence[Row]) -> None:
        self.standings |= queries.standings(rows)
        self.receipts |= queries.receipts_of([row.id for row in rows])

    def one(self, row: Row) -> Campaign:
        if row.id not in self.standings:
            self.read([row])
        desk = CampaignDesk(unit=self.units[row.unit_id].code, line=Line(row.line))
        elements = self.standings[row.id]
        same = {name: getattr(row, name) for name in _SAME}
        return Campaign(
            id=str(row.id), launched_by=desk, standard_set_by=desk, lands_in=self._codes(row.network, row.lands_in),
            configured_in=self._codes(row.configured_network, row.configured_in), registered_by=row.registered_by.email,
            product_owner=self.units[row.product_owner_id].code if row.product_owner_id else None,
            checks=[_check(e) for e in elements], missing=[_words(m) for e in elements for m in e.missing],
            receipts=[self._receipt(r) for r in self.receipts[row.id]], **same)

    def _codes(self, network: bool, keys: Sequence[int]) -> Codes:
        return "network" if network else [self.units[k].code for k in keys]

    def _receipt(self, r: CampaignReceipt) -> Receipt:
        return Receipt(unit=self.units[r.unit_id].code, event=SyncEvent(r.sync.event), words=r.sync.words, at=r.at,
                       acknowledged_at=r.acknowledged_at, by=r.by.email if r.by else None, chased_at=r.chased_at,
                       chase_count=r.chase_count)


_SAME = ("code", "name", "product", "starts", "ends", "segment", "brand", "business", "rules_text", "notice_text", "training_on",
         "state", "registered_at", "live_at", "version")


def _words(missing: Missing) -> str:
    return f"{missing.element.value}: {missing.words}"


def _check(e: queries.Element) -> LaunchCheck:
    said, second = e.first, e.second
    return LaunchCheck(
        element=e.element, met=e.met, automatic=[str(m.words) for m in e.automatic], reason=e.reason,
        verdict=Verdict(said.verdict) if said else None, by=said.by.email if said else None, at=said.at if said else None,
        second_by=second.by.email if second else None)


def listing() -> Answer:
    asked = api.query(CampaignsQuery)
    shown = _Shown()
    where = queries.conditions(identity(), queries.Wanted(
        line=asked.line, launcher=asked.launched_by, state=asked.state, lands=asked.lands_in, product_owner=asked.product_owner,
        segment=asked.segment, business=asked.business, receipts=asked.receipt, q=asked.q))
    return api.page_of(queries.listed(where), (models.Campaign.starts, models.Campaign.id), asked, shown.one, descending=True,
                       ahead=shown.read)


def single(key: str) -> Answer:
    return _answer(_found(key))


def past(key: str) -> Answer:
    return history("campaign", _found(key).id)


def create() -> Answer:
    """403 for who registers nothing anywhere; what the body cannot say; 403 for a launcher that is not one's own; 422."""
    me = identity()
    if not reaches(me, Permission.CAMPAIGN_REGISTER):
        need(me, Permission.CAMPAIGN_REGISTER)
    sent = api.body(CampaignSent)
    by_code = {u.code: u.id for u in directory.units()}
    service.may_register(Content(unit=by_code.get(sent.launched_by.unit), line=sent.launched_by.line), actor=me)
    with _renamed():
        row = service.register(_content(sent, Content(), by_code), actor=me)
    return api.created(_Shown().one(queries.one(me, row.id)), f"/campaigns/{row.id}")


def change(key: str) -> Answer:
    row = _found(key)
    api.if_match(_Shown().one(row), lambda: service.allow(row, "change", actor=identity()))
    sent = api.body(CampaignChange)
    by_code = {u.code: u.id for u in directory.units()}
    with _renamed():
        content = _content(sent, service.content_of(row), by_code)
        service.change(row, content, sent.words, actor=identity(), version=row.version)
    return _answer(row)


def _content(sent: CampaignSent | CampaignChange, base: Content, by_code: Mapping[str, int]) -> Content:
    """What was sent over what there is. Raises Invalid for units that there are not."""
    found: dict[str, Any] = {}
    errors: dict[str, list[Message]] = {}

    def key(field: str, code: str) -> int:
        if code not in by_code:
            errors[field] = [N_("There is no such unit.")]
        return by_code.get(code, 0)
    for name in sent.model_fields_set - {"words"}:
        value = getattr(sent, name)
        if name == "launched_by" and value is not None:
            found |= {"unit": key("unit", value.unit), "line": value.line}
        elif name == "product_owner":
            found[name] = key(name, value) if value else None
        elif name in ("lands_in", "configured_in"):
            everywhere = value == "network"
            found["network" if name == "lands_in" else "configured_network"] = everywhere
            found[name] = () if everywhere else tuple(key(name, code) for code in value)
        elif name != "launched_by":
            found[name] = value
    if errors:
        raise Invalid(errors)
    return replace(base, **found)


@contextmanager
def _renamed() -> Iterator[None]:
    """Faults stand at the fields of the interface."""
    try:
        yield
    except Invalid as invalid:
        raise Invalid({_NAMES.get(name, name): said for name, said in invalid.errors.items()}) from None


_NAMES = {"unit": "launched_by.unit", "line": "launched_by.line"}


def check(key: str) -> Answer:
    row = _found(key)
    service.allow(row, service.way_to_check(row, actor=identity()), actor=identity())
    sent = api.body(LaunchCheckSent)
    service.check(row, sent.element, sent.verdict, sent.reason, actor=identity())
    return _answer(row)


def go_live(key: str) -> Answer:
    row = _allowed(key, "go_live")
    service.go_live(row, actor=identity())
    return _answer(row)


def pause(key: str) -> Answer:
    row = _allowed(key, "pause")
    service.pause(row, api.body(CampaignReasonSent).reason, actor=identity())
    return _answer(row)


def end(key: str) -> Answer:
    row = _allowed(key, "end")
    service.end(row, api.body(CampaignReasonSent).reason, actor=identity())
    return _answer(row)


def receipt(key: str) -> Answer:
    row = _allowed(key, "acknowledge")
    service.acknowledge(row, actor=identity())
    return _answer(row)


def chase(key: str) -> Answer:
    row = _allowed(key, "chase")
    service.chase_receipts(row, api.body(ReceiptChaseSent).text, actor=identity())
    return _answer(row)


def _found(key: str) -> Row:
    return queries.one(identity(), api.key(key))


def _allowed(key: str, action: str) -> Row:
    """404, then 403, then 409; the body is looked at after that."""
    row = _found(key)
    service.allow(row, action, actor=identity())
    return row


def _answer(row: Row) -> Answer:
    return api.one(_Shown().one(row))


_KEY = (("key", "The campaign's id."),)
_ALL_MET = "Not everything is met; `detail` says what is missing."

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/campaigns", listing, Permission.CAMPAIGN_LIST, Spec(
        summary="The campaigns one may see, the latest start first", answer=Page[Campaign], query=CampaignsQuery)),
    ("POST", "/campaigns", create, Permission.CAMPAIGN_REGISTER, Spec(
        summary="Register a campaign", answer=Campaign, body=CampaignSent, status=201)),
    ("GET", "/campaigns/<key>", single, Permission.CAMPAIGN_READ, Spec(summary="One campaign", answer=Campaign, keys=_KEY)),
    ("PATCH", "/campaigns/<key>", change, Permission.CAMPAIGN_CHANGE, Spec(
        summary="Change it; while it runs, those whom it concerns are told", answer=Campaign, body=CampaignChange, keys=_KEY,
        conflicts="It has ended.")),
    ("GET", "/campaigns/<key>/history", past, Permission.CAMPAIGN_READ, Spec(
        summary="What happened to it, newest first", answer=Page[HistoryEntry], query=PageQuery, keys=_KEY)),
    *files.routes("campaign", "/campaigns", Permission.CAMPAIGN_READ, Permission.CAMPAIGN_CHECK),
    ("POST", "/campaigns/<key>/checks", check, Permission.CAMPAIGN_CHECK, Spec(
        summary="Give a verdict on one launch element", answer=Campaign, body=LaunchCheckSent, keys=_KEY,
        conflicts="It has ended, or the same person says “not applicable” twice.")),
    ("POST", "/campaigns/<key>/go-live", go_live, Permission.CAMPAIGN_RUN, Spec(
        summary="Launch it, or resume what was paused", answer=Campaign, keys=_KEY, conflicts=_ALL_MET)),
    ("POST", "/campaigns/<key>/pause", pause, Permission.CAMPAIGN_RUN, Spec(
        summary="Pause it", answer=Campaign, body=CampaignReasonSent, keys=_KEY, conflicts="It is not live.")),
    ("POST", "/campaigns/<key>/end", end, Permission.CAMPAIGN_RUN, Spec(
        summary="End it for good", answer=Campaign, body=CampaignReasonSent, keys=_KEY,
        conflicts="It was never live, or has ended.")),
    ("POST", "/campaigns/<key>/receipt", receipt, Permission.CAMPAIGN_ACKNOWLEDGE, Spec(
        summary="Acknowledge all news of it for one's own unit", answer=Campaign, keys=_KEY, conflicts="There is no news.")),
    ("POST", "/campaigns/<key>/chase", chase, Permission.CAMPAIGN_CHASE, Spec(
        summary="Urge those who have not acknowledged", answer=Campaign, body=ReceiptChaseSent, keys=_KEY,
        conflicts="Everybody has acknowledged.")),
)
