"""Lists in pages. A cursor holds where the last page ended, signed: it cannot be made up, nor used for another list."""
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.api.answers import Answer
from portal.api.bodies import Query
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_

MOST, USUAL = 200, 100

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Cursor = Annotated[str, StringConstraints(max_length=2_000)]


class Page(BaseModel, Generic[M]):
    """One page of a list; `next` is the cursor of the following one, null at the end."""
    items: list[M]
    next: str | None


class PageQuery(Query):
    """Of every list; a list with filters inherits from it."""
    limit: int = Field(USUAL, ge=1, le=MOST, description="How many items at most.")
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


def page_of(statement: Select[T], keys: Sequence[InstrumentedAttribute[Any]], wanted: PageQuery,
            show: Callable[[T], M], *, descending: bool = False,
            ahead: Callable[[Sequence[T]], object] = lambda _: None) -> Answer:
    """A page of a statement that yields one entity a row. `keys` are attributes of that entity that are never null and
    together unique; they are the order, whatever the statement's own was. `ahead` is called with the page's rows before
    they are shown one by one."""
    if wanted.cursor:
        last = [literal(v, k.type) for v, k in zip(_opened(wanted.cursor, len(keys)), keys, strict=True)]
        here, there = tuple_(*keys), tuple_(*last)
        statement = statement.where(here < there if descending else here > there)
    statement = statement.order_by(None).order_by(*(k.desc() if descending else k for k in keys)).limit(wanted.limit + 1)
    rows = db.session.scalars(statement).unique().all()
    shown = rows[:wanted.limit]
    more = _sealed([getattr(shown[-1], k.key) for k in keys]) if len(rows) > wanted.limit else None
    ahead(shown)
    return Answer(Page[Any](items=[show(row) for row in shown], next=more))


def page(items: Iterable[T], wanted: PageQuery, show: Callable[[T], M], key: Callable[[T], str]) -> Answer:
    """A page of a list that is in its order already. `key` names an item, so that the next page starts after it also
    where the list has changed meanwhile."""
    everything = list(items)
    start = _after(everything, key, wanted.cursor) if wanted.cursor else 0
    shown = everything[start:start + wanted.limit]
    end = start + len(shown)
    more = _sealed([key(shown[-1]), end]) if end < len(everything) else None
    return Answer(Page[Any](items=[show(item) for item in shown], next=more))


def _after(items: Sequence[T], key: Callable[[T], str], cursor: str) -> int:
    name, position = _opened(cursor, 2)
    return next((n + 1 for n, item in enumerate(items) if key(item) == name), int(position))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"cursor {request.path}")


def _sealed(values: Sequence[object]) -> str:
    return str(_serializer().dumps([_plain(v) for v in values]))


def _opened(cursor: str, count: int) -> list[Any]:
    try:
        values = [_READ[kind](value) for kind, value in _serializer().loads(cursor)]
    except (BadSignature, KeyError, ValueError, TypeError):
        values = []
    if len(values) != count:
        raise Invalid({"cursor": [N_("This is not a cursor of this list.")]})
    return values


_READ: dict[str, Callable[[Any], object]] = {
    "n": int, "s": str, "u": UUID, "t": datetime.fromisoformat, "d": date.fromisoformat}


def _plain(value: object) -> tuple[str, object]:
    """A value with its kind. Raises TypeError for a null or a type that no list is ordered by: a bug."""
    match value:
        case int():
            return "n", value
        case str():
            return "s", value
        case UUID():
            return "u", str(value)
        case datetime():
            return "t", value.isoformat()
        case date():
            return "d", value.isoformat()
        case _:
            raise TypeError(f"a list cannot be ordered by {value!r}")
