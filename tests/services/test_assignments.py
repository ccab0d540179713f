"""Assignments below the interface: judged under a lock, in one order, all or none."""
import threading
from uuid import UUID

import pytest

from portal.assignments import queries, service
from portal.assignments.models import Assignment
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tests.conftest import As, Superuser
from tests.factories import people


def some(actor: Identity, line: str = "market", unit: str = "guangdong") -> list[Assignment]:
    wanted = queries.Wanted(unit=unit, line=line)
    rows = queries.listed(queries.conditions(actor, wanted, clock.today()))
    found = db.session.scalars(rows.options(queries.with_waivers(), queries.with_extensions())).all()
    return [a for a in found if a.template_kind == "task"]


def test_what_may_be_done_is_what_is_offered(acting: As) -> None:
    with acting("market.guangdong") as owner:
        first = some(owner)[0]
        assert service.offers(first, actor=owner) == {"report", "hand_in", "ask_waiver", "ask_extension"}
        service.hand_in(first, "", actor=owner)
        assert service.offers(first, actor=owner) == frozenset()
        db.session.commit()
    with acting("market") as lead:
        assert service.offers(some(lead)[0], actor=lead) == {"verify", "chase"}
        assert service.offers(some(lead)[1], actor=lead) == {"chase", "cancel"}


def test_right_then_version_then_state_then_content(acting: As) -> None:
    with acting("head.guangdong") as head, pytest.raises(NotPermitted):
        service.report(some(head)[0], 999, "", actor=head, version=-1)
    with acting("market.guangdong") as owner:
        first = some(owner)[0]
        with pytest.raises(Stale):
            service.report(first, 999, "", actor=owner, version=first.version + 1)
        with pytest.raises(Invalid):
            service.report(first, 999, "", actor=owner, version=first.version)
        service.hand_in(first, "", actor=owner, version=first.version)
        with pytest.raises(RuleViolated):
            service.report(first, 999, "", actor=owner)
    with acting("market") as lead, pytest.raises(RuleViolated):
        service.verify(some(lead)[0], "perhaps", "", actor=lead)


def test_every_report_moves_the_version_on(acting: As) -> None:
    with acting("market.guangdong") as owner:
        first = some(owner)[0]
        seen = []
        for _ in range(3):
            service.report(first, 0, "the same", actor=owner)
            seen.append(first.version)
        assert seen == sorted(set(seen)) and len(queries.reports(first)) == 3


def test_many_are_reported_or_none(acting: As) -> None:
    with acting("market.guangdong") as owner:
        a, b, c = some(owner)[:3]
        rows = [service.Row(a, 10, "", a.version), service.Row(b, 101, "", b.version), service.Row(c, 5, "x" * 3000, c.version + 1)]
        with pytest.raises(Invalid) as refused:
            service.report_many(rows, actor=owner)
        assert set(refused.value.errors) == {f"{b.id}.percent", f"{c.id}.version"}
        assert (a.percent, a.reported_on) == (0, None)
        service.report_many([service.Row(a, 10, "", a.version), service.Row(b, 0, "done", b.version, hand_in=True)], actor=owner)
        assert (a.percent, b.state, b.percent) == (10, "handed_in", 100)


def test_all_are_chased_or_none(acting: As) -> None:
    with acting("market") as lead:
        ours, own = some(lead)[0], some(lead, unit="hq")[0]
        with pytest.raises(NotPermitted) as refused:
            service.chase_all([ours, own], "", actor=lead)
        assert own.code in str(refused.value) and ours.chase_count == 0
        service.chase_all(some(lead)[:3], "now", actor=lead)
        assert [a.chase_count for a in some(lead)[:4]] == [1, 1, 1, 0]


def test_several_are_found_or_none(acting: As) -> None:
    with acting("contact.guangdong") as contact:
        mine = [a.id for a in some(contact)[:2]]
        assert {a.id for a in queries.several(contact, mine)} == set(mine) and queries.several(contact, []) == ()
        for stranger in (UUID(int=0),):
            with pytest.raises(NotVisible):
                queries.several(contact, [*mine, stranger])


def test_two_who_report_at_the_same_moment_both_count(acting: As, superuser: Superuser) -> None:
    """The second waits for the first and goes on from what it wrote."""
    with acting("market.guangdong") as owner:
        key = some(owner)[0].id
    ready, faults = threading.Barrier(2), []

    def report(percent: int) -> None:
        try:
            with acting("market.guangdong") as me:
                a = queries.one(me, key)
                ready.wait(10)
                service.report(a, percent, f"at {percent}", actor=me)
                db.session.commit()
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=report, args=(p,)) for p in (30, 60)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert not faults
    last = superuser.execute("SELECT percent FROM progress_report WHERE assignment_id = %s ORDER BY at, id", (key,)).fetchall()
    now = superuser.execute("SELECT percent FROM assignment WHERE id = %s", (key,)).fetchone()
    assert {r[0] for r in last} == {30, 60} and now is not None and now[0] in (30, 60)
    trail = superuser.execute("SELECT changes->'percent' FROM audit_entry WHERE action = 'report' AND subject_id = %s ORDER BY seq",
                              (key,)).fetchall()
    assert trail[0][0][0] == 0 and trail[1][0][0] == trail[0][0][1]


def test_two_who_share_a_version_do_not_overwrite_each_other(acting: As) -> None:
    with acting("market.guangdong") as owner:
        first = some(owner)[0]
        key, opened = first.id, first.version
        service.report(first, 70, "theirs", actor=owner, version=opened)
        db.session.commit()
    with acting("contact.guangdong") as contact, pytest.raises(Stale):
        service.report(queries.one(contact, key), 30, "mine", actor=contact, version=opened)


def test_what_is_cancelled_leaves_what_is_counted_and_can_still_be_read(acting: As) -> None:
    with acting("market") as lead:
        first = some(lead)[0]
        with pytest.raises(Invalid):
            service.cancel(first, " ", actor=lead)
        service.cancel(first, "not applicable here", actor=lead)
        today = clock.today()
        every = queries.count(queries.conditions(lead, queries.Wanted(unit="guangdong"), today))
        counted = queries.count(queries.conditions(lead, queries.Wanted(unit="guangdong", counted=True), today))
        assert every - counted == 1 and queries.one(lead, first.id).state == "cancelled"


def test_verdicts_wait_in_the_order_of_handing_in(acting: As, superuser: Superuser) -> None:
    with acting("market") as lead:
        codes = [(a.id, day) for a, day in zip(some(lead)[:3], ("2026-03-09", "2026-03-01", "2026-03-05"), strict=True)]
    for key, day in codes:
        superuser.execute("UPDATE assignment SET state = 'handed_in', handed_in_on = %s WHERE id = %s", (day, key))
    with acting("market") as lead:
        waiting = [str(a.handed_in_on) for a in db.session.scalars(queries.to_verify(lead))]
        assert waiting == ["2026-03-01", "2026-03-05", "2026-03-09"]
        assert queries.count(queries.waiting_for_verdict(lead)) == 3
    with acting("network") as lead:
        assert not db.session.scalars(queries.to_verify(lead)).all()


def test_a_delegate_judges_the_owners_work_in_no_function(acting: As, superuser: Superuser) -> None:
    """The office verifies headquarters' own, but not what belongs to a line lead for whom it acts meanwhile."""
    superuser.execute("UPDATE assignment SET state = 'handed_in', owner_id = %s WHERE unit_id = 1 AND line = 'market'",
                      (people.key("market"),))
    with acting("office") as office:
        task = some(office, unit="hq")[0]
        assert "verify" in service.offers(task, actor=office)
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (gen_random_uuid(),"
                      " %s, %s, '2026-01-01', '2026-12-31')", (people.appointment_key("market"), people.key("office")))
    with acting("office") as office:
        task, own = some(office, unit="hq")[0], next(a.id for a in office.appointments if a.on_behalf_of is None)
        for function in (office, office.acting(own)):
            assert "verify" not in service.offers(task, actor=function)
            assert task not in db.session.scalars(queries.to_verify(function)).all()
            with pytest.raises(NotPermitted):
                service.verify(task, "close", "", actor=function)
