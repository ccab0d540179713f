"""Two lines that approve the rest of a plan at the same moment: the second sees the first's verdicts, the plan is approved."""
import threading
from uuid import UUID

from portal.filings import queries, service
from tenants.db import db
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories.plans import draft

LAST = (Line.MARKET, Line.NETWORK)


def submitted(acting: As) -> UUID:
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        service.submit(filing, actor=contact)
        db.session.commit()
        return filing.id


def approve(acting: As, key: UUID, line: Line, meet: threading.Barrier | None = None) -> None:
    with acting(line.value.replace("_", "-")) as lead:
        filing = queries.one(lead, key)
        if meet:
            meet.wait(10)
        service.review(filing, line, "approve", actor=lead)
        db.session.commit()


def test_both_count(acting: As, superuser: Superuser) -> None:
    key, meet, faults = submitted(acting), threading.Barrier(len(LAST)), []
    for line in set(Line) - set(LAST):
        approve(acting, key, line)

    def go(line: Line) -> None:
        try:
            approve(acting, key, line, meet)
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=go, args=(line,)) for line in LAST]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert not faults
    assert superuser.execute("SELECT state FROM filing WHERE id = %s", (key,)).fetchone() == ("approved",)
