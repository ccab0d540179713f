"""Wall 1 in lists: what `tenants.access.reaches` says, as a condition on a table's columns."""
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from tenants.access import Reach

Column = InstrumentedAttribute[Any]


def within(reaches: Iterable[Reach], *, unit: InstrumentedAttribute[int], line: InstrumentedAttribute[str] | None = None,
           owner: InstrumentedAttribute[UUID | None] | None = None) -> ColumnElement[bool]:
    """Rows that at least one reach contains. A table without line or owner is never reached through one."""
    found = [_one(r, unit, line, owner) for r in reaches]
    return or_(false(), *found)


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
