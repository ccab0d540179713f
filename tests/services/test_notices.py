"""The loop's notices arrive at the right people, in their language, and at nobody else."""
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.filings import queries as filing_queries
from portal.filings import service as filings
from portal.filings.rules import Content, ItemContent
from portal.notices import queries, service
from portal.notices.models import Mail, Notice
from tenants.context import Scope
from tenants.db import db
from tenants.errors import NotVisible
from tenants.isolation import acting_as
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.plans import draft
from tests.services.delivering import BASE, deliver

GD = "guangdong"
LINES = [line.value.replace("_", "-") for line in Line]


class Post:
    """What was said since one looked last: name of the person → the English sentence's first words and where it leads."""

    def __init__(self, app: Flask, superuser: Superuser, *, empty: bool = True) -> None:
        self.app, self.superuser = app, superuser
        if empty:
            superuser.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail")
        self.names = {people.key(name): name for name in people.everybody()}

    def new(self) -> dict[str, list[tuple[str, str]]]:
        deliver(self.app)
        found: dict[str, list[tuple[str, str]]] = {}
        for person, words, url in self.superuser.execute("SELECT person_id, text, url FROM notice ORDER BY at, id").fetchall():
            found.setdefault(self.names[person], []).append((words, url))
        self.superuser.execute("DELETE FROM notice")
        return found


@pytest.fixture
def post(app: Flask, superuser: Superuser) -> Iterator[Post]:
    made = Post(app, superuser)
    yield made
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE done_at IS NULL").fetchone() == (0,)


@pytest.fixture
def submitted(acting: As, post: Post) -> UUID:
    with acting(f"contact.{GD}") as contact:
        filing = draft(contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
        return filing.id


def test_submitted_tells_each_line_of_its_part(post: Post, submitted: UUID) -> None:
    words = "%(unit)s submitted its plan: your line's part waits for review."
    assert post.new() == {name: [(words, f"/filings/{submitted}/review?line={name.replace('-', '_')}")] for name in LINES}


def test_returned_and_submitted_again(post: Post, submitted: UUID, acting: As) -> None:
    post.new()
    with acting("market") as lead:
        filing = filing_queries.one(lead, submitted)
        first = next(i for i in filing.items if i.line == "market").assignment_id
        filings.review(filing, Line.MARKET, "return", remarks={first: "who leads?"}, actor=lead)
        db.session.commit()
    returned = [("Headquarters, %(line)s, returned its part of your plan with remarks.", f"/filings/{submitted}")]
    assert post.new() == {f"contact.{GD}": returned, f"deputy.{GD}": returned}
    with acting(f"contact.{GD}") as contact:
        filing = filing_queries.one(contact, submitted)
        content = filing_queries.content(filing)
        mended = ItemContent(content.items[first].owner, date(2026, 2, 1), date(2026, 6, 1), "list", "the head leads")
        filings.save(filing, Content(content.mechanism, content.team, content.contacts, content.readiness, {first: mended}),
                     actor=contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
    assert "market" in (again := post.new()) and set(again) <= set(LINES)


def test_approved_tells_contacts_and_head(post: Post, submitted: UUID, acting: As) -> None:
    post.new()
    for name, line in zip(LINES, Line, strict=True):
        with acting(name) as lead:
            filings.review(filing_queries.one(lead, submitted), line, "approve", actor=lead)
            db.session.commit()
    said = post.new()
    approved = ("Your implementation plan is approved and in force.", f"/filings/{submitted}")
    assert set(said) == {f"contact.{GD}", f"deputy.{GD}", f"head.{GD}"}
    assert all(found[-1] == approved for found in said.values()) and said[f"head.{GD}"] == [approved]


def test_handed_in_returned_closed(post: Post, acting: As) -> None:
    with acting(f"market.{GD}") as owner:
        filing_unit = owner.appointments[0].unit
        asked = assignment_queries.of_unit(world.programme(owner).id, filing_unit)
        key = next(a.id for a in asked if a.line == "market" and a.template_kind == "task")
        assignments.hand_in(assignment_queries.one(owner, key), "done", actor=owner)
        db.session.commit()
    url = f"/assignments/{key}"
    assert post.new() == {"market": [("%(unit)s handed in: %(title)s", url)]}
    with acting("market") as lead:
        assignments.verify(assignment_queries.one(lead, key), "return", "evidence is missing", actor=lead)
        db.session.commit()
    assert post.new() == {n: [("Returned by headquarters: %(title)s. %(remark)s", url)] for n in (f"contact.{GD}", f"deputy.{GD}")}
    with acting(f"market.{GD}") as owner:
        assignments.hand_in(assignment_queries.one(owner, key), "with evidence", actor=owner)
        db.session.commit()
    with acting("market") as lead:
        assignments.verify(assignment_queries.one(lead, key), "close", "", actor=lead)
        db.session.commit()
    closed = [("Closed by headquarters: %(title)s", url)]
    assert post.new() == {"market": [("%(unit)s handed in: %(title)s", url)], f"contact.{GD}": closed, f"deputy.{GD}": closed}


def test_in_the_readers_language_with_an_address_to_follow(app: Flask, post: Post, submitted: UUID, acting: As,
                                                            superuser: Superuser) -> None:
    superuser.execute("UPDATE person SET language = 'en' WHERE id = %s", (people.key("network"),))
    post.new()
    read = {}
    for name in ("market", "network"):
        with acting(name) as lead:
            [read[name]] = queries.letters(lead)
    assert read["network"].subject == "Guangdong submitted its plan: your line's part waits for review."
    assert "广东" in read["market"].subject and "%" not in read["market"].subject
    assert f"\n\n{BASE}/filings/{submitted}/review?line=market\n" in read["market"].body


def test_nobody_reads_or_marks_anothers(app: Flask, post: Post, submitted: UUID, acting: As, superuser: Superuser) -> None:
    deliver(app)
    with acting("market") as lead:
        [mine] = queries.notices(lead)
        assert queries.unread(lead) == 1
    for name in ("network", "office", "leader", "auditor", f"contact.{GD}"):
        with acting(name) as other:
            assert mine.id not in {n.id for n in queries.notices(other)}
            with pytest.raises(NotVisible):
                queries.one(other, mine.id)
            assert db.session.scalars(select(Notice).where(Notice.person_id == people.key("market"))).all() == []
            assert db.session.scalars(select(Mail).where(Mail.person_id == people.key("market"))).all() == []
            service.mark_read(other, [mine.id])
            db.session.execute(update(Notice).values(read_at=world.NOW))          # what a bug would do
            db.session.commit()
    assert superuser.execute("SELECT read_at FROM notice WHERE id = %s", (mine.id,)).fetchone() == (None,)
    with acting("market") as lead:
        service.mark_read(lead)
        db.session.commit()
    with acting("market") as lead:
        assert queries.unread(lead) == 0


def test_the_portal_itself_reads_no_letters(app: Flask, post: Post, submitted: UUID) -> None:
    """The scope in which they are delivered writes them, and sees none."""
    deliver(app)
    with app.app_context(), acting_as(Scope(None, (1,))):
        assert db.session.scalars(select(Notice)).all() == [] and db.session.scalars(select(Mail)).all() == []


def test_who_left_is_told_nothing(post: Post, superuser: Superuser, acting: As) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-03-01' WHERE id = %s", (people.key("network"),))
    with acting(f"contact.{GD}") as contact:
        filings.submit(draft(contact), actor=contact)
        db.session.commit()
    assert set(post.new()) == set(LINES) - {"network"}
