"""The main job through the services: filed, returned, corrected, approved, in force, reported, handed in, closed."""
from datetime import date
from uuid import UUID

import pytest

from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.filings import queries, service
from portal.filings.rules import Content, ItemContent
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.plans import draft

GD = "guangdong"


@pytest.fixture
def submitted(acting: As) -> UUID:
    with acting(f"contact.{GD}") as contact:
        filing = draft(contact)
        service.submit(filing, actor=contact)
        db.session.commit()
        return filing.id


def test_a_draft_has_an_item_for_every_assignment_but_the_filing_itself(acting: As) -> None:
    with acting(f"contact.{GD}") as contact:
        filing = service.open_draft(world.programme(contact).id, contact.appointments[0].unit, actor=contact)
        asked = assignment_queries.of_unit(filing.programme_id, filing.unit_id)
        assert {i.assignment_id for i in filing.items} == {a.id for a in asked if a.template_kind == "task"}
        assert len(asked) - len(filing.items) == 1
        with pytest.raises(RuleViolated):
            service.open_draft(filing.programme_id, filing.unit_id, actor=contact)
        with pytest.raises(Invalid) as refused:
            service.submit(filing, actor=contact)
        assert {"mechanism", "team", f"items.{filing.items[0].assignment_id}.measure"} <= set(refused.value.errors)
        owners = {i.line: i.owner_id for i in filing.items}
        assert owners["market"] == people.key(f"market.{GD}")                # what is known is not asked again
        assert {(c["part"], c["line"]) for c in filing.contacts} >= {("contact", None), ("deputy", None), ("counterpart", "it")}


def test_the_loop(acting: As, submitted: UUID, superuser: Superuser) -> None:
    with acting("market") as lead:
        filing = queries.one(lead, submitted)
        first = next(i for i in queries.ordered(filing) if i.line == "market").assignment_id
        with pytest.raises(NotPermitted):
            service.review(filing, Line.NETWORK, "approve", actor=lead)
        service.review(filing, Line.MARKET, "return", remarks={first: "who leads?"}, actor=lead)
        assert filing.state == "returned"
        db.session.commit()
    with acting("network") as lead, pytest.raises(RuleViolated):
        service.review(queries.one(lead, submitted), Line.NETWORK, "approve", actor=lead)
    with acting(f"contact.{GD}") as contact:
        filing = queries.one(contact, submitted)
        content = queries.content(filing)
        mended = ItemContent(content.items[first].owner, date(2026, 2, 1), date(2026, 6, 1), "list", "the head leads")
        service.save(filing, Content(content.mechanism, content.team, content.contacts, content.readiness,
                                     {first: mended}), actor=contact)
        service.submit(filing, actor=contact)
        verdicts = {i.assignment_id: i.verdict for i in filing.items if i.line == "market"}
        assert verdicts.pop(first) == "pending" and set(verdicts.values()) == {"approved"}
        db.session.commit()
    for line in Line:
        with acting(line.value.replace("_", "-")) as lead:
            service.review(queries.one(lead, submitted), line, "approve", actor=lead)
            db.session.commit()
    with acting(f"contact.{GD}") as contact:
        filing = queries.one(contact, submitted)
        assert filing.state == "approved"
        asked = {a.id: a for a in assignment_queries.of_unit(filing.programme_id, filing.unit_id)}
        assert asked[first].due == date(2026, 6, 1) and asked[first].original_due == date(2026, 6, 30)
        assert next(a for a in asked.values() if a.template_kind == "plan_filing").state == "closed"
        systems = [a for a in asked.values() if a.template_kind == "system"]
        assert {a.milestone for a in systems} == {"systems_converted", "systems_built"}
        assert {a.owner_id for a in systems} == {people.key(f"it.{GD}")}
    with acting(f"market.{GD}") as owner:
        mine = assignment_queries.one(owner, first)
        assignments.report(mine, 60, "half way", actor=owner)
        assignments.hand_in(mine, "done", actor=owner)
        with pytest.raises(NotPermitted):
            assignments.verify(mine, "close", "", actor=owner)
        db.session.commit()
    with acting("market") as lead:
        theirs = assignment_queries.one(lead, first)
        assignments.verify(theirs, "return", "evidence is missing", actor=lead)
        assert (theirs.state, theirs.percent) == ("open", 60)
        db.session.commit()
    with acting(f"market.{GD}") as owner:
        assignments.hand_in(assignment_queries.one(owner, first), "with evidence", actor=owner)
        db.session.commit()
    with acting("market") as lead:
        theirs = assignment_queries.one(lead, first)
        assignments.verify(theirs, "close", "", actor=lead)
        assert theirs.state == "closed"
        db.session.commit()
    assert superuser.execute("SELECT count(*) FROM app.audit_broken()").fetchone() == (0,)
