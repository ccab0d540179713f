"""What people say of the launch elements: each verdict with what shows it, and a second person for what does not apply."""
import pytest

from portal.attachments.models import Attachment
from portal.campaigns import queries, service
from tenants import clock
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.campaigns import checked, content, document


def test_a_verdict_needs_its_reason_and_not_applicable_a_second_person(acting: As) -> None:
    with acting("market.guangdong") as actor:
        campaign = checked(actor, content(training_on=None))
        for verdict, reason, field in (("pass", " ", "reason"), ("fail", "", "reason"), ("not_applicable", " ", "reason"),
                                       ("maybe", "x", "verdict")):
            with pytest.raises(Invalid) as refused:
                service.check(campaign, "training", verdict, reason, actor=actor)
            assert set(refused.value.errors) == {field}
        with pytest.raises(Invalid):
            service.check(campaign, "weather", "pass", "sunny", actor=actor)
        service.check(campaign, "training", "not_applicable", "nobody sells it by telephone", actor=actor)
        with pytest.raises(RuleViolated):
            service.check(campaign, "training", "not_applicable", "again", actor=actor)
        assert [m.code for m in queries.missing(campaign)] == ["training_none", "second"]
        key = campaign.id
        db.session.commit()
    with acting("contact.guangdong") as other:
        campaign = queries.one(other, key)
        service.check(campaign, "training", "not_applicable", actor=other)
        training = queries.standings([campaign])[key][-1]
        assert training.met and training.first and training.second and training.reason == "nobody sells it by telephone"
        assert (training.first.by.email, training.second.by.email) == ("market@guangdong.example", "contact@guangdong.example")
        service.go_live(campaign, actor=other)


@pytest.mark.parametrize("order", [("enterprise.guangdong", "market.guangdong"), ("market.guangdong", "enterprise.guangdong")])
def test_holder_and_delegate_are_not_two(acting: As, superuser: Superuser, order: tuple[str, str]) -> None:
    function = people.appointment_key("market.guangdong")
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (function, people.key("enterprise.guangdong")))
    with acting("market.guangdong") as actor:
        key = checked(actor, content(training_on=None)).id
        db.session.commit()
    with acting(order[0]) as first:
        service.check(queries.one(first, key), "training", "not_applicable", "nobody sells it", actor=first.acting(function))
        db.session.commit()
    with acting(order[1]) as second:
        campaign = queries.one(second, key)
        with pytest.raises(RuleViolated, match="you or your delegate"):
            service.check(campaign, "training", "not_applicable", actor=second.acting(function))
        assert [m.code for m in queries.missing(campaign)] == ["training_none", "second"]
    with acting("contact.guangdong") as other:
        service.check(queries.one(other, key), "training", "not_applicable", actor=other)
        assert not queries.missing(queries.one(other, key))


def test_the_holder_of_a_headquarters_line_is_no_second_person_as_office(acting: As, superuser: Superuser) -> None:
    """A delegate spoke for the lead, who is the office, too: it does not wait on that desk."""
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (people.appointment_key("market"), people.key("network")))
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, 'hq_office', false, '2026-01-01', 1)", (people.key("market"),))
    with acting("market") as lead:
        key = checked(lead, content("hq", lands_in="network", training_on=None)).id
        db.session.commit()
    with acting("network") as delegate:
        service.check(queries.one(delegate, key), "training", "not_applicable", "all were trained",
                      actor=delegate.acting(people.appointment_key("market")))
        db.session.commit()
    with acting("market") as lead:
        assert queries.to_confirm(lead, 9) == []
    with acting("office") as office:
        assert [c.id for c in queries.to_confirm(office, 9)] == [key]


def test_met_needs_words_or_a_file_of_that_element(acting: As) -> None:
    with acting("market.guangdong") as actor:
        campaign = service.register(content(), actor=actor)
        document(campaign, actor, "rules")
        service.check(campaign, "rules", "pass", actor=actor)
        for element in ("notices", "documents", "configuration", "training"):
            with pytest.raises(Invalid) as refused:
                service.check(campaign, element, "pass", actor=actor)
            assert set(refused.value.errors) == {"reason"}
        document(campaign, actor)
        service.check(campaign, "documents", "pass", actor=actor)        # what agents work by shows it
        service.check(campaign, "notices", "pass", "read aloud", actor=actor)
        for row in db.session.query(Attachment).filter_by(subject_id=campaign.id, part="rules"):
            row.removed_at = clock.now()
        db.session.flush()
        with pytest.raises(Invalid):
            service.check(campaign, "rules", "pass", actor=actor)


def test_the_office_is_the_second_person_of_headquarters_campaigns(acting: As, superuser: Superuser) -> None:
    """A line at headquarters has one lead: the office hears of it, finds it on its desk, and says the second word, no other."""
    with acting("market") as lead:
        key = checked(lead, content("hq", lands_in="network", training_on=None)).id
        db.session.commit()
    with acting("office") as office:
        campaign = queries.one(office, key)
        assert service.offers(campaign, actor=office) == set() and queries.to_confirm(office, 9) == []
        with pytest.raises(RuleViolated):
            service.check(campaign, "training", "not_applicable", "as I think", actor=office)
    with acting("market") as lead:
        service.check(queries.one(lead, key), "training", "not_applicable", "all were trained for the last one", actor=lead)
        db.session.commit()
    told = superuser.execute("SELECT payload->>'people' FROM outbox_message WHERE topic = 'notice' AND payload->>'text' LIKE"
                             " '%a second person has to confirm%'").fetchone()
    assert told and str(people.key("office")) in told[0] and str(people.key("market")) not in told[0]
    with acting("office") as office:
        campaign = queries.one(office, key)
        assert [c.id for c in queries.to_confirm(office, 9)] == [key]
        assert service.offers(campaign, actor=office) == {"confirm"}
        for element, verdict in (("training", "pass"), ("training", "fail"), ("rules", "not_applicable"), ("rules", "pass")):
            with pytest.raises(NotPermitted):
                service.check(campaign, element, verdict, "so I think", actor=office)
        with pytest.raises(NotPermitted):
            service.go_live(campaign, actor=office)
        service.check(campaign, "training", "not_applicable", actor=office)
        assert queries.missing(campaign) == [] and queries.to_confirm(office, 9) == []
        db.session.commit()
    with acting("market") as lead:
        service.go_live(queries.one(lead, key), actor=lead)


def test_the_office_confirms_nothing_of_a_units_campaign(acting: As) -> None:
    with acting("market.guangdong") as actor:
        campaign = checked(actor, content(training_on=None))
        service.check(campaign, "training", "not_applicable", "sold by nobody", actor=actor)
        key = campaign.id
        db.session.commit()
    with acting("office") as office:
        assert queries.to_confirm(office, 9) == []
        with pytest.raises(NotPermitted):
            service.check(queries.one(office, key), "training", "not_applicable", actor=office)
