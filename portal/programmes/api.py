"""Programmes for programs: read them, draft one from the plan, see what issuing would make, issue it."""
from datetime import date
from typing import Literal, cast

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Body, Instant, Page, PageQuery, Spec
from portal.programmes import models, queries, service
from portal.web.access import identity
from tenants.access import need
from tenants.permissions import Permission
from tenants.vocabulary import Line, MilestoneCode

NAME = "programmes"
ProgrammeState = Literal["draft", "issued", "ended"]


class ProgrammeMilestone(BaseModel):
    """A day of the programme's year, or the next, by which part of it must be delivered."""
    id: str
    code: MilestoneCode
    due: date
    title: str
    title_zh: str


class Programme(BaseModel):
    """What is asked of all units in a year."""
    id: str
    year: int = Field(examples=[2026])
    name: str
    name_zh: str
    theme: str
    theme_zh: str
    goals: list[str]
    goals_zh: list[str]
    state: ProgrammeState
    issued_at: Instant | None
    milestones: list[ProgrammeMilestone]


class ProgrammeDraft(Body):
    """The year to draft the plan for."""
    year: int = Field(description="From 2000 to 2100; one programme a year.", examples=[2027])


class UnitCount(BaseModel):
    unit: str = Field(description="A unit's code.", examples=["guangdong"])
    count: int


class LineCount(BaseModel):
    line: Line
    count: int


class ProgrammePreview(BaseModel):
    """What issuing makes. Work on systems arises later, when a unit's plan is approved, and is not counted."""
    assignments: int
    units: int
    by_unit: list[UnitCount]
    by_line: list[LineCount]
    idle: list[str] = Field(description="Codes of templates that reach no unit.")


def listing() -> Answer:
    return api.page(queries.listed(identity()), api.query(PageQuery), _shown, key=lambda p: str(p.id))


def single(key: str) -> Answer:
    return api.one(_shown(queries.one(identity(), api.key(key))))


def create() -> Answer:
    need(identity(), Permission.PROGRAMME_EDIT)
    made = service.draft(queries.plan(), api.body(ProgrammeDraft).year, identity())
    return api.created(_shown(queries.whole(made.id)), f"/programmes/{made.id}")


def preview(key: str) -> Answer:
    programme = queries.one(identity(), api.key(key))
    need(identity(), Permission.PROGRAMME_EDIT)
    found = service.preview(programme)
    return api.one(ProgrammePreview(
        assignments=found.assignments, units=found.units, by_unit=[UnitCount(unit=u.code, count=n) for u, n in found.by_unit],
        by_line=[LineCount(line=line, count=n) for line, n in found.by_line], idle=[t.code for t in found.idle]))


def issue(key: str) -> Answer:
    programme = queries.one(identity(), api.key(key))
    service.issue(programme, actor=identity())
    return api.one(_shown(programme))


def _shown(row: models.Programme) -> Programme:
    return Programme(
        id=str(row.id), year=row.year, name=row.name, name_zh=row.name_zh, theme=row.theme, theme_zh=row.theme_zh,
        goals=row.goals.splitlines(), goals_zh=row.goals_zh.splitlines(), state=cast(ProgrammeState, row.state),
        issued_at=row.issued_at, milestones=[
            ProgrammeMilestone(id=str(m.id), code=MilestoneCode(m.code), due=m.due, title=m.title, title_zh=m.title_zh)
            for m in row.milestones])


_KEY = (("key", "A programme's id."),)

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/programmes", listing, Permission.PROGRAMME_READ, Spec(
        summary="The programmes, newest year first; drafts for the office alone", answer=Page[Programme], query=PageQuery)),
    ("POST", "/programmes", create, Permission.PROGRAMME_EDIT, Spec(
        summary="Draft the plan for a year", answer=Programme, body=ProgrammeDraft, status=201,
        conflicts="The year has a programme already.")),
    ("GET", "/programmes/<key>", single, Permission.PROGRAMME_READ, Spec(summary="One programme", answer=Programme, keys=_KEY)),
    ("GET", "/programmes/<key>/preview", preview, Permission.PROGRAMME_EDIT, Spec(
        summary="What issuing makes, by unit and by line", answer=ProgrammePreview, keys=_KEY)),
    ("POST", "/programmes/<key>/issue", issue, Permission.PROGRAMME_EDIT, Spec(
        summary="Issue it, once: every unit gets its assignments", answer=Programme, keys=_KEY,
        conflicts="It is issued already, or reaches no unit.")),
)
