"""Wall 1 in lists: what `tenants.access.reaches` says, as a condition on a table's columns."""
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from tenants.access import Reach
from tenants.vocabulary import Line, Role

Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """The columns of a thing that several units share: `parties` their keys, `desks` "key:line" each, `desk` the function
    that serves the answering desk today (`tenants.directory.desk_of`)."""
    parties: Column
    desks: Column
    everyone: Column | None = None
    first: Column | None = None
    raiser: Column | None = None
    ruling: Column | None = None
    desk: ColumnElement[str] | None = None


def within(reaches: Iterable[Reach], *, unit: InstrumentedAttribute[int], line: InstrumentedAttribute[str] | None = None,
           owner: InstrumentedAttribute[UUID | None] | None = None, shared: Shared | None = None) -> ColumnElement[bool]:
    """Rows that at least one reach contains. A table that lacks what a reach asks about is never reached through it."""
    found = [and_(_one(r, unit, line, owner), _of_shared(r, shared)) for r in reaches]
    return or_(false(), *found)


def desk_key(unit: int, line: str) -> str:
    """A unit in a line, as `desks` keeps it."""
    return f"{unit}:{line}"


def _of_shared(reach: Reach, shared: Shared | None) -> ColumnElement[bool]:
    asked = (reach.party, reach.first, reach.raiser, reach.desk, reach.ruling)
    if asked == (None, None, None, None, None):
        return true()
    if shared is None:
        return false()
    wanted = [_of_party(reach, shared), _equal(shared.first, reach.first), _equal(shared.raiser, reach.raiser),
              _equal(shared.ruling, reach.ruling.value if reach.ruling else None)]
    if reach.desk is not None:
        wanted.append(false() if shared.desk is None else _served(shared.desk, *reach.desk))
    return and_(*wanted)


def _of_party(reach: Reach, shared: Shared) -> ColumnElement[bool]:
    if reach.party is None:
        return true()
    if reach.party_line is not None:
        return shared.desks.contains([desk_key(reach.party, reach.party_line.value)])
    mine: ColumnElement[bool] = shared.parties.contains([reach.party])
    return mine if shared.everyone is None else or_(mine, shared.everyone)


def _served(desk: ColumnElement[str], role: Role, line: Line | None) -> ColumnElement[bool]:
    return desk.startswith(f"{role.value} ") if line is None else desk == f"{role.value} {line.value}"


def _equal(column: Column | None, value: object) -> ColumnElement[bool]:
    if value is None:
        return true()
    return false() if column is None else column == value


def _one(reach: Reach, unit: Column, line: Column | None, owner: Column | None) -> ColumnElement[bool]:
    if (line is None and (reach.line or reach.not_line)) or (owner is None and reach.owner):
        return false()
    wanted: list[ColumnElement[bool]] = [true()]
    if reach.unit is not None:
        wanted.append(unit == reach.unit)
    if reach.not_unit is not None:
        wanted.append(unit != reach.not_unit)
    if line is not None and reach.line is not None:
        wanted.append(line == reach.line.value)
    if line is not None and reach.not_line is not None:
        wanted.append(line != reach.not_line.value)
    if owner is not None and reach.owner is not None:
        wanted.append(owner == reach.owner)
    return and_(*wanted)
