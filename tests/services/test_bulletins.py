"""A bulletin from the figures to the acknowledgement, as the runtime roles; what is out stays, and others find nothing of it."""
import hashlib
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from portal.board import queries as board
from portal.board import rules as board_rules
from portal.bulletins import queries, rules, service
from portal.bulletins.models import Bulletin, BulletinPlan, BulletinReceipt
from portal.bulletins.rules import Planned
from portal.bulletins.views import paper
from portal.notices import service as notices
from portal.workdays import STANDARD
from tenants import clock, directory
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.bulletins import bulletin, content
from tests.factories.exchange import campaign, raised

LATE = clock.at(date(2026, 7, 6), 10)


def told(superuser: Superuser, key: UUID) -> int:
    row = superuser.execute("SELECT count(*) FROM outbox_message WHERE topic = %s AND payload->'subject'->>1 = %s",
                            (notices.TOPIC, str(key))).fetchone()
    assert row
    return int(row[0])


def test_the_figures_are_those_of_the_board_and_stay(acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "hq", product="guangdong", lands=("guangdong", "tibet"))
    for _ in range(rules.LEAST_ISSUES):
        raised(acting, "contact.tibet", about)
    superuser.execute("UPDATE assignment SET state = 'closed', percent = 100, closed_on = due, handed_in_on = due - 1"
                      " WHERE unit_id = (SELECT id FROM unit WHERE code = 'guangdong') AND milestone = 'sorting'")
    with clock.standing_at(LATE), acting("office") as office:
        made = service.compose("示例 July", actor=office)
        db.session.commit()
        found, programme = made.figures, world.programme(office)
        units = board.units()
        rows = board.counted(office, programme.id, board.EVERYTHING, units)
        codes = [m.code for m in programme.milestones]
        groups = board_rules.grouped(rows, board.places(office, board.EVERYTHING, units, rows), codes)
        of_board = {r.key: r for g in groups for r in g.rows}
        shown = {r["unit"]: r for g in found["groups"] for r in g["rows"]}
        assert shown.keys() == of_board.keys() and [m["code"] for m in found["milestones"]] == codes
        for key, row in of_board.items():
            for code in codes:
                t = row.cells[code]
                assert shown[key]["cells"][code] == {"total": t.total, "closed": t.closed, "overdue": t.overdue}
        assert found["all"]["total"]["overdue"] == found["overdue"]["total"] == sum(r.light == "red" for r in rows) > 30
        assert [r["late"] for r in found["overdue"]["rows"]] == sorted((r["late"] for r in found["overdue"]["rows"]), reverse=True)
        provinces = found["ranking"][0]["rows"]
        assert provinces[0]["rank"] == 1 and provinces[0]["unit"]["zh"] == "广东" and provinces[0]["closed"] > 0
        assert [(p["raiser"]["en"], p["count"]) for p in found["flows"]["pairs"]] == [("Tibet", rules.LEAST_ISSUES)]
        assert found["practice"] == []                         # nobody has attached a file
        was = made.as_of
    raised(acting, "contact.tibet", about)
    with clock.standing_at(LATE + timedelta(hours=1)), acting("office") as office:
        made = queries.one(office, made.id)
        assert made.figures["flows"]["all"]["count"] == rules.LEAST_ISSUES and made.as_of == was       # nothing moves by itself
        service.take_anew(made, actor=office)
        db.session.commit()
        assert made.figures["flows"]["all"]["count"] == rules.LEAST_ISSUES + 1 and made.as_of > was


def test_from_the_draft_to_the_acknowledgement(acting: As, superuser: Superuser) -> None:
    with acting("office") as office:
        made = service.compose("示例 First", actor=office)
        service.change(made, content("guangdong", "tibet", opening="Much was done."), actor=office)
        db.session.commit()
        with pytest.raises(Invalid) as wrong:
            service.change(made, content("hq", title="", opening="x" * 2_001), actor=office)
        assert set(wrong.value.errors) == {"title", "receivers", "opening"}
        with pytest.raises(Stale):
            service.change(made, content(), actor=office, version=99)
        with pytest.raises(RuleViolated):
            service.chase(made, actor=office)
        key = made.id
    for who in ("contact.guangdong", "leader", "market", "auditor"):
        with acting(who) as reader, pytest.raises(NotVisible):                     # a draft is the office's alone
            queries.one(reader, key)
    with acting("contact.guangdong"):
        assert db.session.execute(db.text("SELECT count(*) FROM bulletin")).scalar() == 0
    with acting("leader") as leader, pytest.raises(NotPermitted):
        service.compose("示例", actor=leader)
    with acting("office") as office:
        service.publish(queries.one(office, key), paper.document, actor=office)
        db.session.commit()
    assert told(superuser, key) == 2
    second = bulletin(acting, "guangdong")
    with acting("market") as reader:
        assert (queries.one(reader, key).code, queries.one(reader, second).code) == ("2026-01", "2026-02")
    with acting("contact.guangdong") as contact:
        b = queries.one(contact, key)
        assert len(queries.receipts(b)) == 1 and service.offers(b, actor=contact) == {"acknowledge"}
        service.acknowledge(b, actor=contact)
        db.session.commit()
        service.acknowledge(b, actor=contact)                                      # again: nothing
        db.session.commit()
        assert [r.bulletin_id for r in queries.to_acknowledge(contact, 9)] == [second]
    with acting("market.guangdong") as member, pytest.raises(NotPermitted):
        service.acknowledge(queries.one(member, second), actor=member)
    with acting("office") as office:
        b = queries.one(office, key)
        assert service.chase(b, actor=office) == 1                                 # Tibet alone
        db.session.commit()
        with pytest.raises(RuleViolated, match="today"):
            service.chase(b, actor=office)
    assert told(superuser, key) == 3
    with clock.standing_at(world.NOW + timedelta(days=1)), acting("office") as office:
        b = queries.one(office, key)
        assert service.chase(b, actor=office) == 1
        db.session.commit()
        receipts = queries.receipts(b)
        assert {(r.unit.code, r.chase_count, r.by_id) for r in receipts} == {
            ("guangdong", 0, people.key("contact.guangdong")), ("tibet", 2, None)}
    with acting("head.tibet") as head:
        service.acknowledge(queries.one(head, key), actor=head)
        db.session.commit()
    with acting("office") as office, pytest.raises(RuleViolated, match="Every unit"):
        service.chase(queries.one(office, key), actor=office)


def test_what_is_out_stays_in_the_database_too(acting: As) -> None:
    key = bulletin(acting, "guangdong")
    with acting("office") as office:
        b = queries.one(office, key)
        for act in (service.take_anew, service.remove):
            with pytest.raises(RuleViolated):
                act(b, actor=office)
        with pytest.raises(RuleViolated):
            service.publish(b, paper.document, actor=office)
    for statement in ("UPDATE bulletin SET figures = '{}'", "UPDATE bulletin SET title = 'x'",
                      "UPDATE bulletin SET state = 'draft'", "UPDATE bulletin SET parties = '{}'", "DELETE FROM bulletin"):
        with acting("office"), pytest.raises(Exception, match="an issued bulletin does not change"):
            db.session.execute(db.text(f"{statement} WHERE id = :key"), {"key": key})
    with acting("office"), pytest.raises(Exception, match="permission denied"):
        db.session.execute(db.text("UPDATE bulletin SET unit_id = 2"))
    with acting("contact.guangdong") as contact:
        service.acknowledge(queries.one(contact, key), actor=contact)
        db.session.commit()
    with acting("contact.guangdong"), pytest.raises(Exception, match="an acknowledgement stays"):
        db.session.execute(db.text("UPDATE bulletin_receipt SET acknowledged_at = NULL, by_id = NULL"))


def test_its_documents_stay_in_the_database_too(acting: As) -> None:
    key, draft = bulletin(acting, "guangdong"), bulletin(acting, "guangdong", issued=False)
    with acting("contact.guangdong") as contact:
        b = queries.one(contact, key)
        for language, digest in queries.digests(b).items():
            kept = queries.document(b, language)
            assert kept is not None and digest == kept.digest == hashlib.sha256(kept.content).digest()
        assert list(queries.digests(b)) == ["zh", "en"]
    with acting("contact.beijing"):
        assert db.session.execute(db.text("SELECT count(*) FROM bulletin_document")).scalar() == 0
    add = "INSERT INTO bulletin_document VALUES (gen_random_uuid(), :key, 'zh', 'x', sha256('x'))"
    for who, statement, about, refused in (
            ("office", "UPDATE bulletin_document SET content = 'x'", key, "permission denied"),
            ("office", "DELETE FROM bulletin_document", key, "permission denied"),
            ("office", add, key, "duplicate key"), ("office", add, draft, "only an issued bulletin"),
            ("contact.guangdong", add, key, "row-level security")):
        with acting(who), pytest.raises(Exception, match=refused):
            db.session.execute(db.text(statement), {"key": about} if ":key" in statement else {})


@pytest.mark.parametrize("statement", ["UPDATE bulletin_document SET content = 'x', digest = sha256('x')",
                                       "DELETE FROM bulletin_document"])
def test_not_even_the_superuser_changes_a_document(acting: As, superuser: Superuser, statement: str) -> None:
    bulletin(acting, "guangdong")
    with pytest.raises(psycopg.errors.CheckViolation, match="does not change"), superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = origin")           # the tests' own has triggers off
        superuser.execute(statement)


def test_another_unit_finds_nothing(acting: As, superuser: Superuser) -> None:
    key = bulletin(acting, "guangdong")
    with acting("contact.beijing") as outsider:
        assert queries.count(queries.conditions(outsider, queries.Wanted(q="Bulletin"))) == 0
        with pytest.raises(NotVisible):
            queries.one(outsider, key)
        assert queries.to_acknowledge(outsider, 9) == [] and queries.acknowledged_in([key]) == {}
        for table in ("bulletin", "bulletin_receipt", "bulletin_plan"):
            assert db.session.execute(db.text(f"SELECT count(*) FROM {table}")).scalar() == 0
        unit = outsider.appointments[0].unit
        with pytest.raises(Exception, match="was not sent to this unit"):
            db.session.execute(db.text("INSERT INTO bulletin_receipt (id, bulletin_id, unit_id, at, chase_count)"
                                       " VALUES (gen_random_uuid(), :key, :unit, now(), 0)"), {"key": key, "unit": unit})
        db.session.rollback()
        with pytest.raises(Exception, match="row-level security") as refused:
            db.session.execute(db.text(
                "INSERT INTO bulletin SELECT gen_random_uuid(), 1, NULL, NULL, 't', '{}', '[]', '{}', now(), NULL, ARRAY[:unit],"
                " 'draft', now(), NULL, NULL, NULL, 1"), {"unit": unit})
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
        db.session.rollback()


def plan(actor: Identity, *units: str, **more: object) -> UUID:
    made = service.add_plan(Planned(**{"title": "示例 Monthly", "rhythm": "month", "working_day": 1,
                                       "receivers": content(*units).receivers, **more}), actor=actor)
    db.session.commit()
    return made.id


def test_plans_compose_once_a_period(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("office") as office:
        plan(office)
        itself = plan(office, "guangdong", rhythm="quarter", by_itself=True)
        resting = plan(office)
        service.set_active(queries.plan(resting), False, actor=office)
        db.session.commit()
        with pytest.raises(Invalid) as wrong:
            plan(office, "hq", title="", rhythm="week", working_day=16)
        assert set(wrong.value.errors) == {"title", "rhythm", "working_day", "receivers"}

    def run(day: date) -> tuple[int, int]:
        with clock.standing_at(clock.at(day, 9)), app.app_context():
            ran = service.run_plans(paper.document)
            return ran.composed, ran.published
    assert run(date(2026, 3, 31)) == (0, 0)                     # March's day had passed when they were made
    assert run(date(2026, 4, 1)) == (2, 1)
    assert [run(date(2026, 4, day)) for day in (1, 2, 30)] == [(0, 0)] * 3
    assert run(date(2026, 5, 4)) == (0, 0)                      # holidays: the first working day is the sixth
    assert run(date(2026, 5, 20)) == (1, 0)                     # late, but not left out
    with clock.standing_at(clock.at(date(2026, 5, 21))), acting("office") as office:
        rows = db.session.scalars(queries.listed(queries.conditions(office, queries.Wanted()))).all()
        assert [(b.state, b.composed_by_id) for b in rows if b.title == "示例 Monthly 2026-04"] == [("draft", None)]
        assert {(b.code, b.title) for b in rows if b.state == "issued"} == {("2026-01", "示例 Monthly 2026-Q1")}
        assert len(queries.drafts(office, 9)) == 2
        service.remove(queries.drafts(office, 1)[0], actor=office)
        service.remove_plan(queries.plan(itself), actor=office)
        db.session.commit()
        assert db.session.get(BulletinPlan, itself) is None
    assert run(date(2026, 5, 22)) == (0, 0)                     # thrown away is not made again
    said = superuser.execute("SELECT count(*) FROM outbox_message WHERE payload->>'text' LIKE '%%by schedule%%'").fetchone()
    assert said == (3,)


def test_what_a_run_has_no_time_for_waits_for_the_next(app: Flask, acting: As) -> None:
    with acting("office") as office:
        for _ in range(2):
            plan(office)
    with clock.standing_at(clock.at(date(2026, 4, 1), 9)), app.app_context():
        assert [service.run_plans(paper.document, seconds=-1).composed for _ in range(3)] == [1, 1, 0]


def test_a_unit_that_is_closed_is_sent_nothing(app: Flask, acting: As, superuser: Superuser) -> None:
    key = bulletin(acting, "guangdong", "tibet", issued=False)
    with acting("office") as office:
        plan(office, "tibet", by_itself=True)
    superuser.execute("UPDATE unit SET closed_on = %s WHERE code = 'tibet'", (world.NOW.date(),))
    with acting("office") as office:
        b = queries.one(office, key)
        with pytest.raises(Invalid):
            service.change(b, content("guangdong", "tibet"), actor=office)
        service.publish(b, paper.document, actor=office)
        db.session.commit()
        assert [r.unit.code for r in queries.receipts(b)] == ["guangdong"]
    with clock.standing_at(clock.at(date(2026, 4, 1), 9)), app.app_context():
        assert service.run_plans(paper.document) == service.Ran(empty=1)


def test_a_receipt_goes_with_its_bulletin(acting: As) -> None:
    key = bulletin(acting)
    with acting("office") as office:
        b = db.session.get_one(Bulletin, key)
        units = {u.id for u in directory.standing()}
        assert set(b.parties) == units == {r.unit_id for r in db.session.scalars(
            db.select(BulletinReceipt).where(BulletinReceipt.bulletin_id == key))}
        assert b.receivers is None and queries.one(office, key).subject.parties


@pytest.mark.parametrize(("rhythm", "number", "done", "today", "due"), [
    ("month", 1, None, date(2026, 4, 1), True), ("month", 1, date(2026, 4, 1), date(2026, 4, 30), False),
    ("month", 1, date(2026, 3, 1), date(2026, 5, 5), False), ("month", 1, date(2026, 3, 1), date(2026, 5, 6), True),
    ("month", 3, None, date(2026, 4, 2), False), ("quarter", 1, date(2026, 1, 1), date(2026, 3, 31), False),
    ("quarter", 1, date(2026, 1, 1), date(2026, 4, 1), True), ("quarter", 2, date(2025, 10, 1), date(2026, 1, 4), False)])
def test_when_a_plan_is_due(rhythm: str, number: int, done: date | None, today: date, due: bool) -> None:
    of = rules.Rhythm(rhythm)
    assert rules.due(of, number, done, today, STANDARD) is due
    assert (rules.next_day(of, number, done, today, STANDARD) == today) is due
    assert rules.next_day(of, number, done, today, STANDARD) >= today


def test_equals_share_a_rank() -> None:
    def row(key: int, closed: int, open_: int, overdue: int) -> board_rules.Row:
        return board_rules.Row(key, {}, board_rules.Tally({"closed": closed, "green": open_, "red": overdue}))
    found = rules.ranked([row(1, 1, 1, 0), row(2, 2, 2, 0), row(3, 3, 0, 1), row(4, 0, 0, 0), row(5, 1, 0, 1)])
    assert [(rank, r.key) for rank, r in found] == [(1, 3), (2, 1), (2, 2), (4, 5)]
