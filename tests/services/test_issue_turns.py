"""What comes between: an owner who goes, a launcher that changes, clocks that wait, warnings."""
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask

from portal.campaigns import queries as campaigns
from portal.campaigns import service as campaign_service
from portal.issues import queries, service
from tenants import clock
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.exchange import campaign, raised, steps, unit
from tests.services.delivering import deliver


@pytest.fixture
def about(superuser: Superuser) -> UUID:
    return campaign(superuser, "migu", lands=["guangdong", "beijing"])


@pytest.fixture
def key(acting: As, about: UUID) -> UUID:
    return raised(acting, "contact.guangdong", about)


def test_an_owner_who_goes_does_not_take_it_along(acting: As, key: UUID, superuser: Superuser) -> None:
    step = steps(acting, key)
    step("market.migu", "accept")
    superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE id = %s", (people.appointment_key("market.migu"),))
    with pytest.raises((NotVisible, NotPermitted)):
        step("market.migu", "resolve", "a", "b")
    with pytest.raises(NotPermitted):
        step("head.migu", "resolve", "a", "b")                    # there is a contact
    with acting("contact.migu") as contact:
        assert queries.to_do(contact)["solve"] == 1
    for name in ("contact", "deputy"):
        superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE id = %s",
                          (people.appointment_key(f"{name}.migu"),))
    assert step("head.migu", "resolve", "a", "b").state == "resolved"


def test_a_launcher_that_changes_takes_what_comes_and_not_what_is(acting: As, key: UUID, about: UUID, superuser: Superuser) -> None:
    terminal = unit(superuser, "terminal")
    with acting("market") as line:
        campaign_service.move(campaigns.one(line, about), terminal, "they run it from now on", actor=line)
        db.session.commit()
    with acting("market.migu") as owner:
        issue = queries.one(owner, key)
        assert issue.owner.code == "migu" and queries.kept_facts(issue).launch is not None
        assert "terminal" in {u.code for u in queries.nameable(issue)}
    with acting("market.terminal") as outsider, pytest.raises(NotVisible):
        queries.one(outsider, key)
    later = raised(acting, "contact.guangdong", about)
    with acting("market.terminal") as launcher:
        issue = queries.one(launcher, later)
        assert (issue.owner.code, issue.route_rule) == ("terminal", "launched_by_company")
    steps(acting, key)("market.migu", "hand_over", terminal, "market", "it is theirs now")
    with acting("market.terminal") as launcher:
        assert "accept" in service.offers(queries.one(launcher, key), actor=launcher)


def shanghai(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return clock.at(date(world.YEAR, month, day), hour, minute).astimezone(UTC)


def test_clocks_wait_and_never_restart(acting: As, about: UUID, superuser: Superuser) -> None:
    """High, ordering: two hours to respond, sixteen to resolve, in working time (eight hours a day)."""
    with clock.standing_at(shanghai(10, 10)):
        key = raised(acting, "contact.guangdong", about)
    step = steps(acting, key)
    with clock.standing_at(shanghai(10, 11)):
        step("market.migu", "accept")
        step("market.migu", "ask", "since when?")
    with clock.standing_at(shanghai(10, 17)):                     # asked from 11 to 17: 4.5 h without the midday rest
        step("contact.guangdong", "answer", "since Monday")
    with clock.standing_at(shanghai(10, 18)):
        step("market.migu", "hand_over", unit(superuser, "guangdong"), "market", "there")

    def now(when: datetime) -> queries.Clocks:
        with clock.standing_at(when), acting("leader") as reader:
            return queries.clock(queries.one(reader, key))
    on = now(shanghai(11, 9, 30))
    assert (on.respond_by, on.resolve_by) == (shanghai(10, 12), shanghai(12, 10))
    assert [(s.own.total_seconds() / 3600, s.waiting.total_seconds() / 3600) for s in on.shares] == [(2.0, 4.5), (1.0, 0.0)]
    assert not on.overdue and on.fraction == pytest.approx(7.5 / 16)
    for when, late in ((shanghai(12, 10), False), (shanghai(12, 10, 1), True)):
        assert now(when).overdue is late
        with clock.standing_at(when), acting("leader") as reader:
            where = queries.conditions(reader, queries.Wanted(overdue=True), clock.now())
            assert queries.count(where) == late                   # the list says the same as the clock
    with clock.standing_at(shanghai(12, 17)):
        assert "rule" in service.ACTIONS
        step("market", "rule", unit(superuser, "guangdong"), "market", "late")         # overdue: the escalation
        step("market.guangdong", "accept")
        step("market.guangdong", "resolve", "a", "b")
    with clock.standing_at(shanghai(20, 10)):
        step("contact.guangdong", "reopen", "not yet")
    on = now(shanghai(20, 11))
    assert on.overdue and on.resolve_by == shanghai(12, 10)
    assert on.shares[1].own == now(shanghai(20, 10)).shares[1].own + (shanghai(20, 11) - shanghai(20, 10))


def test_spring_festival_and_what_an_administrator_says(acting: As, about: UUID, superuser: Superuser) -> None:
    """14 February 2026 is a Saturday that is worked; the festival lasts from the 15th to the 23rd."""
    with clock.standing_at(shanghai(14, 16, month=2)):
        key = raised(acting, "contact.guangdong", about, severity="medium")
    with acting("leader") as reader:
        assert queries.clock(queries.one(reader, key)).respond_by == shanghai(24, 10, 30, month=2)
    superuser.execute("UPDATE setting SET value = '{\"2026-02-15\": true}' WHERE name = 'calendar_exceptions'")
    with acting("leader") as reader:
        assert queries.clock(queries.one(reader, key)).respond_by == shanghai(15, 10, 30, month=2)


def test_a_warning_tells_nothing(app: Flask, acting: As, about: UUID, superuser: Superuser) -> None:
    like = campaign(superuser, "tibet", lands=["tibet"], code="T-1", name="Another pack")         # the same product
    ended = campaign(superuser, "tibet", lands=["tibet"], code="T-2", state="ended")
    superuser.execute("UPDATE campaign SET product = 'telephone', name = 'Quite different' WHERE id = %s",
                      (other := campaign(superuser, "beijing", lands=["beijing"], code="B-1"),))
    key = raised(acting, "contact.guangdong", about, control_element="the desk in Guangzhou")
    step = steps(acting, key)
    with pytest.raises(RuleViolated):
        step("market.migu", "warn", "look", date(2026, 3, 20))
    step("market.migu", "accept")
    step("market.migu", "resolve", "a", "b")
    step("contact.guangdong", "confirm")
    with pytest.raises(NotPermitted):
        step("contact.guangdong", "warn", "look", date(2026, 3, 20))
    for words, due, field in (("", date(2026, 3, 20), "words"), ("look", date(2026, 3, 9), "due"),
                              *((words, date(2026, 3, 20), "words") for words in (
                                  "as 广东 … Q-2026-guangdong-1 shows", "Ｍｉｇｕ has it", "as in G u a n g d o n g",
                                  "mi\u200bgu", "the SPRING  data\npack", "see c-1"))):
        with pytest.raises(Invalid) as refused:
            step("market.migu", "warn", words, due)
        assert set(refused.value.errors) == {field}
    step("market.migu", "warn", "Can customers cancel? 13812345678", date(2026, 3, 20))
    for _ in range(2):
        deliver(app)
        superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic = 'issue.warning'")
    rows = superuser.execute("SELECT campaign_id, words, due FROM caution").fetchall()
    assert [(r[0], r[2]) for r in rows] == [(like, date(2026, 3, 20))] and "13812345678" not in rows[0][1]
    assert not {ended, other} & {r[0] for r in rows}
    assert superuser.execute("SELECT control_element FROM caution").fetchall() == [("",)]        # free words may tell whose it is
    assert superuser.execute("SELECT issue_id FROM caution_origin").fetchall() == [(key,)]
    deliver(app)
    told = superuser.execute("SELECT p.email, n.text, n.params::text FROM notice n JOIN person p ON p.id = n.person_id"
                             " WHERE n.text LIKE 'Look whether%'").fetchall()
    assert [t[0] for t in told] == ["market@tibet.example"]
    assert not any(word in told[0][2] for word in ("guangdong", "广东", "migu", str(key), "Q-2026"))
    with acting("market.tibet") as warned:
        assert len(db.session.scalars(campaigns.cautions(warned)).all()) == 1
        with pytest.raises(NotVisible):
            queries.one(warned, key)
    with acting("market.migu") as sender:
        assert db.session.scalars(campaigns.cautions(sender)).all() == []
