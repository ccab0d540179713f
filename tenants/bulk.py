"""Many rows in one statement: what costs the same for one row as for a thousand is done once.

They travel as one JSON value, which PostgreSQL reads as a table. A list of parameters would grow with the rows, and so would the
text of the statement, which the driver reads through each time."""
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from tenants.db import Base, db

Rows = Sequence[Mapping[str, Any]]           # all with the same columns


def insert_new(model: type[Base], rows: Rows) -> None:
    """Write the rows that collide with none there is; the others are left out without a word."""
    if rows:
        db.session.connection().execute(_new(model, tuple(rows[0])), {"rows": _json(rows)})


def insert_own(model: type[Base], rows: Rows) -> set[UUID]:
    """The same for rows that this scope may read (others are an error), and which of them were written: their `id`."""
    if not rows:
        return set()
    written = _new(model, tuple(rows[0])).returning(model.__table__.c["id"])
    return set(db.session.connection().execute(written, {"rows": _json(rows)}).scalars())


@cache
def _new(model: type[Base], names: tuple[str, ...]) -> Insert:
    columns = [column(name, model.__table__.c[name].type) for name in names]
    read = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*columns)
    typed = read.render_derived("row", with_types=True)
    return insert(model).from_select(list(names), select(*typed.c)).on_conflict_do_nothing()


def _json(rows: Rows) -> str:
    return json.dumps(rows, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, UUID | date):                       # a moment is a date, too
        return str(value)
    raise TypeError(f"no JSON: {type(value).__name__}")
