"""Drafting, editing and issuing through the service: who, when, what is recorded, who is told."""
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.assignments.models import Assignment
from portal.assignments.rules import light
from portal.programmes import queries, service
from portal.programmes.models import Programme, Template
from portal.programmes.rules import Selector
from portal.programmes.service import TemplateContent
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.vocabulary import Category, Line, MilestoneCode, Process, UnitKind
from tests.conftest import As, Superuser
from tests.factories import world

TASK = TemplateContent(code="90", line=Line.MARKET, process=None, milestone=MilestoneCode.SORTING, due=date(2027, 6, 30),
                       title="A task", title_zh="任务", targets=[Selector(kind=UnitKind.PROVINCE)])


def drafted(actor: Identity) -> Programme:
    made = service.draft(queries.plan(), 2027, actor)
    return queries.one(actor, made.id)


def reach(programme: Programme, template: Template) -> set[str]:
    return {u.code for u, t in service.targets(programme) if t is template}


@pytest.fixture
def part_of_guangdong(superuser: Superuser) -> str:
    superuser.execute("INSERT INTO unit (id, code, kind, category, name, name_zh, short_zh, parent_id, position, version)"
                      " VALUES (900, 'shenzhen', 'province', NULL, 'Shenzhen', '深圳', '深圳', 20, 900, 1)")
    return "shenzhen"


@pytest.mark.parametrize(("selector", "reached"), [
    (Selector(unit="hq"), {"hq"}), (Selector(category=Category.MARKET_EXPANSION), {"central-operations", "migu"}),
    (Selector(focus=Process.PROBLEM_RESPONSE), {"online-service", "tietong"}),
    (Selector(kind=UnitKind.SPECIALISED_COMPANY, focus=Process.CUSTOMER_CONSUMPTION), {"central-operations", "migu"}),
    (Selector(kind=UnitKind.PROVINCE, category=Category.MARKET_EXPANSION), set())])
def test_whom_a_template_reaches(acting: As, selector: Selector, reached: set[str]) -> None:
    with acting("office") as office:
        programme = drafted(office)
        made = service.add_template(programme, replace(TASK, targets=[selector]), actor=office)
        assert reach(programme, made) == reached
        assert (made in service.preview(programme).idle) == (not reached)


def test_parts_of_units_and_closed_units_are_reached_only_where_meant(acting: As, part_of_guangdong: str,
                                                                       superuser: Superuser) -> None:
    superuser.execute("UPDATE unit SET closed_on = '2026-01-01' WHERE code = 'tibet';"
                      "UPDATE unit SET closed_on = '2027-01-01' WHERE code = 'beijing'")
    with acting("office") as office:
        programme = drafted(office)
        provinces = service.add_template(programme, TASK, actor=office)
        named = service.add_template(programme, replace(TASK, code="91", targets=[Selector(unit=part_of_guangdong)]), actor=office)
        assert len(reach(programme, provinces)) == 30 and not {part_of_guangdong, "tibet"} & reach(programme, provinces)
        assert reach(programme, named) == {part_of_guangdong}
        issued = queries.whole(world.programme(office).id)
        added = replace(TASK, milestone=MilestoneCode.SORTING, due=date(2026, 6, 30))
        assert service.add_assignments(issued, added, actor=office) == 30        # in mid-year it is the same


def test_what_is_added_in_mid_year_begins_that_day(acting: As) -> None:
    """Nobody is behind with what he was given this morning."""
    with clock.standing_at(clock.at(date(2026, 6, 10))), acting("office") as office:
        issued = queries.whole(world.programme(office).id)
        service.add_assignments(issued, replace(TASK, milestone=MilestoneCode.SORTING, due=date(2026, 6, 30)), actor=office)
        made = db.session.scalars(select(Assignment).where(Assignment.code == TASK.code)).all()
        assert made and {a.start for a in made} == {date(2026, 6, 10)}
        assert {light(a.facts, clock.today()).code for a in made} == {"green"}
        assert {light(a.facts, date(2026, 6, 18)).code for a in made} == {"amber"}


def test_issuing_makes_the_preview_and_copies_the_template(acting: As) -> None:
    with acting("office") as office:
        programme = drafted(office)
        seen = service.preview(programme)
        assert service.issue(programme, actor=office) == seen.assignments
        made = db.session.scalars(select(Assignment).where(Assignment.programme_id == programme.id)).all()
        by_unit = {u.id: n for u, n in seen.by_unit}
        assert len(made) == seen.assignments and {u: sum(a.unit_id == u for a in made) for u in by_unit} == by_unit
        templates = {t.code: t for t in programme.templates}
        for a in made:
            t = templates[a.code]
            assert (a.line, a.milestone, a.due, a.original_due, a.title_zh, a.state) == (
                t.line, t.milestone, t.due, t.due, t.title_zh, "open")
        assert not {a.template_kind for a in made} & {"system"}
        with pytest.raises(RuleViolated):
            service.issue(programme, actor=office)
        for edit in (lambda: service.add_template(programme, TASK, actor=office),
                     lambda: service.remove_template(programme, programme.templates[0], actor=office),
                     lambda: service.change_milestones(programme, {}, actor=office)):
            with pytest.raises(RuleViolated):
                edit()


def test_a_task_added_before_the_programmes_year_begins_with_the_year(acting: As) -> None:
    with acting("office") as office:
        programme = drafted(office)
        service.issue(programme, actor=office)
        service.add_assignments(programme, TASK, actor=office)
        starts = db.session.scalars(select(Assignment.start).where(
            Assignment.programme_id == programme.id, Assignment.code == TASK.code)).all()
        assert set(starts) == {date(2027, 1, 1)}


def test_a_programme_without_templates_is_not_issued(acting: As) -> None:
    with acting("office") as office:
        programme = drafted(office)
        for t in [t for t in programme.templates if t.kind != "plan_filing"]:
            service.remove_template(programme, t, actor=office)
        assert [t.kind for t in queries.whole(programme.id).templates] == ["plan_filing"]
        nobody = Selector(kind=UnitKind.PROVINCE, category=Category.MARKET_EXPANSION)
        service.change_template(programme, programme.templates[0], replace(TASK, targets=[nobody]), actor=office)
        with pytest.raises(RuleViolated):
            service.issue(programme, actor=office)


@pytest.mark.parametrize("who", ["leader", "market", "auditor", "contact.guangdong"])
def test_nobody_else_may(acting: As, who: str) -> None:
    with acting("office") as office:
        key = drafted(office).id
        db.session.commit()
    with acting(who) as actor:
        with pytest.raises(NotVisible):
            queries.one(actor, key)
        with pytest.raises(NotPermitted):
            service.draft(queries.plan(), 2028, actor)
        issued = queries.one(actor, world.programme(actor).id)
        for act in (lambda: service.issue(issued, actor=actor), lambda: service.end(issued, actor=actor),
                    lambda: service.add_assignments(issued, TASK, actor=actor),
                    lambda: service.change_milestones(issued, {}, actor=actor)):
            with pytest.raises(NotPermitted):
                act()


def test_a_milestone_moves_with_what_is_due_on_it_and_draws_back_what_is_later(acting: As) -> None:
    with acting("office") as office:
        programme = drafted(office)
        early = service.add_template(programme, replace(TASK, due=date(2027, 5, 20)), actor=office)
        between = service.add_template(programme, replace(TASK, code="91", due=date(2027, 6, 10)), actor=office)
        service.change_milestones(programme, {"sorting": date(2027, 5, 31)}, actor=office)
        dues = {t.due for t in programme.templates if t.milestone == "sorting" and t not in (early, between)}
        assert (dues, early.due, between.due) == ({date(2027, 5, 31)}, date(2027, 5, 20), date(2027, 5, 31))
        with pytest.raises(Invalid) as refused:
            service.change_milestones(programme, {"kick_off": date(2026, 12, 31), "sorting": date(2029, 1, 1)}, actor=office)
        assert set(refused.value.errors) == {"kick_off", "sorting"}


def test_two_editors_notice_each_other(acting: As) -> None:
    with acting("office") as office:
        programme = drafted(office)
        seen = programme.version
        service.add_template(programme, TASK, actor=office, version=seen)
        assert programme.version > seen
        for edit in (lambda: service.add_template(programme, replace(TASK, code="91"), actor=office, version=seen),
                     lambda: service.change_milestones(programme, {}, actor=office, version=seen),
                     lambda: service.change_programme(programme, name="x", name_zh="x", theme="", theme_zh="", goals="",
                                                      goals_zh="", actor=office, version=seen)):
            with pytest.raises(Stale):
                edit()


def history(superuser: Superuser, key: UUID) -> list[tuple[str, dict[str, object]]]:
    return [(r[0], r[1]) for r in superuser.execute(
        "SELECT action, changes FROM audit_entry WHERE subject_kind = 'programme' AND subject_id = %s ORDER BY seq",
        (key,)).fetchall()]


def test_each_change_is_recorded_with_before_and_after(acting: As, superuser: Superuser) -> None:
    with acting("office") as office:
        programme = drafted(office)
        key = programme.id
        made = service.add_template(programme, TASK, actor=office)
        service.change_template(programme, made, replace(TASK, title="Other", line=Line.IT), actor=office)
        service.change_milestones(programme, {"kick_off": date(2027, 5, 1)}, actor=office)
        service.remove_template(programme, made, actor=office)
        service.issue(programme, actor=office)
        service.end(programme, actor=office)
        db.session.commit()
    found = history(superuser, key)
    assert [a for a, _ in found] == ["draft", "edit", "edit", "edit", "edit", "issue", "end"]
    assert found[1][1] == {"template added": "90"} and found[4][1] == {"template removed": "90"}
    assert found[2][1] == {"90.title": ["A task", "Other"], "90.line": ["market", "it"]}
    assert found[3][1] == {"milestone kick_off": ["2027-04-30", "2027-05-01"]}
    assert found[5][1]["state"] == ["draft", "issued"] and found[6][1] == {"state": ["issued", "ended"]}
    assert superuser.execute("SELECT count(*) FROM app.audit_broken()").fetchone() == (0,)


def test_contacts_and_heads_of_every_unit_are_told(acting: As, superuser: Superuser) -> None:
    with acting("office") as office:
        programme = drafted(office)
        before = superuser.execute("SELECT count(*) FROM outbox_message").fetchone()
        service.issue(programme, actor=office)
        db.session.commit()
    after = superuser.execute("SELECT count(*), count(DISTINCT unit_id) FILTER (WHERE payload::text LIKE '%2027%')"
                              " FROM outbox_message").fetchone()
    assert before is not None and after == (before[0] + 38, 38)
