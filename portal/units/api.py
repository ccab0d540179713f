"""Who one is, the units, and who answers for what."""
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Page, PageQuery, Spec
from portal.units import queries
from portal.web.access import identity, require
from portal.web.lights import own
from tenants import models
from tenants.permissions import Permission
from tenants.vocabulary import Category, Duty, Line, Process, Role, UnitKind

NAME = "units"


class Function(BaseModel):
    """One of the person's functions in force today."""
    role: Role
    unit: str = Field(description="A unit's code.", examples=["guangdong"])
    line: Line | None
    delegated: bool = Field(description="Held by another person, in whose name one acts.")


class Me(BaseModel):
    """The person whose token this is."""
    email: str = Field(examples=["contact@guangdong.example"])
    name: str
    language: str = Field(examples=["zh"])
    appointments: list[Function]


class Sign(BaseModel):
    """How a unit shows one light: its word, and one of the house's tones."""
    name: str = Field(examples=["Late"])
    name_zh: str = Field(examples=["拖期"])
    tone: str = Field(examples=["violet"])


class Unit(BaseModel):
    """Headquarters, a province, a specialised company, or a part of one."""
    code: str = Field(examples=["guangdong"])
    name: str = Field(examples=["Guangdong"])
    name_zh: str = Field(examples=["广东公司"])
    kind: UnitKind
    category: Category | None = Field(description="Of specialised companies only.")
    parent: str | None = Field(description="The code of the unit that it is a part of.")
    closed_on: date | None = Field(description="The first day on which it is gone.")
    legend: dict[str, Sign] | None = Field(description="Light → how the unit calls and colours it; null: the common legend.")


class LineDuty(BaseModel):
    """What a line does in a process."""
    line: Line
    process: Process
    duty: Duty
    segments: str = Field(description="Parts of the market it is limited to; empty: all.", examples=["C, H, N"])


class CategoryFocus(BaseModel):
    """The process that a category of specialised companies stands for, beside its other duties."""
    category: Category
    process: Process


class Responsibilities(Page[Any]):
    items: list[LineDuty | CategoryFocus]


class UnitsQuery(PageQuery):
    kind: UnitKind | None = Field(None, description="Only units of this kind.")
    category: Category | None = Field(None, description="Only specialised companies of this category.")


def me() -> Answer:
    who = identity()
    return api.one(Me(email=who.email, name=who.name, language=who.language, appointments=[
        Function(role=a.role, unit=a.unit_code, line=a.line, delegated=a.on_behalf_of is not None)
        for a in who.appointments]))


def listing() -> Answer:
    wanted = api.query(UnitsQuery)
    return api.page_of(queries.units(wanted.kind, wanted.category), (models.Unit.position, models.Unit.id), wanted, _unit)


def single(code: str) -> Answer:
    unit = queries.by_code(code)
    require(Permission.DIRECTORY_READ)
    return api.one(_unit(unit))


def responsibilities() -> Answer:
    wanted = api.query(PageQuery)
    rows: list[models.Responsibility | models.Focus] = [*queries.responsibilities().values(), *queries.focuses().values()]
    return api.page(rows, wanted, _responsibility, key=lambda row: str(row.id))


def _unit(row: models.Unit) -> Unit:
    return Unit(code=row.code, name=row.name, name_zh=row.name_zh, kind=UnitKind(row.kind),
                category=Category(row.category) if row.category else None,
                parent=row.parent.code if row.parent else None, closed_on=row.closed_on,
                legend={code: Sign(name=s.name, name_zh=s.name_zh, tone=s.tone) for code, s in own(row).items()} or None)


def _responsibility(row: models.Responsibility | models.Focus) -> LineDuty | CategoryFocus:
    if isinstance(row, models.Focus):
        return CategoryFocus(category=Category(row.category), process=Process(row.process))
    return LineDuty(line=Line(row.line), process=Process(row.process), duty=Duty(row.duty), segments=row.segments)


_CODE = (("code", "A unit's code, such as `guangdong`."),)

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/me", me, Permission.ACCOUNT_USE, Spec(summary="Who I am and which functions I hold", answer=Me)),
    ("GET", "/units", listing, Permission.DIRECTORY_READ, Spec(
        summary="The units that exist today, in the plan's order", answer=Page[Unit], query=UnitsQuery)),
    ("GET", "/units/<code>", single, Permission.DIRECTORY_READ, Spec(
        summary="One unit, also a closed one", answer=Unit, keys=_CODE)),
    ("GET", "/responsibilities", responsibilities, Permission.DIRECTORY_READ, Spec(
        summary="Line by process with its duty, then category by focus process", answer=Responsibilities, query=PageQuery)),
)
