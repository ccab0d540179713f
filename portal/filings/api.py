"""Units' implementation plans for programs: drafted, changed, submitted, reviewed."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Body, Instant, Page, PageQuery, Paragraph, Phrase, Spec, Text
from portal.audit.api import HistoryEntry, history
from portal.filings import models, queries, service
from portal.filings.models import Filing as Row
from portal.filings.models import FilingItem as ItemRow
from portal.filings.rules import REMARK, Contact, Content, ItemContent
from portal.programmes import queries as programmes
from portal.web.access import identity
from tenants import directory
from tenants.access import Identity, Subject, need, permits, reaches
from tenants.errors import Invalid, NotPermitted, NotVisible
from tenants.messages import N_, Message
from tenants.models import Person
from tenants.permissions import Permission
from tenants.vocabulary import Line, MilestoneCode, Part, System

NAME = "filings"
NOBODY = UUID(int=0)                # equals nothing: a malformed key gives an empty list

FilingState = Literal["draft", "submitted", "returned", "approved", "superseded"]
ItemVerdict = Literal["pending", "approved", "returned"]
_MAIL = Field(description="A mail address.", examples=["market@guangdong.example"])


class FilingContact(BaseModel):
    """Somebody of the unit who is named for a part."""
    person: str = _MAIL
    part: Part
    line: Line | None = Field(description="Of a counterpart: the line at headquarters.")


class FilingItem(BaseModel):
    """What the unit plans for one assignment."""
    assignment: str = Field(description="The assignment's id.")
    code: str
    title: str
    title_zh: str
    line: Line
    milestone: MilestoneCode
    owner: str | None = _MAIL
    start: date | None
    due: date | None
    deliverable: str
    measure: str
    verdict: ItemVerdict = Field(description="Of its line, on the present submission.")


class FilingRemark(BaseModel):
    """A line's words at an item."""
    assignment: str
    text: str


class FilingReview(BaseModel):
    """A line's verdict on its part of one submission."""
    line: Line
    verdict: Literal["approve", "return"]
    remark: str
    remarks: list[FilingRemark]
    round: int = Field(description="Which submission it judged, from 1.")
    at: Instant
    by: str | None = _MAIL


class Filing(BaseModel):
    """A unit's plan. Of the items and reviews those that one may read; the general part is null for who may not."""
    id: str
    unit: str = Field(description="A unit's code.", examples=["guangdong"])
    programme: str = Field(description="The programme's id.")
    version: int = Field(description="Of the plan: 1 until it is amended.")
    state: FilingState
    mechanism: str | None
    team: str | None
    contacts: list[FilingContact] | None
    readiness: dict[System, list[str]] | None = Field(
        description="System → the stages in which it has quality functions already; what is not declared has none.")
    general_verdict: ItemVerdict = Field(description="Customer service's, on the general part.")
    items: list[FilingItem]
    reviews: list[FilingReview]
    waits_for: list[Line] = Field(description="While submitted: the lines that have yet to judge their part.")
    round: int = Field(description="How often it was submitted.")
    first_submitted_at: Instant | None = Field(description="What decides whether it was late.")
    submitted_at: Instant | None
    approved_at: Instant | None
    due: date
    late_days: int = Field(description="Calendar days from the due day to the first submission, or to today.")


class FilingsQuery(PageQuery):
    unit: Phrase | None = Field(None, description="A unit's code.")
    programme: Phrase | None = Field(None, description="A programme's id.")
    state: FilingState | None = None
    waits_for: Line | None = Field(None, description="Submitted, and this line has not judged all of its part.")


class FilingSent(Body):
    """Whose plan, for which programme."""
    unit: Phrase = Field(description="A unit's code.", examples=["guangdong"])
    programme: Phrase = Field(description="The programme's id.")


class ContactSent(Body):
    person: Phrase = _MAIL
    part: Part = Field(strict=False)
    line: Line | None = Field(None, strict=False)


class ItemSent(Body):
    """What is given is changed, the rest stays."""
    assignment: Phrase
    owner: Phrase | None = Field(None, description="A mail address of the unit; null for nobody.")
    start: date | None = None
    due: date | None = None
    deliverable: Paragraph = ""
    measure: Paragraph = ""


class FilingChange(Body):
    """What is given is changed, the rest stays. Items are told apart by their assignment; contacts and readiness are
    replaced as a whole."""
    mechanism: Text = ""
    team: Text = ""
    contacts: list[ContactSent] = Field([], max_length=200)
    readiness: dict[str, list[Phrase]] = Field({}, max_length=20)
    items: list[ItemSent] = Field([], max_length=1_000)


class FilingSubmit(Body):
    """Nothing is required."""


class RemarkSent(Body):
    assignment: Phrase
    text: Paragraph


class FilingReviewSent(Body):
    """A line's verdict on its part. A return needs words: a remark, or remarks at items. Items without a remark are then
    approved; without any remark at an item the whole part goes back."""
    line: Line = Field(strict=False)
    verdict: Literal["approve", "return"]
    remark: Paragraph = ""
    remarks: list[RemarkSent] = Field([], max_length=1_000)


class _Shown:
    """How plans are shown to a person; `read` fetches for a whole page what their rows do not have with them."""

    def __init__(self, me: Identity) -> None:
        self.me = me
        self.people: Mapping[UUID, Person] = {}
        self.reviews: Mapping[UUID, Sequence[models.FilingReview]] = {}
        self.notes: Mapping[UUID, Sequence[models.FilingNote]] = {}
        self.pending: Mapping[UUID, Sequence[Line]] = {}

    def read(self, rows: Sequence[Row]) -> None:
        self.reviews, self.notes = queries.reviews_of(rows), queries.notes_of(rows)
        self.pending = queries.pending_lines(rows)
        named = {UUID(c["person"]) for f in rows for c in f.contacts}
        self.people = {p.id: p for p in queries.people(sorted(named))}

    def one(self, row: Row) -> Filing:
        general, items = queries.shows_general(row, self.me), queries.visible_items(row, self.me)
        return Filing(
            id=str(row.id), unit=row.unit.code, programme=str(row.programme_id), version=row.number,
            state=cast(FilingState, row.state), mechanism=row.mechanism if general else None,
            team=row.team if general else None, contacts=self._contacts(row) if general else None,
            readiness={System(k): list(v) for k, v in row.readiness.items()} if general else None,
            general_verdict=cast(ItemVerdict, row.general_verdict), items=[_item(i) for i in items],
            reviews=self._reviews(row, items, general), waits_for=list(self.pending.get(row.id, ())), round=row.round,
            first_submitted_at=row.first_submitted_at, submitted_at=row.submitted_at, approved_at=row.approved_at,
            due=row.due, late_days=queries.days_late(row))

    def _contacts(self, row: Row) -> list[FilingContact]:
        return [FilingContact(person=self.people[UUID(c["person"])].email, part=Part(c["part"]),
                              line=Line(c["line"]) if c["line"] else None) for c in row.contacts]

    def _reviews(self, row: Row, items: Sequence[ItemRow], general: bool) -> list[FilingReview]:
        assignments = {i.id: str(i.assignment_id) for i in items}
        remarks: dict[UUID | None, list[FilingRemark]] = {}
        for note in self.notes.get(row.id, ()):
            if note.kind == REMARK and note.item_id in assignments:
                remarks.setdefault(note.review_id, []).append(
                    FilingRemark(assignment=assignments[note.item_id], text=note.text))
        return [FilingReview(line=Line(r.line), verdict=cast(Literal["approve", "return"], r.verdict), remark=r.remark,
                             remarks=remarks.get(r.id, []), round=r.round, at=r.at, by=r.by.email if r.by else None)
                for r in queries.visible_reviews(self.reviews.get(row.id, ()), items, general=general)]


def _item(row: ItemRow) -> FilingItem:
    a = row.assignment
    return FilingItem(
        assignment=str(a.id), code=a.code, title=a.title, title_zh=a.title_zh, line=Line(row.line),
        milestone=MilestoneCode(a.milestone), owner=row.owner.email if row.owner else None, start=row.start, due=row.due,
        deliverable=row.deliverable, measure=row.measure, verdict=cast(ItemVerdict, row.verdict))


def listing() -> Answer:
    asked, shown = api.query(FilingsQuery), _Shown(identity())
    try:
        programme = UUID(asked.programme) if asked.programme else None
    except ValueError:
        programme = NOBODY
    where = queries.conditions(identity(), queries.Wanted(
        unit=asked.unit, programme=programme, state=asked.state, waits_for=asked.waits_for))
    return api.page_of(queries.listed(where).options(*queries.WITH_ITEMS), (models.Filing.unit_id, models.Filing.id), asked,
                       shown.one, ahead=shown.read)


def single(key: str) -> Answer:
    return api.one(_as_shown(_found(key)))


def past(key: str) -> Answer:
    row = _found(key)
    return history("filing", row.id, queries.history_reader(row, identity()))


def create() -> Answer:
    """403 for who drafts nothing anywhere; then what the body names; then 403 and 409 for the unit named."""
    me = identity()
    if not reaches(me, Permission.FILING_DRAFT):
        need(me, Permission.FILING_DRAFT)
    sent = api.body(FilingSent)
    unit, errors = directory.unit_by_code(sent.unit), dict[str, list[Message]]()
    if unit is None:
        errors["unit"] = [N_("There is no such unit.")]
    try:
        programme = programmes.one(me, api.key(sent.programme))
    except NotVisible:
        errors["programme"] = [N_("There is no such programme.")]
    if errors or unit is None:
        raise Invalid(errors)
    made = service.open_draft(programme.id, unit.id, actor=me)
    return api.created(_as_shown(made), f"/filings/{made.id}")


def change(key: str) -> Answer:
    row = _found(key)
    api.if_match(_as_shown(row), lambda: service.allow(row, "save", actor=identity()))
    sent = api.body(FilingChange)
    content = _changed(row, sent)
    try:
        service.save(row, content, actor=identity(), version=row.version)
    except Invalid as refused:
        places = {f"items.{i.assignment}": f"items.{n}" for n, i in enumerate(sent.items)}
        raise Invalid({_at(place, places): said for place, said in refused.errors.items()}) from None
    return _again(row)


def _at(place: str, places: Mapping[str, str]) -> str:
    """The place in the body of a fault that the service found."""
    head, _, name = place.rpartition(".")
    return f"{places[head]}.{name}" if head in places else place


def _changed(row: Row, sent: FilingChange) -> Content:
    """The plan with what was sent. Raises Invalid for names of what is not there."""
    given, before, errors = sent.model_fields_set, queries.content(row), dict[str, list[Message]]()
    known = {p.email.lower(): p.id for p in queries.choosable(row)}
    content = replace(before, items=_items(sent.items, before, known, errors))
    for name in ("mechanism", "team"):
        if name in given:
            content = replace(content, **{name: getattr(sent, name)})
    if "contacts" in given:
        content = replace(content, contacts=_contacts(sent.contacts, known, errors))
    if "readiness" in given:
        content = replace(content, readiness=_readiness(sent.readiness, errors))
    if errors:
        raise Invalid(errors)
    return content


def _items(sent: Sequence[ItemSent], before: Content, known: Mapping[str, UUID],
           errors: dict[str, list[Message]]) -> dict[UUID, ItemContent]:
    keys = {str(k): k for k in before.items}
    items = dict(before.items)
    seen: set[str] = set()
    for n, item in enumerate(sent):
        if item.assignment not in keys:
            errors[f"items.{n}.assignment"] = [N_("The plan has no item for such an assignment.")]
        elif item.assignment in seen:
            errors[f"items.{n}.assignment"] = [N_("This assignment is named twice.")]
        else:
            seen.add(item.assignment)
            given = {name: getattr(item, name) for name in item.model_fields_set - {"assignment", "owner"}}
            if "owner" in item.model_fields_set:
                given["owner"] = _person(item.owner, known, f"items.{n}.owner", errors)
            items[keys[item.assignment]] = replace(items[keys[item.assignment]], **given)
    return items


def _contacts(sent: Sequence[ContactSent], known: Mapping[str, UUID],
              errors: dict[str, list[Message]]) -> tuple[Contact, ...]:
    found = []
    for n, contact in enumerate(sent):
        if (contact.part is Part.COUNTERPART) is (contact.line is None):
            errors[f"contacts.{n}.line"] = [N_("A counterpart, and only a counterpart, has a line.")]
        person = _person(contact.person, known, f"contacts.{n}.person", errors)
        if person is not None:
            found.append(Contact(person, contact.part, contact.line))
    return tuple(found)


def _readiness(sent: Mapping[str, Sequence[str]], errors: dict[str, list[Message]]) -> dict[str, tuple[str, ...]]:
    known = queries.stages_by_system()
    for system, stages in sent.items():
        if system not in known:
            errors[f"readiness.{system}"] = [N_("There is no such system.")]
        elif set(stages) - set(known[system]):
            errors[f"readiness.{system}"] = [N_("There is no such stage of this system.")]
    return {system: tuple(stages) for system, stages in sent.items()}


def _person(mail: str | None, known: Mapping[str, UUID], place: str, errors: dict[str, list[Message]]) -> UUID | None:
    if not mail:
        return None
    if mail.lower() not in known:
        errors[place] = [N_("Choose a person of the unit.")]
    return known.get(mail.lower())


def submit(key: str) -> Answer:
    row = _found(key)
    service.allow(row, "submit", actor=identity())
    api.body(FilingSubmit)
    service.submit(row, actor=identity())
    return _again(row)


def review(key: str) -> Answer:
    row, me = _found(key), identity()
    decisions = [permits(me, Permission.FILING_REVIEW, Subject(row.unit_id, line)) for line in Line]
    if not any(decisions):
        raise NotPermitted(decisions[0].why)
    service.under_review(row)
    sent = api.body(FilingReviewSent)
    service.allow_review(row, sent.line, actor=me)
    service.review(row, sent.line, sent.verdict, sent.remark, _remarks(row, sent), actor=me)
    return _again(row)


def _remarks(row: Row, sent: FilingReviewSent) -> dict[UUID, str]:
    mine = {str(i.assignment_id): i.assignment_id for i in row.items if i.line == sent.line}
    found: dict[UUID, str] = {}
    for n, remark in enumerate(sent.remarks):
        if remark.assignment not in mine or mine[remark.assignment] in found:
            raise Invalid({f"remarks.{n}.assignment": [N_("A remark belongs to an item of the line's own part, one to each.")]})
        found[mine[remark.assignment]] = remark.text
    return found


def _found(key: str) -> Row:
    return queries.one(identity(), api.key(key))


def _as_shown(row: Row) -> Filing:
    shown = _Shown(identity())
    shown.read([row])
    return shown.one(row)


def _again(row: Row) -> Answer:
    """As it stands after it was changed, read anew: owners by name, reviews in order."""
    queries.refresh(row)
    return api.one(_as_shown(row))


_KEY = (("key", "A filing's id."),)

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/filings", listing, Permission.FILING_LIST, Spec(
        summary="The plans one may see, by unit", answer=Page[Filing], query=FilingsQuery)),
    ("POST", "/filings", create, Permission.FILING_DRAFT, Spec(
        summary="Begin a unit's plan: an item for each assignment but the filing itself", answer=Filing, body=FilingSent,
        status=201, conflicts="The unit has one for this programme already, or nothing is asked of it.")),
    ("GET", "/filings/<key>", single, Permission.FILING_READ, Spec(summary="One plan", answer=Filing, keys=_KEY)),
    ("PATCH", "/filings/<key>", change, Permission.FILING_DRAFT, Spec(
        summary="Change a draft, or one that was returned", answer=Filing, body=FilingChange, keys=_KEY,
        conflicts="It is neither a draft nor returned.")),
    ("GET", "/filings/<key>/history", past, Permission.FILING_READ, Spec(
        summary="What happened to it, newest first", answer=Page[HistoryEntry], query=PageQuery, keys=_KEY)),
    ("POST", "/filings/<key>/submit", submit, Permission.FILING_DRAFT, Spec(
        summary="Hand it to the lines at headquarters; 422 names everything that is missing", answer=Filing, body=FilingSubmit,
        keys=_KEY, conflicts="It is neither a draft nor returned.")),
    ("POST", "/filings/<key>/reviews", review, Permission.FILING_REVIEW, Spec(
        summary="Judge a line's part; the first return sends it back, the last approval puts it in force", answer=Filing,
        body=FilingReviewSent, keys=_KEY, conflicts="It is not under review, or the line has no part in it.")),
)
