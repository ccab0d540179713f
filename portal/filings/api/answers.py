"""A plan as programs see it."""
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field

from portal.api import Instant
from portal.filings import models, queries
from portal.filings.models import Filing as Row
from portal.filings.models import FilingItem as ItemRow
from portal.filings.rules import REMARK
from tenants.access import Identity
from tenants.models import Person
from tenants.vocabulary import Line, MilestoneCode, Part, System

FilingState = Literal["draft", "submitted", "returned", "approved", "superseded"]
AssignmentState = Literal["open", "handed_in", "closed", "cancelled"]
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
    state: AssignmentState = Field(description="The assignment's; of a cancelled one nothing is asked, and nobody judges it.")
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


class Shown:
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
        deliverable=row.deliverable, measure=row.measure, state=cast(AssignmentState, a.state),
        verdict=cast(ItemVerdict, row.verdict))
