"""Nobody judges work of their own, whatever else they are appointed to."""
import pytest

from portal.filings import queries, service
from tenants.db import db
from tenants.errors import NotPermitted
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.plans import draft


def test_who_owns_something_in_a_part_does_not_review_it(acting: As, superuser: Superuser) -> None:
    """Guangdong's market owner is named in every row, and leads a line at headquarters as well."""
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        service.submit(filing, actor=contact)
        key = filing.id
        db.session.commit()
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, 'hq_line_lead', 'market', false, '2026-01-01', 1)",
                      (people.key("market.guangdong"),))
    with acting("market.guangdong") as owner:
        headquarters = owner.acting(next(a.id for a in owner.appointments if a.unit == 1))
        for function in (owner, headquarters):
            filing = queries.one(function, key)
            assert queries.reviewable_lines(filing, function) == ()
            with pytest.raises(NotPermitted):
                service.review(filing, Line.MARKET, "approve", actor=function)
    with acting("office") as office:
        service.review(queries.one(office, key), Line.MARKET, "approve", actor=office)
