"""What a review does to a plan and its approval to the unit, late and early, alone and at once."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from portal.assignments import service as assignments
from portal.filings import queries, service
from portal.filings.models import Filing
from portal.filings.rules import Contact, ItemContent
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.vocabulary import Line, Part
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.services.plan_turns import CONTACT, GD, Opened, at_once, judge, key, lead, opened, rows, state, submit, verdicts

__all__ = ["key", "opened"]                            # fixtures


def test_the_first_return_sends_it_back_and_nobody_judges_on(opened: Opened, superuser: Superuser) -> None:
    with pytest.raises(RuleViolated):
        judge(opened, Line.MARKET)                                        # a draft is not judged
    submit(opened)
    judge(opened, Line.NETWORK)
    judge(opened, Line.IT, "return", "too thin")
    assert state(superuser) == "returned"
    assert verdicts(superuser) == {"network": {"approved"}, "it": {"returned"}, "market": {"pending"}, "enterprise": {"pending"},
                                   "customer_service": {"pending"}, "general": {"pending"}}
    for line in (Line.MARKET, Line.IT):
        with pytest.raises(RuleViolated):
            judge(opened, line)
    submit(opened)                                                        # unchanged: the line that returned looks again
    assert verdicts(superuser)["it"] == {"pending"} and verdicts(superuser)["network"] == {"approved"}


def test_what_is_approved_stays_so_until_it_is_touched(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    for line in (Line.CUSTOMER_SERVICE, Line.NETWORK):
        judge(opened, line)
    judge(opened, Line.IT, "return", "too thin")
    with opened(CONTACT) as (filing, _):
        touched = next(i.assignment_id for i in queries.ordered(filing) if i.line == "network")
    submit(opened, lambda c: replace(c, items={touched: replace(c.items[touched], measure="another way")}))
    found = verdicts(superuser)
    assert found["network"] == {"approved", "pending"} and found["general"] == found["customer_service"] == {"approved"}
    judge(opened, Line.IT, "return", "still too thin")
    submit(opened, lambda c: replace(c, team="others"))
    found = verdicts(superuser)
    assert found["general"] == {"pending"} and found["customer_service"] == {"approved"}
    with opened("customer-service") as (filing, _):
        assert list(queries.pending_lines([filing])[filing.id]) == list(Line)


def test_a_line_is_shown_all_that_changed_since_its_own_last_verdict(opened: Opened) -> None:
    """Not only since the last submission, which may have answered another line."""
    submit(opened)
    judge(opened, Line.MARKET, "return", "once more")
    submit(opened, lambda c: replace(c, team="second"))
    judge(opened, Line.IT, "return", "too thin")
    submit(opened, lambda c: replace(c, mechanism="third"))
    with opened("office") as (filing, _):
        assert set(queries.changes_unseen(filing, Line.MARKET)) == {"team", "mechanism"}
        assert set(queries.changes_unseen(filing, Line.IT)) == {"mechanism"}
        assert queries.changes_unseen(filing, Line.NETWORK) == {}


def test_remarks_return_their_items_alone(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    with opened("customer-service") as (filing, _):
        own = [i.assignment_id for i in filing.items if i.line == "customer_service"]
        other = next(i.assignment_id for i in filing.items if i.line == "it")
    for verdict, remark, said in (("return", "", {}), ("return", " \0 ", {own[0]: "\n"}), ("return", "", {other: "x"}),
                                  ("approve", "", {own[0]: "x"}), ("perhaps", "x", {}), ("return", "x" * 2001, {})):
        with pytest.raises(Invalid):
            judge(opened, Line.CUSTOMER_SERVICE, verdict, remark, said)
    judge(opened, Line.CUSTOMER_SERVICE, "return", "", {own[0]: "who?"})
    found = verdicts(superuser)
    assert found["customer_service"] == {"approved", "returned"} and found["general"] == {"approved"}
    assert rows(superuser, "SELECT kind, text FROM filing_note") == [("remark", "who?")]


def test_approving_again_changes_nothing_and_the_office_stands_in(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    judge(opened, Line.MARKET, who="office")
    judge(opened, Line.MARKET)
    assert len(rows(superuser, "SELECT 1 FROM filing_review")) == 1
    for who in ("leader", "it", "auditor", CONTACT, f"head.{GD}"):
        with pytest.raises(NotPermitted):
            judge(opened, Line.MARKET, who=who)
    with pytest.raises(NotVisible):
        judge(opened, Line.MARKET, who="contact.tibet")
    for line in Line:
        judge(opened, line, who="office")
    assert state(superuser) == "approved"
    with pytest.raises(RuleViolated):
        judge(opened, Line.MARKET, who="office")


def test_a_verdict_on_what_has_been_submitted_again_since_is_refused(opened: Opened) -> None:
    submit(opened)
    judge(opened, Line.IT, "return", "too thin", seen=1)
    submit(opened)
    with pytest.raises(Stale):
        judge(opened, Line.MARKET, seen=1)
    judge(opened, Line.MARKET, seen=2)


def test_all_lines_approve_at_once_and_it_is_approved_once(opened: Opened, superuser: Superuser) -> None:
    submit(opened)
    ready = Barrier(len(Line))

    def approve(line: Line) -> None:
        with opened(lead(line)) as (filing, actor):
            ready.wait(20)
            service.review(filing, line, "approve", actor=actor)
    with ThreadPoolExecutor(len(Line)) as threads:
        list(threads.map(approve, Line))
    assert state(superuser) == "approved"
    assert len(rows(superuser, "SELECT 1 FROM filing_review")) == len(Line)
    systems = "SELECT code, count(*) FROM assignment WHERE template_kind = 'system' GROUP BY code"
    assert {n for _, n in rows(superuser, systems)} == {1}
    assert rows(superuser, "SELECT count(*) FROM audit_entry WHERE action = 'approve' AND changes->>'state' = 'approved'") == [(1,)]


def test_of_two_who_save_at_once_the_second_is_told(opened: Opened, superuser: Superuser) -> None:
    def save(filing: Filing, actor: Identity) -> None:
        content = queries.content(filing)
        first = next(iter(content.items))
        changed = replace(content.items[first], measure=f"by {actor.email}")
        service.save(filing, replace(content, items={first: changed}), actor=actor, version=filing.version)
    assert at_once(opened, [CONTACT, f"deputy.{GD}"], save) == ["Stale", "done"]
    assert at_once(opened, [CONTACT, f"deputy.{GD}"], lambda f, a: service.submit(f, actor=a)) == ["RuleViolated", "done"]
    assert rows(superuser, "SELECT round, count(*) FROM filing_submission GROUP BY round") == [(1, 1)]


def test_of_two_who_open_a_draft_at_once_one_does(acting: As, superuser: Superuser) -> None:
    ready = Barrier(2)

    def begin(name: str) -> str:
        with acting(name) as actor:
            programme = world.programme(actor).id
            ready.wait(20)
            try:
                service.open_draft(programme, actor.appointments[0].unit, actor=actor)
                db.session.commit()
            except RuleViolated:
                return "refused"
            return "done"
    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(begin, (CONTACT, f"deputy.{GD}"))) == ["done", "refused"]
    assert len(rows(superuser, "SELECT 1 FROM filing")) == 1


def test_approved_it_is_in_force(opened: Opened, superuser: Superuser, key: UUID) -> None:
    """Owners, dates, words; contacts to the outside; work on systems, by what was declared ready."""
    head = people.key(f"head.{GD}")
    submit(opened, lambda c: replace(
        c, contacts=(*c.contacts, Contact(head, Part.CONTACT)), readiness={"marketing": ("campaign_launch",)}))
    before = rows(superuser, "SELECT count(*) FROM liaison")[0][0]
    for line in Line:
        assert rows(superuser, "SELECT count(*) FROM liaison") == [(before,)]
        judge(opened, line)
    assert rows(superuser, "SELECT count(*) FROM liaison WHERE unit_id = 20") == [(3 + len(Line),)]
    assert rows(superuser, "SELECT count(*) FROM assignment a JOIN filing_item i ON i.assignment_id = a.id WHERE (a.owner_id,"
                " a.start, a.due, a.measure, a.promised) IS DISTINCT FROM (i.owner_id, i.start, i.due, i.measure, i.deliverable)"
                ) == [(0,)]
    systems = {str(c): (m, d) for c, m, d in rows(
        superuser, "SELECT code, milestone, due FROM assignment WHERE template_kind = 'system'")}
    marketing = {c: v for c, v in systems.items() if c.startswith("28-M-")}
    assert set(marketing.values()) == {("systems_converted", date(2026, 12, 31)), ("systems_built", date(2027, 12, 31))}
    assert {v for c, v in systems.items() if c not in marketing} == {("systems_built", date(2027, 12, 31))}
    assert rows(superuser, "SELECT state FROM assignment WHERE template_kind = 'plan_filing' AND unit_id = 20") == [("closed",)]
    with pytest.raises(RuleViolated):
        submit(opened)


@pytest.mark.parametrize(("at", "late"), [
    (datetime(2026, 4, 30, 15, 59, 59, tzinfo=UTC), 0), (datetime(2026, 4, 30, 16, 0, tzinfo=UTC), 1),
    (datetime(2026, 5, 9, 15, 59, tzinfo=UTC), 9)])
def test_a_day_ends_at_midnight_in_shanghai_and_late_is_late_but_taken(opened: Opened, at: datetime, late: int,
                                                                       superuser: Superuser) -> None:
    with clock.standing_at(at):
        submit(opened)
    with clock.standing_at(datetime(2026, 6, 1, tzinfo=UTC)):
        judge(opened, Line.MARKET, "return", "more")
        submit(opened)                                                    # the first submission decides
        with opened("office") as (filing, actor):
            assert queries.days_late(filing) == late
            assert [s.late for s in queries.overview(actor, filing.programme_id) if s.filing] == [late]
    handed_in = rows(superuser, "SELECT handed_in_on FROM assignment WHERE template_kind = 'plan_filing' AND unit_id = 20")
    assert handed_in == [(clock.local(at).date(),)]


def test_an_owner_who_has_left_is_a_fault_but_may_stay_in_a_draft(opened: Opened, superuser: Superuser) -> None:
    superuser.execute("UPDATE person SET left_on = '2026-03-10' WHERE id = %s", (people.key(f"market.{GD}"),))
    with opened(CONTACT) as (filing, actor):
        with pytest.raises(Invalid) as refused:
            service.submit(filing, actor=actor)
        assert set(refused.value.errors) == {"contacts.counterpart.market",
                                             *(f"items.{i.assignment_id}.owner" for i in filing.items)}
        content = queries.content(filing)
        service.save(filing, replace(content, team="others"), actor=actor)
        for stranger in (people.key("contact.tibet"), uuid4()):
            with pytest.raises(Invalid):
                service.save(filing, replace(content, contacts=(Contact(stranger, Part.CONTACT),)), actor=actor)


def test_what_cannot_be_kept_is_refused_and_what_is_foreign_ignored(opened: Opened) -> None:
    with opened(CONTACT) as (filing, actor):
        content = queries.content(filing)
        for place, bad in (("mechanism", replace(content, mechanism="x" * 3_000_000)),
                           ("team", replace(content, team="x" * 20_001))):
            with pytest.raises(Invalid) as refused:
                service.save(filing, bad, actor=actor)
            assert list(refused.value.errors) == [place]
        kept = service.save(filing, replace(content, readiness={"marketing": ("x",), "y": ("z",)}, mechanism=" a\0\r\nb\U0001f600 ",
                                            items={uuid4(): ItemContent(measure="mine")}), actor=actor)
        assert kept == () and (filing.mechanism, filing.readiness) == ("a\nb\U0001f600", {})
        before = filing.version
        service.save(filing, queries.content(filing), actor=actor)
        assert filing.version == before                                   # nothing changed, nothing recorded


def test_what_was_cancelled_is_asked_no_more(opened: Opened, superuser: Superuser) -> None:
    with opened(CONTACT) as (filing, actor):
        gone = filing.items[0].assignment_id
        content = queries.content(filing)
        service.save(filing, replace(content, items={gone: ItemContent()}), actor=actor)
    with pytest.raises(Invalid):
        submit(opened)
    with opened("office") as (filing, actor):
        assignment = next(i.assignment for i in filing.items if i.assignment_id == gone)
        assignments.cancel(assignment, "does not apply here", actor=actor)
    submit(opened)
    assert state(superuser) == "submitted"


def test_questions_and_answers_change_no_state(opened: Opened, superuser: Superuser) -> None:
    with opened(CONTACT) as (filing, actor):
        item = next(i for i in filing.items if i.line == "network")
        service.ask(filing, item, "what counts?", actor=actor)
        for nothing in ("", " \0\n ", "x" * 2001):
            with pytest.raises(Invalid):
                service.ask(filing, None, nothing, actor=actor)
    for who, right in (("network", True), ("market", False), (f"head.{GD}", False)):
        with opened(who) as (filing, actor):
            item = next(i for i in filing.items if i.line == "network")
            if right:
                service.answer(filing, item, "this", actor=actor)
            else:
                with pytest.raises(NotPermitted):
                    service.answer(filing, item, "this", actor=actor)
    assert state(superuser) == "draft"
    assert rows(superuser, "SELECT kind, line FROM filing_note ORDER BY id") == [("question", "network"), ("answer", "network")]
