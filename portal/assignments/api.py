"""What headquarters asks of units, for programs: lists, one assignment, progress, verification."""
from datetime import date
from typing import Any, Literal, cast

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Body, Instant, Page, PageQuery, Paragraph, Phrase, Spec
from portal.assignments import models, queries, service
from portal.assignments.models import Assignment as Row
from portal.assignments.rules import Light, light, overdue_days
from portal.attachments import api as files
from portal.audit.api import HistoryEntry, history
from portal.web import untrusted
from portal.web.access import identity
from tenants import clock
from tenants.errors import Invalid
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, Process, UnitKind

NAME = "assignments"

State = Literal["open", "handed_in", "closed", "cancelled"]
LightCode = Literal["grey", "green", "amber", "red", "blue", "closed"]


class Waiver(BaseModel):
    """The unit's last request to be excused as not applicable, and what became of it."""
    state: Literal["asked", "granted", "declined", "withdrawn"] = Field(
        description="While it is `asked` the work may go on; `granted` cancels the assignment.")
    reason: str
    asked_by: str = Field(description="A mail address.", examples=["market@guangdong.example"])
    asked_at: Instant
    remark: str = Field(description="Headquarters' words; empty until it is decided.")
    decided_by: str | None = Field(description="A mail address.", examples=["market@hq.example"])
    decided_at: Instant | None


class Extension(BaseModel):
    """One request for more time, and what became of it."""
    state: Literal["asked", "granted", "declined", "withdrawn"] = Field(description="`granted` moves the due day.")
    due_before: date = Field(description="The day in force when it was asked for.")
    due: date = Field(description="The day asked for.")
    reason: str
    blocking_unit: str | None = Field(description="The code of the unit that it waits for.", examples=["migu"])
    asked_by: str = Field(description="A mail address.", examples=["market@guangdong.example"])
    asked_at: Instant
    remark: str = Field(description="Headquarters' words; empty until it is decided.")
    decided_by: str | None = Field(description="A mail address.", examples=["market@hq.example"])
    decided_at: Instant | None


class Assignment(BaseModel):
    """One task of one unit."""
    id: str
    code: str = Field(description="Within the unit and the programme.", examples=["1"])
    programme: str = Field(description="The programme's id.")
    year: int = Field(examples=[2026])
    unit: str = Field(description="A unit's code.", examples=["guangdong"])
    line: Line
    process: Process | None
    milestone: MilestoneCode
    title: str
    title_zh: str
    deliverable: str = Field(description="What is asked for.")
    deliverable_zh: str
    evidence: str
    evidence_zh: str
    promised: str = Field(description="The deliverable in the words of the approved plan.")
    measure: str
    owner: str | None = Field(description="A mail address.", examples=["market@guangdong.example"])
    start: date | None = Field(description="As agreed; null until the unit's plan is approved.")
    due: date = Field(description="The day in force, until its end.")
    original_due: date
    percent: int = Field(description="As last reported, 0 to 100.")
    state: State
    light: LightCode = Field(description="By today's date; never stored.")
    light_reason: str
    overdue_days: int = Field(description="Calendar days late; where handed in, until then.")
    reported_on: date | None
    handed_in_on: date | None
    closed_on: date | None
    chased_at: Instant | None
    chase_count: int
    waiver: Waiver | None = Field(description="Null where the unit never asked.")
    extensions: list[Extension] = Field(description="How its due day slipped, or was asked to; oldest first.")
    version: int = Field(description="Rises with every change.")


class AssignmentsQuery(PageQuery):
    programme: Phrase | None = Field(None, description="A programme's id.")
    year: int | None = Field(None, ge=2000, le=2100)
    unit: Phrase | None = Field(None, description="A unit's code.")
    kind: UnitKind | None = Field(None, description="Of the unit.")
    category: Category | None = Field(None, description="Of the unit.")
    line: Line | None = None
    process: Process | None = None
    milestone: MilestoneCode | None = None
    state: State | None = None
    light: LightCode | None = None
    owner: Phrase | None = Field(None, description="A mail address, or `me`.")
    overdue: bool = Field(False, description="Only what is open after its due day.")
    counted: bool = Field(False, description="Without cancelled ones, as the board counts.")
    requested: bool = Field(False, description="Only those for which “not applicable” is asked and not yet decided.")
    extending: bool = Field(False, description="Only those for which more time is asked and not yet decided.")
    q: Phrase = Field("", description="In code and title, in either language.")


class ProgressSent(Body):
    """How far it is."""
    percent: int = Field(ge=0, le=100)
    text: Paragraph = ""


class HandInSent(Body):
    """That it is done."""
    text: Paragraph = ""


class VerdictSent(Body):
    """Whether it is what was asked for; a return needs its remark."""
    verdict: Literal["close", "return"]
    remark: Paragraph = ""


class ChaseSent(Body):
    """Words to urge with."""
    text: Paragraph = ""


class OwnerSent(Body):
    """Somebody of the unit."""
    owner: Phrase = Field(description="A mail address.", examples=["market@guangdong.example"])


class WaiverSent(Body):
    """Why it does not apply to the unit."""
    reason: Paragraph


class ExtensionSent(Body):
    """More time: within the milestone the line decides, beyond it the office, beyond the year the leadership group."""
    due: date = Field(description="The new due day, after the one in force.")
    reason: Paragraph
    blocking_unit: Phrase | None = Field(None, description="The code of the unit that it waits for.")


class WaiverVerdictSent(Body):
    """Whether it is granted; declining needs its remark."""
    verdict: Literal["grant", "decline"]
    remark: Paragraph = ""


def listing() -> Answer:
    asked, today = api.query(AssignmentsQuery), clock.today()
    where = queries.conditions(identity(), _wanted(asked), today)
    limits, days = queries.thresholds(), queries.calendar()

    def show(row: Row) -> Assignment:
        return _shown(row, light(row.facts, today, limits, days), today)
    statement = queries.listed(where).order_by(None).options(queries.with_waivers(), queries.with_extensions())
    return api.page_of(statement, (models.Assignment.due, models.Assignment.id), asked, show)


def _wanted(asked: AssignmentsQuery) -> queries.Wanted:
    owner = None
    if asked.owner:
        owner = identity().person if asked.owner == "me" else queries.person_with_mail(asked.owner) or untrusted.NOBODY
    codes = {name: getattr(asked, name) for name in (
        "year", "unit", "kind", "category", "line", "process", "milestone", "state", "light", "overdue", "counted",
        "requested", "extending", "q")}
    return queries.Wanted(programme=untrusted.sought(asked.programme), owner=owner, **codes)


def single(key: str) -> Answer:
    return _answer(_found(key))


def past(key: str) -> Answer:
    return history("assignment", _found(key).id)


def progress(key: str) -> Answer:
    row = _allowed(key, "report")
    sent = api.body(ProgressSent)
    service.report(row, sent.percent, sent.text, actor=identity())
    return _answer(row)


def hand_in(key: str) -> Answer:
    row = _allowed(key, "hand_in")
    service.hand_in(row, api.body(HandInSent).text, actor=identity())
    return _answer(row)


def verify(key: str) -> Answer:
    row = _allowed(key, "verify")
    sent = api.body(VerdictSent)
    service.verify(row, sent.verdict, sent.remark, actor=identity())
    return _answer(row)


def chase(key: str) -> Answer:
    row = _allowed(key, "chase")
    service.chase(row, api.body(ChaseSent).text, actor=identity())
    return _answer(row)


def name_owner(key: str) -> Answer:
    row = _allowed(key, "name_owner")
    service.name_owner(row, queries.person_with_mail(api.body(OwnerSent).owner), actor=identity())
    return _answer(row)


def ask_waiver(key: str) -> Answer:
    row = _allowed(key, "ask_waiver")
    service.ask_waiver(row, api.body(WaiverSent).reason, actor=identity())
    return _answer(row)


def withdraw_waiver(key: str) -> Answer:
    row = _allowed(key, "withdraw_waiver")
    service.withdraw_waiver(row, actor=identity())
    return _answer(row)


def decide_waiver(key: str) -> Answer:
    row = _allowed(key, "decide_waiver")
    sent = api.body(WaiverVerdictSent)
    service.decide_waiver(row, sent.verdict, sent.remark, actor=identity())
    return _answer(row)


def ask_extension(key: str) -> Answer:
    row = _allowed(key, "ask_extension")
    sent = api.body(ExtensionSent)
    try:
        service.ask_extension(row, sent.due, sent.reason, sent.blocking_unit or "", actor=identity())
    except Invalid as fault:
        raise Invalid({"blocking_unit" if k == "blocking" else k: v for k, v in fault.errors.items()}) from fault
    return _answer(row)


def withdraw_extension(key: str) -> Answer:
    row = _allowed(key, "withdraw_extension")
    service.withdraw_extension(row, actor=identity())
    return _answer(row)


def decide_extension(key: str) -> Answer:
    row = _allowed(key, "decide_extension")
    sent = api.body(WaiverVerdictSent)
    service.decide_extension(row, sent.verdict, sent.remark, actor=identity())
    return _answer(row)


def _found(key: str) -> Row:
    return queries.one(identity(), api.key(key))


def _allowed(key: str, action: str) -> Row:
    """404, then 403, then 409; the body is looked at after that."""
    row = _found(key)
    service.allow(row, action, actor=identity())
    return row


def _answer(row: Row) -> Answer:
    today = clock.today()
    return api.one(_shown(row, light(row.facts, today, queries.thresholds(), queries.calendar()), today))


def _shown(row: Row, shows: Light, today: date) -> Assignment:
    w = row.waiver
    asked = Waiver(
        state=cast("Any", w.state), reason=w.reason, asked_by=w.asked_by.email, asked_at=w.asked_at, remark=w.remark,
        decided_by=w.decided_by.email if w.decided_by else None, decided_at=w.decided_at) if w else None
    same = {name: getattr(row, name) for name in _SAME}
    return Assignment(
        id=str(row.id), programme=str(row.programme_id), unit=row.unit.code, owner=row.owner.email if row.owner else None,
        light=cast("LightCode", shows.code), light_reason=str(shows.reason), waiver=asked,
        overdue_days=overdue_days(row.facts, today), extensions=[_extension(e) for e in row.extensions], **same)


def _extension(e: models.Extension) -> Extension:
    return Extension(
        state=cast("Any", e.state), due_before=e.due_before, due=e.due, reason=e.reason, asked_by=e.asked_by.email,
        blocking_unit=e.blocking_unit.code if e.blocking_unit else None, asked_at=e.asked_at, remark=e.remark,
        decided_by=e.decided_by.email if e.decided_by else None, decided_at=e.decided_at)


_SAME = ("code", "year", "line", "process", "milestone", "title", "title_zh", "deliverable", "deliverable_zh", "evidence",
         "evidence_zh", "promised", "measure", "start", "due", "original_due", "percent", "state", "reported_on",
         "handed_in_on", "closed_on", "chased_at", "chase_count", "version")
_KEY = (("key", "The assignment's id."),)

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/assignments", listing, Permission.ASSIGNMENT_LIST, Spec(
        summary="The assignments one may see, by due day", answer=Page[Assignment], query=AssignmentsQuery)),
    ("GET", "/assignments/<key>", single, Permission.ASSIGNMENT_READ, Spec(
        summary="One assignment", answer=Assignment, keys=_KEY)),
    ("GET", "/assignments/<key>/history", past, Permission.ASSIGNMENT_READ, Spec(
        summary="What happened to it, newest first", answer=Page[HistoryEntry], query=PageQuery, keys=_KEY)),
    ("POST", "/assignments/<key>/progress", progress, Permission.ASSIGNMENT_REPORT, Spec(
        summary="Report how far it is", answer=Assignment, body=ProgressSent, keys=_KEY, conflicts="It is not open.")),
    ("POST", "/assignments/<key>/hand-in", hand_in, Permission.ASSIGNMENT_HAND_IN, Spec(
        summary="Hand it in to be verified; this makes it 100 %", answer=Assignment, body=HandInSent, keys=_KEY,
        conflicts="It is not open.")),
    ("POST", "/assignments/<key>/verify", verify, Permission.ASSIGNMENT_VERIFY, Spec(
        summary="Close it, or return it with a remark", answer=Assignment, body=VerdictSent, keys=_KEY,
        conflicts="It has not been handed in.")),
    ("POST", "/assignments/<key>/chase", chase, Permission.ASSIGNMENT_CHASE, Spec(
        summary="Urge its unit", answer=Assignment, body=ChaseSent, keys=_KEY, conflicts="It is finished.")),
    ("POST", "/assignments/<key>/owner", name_owner, Permission.ASSIGNMENT_OWNER, Spec(
        summary="Name the owner of an assignment in force", answer=Assignment, body=OwnerSent, keys=_KEY,
        conflicts="It is not open, or its plan is not in force yet.")),
    ("POST", "/assignments/<key>/waiver", ask_waiver, Permission.ASSIGNMENT_WAIVE, Spec(
        summary="Ask to be excused from it as not applicable", answer=Assignment, body=WaiverSent, keys=_KEY,
        conflicts="It is not open, or it is asked already.")),
    ("POST", "/assignments/<key>/waiver/withdraw", withdraw_waiver, Permission.ASSIGNMENT_WAIVE, Spec(
        summary="Take the open request back", answer=Assignment, keys=_KEY, conflicts="No request is open.")),
    ("POST", "/assignments/<key>/waiver/verdict", decide_waiver, Permission.ASSIGNMENT_VERIFY, Spec(
        summary="Grant “not applicable”, which cancels it, or decline with a remark", answer=Assignment,
        body=WaiverVerdictSent, keys=_KEY, conflicts="No request is open.")),
    ("POST", "/assignments/<key>/extensions", ask_extension, Permission.ASSIGNMENT_EXTEND, Spec(
        summary="Ask for more time", answer=Assignment, body=ExtensionSent, keys=_KEY,
        conflicts="It is not open, or it is asked already.")),
    ("POST", "/assignments/<key>/extensions/withdraw", withdraw_extension, Permission.ASSIGNMENT_EXTEND, Spec(
        summary="Take the open request for more time back", answer=Assignment, keys=_KEY, conflicts="No request is open.")),
    ("POST", "/assignments/<key>/extensions/verdict", decide_extension, Permission.EXTENSION_GRANT, Spec(
        summary="Grant more time, which moves the due day, or decline with a remark", answer=Assignment,
        body=WaiverVerdictSent, keys=_KEY, conflicts="No request is open.")),
    *files.routes("assignment", "/assignments", Permission.ASSIGNMENT_READ, Permission.ASSIGNMENT_REPORT),
)
