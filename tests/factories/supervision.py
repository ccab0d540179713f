"""A supervision order, for tests of what is done with it."""
from datetime import date
from uuid import UUID

from portal.supervision import service
from portal.supervision.rules import Ordered, Ref
from tenants import directory
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As


def wanted(*units: str, grade: str = "ordinary", line: Line | None = None, term: date | None = None, about: tuple[Ref, ...] = (),
           words: str = "Correct the bills and say how") -> Ordered:
    keys = {u.code: u.id for u in directory.units()}
    return Ordered(grade=grade, words=words, line=line, term=term, units=frozenset(keys[u] for u in units), about=about)


def order(acting: As, who: str, unit: str, *, grade: str = "ordinary", line: Line | None = None, term: date | None = None) -> UUID:
    with acting(who) as actor:
        made = service.issue(wanted(unit, grade=grade, line=line, term=term), actor=actor)
        db.session.commit()
        return made[0].id
