"""Items that come and go while a plan is under way: cancelled ones count nowhere, new ones stand in it, later ones get an owner."""
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.filings import queries, service
from portal.filings.models import Filing, FilingItem
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.rules import Selector
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.vocabulary import Line, MilestoneCode
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.services.plan_turns import CONTACT, GD, Opened, at_once, judge, key, opened, rows, state, submit, verdicts
from tests.services.test_notices import Post

__all__ = ["key", "opened"]                            # fixtures


def cancel(opened: Opened, wanted: Callable[[FilingItem], bool], who: str = "office") -> None:
    with opened(who) as (filing, actor):
        for item in filing.items:
            if wanted(item):
                assignments.cancel(assignment_queries.one(actor, item.assignment_id), "does not apply here", actor=actor)


def test_a_line_whose_items_were_all_granted_away_does_not_review(opened: Opened, superuser: Superuser, key: UUID) -> None:
    submit(opened)
    cancel(opened, lambda i: i.line == Line.IT)
    with opened("office") as (filing, actor):
        assert Line.IT not in queries.reviewable_lines(filing, actor)
        assert Line.IT not in queries.pending_lines([filing])[key]
        assert not queries.count(queries.conditions(actor, queries.Wanted(waits_for="it")))
    with pytest.raises(RuleViolated):
        judge(opened, Line.IT)
    for line in Line:
        if line is not Line.IT:
            judge(opened, line)
    assert state(superuser) == "approved"
    assert rows(superuser, "SELECT count(*) FROM assignment a JOIN filing_item i ON i.assignment_id = a.id"
                           " WHERE i.line = 'it' AND (a.state <> 'cancelled' OR a.start IS NOT NULL)") == [(0,)]


def test_what_is_cancelled_last_of_all_completes_the_plan(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    with opened(f"it.{GD}") as (filing, actor):
        for item in filing.items:
            if item.line == Line.IT:
                assignments.ask_waiver(assignment_queries.one(actor, item.assignment_id), "no such system", actor=actor)
    for line in Line:
        if line is not Line.IT:
            judge(opened, line)
    assert state(superuser) == "submitted"
    with opened("it") as (filing, actor):
        items = [i for i in filing.items if i.line == Line.IT]
        assert len(items) > 1
        for item in items:
            assert filing.state == "submitted"
            assignments.decide_waiver(assignment_queries.one(actor, item.assignment_id), "grant", "agreed", actor=actor)
    assert state(superuser) == "approved"
    assert rows(superuser, "SELECT count(*) FROM assignment a JOIN filing_item i ON i.assignment_id = a.id"
                           " WHERE i.line <> 'it' AND a.owner_id IS DISTINCT FROM i.owner_id") == [(0,)]
    assert rows(superuser, "SELECT state FROM assignment WHERE unit_id = 20 AND template_kind = 'plan_filing'") == [("closed",)]
    told = rows(superuser, "SELECT changes->>'state' FROM audit_entry WHERE subject_kind = 'filing' ORDER BY seq DESC LIMIT 1")
    assert told == [('["submitted", "approved"]',)]


def test_what_is_cancelled_in_a_draft_or_before_all_have_judged_completes_nothing(opened: Opened, superuser: Superuser) -> None:
    cancel(opened, lambda i: i.line == Line.IT)
    assert state(superuser) == "draft"
    submit(opened)
    cancel(opened, lambda i: i.line == Line.MARKET)
    assert state(superuser) == "submitted"


def test_what_was_returned_and_then_cancelled_leaves_a_last_word_to_customer_service(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    for line in Line:
        if line is not Line.MARKET:
            judge(opened, line)
    with opened("market") as (filing, _actor):
        gone = next(i.assignment_id for i in filing.items if i.line == Line.MARKET)
    judge(opened, Line.MARKET, "return", said={gone: "who leads?"})
    cancel(opened, lambda i: i.assignment_id == gone)
    submit(opened)
    assert state(superuser) == "submitted" and verdicts(superuser)["general"] == {"pending"}
    judge(opened, Line.CUSTOMER_SERVICE)
    assert state(superuser) == "approved"


def test_a_cancellation_and_the_last_approval_at_once_end_approved(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    for line in Line:
        if line not in (Line.IT, Line.MARKET):
            judge(opened, line)
    kept = superuser.execute("SELECT min(assignment_id::text) FROM filing_item WHERE line = 'it'").fetchall()[0][0]
    cancel(opened, lambda i: i.line == Line.IT and str(i.assignment_id) != kept)

    def act(filing: Filing, actor: Identity) -> None:
        if actor.email.startswith("market@"):
            service.review(filing, Line.MARKET, "approve", actor=actor)
        else:
            assignments.cancel(assignment_queries.one(actor, UUID(kept)), "not here", actor=actor)
    assert at_once(opened, ["market", "it"], act) == ["done", "done"]
    assert state(superuser) == "approved"
    assert rows(superuser, "SELECT count(*) FROM audit_entry WHERE subject_kind = 'filing' AND changes->>'state' LIKE '%approved%'"
                ) == [(1,)]


def test_of_what_was_cancelled_nothing_is_kept_and_nothing_returned(opened: Opened, superuser: Superuser) -> None:
    cancel(opened, lambda i: i.line == Line.IT)
    with opened(CONTACT) as (filing, actor):
        content = queries.content(filing)
        gone = next(i.assignment_id for i in filing.items if i.line == Line.IT)
        service.save(filing, replace(content, items={gone: replace(content.items[gone], measure="otherwise")}), actor=actor)
        assert queries.content(filing).items[gone] == content.items[gone]
    submit(opened)
    with pytest.raises(Invalid):
        judge(opened, Line.MARKET, "return", said={gone: "why?"})


# --- what is asked in mid-year ---------------------------------------------------------------------------------------

def asked_in_mid_year(acting: As, code: str = "90") -> None:
    task = programme_service.TemplateContent(
        code=code, line=Line.MARKET, process=None, milestone=MilestoneCode.SORTING, due=date(2026, 6, 30), title="One more",
        title_zh="新增任务", deliverable="a list", deliverable_zh="清单", targets=[Selector(unit=GD)])
    with acting("office") as office:
        programme_service.add_assignments(programmes.whole(world.programme(office).id), task, actor=office)
        db.session.commit()


def late(filing: Filing) -> list[FilingItem]:
    return [i for i in filing.items if i.assignment.code == "90"]


def test_what_is_asked_in_mid_year_stands_in_the_draft(acting: As, opened: Opened, superuser: Superuser) -> None:
    asked_in_mid_year(acting)
    with opened(CONTACT) as (filing, _contact):
        new = late(filing)
        assert [(i.deliverable, i.owner_id, i.due) for i in new] == [("清单", people.key(f"market.{GD}"), date(2026, 6, 30))]
        assert f"items.{new[0].assignment_id}.measure" in {f.place for f in service.faults(filing)}
    with pytest.raises(Invalid):
        submit(opened)
    assert rows(superuser, "SELECT action, changes->>'items' FROM audit_entry WHERE subject_kind = 'filing'"
                           " AND action = 'add_assignments'") == [("add_assignments", "1")]


def test_what_a_draft_lacks_is_added_when_it_is_saved(acting: As, opened: Opened, superuser: Superuser) -> None:
    asked_in_mid_year(acting)
    superuser.execute("DELETE FROM filing_item i USING assignment a WHERE a.id = i.assignment_id AND a.code = '90'")
    with opened(CONTACT) as (filing, contact):
        assert late(filing) == []
        service.save(filing, queries.content(filing), actor=contact)
        assert len(late(filing)) == 1


def test_under_review_it_waits_for_the_return(acting: As, opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    asked_in_mid_year(acting)
    with opened(CONTACT) as (filing, _contact):
        assert late(filing) == [] and state(superuser) == "submitted"
    judge(opened, Line.IT, "return", "too thin")
    with opened(CONTACT) as (filing, _contact):
        assert len(late(filing)) == 1


def test_in_force_its_owner_is_named_on_its_own_page(acting: As, opened: Opened, superuser: Superuser, app: Flask) -> None:
    submit(opened)
    for line in Line:
        judge(opened, line)
    asked_in_mid_year(acting)
    asked = UUID(str(rows(superuser, "SELECT id FROM assignment WHERE code = '90'")[0][0]))
    post = Post(app, superuser)

    def name(who: str, owner: str, version: int | None = None) -> None:
        with acting(who) as actor:
            found = assignment_queries.one(actor, asked)
            assignments.name_owner(found, people.key(owner), actor=actor, version=version)
            assert found.owner_id == people.key(owner)
            db.session.commit()
    for who in ("office", "market", f"head.{GD}", f"market.{GD}"):
        with pytest.raises(NotPermitted):
            name(who, f"market.{GD}")
    for stranger in ("market.tibet", "office"):
        with pytest.raises(Invalid):
            name(CONTACT, stranger)
    name(CONTACT, f"member.{GD}")
    assert {who for who, said in post.new().items() if any("own this assignment" in words for words, _ in said)} == {f"member.{GD}"}
    with pytest.raises(Stale):
        name(CONTACT, f"market.{GD}", version=1)
    name(CONTACT, f"market.{GD}")
    assert set(post.new()) == {f"member.{GD}", f"market.{GD}"}
    told = rows(superuser, "SELECT changes->'owner'->>1 FROM audit_entry WHERE action = 'name_owner' ORDER BY seq")
    assert told == [(str(people.key(f"member.{GD}")),), (str(people.key(f"market.{GD}")),)]
    with acting("office") as office:
        assignments.cancel(assignment_queries.one(office, asked), "not needed", actor=office)
        db.session.commit()
    with pytest.raises(RuleViolated):
        name(CONTACT, f"member.{GD}")


def test_before_a_plan_is_in_force_its_owners_are_named_there(acting: As, superuser: Superuser) -> None:
    asked = UUID(str(rows(superuser, "SELECT id FROM assignment WHERE unit_id = 20 AND template_kind = 'task' LIMIT 1")[0][0]))
    with acting(CONTACT) as contact, pytest.raises(RuleViolated):
        assignments.name_owner(assignment_queries.one(contact, asked), people.key(f"market.{GD}"), actor=contact)


@pytest.mark.parametrize(("unit", "owner"), [("tibet", "market.tibet"), (GD, "market.tibet"), (GD, "market.guangdong")])
def test_the_database_lets_a_unit_name_its_own_people_for_its_own_work_in_force(acting: As, superuser: Superuser, unit: str,
                                                                               owner: str) -> None:
    asked = rows(superuser, f"SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = '{unit}' LIMIT 1")[0][0]
    with acting(CONTACT), pytest.raises(DBAPIError) as refused:
        db.session.execute(text("SELECT app.name_owner(:key, :owner, '2026-03-10')"), {"key": asked, "owner": people.key(owner)})
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"
