"""The three stories through the services: launched by headquarters, by a province with a company's product, by a company for
a region; each with hand-over, disagreement and ruling, and everybody else left out."""
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from portal.issues import queries, service
from tenants.db import db
from tenants.errors import NotPermitted, NotVisible, RuleViolated
from tenants.models import Unit
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, steps, unit
from tests.services.delivering import deliver


def parts(acting: As, key: UUID, who: str = "leader") -> set[tuple[str, str, str]]:
    with acting(who) as reader:
        return {(p.unit.code, p.line, p.part) for p in queries.parties(queries.one(reader, key))}


def owner(acting: As, key: UUID) -> tuple[str, str, str]:
    with acting("leader") as reader:
        issue = queries.one(reader, key)
        return issue.owner.code, issue.owner_line, issue.state


def unseen(acting: As, key: UUID, *names: str) -> None:
    for name in names:
        with acting(name) as outsider:
            with pytest.raises(NotVisible):
                queries.one(outsider, key)
            assert queries.count([queries.readable(outsider)]) == 0


def test_launched_by_headquarters(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "hq", product="migu")
    key = raised(acting, "contact.guangdong", about)
    step = steps(acting, key)
    assert parts(acting, key) == {("hq", "market", "owner"), ("guangdong", "market", "raising"), ("migu", "market", "cooperating")}
    unseen(acting, key, "contact.tibet", "head.tibet", "contact.tietong", "market.beijing", "it.guangdong", "network")
    issue = step("market", "accept")
    assert (issue.state, issue.responded_at is not None, issue.code) == ("accepted", True, "Q-2026-guangdong-1")
    step("market", "hand_over", unit(superuser, "migu"), "market", "the client is at fault")
    assert owner(acting, key) == ("migu", "market", "routed")
    with pytest.raises(NotPermitted):
        step("market", "accept")
    step("market.migu", "decline", "our logs show nothing")
    assert owner(acting, key) == ("hq", "market", "routed")
    step("market", "hand_over", unit(superuser, "migu"), "market", "look again")
    issue = step("market.migu", "decline", "still nothing")
    assert issue.ruling_due and issue.disagreements == 2
    for action, said in (("accept", []), ("decline", ["no"]), ("resolve", ["a", "b"])):
        with pytest.raises(RuleViolated):
            step("market", action, *said)
    with pytest.raises(NotPermitted):
        step("market.migu", "rule", unit(superuser, "hq"), "market", "yours")
    with pytest.raises(NotVisible):
        step("network", "rule", unit(superuser, "hq"), "market", "yours")
    issue = step("market", "rule", unit(superuser, "migu"), "market", "the client swallows the key")
    assert (issue.ruling_due, issue.ruled, issue.state) == (False, True, "routed")
    with pytest.raises(RuleViolated):
        step("market.migu", "decline", "no")
    with pytest.raises(RuleViolated):
        step("market.migu", "hand_over", unit(superuser, "hq"), "market", "no")
    step("market.migu", "accept")
    assert step("market.migu", "resolve", "the client swallowed the key", "client 2.1 is out").state == "resolved"
    with pytest.raises(NotPermitted):
        step("market.guangdong", "confirm")                       # not the first contact
    step("contact.guangdong", "reopen", "one customer still cannot")
    step("market.migu", "resolve", "the client swallowed the key", "client 2.2 is out")
    assert step("contact.guangdong", "confirm").state == "closed"
    assert parts(acting, key) == {("migu", "market", "owner"), ("guangdong", "market", "raising"), ("hq", "market", "supervising")}
    unseen(acting, key, "contact.tibet", "head.tibet", "contact.tietong", "market.beijing", "it.guangdong", "network")


def test_launched_by_a_province_with_a_companys_product(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "guangdong", lands=["guangdong"], product="migu")
    key = raised(acting, "contact.guangdong", about)
    step = steps(acting, key)
    assert parts(acting, key) == {("guangdong", "market", "owner"), ("guangdong", "market", "raising"),
                                  ("migu", "market", "cooperating"), ("hq", "market", "supervising")}
    unseen(acting, key, "contact.tibet", "contact.terminal", "network")
    with pytest.raises(NotPermitted):
        step("contact.migu", "accept")
    with pytest.raises(NotPermitted):
        step("contact.guangdong", "accept")                       # the desk has its line owner
    step("market.guangdong", "accept")
    with pytest.raises(RuleViolated):
        step("market.guangdong", "decline", "not ours")           # nobody handed it over
    step("market.guangdong", "hand_over", unit(superuser, "migu"), "market", "the product")
    step("market.migu", "decline", "the tariff")
    step("market.guangdong", "accept")
    step("market.guangdong", "hand_over", unit(superuser, "migu"), "market", "the product it is")
    step("market.migu", "decline", "the tariff it is")
    step("market", "rule", unit(superuser, "guangdong"), "market", "the tariff it is")
    step("market.guangdong", "accept")
    step("market.guangdong", "resolve", "tariff", "corrected")
    step("contact.guangdong", "confirm")
    assert owner(acting, key) == ("guangdong", "market", "closed")


def test_launched_by_a_company_for_a_region(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["guangdong", "beijing"])
    key = raised(acting, "market.guangdong", about, also=(unit(superuser, "beijing"),))
    step = steps(acting, key)
    assert parts(acting, key) == {("migu", "market", "owner"), ("guangdong", "market", "raising"),
                                  ("beijing", "market", "cooperating"), ("hq", "market", "supervising")}
    unseen(acting, key, "contact.tibet", "contact.tietong")
    with acting("market.beijing") as affected:
        assert queries.one(affected, key).code == "Q-2026-guangdong-1"
    step("market.migu", "hand_over", unit(superuser, "guangdong"), "market", "sold wrongly")
    step("market.guangdong", "hand_over", unit(superuser, "migu"), "market", "no")         # back: a circle
    step("market.migu", "hand_over", unit(superuser, "beijing"), "market", "there")
    issue = step("market.beijing", "hand_over", unit(superuser, "guangdong"), "market", "no, there")
    assert issue.ruling_due
    step("market", "rule", unit(superuser, "migu"), "it", "the interface")
    step("it.migu", "accept")
    step("it.migu", "resolve", "interface", "mended")
    step("market.guangdong", "confirm")
    assert owner(acting, key) == ("migu", "it", "closed")
    with acting("market.guangdong") as reader:
        issue = queries.one(reader, key)
        assert [(t.unit.code, t.start) for t in queries.turns(issue)] == [
            ("migu", "routed"), ("guangdong", "handed_over"), ("migu", "handed_over"), ("beijing", "handed_over"),
            ("guangdong", "handed_over"), ("migu", "ruled")]
        said = [e.action for e in queries.timeline(issue)]
        assert said == ["raise", *["hand_over"] * 4, "rule", "accept", "resolve", "confirm"]
        assert [e.by.email for e in queries.timeline(issue)[:2] if e.by] == ["market@guangdong.example", "market@migu.example"]


def test_not_identified(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["guangdong"])
    key = raised(acting, "contact.guangdong", None, campaign_words="something with 5G", also=())
    step = steps(acting, key)
    assert parts(acting, key) == {("hq", "customer_service", "owner"), ("guangdong", "customer_service", "raising")}
    unseen(acting, key, "contact.migu", "market", "contact.tibet")
    with acting("customer-service") as desk:
        assert queries.to_do(desk)["identify"] == 1
    step("customer-service", "identify", about)
    assert owner(acting, key) == ("migu", "market", "routed")
    assert parts(acting, key) >= {("migu", "market", "owner"), ("guangdong", "market", "raising"), ("hq", "market", "supervising")}
    with acting("market.migu") as desk:
        assert queries.to_do(desk)["answer"] == 1
        issue = queries.one(desk, key)
        assert issue.route_rule == "launched_by_company" and service.offers(issue, actor=desk) >= {"accept", "hand_over", "ask"}
    with acting("contact.guangdong") as first:
        assert [e.action for e in queries.timeline(queries.one(first, key))] == ["raise", "identify"]
        assert queries.one(first, key).first_contact_id == people.key("contact.guangdong")


def test_first_contact_leaves(acting: As, superuser: Superuser) -> None:
    key = raised(acting, "it.guangdong", campaign(superuser, "guangdong", lands=["guangdong"]))
    step = steps(acting, key)
    with pytest.raises(RuleViolated):
        step("contact.guangdong", "take_over")
    superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE person_id = %s", (people.key("it.guangdong"),))
    assert step("contact.guangdong", "take_over").first_contact_id == people.key("contact.guangdong")
    assert step("contact.guangdong", "pass_on", people.key("member.guangdong")).first_contact_id == people.key("member.guangdong")
    step("market.guangdong", "accept")
    step("market.guangdong", "resolve", "a", "b")
    step("member.guangdong", "confirm")


def test_headquarters_raises_as_itself_on_what_is_only_registered(acting: As, superuser: Superuser) -> None:
    key = raised(acting, "office", campaign(superuser, "guangdong", lands=["guangdong"], state="draft"))
    step = steps(acting, key)
    assert parts(acting, key) == {("guangdong", "market", "owner"), ("hq", "market", "raising"), ("hq", "market", "supervising")}
    assert step("market.guangdong", "accept").code == "Q-2026-hq-1"
    step("market.guangdong", "resolve", "a", "b")
    with pytest.raises(NotPermitted):
        step("market", "confirm")
    assert step("office", "confirm").state == "closed"


def test_a_desk_without_anyone_is_headquarters_to_watch(app: Flask, acting: As, superuser: Superuser) -> None:
    """Hebei launched it and has nobody: the line at headquarters hears of it in Hebei's place, and nobody accepts."""
    deliver(app)
    superuser.execute("DELETE FROM notice")
    key = raised(acting, "contact.guangdong", campaign(superuser, "hebei", lands=["guangdong"]))
    deliver(app)
    rows = superuser.execute("SELECT DISTINCT p.email FROM notice n JOIN person p ON p.id = n.person_id").fetchall()
    assert rows == [("market@hq.example",)]
    with acting("market") as lead:
        issue = queries.one(lead, key)
        assert issue.desk is None and "accept" not in service.offers(issue, actor=lead)


def test_who_declined_may_be_asked_again_and_decline_again(acting: As, superuser: Superuser) -> None:
    """Asking again is no disagreement; the second refusal is the second."""
    key = raised(acting, "market.guangdong", campaign(superuser, "migu", lands=["guangdong"], product="terminal"))
    step, terminal = steps(acting, key), unit(superuser, "terminal")
    for disagreements in (1, 2):
        assert step("market.migu", "hand_over", terminal, "market", "your product").disagreements == disagreements - 1
        issue = step("market.terminal", "decline", "it is not")
        assert (issue.disagreements, issue.owner_unit) == (disagreements, unit(superuser, "migu"))
    assert issue.ruling_due


def test_a_part_does_not_tell_who_raised_the_whole(acting: As, superuser: Superuser) -> None:
    """Its owner reads what the owner of the whole gave it, and nothing of whom that heard it from."""
    key = raised(acting, "contact.guangdong", campaign(superuser, "hq", product="migu"), also=(unit(superuser, "tibet"),))
    step = steps(acting, key)
    step("market", "accept")
    part = step("market", "split", unit(superuser, "migu"), "market", "the client", "look at the client")
    assert part.id == key                                         # the step gives the whole; its part is found below
    with acting("market.migu") as reader:
        found = next(i for i in db.session.scalars(queries.listed([queries.readable(reader)])) if i.parent_id == key)
        assert queries.kept_facts(found).raising == unit(superuser, "hq") and not queries.kept_facts(found).also
        assert queries.kept_reasons(found) == ()
        told = str([e.changes for e in queries.timeline(found)]) + str(found.route_facts)
        assert "guangdong" not in told and {p.unit.code for p in queries.parties(found)} == {"hq", "migu"}


def test_identified_as_what_the_raiser_does_not_see(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["tibet"], product="terminal", code="SECRET-7")
    key = raised(acting, "contact.guangdong", None, campaign_words="something with 5G")
    steps(acting, key)("customer-service", "identify", about)
    with acting("contact.guangdong") as first:
        issue = queries.one(first, key)
        assert issue.campaign_id == about and issue.campaign is None and queries.hidden(issue)
        launch = queries.shown_facts(issue).launch
        assert launch and (launch.product_owner, launch.network, launch.lands_in) == (None, False, frozenset())
        assert "product" not in {r.code for r in queries.kept_reasons(issue)}
        codes = {u.id: u.code for u in db.session.scalars(select(Unit))}
        assert queries.shown_in_codes(issue, codes)["launch"] == {
            "unit": "migu", "kind": "specialised_company", "line": "market", "in_place_of": None}
        assert "tibet" not in {u.code for u in queries.nameable(issue)}
        assert not any(w in str([e.changes for e in queries.timeline(issue)]) for w in ("SECRET", "tibet", "terminal"))
    with acting("market.migu") as owner_:
        launch = queries.shown_facts(queries.one(owner_, key)).launch
        assert launch and launch.lands_in == {unit(superuser, "tibet")}
