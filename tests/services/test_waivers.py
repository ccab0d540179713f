"""“Not applicable”: who asks, who decides, when; what becomes of the assignment, and who hears of it."""
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask

from portal.assignments import queries, service
from portal.assignments.models import Assignment
from portal.assignments.rules import COUNTED_STATES
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tests.conftest import As, Superuser
from tests.factories import people
from tests.services.test_notices import Post

Act = Callable[[Assignment, Identity], None]
ASKS = ("contact.guangdong", "deputy.guangdong", "market.guangdong")
DECIDES = ("market", "office")
BLIND = ("network", "admin", "network.guangdong", "contact.tibet", "market.migu")
EVERYBODY = (*ASKS, *DECIDES, *BLIND, "leader", "auditor", "head.guangdong", "member.guangdong")


@pytest.fixture
def key(superuser: Superuser) -> UUID:
    return a_key(superuser)


@pytest.fixture
def post(app: Flask, superuser: Superuser) -> Post:
    return Post(app, superuser)


def a_key(superuser: Superuser, unit: str = "guangdong", line: str = "market", kind: str = "task") -> UUID:
    row = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = %s AND line = %s"
                            " AND template_kind = %s ORDER BY a.id", (unit, line, kind)).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def do(acting: As, who: str, key: UUID, act: Act) -> None:
    with acting(who) as me:
        act(queries.one(me, key), me)
        db.session.commit()


def asked(acting: As, key: UUID, who: str = "market.guangdong", reason: str = "no such platform here") -> None:
    do(acting, who, key, asking(reason))


def asking(reason: str) -> Act:
    return lambda a, me: service.ask_waiver(a, reason, actor=me)


def deciding(verdict: str, remark: str) -> Act:
    return lambda a, me: service.decide_waiver(a, verdict, remark, actor=me)


def grant(a: Assignment, me: Identity) -> None:
    service.decide_waiver(a, "grant", "agreed", actor=me)


def decline(a: Assignment, me: Identity) -> None:
    service.decide_waiver(a, "decline", "it applies to all", actor=me)


def withdraw(a: Assignment, me: Identity) -> None:
    service.withdraw_waiver(a, actor=me)


def outcome(acting: As, who: str, key: UUID, act: Act) -> type[Exception] | None:
    with acting(who) as me:
        try:
            act(queries.one(me, key), me)
        except (NotVisible, NotPermitted, RuleViolated, Invalid) as refused:
            return type(refused)
        finally:
            db.session.rollback()
    return None


def state(superuser: Superuser, key: UUID) -> tuple[str, str | None, bool]:
    """Of the assignment; the verdict on its last request; whether that was taken back."""
    row = superuser.execute("SELECT a.state, w.verdict, w.withdrawn_at IS NOT NULL FROM assignment a LEFT JOIN waiver_request w"
                            " ON w.assignment_id = a.id WHERE a.id = %s ORDER BY w.asked_at DESC, w.id DESC", (key,)).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_who_asks_withdraws_and_decides(acting: As, superuser: Superuser, key: UUID) -> None:
    def expected(who: str, may: tuple[str, ...]) -> type[Exception] | None:
        return NotVisible if who in BLIND else None if who in may else NotPermitted
    assert {w: outcome(acting, w, key, asking("why")) for w in EVERYBODY} == {w: expected(w, ASKS) for w in EVERYBODY}
    asked(acting, key)
    assert {w: outcome(acting, w, key, withdraw) for w in EVERYBODY} == {w: expected(w, ASKS) for w in EVERYBODY}
    for act in (grant, decline):
        assert {w: outcome(acting, w, key, act) for w in EVERYBODY} == {w: expected(w, DECIDES) for w in EVERYBODY}
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("member.guangdong"), key))
    assert outcome(acting, "member.guangdong", key, withdraw) is None             # who owns it works on it
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("market"), key))
    assert outcome(acting, "market", key, grant) is NotPermitted and outcome(acting, "office", key, grant) is None


@pytest.mark.parametrize(("line", "may"), [("market", "office"), ("customer_service", "leader")])
def test_headquarters_own_is_decided_by_who_verifies_it(acting: As, superuser: Superuser, line: str, may: str) -> None:
    key, lead = a_key(superuser, "hq", line), line.replace("_", "-")
    asked(acting, key, lead)
    assert {w for w in ("office", "leader", lead) if outcome(acting, w, key, grant) is None} == {may}


def test_nobody_grants_what_they_asked_for_nor_does_their_delegate(acting: As, superuser: Superuser, key: UUID) -> None:
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, 'hq_line_lead', 'market', false, '2026-01-01', 1)",
                      (people.key("contact.guangdong"),))
    asked(acting, key, "contact.guangdong")
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (people.appointment_key("contact.guangdong"), people.key("office")))
    for who in ("contact.guangdong", "office"):
        with acting(who) as me:
            for function in (me, *(me.acting(a.id) for a in me.appointments)):
                a = queries.one(function, key)
                assert "decide_waiver" not in service.offers(a, actor=function)
                assert a not in db.session.scalars(queries.requested(queries.requests_to_decide(function))).all()
                with pytest.raises(NotPermitted):
                    grant(a, function)
    with acting("market") as lead:
        assert [a.id for a in db.session.scalars(queries.requested(queries.requests_to_decide(lead)))] == [key]


def test_nor_what_a_delegate_asked_for_in_their_name(acting: As, superuser: Superuser, key: UUID) -> None:
    holder, function = people.key("contact.guangdong"), people.appointment_key("contact.guangdong")
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, 'hq_line_lead', 'market', false, '2026-01-01', 1)", (holder,))
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (function, people.key("enterprise.guangdong")))
    do(acting, "enterprise.guangdong", key, lambda a, me: service.ask_waiver(a, "why", actor=me.acting(function)))
    assert outcome(acting, "contact.guangdong", key, grant) is NotPermitted
    with acting("contact.guangdong") as me:
        assert db.session.scalars(queries.requested(queries.requests_to_decide(me))).all() == []
    assert outcome(acting, "market", key, grant) is None


@pytest.mark.parametrize("found", ["handed_in", "closed", "cancelled"])
def test_only_what_is_open_is_asked_for(acting: As, superuser: Superuser, key: UUID, found: str) -> None:
    superuser.execute("UPDATE assignment SET state = %s WHERE id = %s", (found, key))
    assert outcome(acting, "contact.guangdong", key, asking("")) is RuleViolated
    assert outcome(acting, "network.guangdong", key, grant) is NotVisible
    for who, act in (("contact.guangdong", withdraw), ("market", grant)):
        assert outcome(acting, who, key, act) is RuleViolated


def test_the_plans_own_task_applies_to_every_unit(acting: As, superuser: Superuser) -> None:
    key = a_key(superuser, line="customer_service", kind="plan_filing")
    assert outcome(acting, "contact.guangdong", key, asking("why")) is RuleViolated


def test_one_request_at_a_time(acting: As, superuser: Superuser, key: UUID) -> None:
    asked(acting, key)
    assert outcome(acting, "contact.guangdong", key, asking("again")) is RuleViolated
    with pytest.raises(psycopg.errors.UniqueViolation):
        superuser.execute("INSERT INTO waiver_request SELECT gen_random_uuid(), unit_id, assignment_id, reason, asked_by_id,"
                          " asked_at, verdict, remark, decided_by_id, decided_at, withdrawn_at FROM waiver_request")
    do(acting, "deputy.guangdong", key, withdraw)
    assert state(superuser, key) == ("open", None, True)
    asked(acting, key)
    do(acting, "market", key, decline)
    assert state(superuser, key) == ("open", "declined", False)
    asked(acting, key)
    assert superuser.execute("SELECT count(*) FROM waiver_request").fetchone() == (3,)


def test_words_are_needed(acting: As, key: UUID) -> None:
    for reason in ("", " \0\n ", "长" * 2001):
        assert outcome(acting, "contact.guangdong", key, asking(reason)) is Invalid
    asked(acting, key)
    for verdict, remark in (("decline", ""), ("decline", " \n"), ("perhaps", "x"), ("", "x"), ("grant", "长" * 2001)):
        assert outcome(acting, "market", key, deciding(verdict, remark)) is Invalid, verdict


def test_granted_it_leaves_what_is_counted_and_stays_in_sight(acting: As, superuser: Superuser, key: UUID) -> None:
    asked(acting, key)
    do(acting, "contact.guangdong", key, lambda a, me: service.report(a, 30, "meanwhile", actor=me))      # work may go on
    do(acting, "market", key, deciding("grant", ""))
    assert state(superuser, key) == ("cancelled", "granted", False) and "cancelled" not in COUNTED_STATES
    with acting("contact.guangdong") as contact:
        a = queries.one(contact, key)
        assert a.waiver and (a.waiver.decided_by_id, a.waiver.reason) == (people.key("market"), "no such platform here")
        assert service.offers(a, actor=contact) == frozenset()
        wanted = queries.Wanted(unit="guangdong", counted=True)
        shown = db.session.scalars(queries.listed(queries.conditions(contact, wanted, clock.today()))).all()
        assert key not in {a.id for a in shown}
    trail = superuser.execute("SELECT action, changes FROM audit_entry WHERE subject_id = %s AND action LIKE '%%waiver'"
                              " ORDER BY at, seq", (key,)).fetchall()
    assert trail == [("ask_waiver", {"reason": "no such platform here"}),
                     ("grant_waiver", {"state": ["open", "cancelled"], "reason": "no such platform here", "remark": ""})]


def test_handed_in_ends_the_request_and_cancelling_grants_it(acting: As, superuser: Superuser, key: UUID) -> None:
    asked(acting, key)
    do(acting, "contact.guangdong", key, lambda a, me: service.hand_in(a, "done after all", actor=me))
    assert state(superuser, key) == ("handed_in", None, True)
    do(acting, "market", key, lambda a, me: service.verify(a, "return", "more", actor=me))
    asked(acting, key)
    do(acting, "office", key, lambda a, me: service.cancel(a, "nobody has it", actor=me))
    assert state(superuser, key) == ("cancelled", "granted", False)


def test_a_verdict_is_on_the_request_that_was_read(acting: As, key: UUID) -> None:
    asked(acting, key, reason="first")
    with acting("market") as lead:
        first = queries.one(lead, key).waiver
        assert first is not None
    do(acting, "contact.guangdong", key, withdraw)
    asked(acting, key, reason="second")
    for seen in (first.id, uuid4()):
        with acting("market") as lead, pytest.raises(Stale):
            service.decide_waiver(queries.one(lead, key), "grant", "", actor=lead, request=seen)


def test_the_database_lets_a_unit_take_back_and_not_decide(acting: As, key: UUID) -> None:
    asked(acting, key)
    with acting("contact.guangdong") as contact:
        request = queries.one(contact, key).waiver
        assert request is not None
        request.verdict, request.decided_at = "granted", clock.now()
        with pytest.raises(Exception, match="permission denied"):
            db.session.flush()
        db.session.rollback()
    with acting("contact.tibet"):
        assert db.session.execute(db.text("SELECT count(*) FROM waiver_request")).scalar() == 0


def test_who_hears_of_it(acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("member.guangdong"), key))
    asked(acting, key)
    assert {who: said[0][0].split(":")[0] for who, said in post.new().items()} == {"market": "%(unit)s asks for “not applicable”"}
    do(acting, "market", key, decline)
    assert set(said := post.new()) == {"contact.guangdong", "deputy.guangdong", "member.guangdong", "market.guangdong"}
    assert {s for found in said.values() for s, _ in found} == {"Declined by headquarters, it does apply: %(title)s. %(remark)s"}
    asked(acting, key, "contact.guangdong")
    do(acting, "contact.guangdong", key, withdraw)
    assert [words.split(" back")[0] for words, _ in post.new()["market"]][-1] == "%(unit)s took its request for “not applicable”"
    asked(acting, key, "contact.guangdong")
    do(acting, "office", key, grant)
    assert set(post.new()) >= {"contact.guangdong", "deputy.guangdong", "member.guangdong"}
