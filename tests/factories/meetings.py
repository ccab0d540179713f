"""A meeting that is called, for tests of what is done with it."""
from datetime import timedelta
from uuid import UUID

from portal.meetings import service
from portal.meetings.rules import Content, Item
from tenants import clock, directory
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As


def content(*units: str, line: Line | None = None, title: str = "Bills of the spring") -> Content:
    """In three days, two hours long."""
    keys = {u.code: u.id for u in directory.units()}
    begins = clock.now() + timedelta(days=3)
    return Content(kind="topic", line=line, title=title, place="Hall 3", starts_at=begins, ends_at=begins + timedelta(hours=2),
                   invited=frozenset(keys[u] for u in units), agenda=(Item("What went wrong", keys[units[0]]),) if units else ())


def meeting(acting: As, who: str, *units: str, line: Line | None = None) -> UUID:
    with acting(who) as actor:
        made = service.convene(content(*units, line=line), actor=actor)
        db.session.commit()
        return made.id
