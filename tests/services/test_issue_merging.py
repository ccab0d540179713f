"""Duplicates: who raised one keeps the last word on it, wherever it goes on; and parts, when the whole is withdrawn."""
from collections.abc import Sequence
from uuid import UUID

import pytest
from flask import Flask

from portal.issues import queries, service
from portal.issues.models import Issue
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, steps, unit
from tests.services.delivering import deliver


@pytest.fixture
def about(superuser: Superuser) -> UUID:
    return campaign(superuser, "migu", lands=["guangdong", "beijing"])


def merge(acting: As, who: str, key: UUID, into: UUID) -> None:
    with acting(who) as owner:
        service.merge(queries.one(owner, key), queries.one(owner, into), actor=owner)
        db.session.commit()


def heard(app: Flask, superuser: Superuser) -> dict[str, set[str]]:
    """Who was told since it was last asked, and about which issues."""
    superuser.execute("DELETE FROM notice")
    for _ in range(3):                                     # what headquarters passes on comes a round later
        deliver(app)
    rows = superuser.execute("SELECT p.email, n.url FROM notice n JOIN person p ON p.id = n.person_id").fetchall()
    names = {people.email(n): n for n in people.everybody()}
    return {names[mail]: {u for m, u in rows if m == mail} for mail, _ in rows}


def standing(acting: As, key: UUID, *fields: str) -> Sequence[object]:
    with acting("leader") as reader:
        issue = queries.one(reader, key)
        return [getattr(issue, field) for field in fields]


def test_an_owner_confirms_no_issue_of_another_unit(acting: As, about: UUID) -> None:
    """Not by closing it into one that it raised itself; the other way round the other unit confirms."""
    theirs, mine = raised(acting, "contact.guangdong", about), raised(acting, "market.migu", about)
    with pytest.raises(Invalid) as refused:
        merge(acting, "market.migu", theirs, mine)
    assert set(refused.value.errors) == {"into"} and standing(acting, theirs, "state", "merged_into_id") == ["routed", None]
    merge(acting, "market.migu", mine, theirs)
    step = steps(acting, theirs)
    step("market.migu", "accept")
    step("market.migu", "resolve", "a", "b")
    with pytest.raises(NotPermitted):
        step("market.migu", "confirm")
    assert step("contact.guangdong", "confirm").state == "closed"


def test_a_duplicate_of_a_unit_that_the_campaign_does_not_concern(acting: As, superuser: Superuser) -> None:
    """Tibet did not know the campaign, so its issue was identified: it takes part where its issue goes on, as any raiser does."""
    local = campaign(superuser, "guangdong", lands=["guangdong"], product="migu")
    theirs, other = raised(acting, "contact.tibet", None, campaign_words="Some pack"), raised(acting, "market.migu", local)
    with acting("customer-service") as desk:
        service.identify(queries.one(desk, theirs), local, actor=desk)
        db.session.commit()
    merge(acting, "market.guangdong", theirs, other)
    with acting("contact.tibet") as raiser:
        assert unit(superuser, "tibet") in queries.one(raiser, other).parties
    with acting("market.guangdong") as owner, pytest.raises(Invalid):
        service.name_party(queries.one(owner, other), unit(superuser, "beijing"), "market", actor=owner)


def test_first_contacts_of_duplicates_hear_and_may_reopen(app: Flask, acting: As, about: UUID, superuser: Superuser) -> None:
    """Also who does not read the issue that theirs goes on in: each is told of the own one alone."""
    theirs, one = raised(acting, "it.guangdong", about, complaint_count=4), raised(acting, "contact.beijing", about)
    merge(acting, "market.migu", theirs, one)
    with acting("it.guangdong") as first, pytest.raises(NotVisible):
        queries.one(first, one)
    heard(app, superuser)
    step = steps(acting, one)
    step("market.migu", "accept")
    heard(app, superuser)
    own = f"/issues/{theirs}"
    for who, action, said in (("market.migu", "resolve", ["a", "b"]), ("contact.beijing", "reopen", ["not yet"]),
                              ("market.migu", "resolve", ["a", "b"]), ("contact.beijing", "confirm", [])):
        step(who, action, *said)
        assert heard(app, superuser)["it.guangdong"] == {own}, action
    with pytest.raises(NotVisible):
        steps(acting, theirs)("contact.beijing", "reopen", "not theirs")
    assert standing(acting, one, "complaint_count") == [7]
    assert steps(acting, theirs)("it.guangdong", "reopen", "ours is something else").state == "accepted"
    assert standing(acting, one, "complaint_count", "state") == [3, "closed"]
    assert standing(acting, theirs, "merged_into_id", "reopened", "complaint_count") == [None, 1, 4]
    assert heard(app, superuser)["market.migu"] == {own}
    steps(acting, theirs)("market.migu", "resolve", "another cause", "mended too")
    assert steps(acting, theirs)("it.guangdong", "confirm").state == "closed"
    with acting("contact.beijing") as reader:
        assert [e.action for e in queries.timeline(queries.one(reader, one))][-1] == "parted"


def test_what_a_duplicate_was_reopened_from_is_its_own_again(acting: As, about: UUID) -> None:
    theirs, one = raised(acting, "contact.guangdong", about), raised(acting, "contact.beijing", about)
    merge(acting, "market.migu", theirs, one)
    with pytest.raises(RuleViolated, match="go on in this one"):
        steps(acting, one)("contact.beijing", "withdraw", "never mind")   # who does not read what was merged
    third = raised(acting, "market.guangdong", about)
    with pytest.raises(RuleViolated, match="go on in this one"):
        merge(acting, "market.migu", one, third)                          # no chains: whoever is in it would lose sight of it
    steps(acting, theirs)("contact.guangdong", "reopen", "ours is something else")
    assert steps(acting, one)("contact.beijing", "withdraw", "never mind").state == "withdrawn"


def test_owners_of_parts_hear_that_the_whole_was_withdrawn(app: Flask, acting: As, superuser: Superuser) -> None:
    """And who gave them; nobody is told who raised the whole."""
    whole = raised(acting, "contact.guangdong", campaign(superuser, "hq", product="migu"))
    steps(acting, whole)("market", "accept")
    steps(acting, whole)("market", "split", unit(superuser, "migu"), "market", "the client", "look at the client")
    with acting("market.migu") as reader:
        part = db.session.scalars(queries.listed([Issue.parent_id == whole, queries.readable(reader)])).one()
        key = part.id
    heard(app, superuser)
    steps(acting, whole)("contact.guangdong", "withdraw", "never mind")
    told = heard(app, superuser)
    assert f"/issues/{key}" in told["market.migu"] & told["market"]
    rows = superuser.execute("SELECT n.url, n.text || n.params::text FROM notice n JOIN person p ON p.id = n.person_id"
                             " WHERE p.email = 'market@migu.example'").fetchall()
    assert rows and not any("guangdong" in said or "never mind" in said for url, said in rows if url == f"/issues/{key}")
    assert standing(acting, key, "state") == ["routed"]
    steps(acting, key)("market", "withdraw", "nobody needs it")
