"""Who hears of what: the first contact of each step, the owner of what is its to do, all parties of the end; nobody else, and
nobody of what he did himself."""
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask

from portal.attachments import service as attachments
from portal.issues import queries, service
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, draft, raised, steps, unit
from tests.factories.files import PDF
from tests.services.delivering import deliver

Heard = Callable[[], Mapping[str, int]]
NAMES = {people.email(n): n for n in people.everybody()}


@pytest.fixture
def about(superuser: Superuser) -> UUID:
    return campaign(superuser, "migu", lands=["guangdong", "beijing"])


@pytest.fixture
def heard(app: Flask, superuser: Superuser) -> Heard:
    """Who was told since it was last asked, how often; `texts` what each was told."""
    def made() -> dict[str, int]:
        superuser.execute("DELETE FROM notice")
        deliver(app)
        rows = superuser.execute("SELECT p.email FROM notice n JOIN person p ON p.id = n.person_id").fetchall()
        return Counter(NAMES[mail] for mail, in rows)
    made()
    return made


def told(superuser: Superuser, name: str) -> list[str]:
    return [t for t, in superuser.execute("SELECT text FROM notice WHERE person_id = %s ORDER BY text", (people.key(name),))]


def test_each_step_is_heard_by_whom_it_concerns(acting: As, about: UUID, superuser: Superuser, heard: Heard) -> None:
    other = raised(acting, "contact.guangdong", about, also=(unit(superuser, "beijing"),))
    heard()

    def linked(who: str, to: UUID) -> None:
        with acting(who) as actor:
            service.link(queries.one(actor, key), queries.one(actor, to), actor=actor)
            db.session.commit()

    def attached(who: str, *, again: bool = False) -> None:
        with acting(who) as actor:
            file = attachments.attach("issue", key, BytesIO(PDF), "proof.pdf", actor=actor)
            if again:
                attachments.remove(file, actor=actor)
            db.session.commit()
    key = raised(acting, "contact.guangdong", about, also=(unit(superuser, "beijing"),))
    step = steps(acting, key)
    first = {"contact.guangdong": 1}
    assert heard() == {"market.migu": 1, "market.beijing": 1, "market": 1}         # not who has raised it

    def over() -> object:
        return step("market.migu", "hand_over", unit(superuser, "beijing"), "market", "x")
    expected: list[tuple[Callable[[], object], dict[str, int]]] = [
        (lambda: step("market.migu", "accept"), {**first, "market.guangdong": 1}),
        (lambda: linked("contact.guangdong", other), {"market.migu": 1}), (lambda: linked("contact.guangdong", other), {}),
        (lambda: attached("market.beijing"), {**first, "market.migu": 1}),
        (lambda: attached("contact.guangdong"), {"market.migu": 1}),
        (lambda: attached("market.migu", again=True), {"contact.guangdong": 2}),
        (over, {**first, "market.beijing": 1, "market": 1}),
        (lambda: step("market.beijing", "decline", "x"), {**first, "market.migu": 1}),
        (lambda: step("market.migu", "comment", "x", ["market@beijing.example"]), {**first, "market.migu": 1, "market.beijing": 1}),
        (over, {**first, "market.beijing": 1, "market": 1}),
        (lambda: step("market.beijing", "decline", "x"), {**first, "market.migu": 1, "market": 1}),
        (lambda: step("market", "rule", unit(superuser, "migu"), "market", "x"), {**first, "market.migu": 1, "market.beijing": 1}),
        (lambda: step("market.migu", "accept"), {**first, "market.guangdong": 1}),
        (lambda: step("market.migu", "resolve", "a", "b"), first),
        (lambda: step("contact.guangdong", "confirm"), {"market.migu": 1, "market.guangdong": 1, "market.beijing": 1, "market": 1}),
        (lambda: step("market.migu", "warn", "look", date(2026, 3, 20)), first)]
    for act, who in expected:
        act()
        assert heard() == who


def test_the_first_contact_hears_that_the_campaign_was_found(acting: As, about: UUID, superuser: Superuser, heard: Heard) -> None:
    """In words of its own: it neither cooperates nor has raised anything just now."""
    key = raised(acting, "contact.guangdong", None, campaign_words="something with 5G")
    assert heard() == {"customer-service": 1}
    steps(acting, key)("customer-service", "identify", about)
    assert heard() == {"contact.guangdong": 1, "market.migu": 1, "market": 1}
    assert told(superuser, "contact.guangdong") == [
        "The campaign of your issue was found; %(owner)s answers it: %(title)s (%(code)s)"]


def test_in_whose_name_a_delegate_raises(acting: As, about: UUID, superuser: Superuser, heard: Heard) -> None:
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-03-01', '2026-03-31')",
                      (people.appointment_key("contact.guangdong"), people.key("it.beijing")))
    with acting("it.beijing") as delegate:
        made = service.raise_issue(draft(unit(superuser, "guangdong"), about), actor=delegate)
        db.session.commit()
        assert made.first_contact_id == people.key("contact.guangdong")
    assert heard() == {"contact.guangdong": 1, "market.migu": 1, "market": 1}
    assert told(superuser, "contact.guangdong")[0].startswith("%(who)s raised a quality issue in your name")


def test_all_parties_hear_that_it_was_withdrawn(acting: As, about: UUID, superuser: Superuser, heard: Heard) -> None:
    key = raised(acting, "contact.guangdong", about, also=(unit(superuser, "beijing"),))
    heard()
    steps(acting, key)("contact.guangdong", "withdraw", "customers were mistaken")
    assert heard() == {"market.migu": 1, "market.beijing": 1, "market.guangdong": 1, "market": 1}
