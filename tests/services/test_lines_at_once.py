"""Two lines that approve the rest of a plan at the same moment: the second sees the first's verdicts, the plan is approved."""
from collections.abc import Callable
from functools import partial
from uuid import UUID

from portal.filings import queries, service
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories.plans import draft
from tests.services.at_once import at_once

LAST = (Line.MARKET, Line.NETWORK)


def submitted(acting: As) -> UUID:
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        service.submit(filing, actor=contact)
        db.session.commit()
        return filing.id


def approve(acting: As, key: UUID, line: Line, meet: Callable[[], object] | None = None) -> None:
    with acting(line.value.replace("_", "-")) as lead:
        filing = queries.one(lead, key)
        if meet:
            meet()
        service.review(filing, line, "approve", actor=lead)
        db.session.commit()


def test_both_count(acting: As, superuser: Superuser) -> None:
    key = submitted(acting)
    for line in set(Line) - set(LAST):
        approve(acting, key, line)
    assert at_once(LAST, partial(approve, acting, key)) == []
    assert superuser.execute("SELECT state FROM filing WHERE id = %s", (key,)).fetchone() == ("approved",)
