"""The board as figures: where each unit stands at each milestone."""
from typing import Literal

from pydantic import BaseModel, Field

from portal import api
from portal.api import Answer, ApiRoute, Instant, Query, Spec
from portal.board import queries
from portal.board.queries import Wanted
from portal.programmes import queries as programmes
from portal.web.access import identity
from tenants import clock
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, UnitKind

NAME = "board"
LightCode = Literal["grey", "green", "amber", "red", "blue", "closed"]


class Cell(BaseModel):
    """A unit at a milestone; cancelled assignments are not counted."""
    unit: str = Field(description="A unit's code.", examples=["guangdong"])
    milestone: MilestoneCode
    total: int
    closed: int
    overdue: int
    light: LightCode | None = Field(description="Null where nothing is asked of the unit.")


class Board(BaseModel):
    """How things stand now, as far as the person sees."""
    as_of: Instant
    programme: str
    cells: list[Cell]


class BoardQuery(Query):
    line: Line | None = Field(None, description="Only assignments of this line; lights are made from them alone.")
    kind: UnitKind | None = Field(None, description="Only units of this kind.")
    category: Category | None = Field(None, description="Only specialised companies of this category.")


def board(key: str) -> Answer:
    who = identity()
    programme = programmes.one(who, api.key(key))
    asked = api.query(BoardQuery)
    wanted = Wanted(line=asked.line or "", kind=asked.kind or "", category=asked.category or "")
    found = queries.standing(who, programme, wanted)
    codes = {p.unit: p.code for p in found.places}
    return Answer(Board(as_of=clock.now(), programme=str(programme.id), cells=[
        Cell(unit=codes[int(row.key)], milestone=MilestoneCode(milestone), total=tally.total, closed=tally.closed,
             overdue=tally.overdue, light=tally.light)                     # type: ignore[arg-type]  # cell() gives these codes
        for group in found.groups for row in group.rows for milestone, tally in row.cells.items()]))


ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/programmes/<key>/board", board, Permission.BOARD_READ, Spec(
        summary="Units by milestones: how many are closed, overdue, and the light", answer=Board, query=BoardQuery,
        keys=(("key", "A programme's id."),))),
)
