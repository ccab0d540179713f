"""More time: who asks, who decides by how far away the day is, and what becomes of the due day."""
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from portal.assignments import queries, service
from portal.assignments.models import Assignment
from portal.assignments.rules import granting
from portal.filings import queries as filings
from portal.filings.api.answers import Shown
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.permissions import Permission
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.plans import draft
from tests.services.test_notices import Post
from tests.services.test_waivers import ASKS, BLIND, EVERYBODY, Act, a_key, do, outcome

EARLY, MILESTONE, AUTUMN, NEXT_YEAR = date(2026, 5, 20), date(2026, 6, 30), date(2026, 9, 30), date(2027, 3, 31)


@pytest.fixture
def key(superuser: Superuser) -> UUID:
    """A task of the market line at a June milestone, due a good while before it."""
    row = superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong' AND"
                            " line = 'market' AND milestone = 'sorting' AND template_kind = 'task' ORDER BY a.id").fetchone()
    assert row is not None
    superuser.execute("UPDATE assignment SET due = %s, original_due = %s WHERE id = %s", (EARLY, EARLY, row[0]))
    found: UUID = row[0]
    return found


@pytest.fixture
def post(app: Flask, superuser: Superuser) -> Post:
    return Post(app, superuser)


def asking(due: date | None, reason: str = "the platform comes late", blocking: str = "") -> Act:
    return lambda a, me: service.ask_extension(a, due, reason, blocking, actor=me)


def deciding(verdict: str, remark: str = "as agreed") -> Act:
    return lambda a, me: service.decide_extension(a, verdict, remark, actor=me)


def withdraw(a: Assignment, me: Identity) -> None:
    service.withdraw_extension(a, actor=me)


def asked(acting: As, key: UUID, due: date = MILESTONE, who: str = "market.guangdong") -> None:
    do(acting, who, key, asking(due))


def dues(superuser: Superuser, key: UUID) -> tuple[date, date]:
    row = superuser.execute("SELECT due, original_due FROM assignment WHERE id = %s", (key,)).fetchone()
    assert row is not None
    return row[0], row[1]


def test_nobody_grants_what_a_delegate_asked_for_in_their_name(acting: As, superuser: Superuser, key: UUID) -> None:
    holder, function = people.key("contact.guangdong"), people.appointment_key("contact.guangdong")
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                      " VALUES (gen_random_uuid(), %s, 1, 'hq_line_lead', 'market', false, '2026-01-01', 1)", (holder,))
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (function, people.key("enterprise.guangdong")))
    do(acting, "enterprise.guangdong", key, lambda a, me: service.ask_extension(a, MILESTONE, "why", actor=me.acting(function)))
    assert outcome(acting, "contact.guangdong", key, deciding("grant")) is NotPermitted
    with acting("contact.guangdong") as me:
        assert db.session.scalars(queries.requested(queries.extensions_to_decide(me))).all() == []
    assert outcome(acting, "market", key, deciding("grant")) is None


@pytest.mark.parametrize(("due", "milestone", "who"), [
    (MILESTONE, MILESTONE, Permission.EXTENSION_GRANT),
    (MILESTONE + timedelta(days=1), MILESTONE, Permission.EXTENSION_GRANT_BEYOND),
    (date(2026, 12, 31), MILESTONE, Permission.EXTENSION_GRANT_BEYOND),
    (date(2027, 1, 1), MILESTONE, Permission.EXTENSION_GRANT_NEXT_YEAR),
    (date(2027, 6, 1), date(2027, 12, 31), Permission.EXTENSION_GRANT)])
def test_how_far_away_decides_who(due: date, milestone: date, who: Permission) -> None:
    assert granting(due, milestone, 2026) is who


@pytest.mark.parametrize(("due", "decides"), [
    (MILESTONE, ("market", "office")), (AUTUMN, ("office",)), (NEXT_YEAR, ("leader",))])
def test_who_asks_and_who_decides(acting: As, superuser: Superuser, key: UUID, due: date, decides: tuple[str, ...]) -> None:
    def expected(who: str, may: tuple[str, ...]) -> type[Exception] | None:
        return NotVisible if who in BLIND else None if who in may else NotPermitted
    assert {w: outcome(acting, w, key, asking(due)) for w in EVERYBODY} == {w: expected(w, ASKS) for w in EVERYBODY}
    asked(acting, key, due)
    assert {w: outcome(acting, w, key, withdraw) for w in EVERYBODY} == {w: expected(w, ASKS) for w in EVERYBODY}
    assert {w: outcome(acting, w, key, deciding("grant")) for w in EVERYBODY} == {w: expected(w, decides) for w in EVERYBODY}
    for who in ("market", "office", "leader"):
        with acting(who) as me:
            waits = db.session.scalars(queries.extending(queries.extensions_to_decide(me))).all()
            assert ([a.id for a in waits] == [key]) is (who in decides), who
            assert ("decide_extension" in service.offers(queries.one(me, key), actor=me)) is (who in decides), who
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key(decides[0]), key))
    assert outcome(acting, decides[0], key, deciding("grant")) is NotPermitted                  # its owner


@pytest.mark.parametrize(("line", "due", "may"), [
    ("market", MILESTONE, "office"), ("customer_service", MILESTONE, "leader"), ("market", NEXT_YEAR, "leader")])
def test_headquarters_own(acting: As, superuser: Superuser, line: str, due: date, may: str) -> None:
    key, lead = a_key(superuser, "hq", line), line.replace("_", "-")
    superuser.execute("UPDATE assignment SET due = %s, milestone_due = %s WHERE id = %s", (EARLY, MILESTONE, key))
    asked(acting, key, due, lead)
    assert {w for w in ("office", "leader", lead) if outcome(acting, w, key, deciding("grant")) is None} == {may}


def test_granted_it_moves_the_day_and_the_light(acting: As, superuser: Superuser, key: UUID) -> None:
    do(acting, "market.guangdong", key, asking(AUTUMN, blocking="migu"))
    do(acting, "office", key, deciding("grant"))
    assert dues(superuser, key) == (AUTUMN, EARLY)
    asked(acting, key, NEXT_YEAR)
    do(acting, "leader", key, deciding("decline", "not that long"))
    with acting("head.guangdong") as head, clock.standing_at(clock.at(EARLY + timedelta(days=1), 10)):
        a = queries.one(head, key)
        assert [(e.due_before, e.due, e.state, e.blocking_unit.code if e.blocking_unit else None) for e in a.extensions] == [
            (EARLY, AUTUMN, "granted", "migu"), (AUTUMN, NEXT_YEAR, "declined", None)]
        assert queries.lights([a], clock.today())[key].code != "red"
    trail = superuser.execute("SELECT action, changes FROM audit_entry WHERE subject_id = %s AND action LIKE '%%extension'"
                              " ORDER BY at, seq", (key,)).fetchall()
    assert [t for t in trail if "2026-05-20" in str(t)] == [
        ("ask_extension", {"new_due": ["2026-05-20", "2026-09-30"], "reason": "the platform comes late", "blocking": "migu"}),
        ("grant_extension", {"due": ["2026-05-20", "2026-09-30"], "reason": "the platform comes late", "remark": "as agreed"})]


def test_an_older_plan_takes_no_granted_time_back(acting: As, superuser: Superuser, key: UUID) -> None:
    asked(acting, key)
    do(acting, "market", key, deciding("grant"))
    with acting("market") as lead:
        a = queries.one(lead, key)
        service.put_in_force(a, owner=people.key("market.guangdong"), start=date(2026, 3, 1), due=EARLY, promised="", measure="",
                             under=lead.appointments[0])
        assert a.due == MILESTONE


@pytest.mark.parametrize(("due", "reason", "blocking"), [
    (None, "why", ""), (EARLY, "why", ""), (date(2029, 1, 1), "why", ""), (MILESTONE, " \0", ""), (MILESTONE, "长" * 2001, ""),
    (MILESTONE, "why", "guangdong"), (MILESTONE, "why", "nowhere")])
def test_what_is_no_request(acting: As, key: UUID, due: date | None, reason: str, blocking: str) -> None:
    assert outcome(acting, "contact.guangdong", key, asking(due, reason, blocking)) is Invalid


def test_a_past_day_is_none(acting: As, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE assignment SET due = '2026-02-01' WHERE id = %s", (key,))
    assert outcome(acting, "contact.guangdong", key, asking(date(2026, 3, 9))) is Invalid
    assert outcome(acting, "contact.guangdong", key, asking(date(2026, 3, 10))) is None


def test_one_request_at_a_time_while_it_is_open(acting: As, superuser: Superuser, key: UUID) -> None:
    assert outcome(acting, "contact.guangdong", key, withdraw) is RuleViolated
    assert outcome(acting, "market", key, deciding("grant")) is RuleViolated
    asked(acting, key)
    assert outcome(acting, "contact.guangdong", key, asking(AUTUMN)) is RuleViolated
    for verdict, remark in (("decline", " "), ("perhaps", "x"), ("grant", "长" * 2001)):
        assert outcome(acting, "market", key, deciding(verdict, remark)) is Invalid
    with acting("market") as lead, pytest.raises(Stale):
        service.decide_extension(queries.one(lead, key), "grant", "", actor=lead, request=uuid4())
    do(acting, "contact.guangdong", key, lambda a, me: service.hand_in(a, "done", actor=me))         # overtakes it
    assert superuser.execute("SELECT verdict, withdrawn_at IS NOT NULL FROM extension").fetchall() == [(None, True)]
    assert outcome(acting, "contact.guangdong", key, asking(AUTUMN)) is RuleViolated


def test_the_plans_own_task_may_be_put_off(acting: As, superuser: Superuser) -> None:
    key = a_key(superuser, line="customer_service", kind="plan_filing")
    asked(acting, key, date(2026, 5, 15), "contact.guangdong")
    do(acting, "office", key, deciding("grant"))
    assert dues(superuser, key) == (date(2026, 5, 15), date(2026, 4, 30))


def test_a_plan_is_late_by_the_day_in_force_everywhere(acting: As, superuser: Superuser) -> None:
    """Its page, the interface and the overview say the same, of a draft that was opened before the day was moved."""
    key = a_key(superuser, line="customer_service", kind="plan_filing")
    with acting("contact.guangdong") as contact:
        plan = draft(contact).id
        db.session.commit()
    asked(acting, key, date(2026, 5, 15), "contact.guangdong")
    do(acting, "office", key, deciding("grant"))
    for today, late in ((date(2026, 5, 14), 0), (date(2026, 5, 18), 3)):
        with acting("contact.guangdong") as contact, clock.standing_at(clock.at(today, 9)):
            filing = filings.one(contact, plan)
            standing = next(s for s in filings.overview(contact, filing.programme_id) if s.filing)
            shown = Shown(contact)
            shown.read([filing])
            answer = shown.one(filing)
            assert (filing.due, standing.task.due, answer.due) == (date(2026, 5, 15),) * 3
            assert (filings.days_late(filing), standing.late, answer.late_days) == (late,) * 3


def test_who_hears_of_it(acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    for due, hears, decides in ((MILESTONE, "market", "market"), (AUTUMN, "office", "office"), (NEXT_YEAR, "leader", "leader")):
        asked(acting, key, due)
        assert set(said := post.new()) == {hears} and said[hears][0][0].startswith("%(unit)s asks for more time")
        do(acting, decides, key, deciding("decline"))
        assert set(post.new()) == {"contact.guangdong", "deputy.guangdong", "market.guangdong"}


def test_the_database_lets_a_unit_take_back_and_not_decide(acting: As, key: UUID) -> None:
    asked(acting, key)
    with acting("contact.guangdong") as contact:
        request = queries.one(contact, key).open_extension
        assert request is not None
        request.verdict, request.decided_at = "granted", clock.now()
        with pytest.raises(Exception, match="permission denied"):
            db.session.flush()
        db.session.rollback()
    with acting("contact.tibet"):
        assert db.session.execute(db.text("SELECT count(*) FROM extension")).scalar() == 0
