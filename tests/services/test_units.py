"""What an administrator may do to units, duties and focus; and a contact for the directory."""
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.units import queries, rules, service
from portal.units.rules import Facts
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.models import Focus, Responsibility, Unit
from tenants.vocabulary import Line, Process
from tests.conftest import As, Superuser
from tests.factories import people

NEW = Facts("guangzhou", "province", None, "Guangzhou", "广州分公司", "广州", 20, 50)


def changes(superuser: Superuser, kind: str) -> list[tuple[object, ...]]:
    return superuser.execute("SELECT action, changes FROM audit_entry WHERE subject_kind = %s ORDER BY seq", (kind,)).fetchall()


def test_a_unit_is_made_and_recorded(acting: As, superuser: Superuser) -> None:
    with acting("admin") as admin:
        made = service.create_unit(replace(NEW, name="  Guang\x00zhou "), actor=admin)
        assert (made.id, made.name, made.parent_id) == (40, "Guangzhou", 20)
        db.session.commit()
    assert [a for a, _ in changes(superuser, "unit")] == ["create"]


@pytest.mark.parametrize(("field", "facts"), [
    ("code", replace(NEW, code="Guang zhou")), ("code", replace(NEW, code="migu")), ("code", replace(NEW, code="x" * 61)),
    ("code", replace(NEW, code="a--b")), ("name", replace(NEW, name=" ")), ("name_zh", replace(NEW, name_zh="x" * 10_000)),
    ("short_zh", replace(NEW, short_zh="七个字的名字了")), ("kind", replace(NEW, kind="castle")),
    ("kind", replace(NEW, kind="headquarters")), ("category", replace(NEW, category="market_expansion")),
    ("category", replace(NEW, kind="specialised_company")), ("parent", replace(NEW, parent=4711))])
def test_what_does_not_fit_is_refused_by_field(acting: As, field: str, facts: Facts) -> None:
    with acting("admin") as admin, pytest.raises(Invalid) as refused:
        service.create_unit(facts, actor=admin)
    assert list(refused.value.errors) == [field]


@given(st.dictionaries(st.integers(1, 9), st.none() | st.integers(1, 9), min_size=9), st.integers(1, 9), st.integers(1, 9))
def test_no_circle_of_parts_ever_passes(parents: dict[int, int | None], itself: int, parent: int) -> None:
    found = rules.faults(replace(NEW, parent=parent), taken=False, parents=parents, itself=itself)
    after, seen = {**parents, itself: parent}, set()
    step: int | None = itself
    while step is not None and step not in seen:
        seen.add(step)
        step = after.get(step)
    assert ("parent" in found) >= (step == itself)


@pytest.mark.parametrize("who", ["office", "leader", "market", "contact.guangdong"])
def test_only_an_administrator_changes_units(acting: As, who: str) -> None:
    with acting(who) as actor:
        unit = queries.by_code("migu")
        for act in (lambda: service.create_unit(NEW, actor=actor),
                    lambda: service.change_unit(unit, NEW, version=unit.version, actor=actor),
                    lambda: service.close_unit(unit, date(2026, 5, 1), version=unit.version, actor=actor)):
            with pytest.raises(NotPermitted):
                act()


def test_a_change_is_recorded_and_a_stale_one_refused(acting: As, superuser: Superuser) -> None:
    with acting("admin") as admin:
        unit = queries.by_code("migu")
        facts = Facts("migu", unit.kind, unit.category, "Migu", "咪咕新名", "咪咕", None, unit.position)
        service.change_unit(unit, facts, version=unit.version, actor=admin)
        with pytest.raises(Stale):
            service.change_unit(unit, facts, version=unit.version - 1, actor=admin)
        db.session.commit()
    assert changes(superuser, "unit") == [("change", {"name_zh": ["咪咕公司", "咪咕新名"]})]


def test_closing_asks_for_a_day_and_waits_for_the_parts(acting: As) -> None:
    with acting("admin") as admin:
        part = service.create_unit(NEW, actor=admin)
        unit = queries.by_code("guangdong")
        with pytest.raises(Invalid):
            service.close_unit(unit, None, version=unit.version, actor=admin)
        with pytest.raises(RuleViolated):
            service.close_unit(unit, date(2026, 5, 1), version=unit.version, actor=admin)
        service.close_unit(part, date(2026, 5, 1), version=part.version, actor=admin)
        service.close_unit(unit, date(2026, 5, 1), version=unit.version, actor=admin)
        with pytest.raises(RuleViolated):
            service.close_unit(unit, date(2026, 5, 2), version=unit.version, actor=admin)


def test_headquarters_stays(acting: As) -> None:
    with acting("admin") as admin:
        hq = queries.by_code("hq")
        with pytest.raises(RuleViolated):
            service.close_unit(hq, date(2026, 5, 1), version=hq.version, actor=admin)
        facts = Facts("hq2", "province", None, "HQ", "总部", "总部", 20, 1)
        with pytest.raises(Invalid) as refused:
            service.change_unit(hq, facts, version=hq.version, actor=admin)
        assert {"kind", "code"} <= set(refused.value.errors)


def test_a_merged_unit_names_its_successor(acting: As) -> None:
    with acting("admin") as admin:
        unit, into = queries.by_code("cloud"), queries.by_code("terminal")
        with pytest.raises(Invalid):
            service.merge_unit(unit, unit, date(2026, 5, 1), version=unit.version, actor=admin)
        service.merge_unit(unit, into, date(2026, 5, 1), version=unit.version, actor=admin)
        assert (unit.closed_on, unit.merged_into_id) == (date(2026, 5, 1), into.id)


def test_duties_and_focus_are_data(acting: As, superuser: Superuser) -> None:
    with acting("admin") as admin:
        duty = queries.responsibilities()[Line.MARKET, Process.PROBLEM_RESPONSE]
        service.set_duty(duty, "support", " C ", version=duty.version, actor=admin)
        focus = db.session.scalars(select(Focus).where(Focus.category == "market_expansion")).one()
        service.set_focus(focus, "problem_response", version=focus.version, actor=admin)
        for wrong in (lambda: service.set_duty(duty, "sleep", "", version=duty.version, actor=admin),
                      lambda: service.set_duty(duty, "lead", "x" * 61, version=duty.version, actor=admin),
                      lambda: service.set_focus(focus, "sleep", version=focus.version, actor=admin)):
            with pytest.raises(Invalid):
                wrong()
        db.session.commit()
    assert changes(superuser, "responsibility") == [("change", {"duty": ["cooperate", "support"], "segments": ["", "C"]})]
    with acting("contact.migu"):
        assert db.session.scalars(select(Responsibility).where(Responsibility.segments == "C")).one().duty == "support"


def test_a_contact_adds_a_member_and_finds_one_who_is_there(acting: As, superuser: Superuser) -> None:
    with acting("contact.guangdong") as contact:
        unit = db.session.get_one(Unit, 20)
        made = service.add_person(unit, "示例 新人", "New@Guangdong.example", actor=contact)
        assert service.add_person(unit, "anything", "new@guangdong.example", actor=contact).id == made.id
        assert service.add_person(unit, "anything", "MARKET@guangdong.example", actor=contact).id == people.key("market.guangdong")
        key = made.id
        db.session.commit()
    assert [a for a, _ in changes(superuser, "person")] == ["add"]
    held = superuser.execute("SELECT role, unit_id FROM appointment WHERE person_id = %s", (key,)).fetchall()
    assert held == [("member", 20)]


def test_an_address_taken_elsewhere_gets_one_answer(acting: As, superuser: Superuser) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-01-01' WHERE id = %s", (people.key("member.guangdong"),))
    said = set()
    with acting("contact.guangdong") as contact:
        unit = db.session.get_one(Unit, 20)
        for email in ("contact@migu.example", "admin@hq.example", "member@guangdong.example"):
            with pytest.raises(Invalid) as refused:
                service.add_person(unit, "x", email, actor=contact)
            said.add(str(refused.value))
        with pytest.raises(NotPermitted):
            service.add_person(db.session.get_one(Unit, 37), "x", "x@migu.example", actor=contact)
    assert len(said) == 1
