"""The sweep over real things: whom it tells of what, once; what restarts and what stops it."""
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask

from portal.assignments import service as work
from portal.bulletins import queries as bulletin_queries
from portal.bulletins import service as bulletins
from portal.filings import queries as filing_queries
from portal.filings import service as filings
from portal.reminders import queries, service
from portal.reminders.rules import Channel, Deadline, Rung, Span, Whom
from tenants import clock
from tenants.context import Scope
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, Stale
from tenants.isolation import acting_as
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised, unit
from tests.factories.plans import draft
from tests.services.test_notices import Post
from tests.services.test_waivers import a_key, do

DUE = date(2026, 6, 30)                                # a Tuesday
LATE = date(2026, 7, 1)


@pytest.fixture
def post(app: Flask, superuser: Superuser) -> Post:
    return Post(app, superuser)


@pytest.fixture
def key(superuser: Superuser) -> UUID:
    """The only thing open in Guangdong; its market owner has it."""
    found = a_key(superuser)
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id <> %s", (found,))
    superuser.execute("UPDATE assignment SET due = %s, owner_id = %s WHERE id = %s", (DUE, people.key("market.guangdong"), found))
    return found


@contextmanager
def on(day: date, hour: int = 10) -> Iterator[None]:
    with clock.standing_at(clock.at(day, hour)):
        yield


def swept(app: Flask, superuser: Superuser, code: str = "guangdong") -> tuple[int, int]:
    """Rungs told, and rungs for which nobody was there."""
    with app.app_context(), acting_as(Scope(None, (unit(superuser, code),))):
        found = service.sweep(unit(superuser, code))
        return found.told, found.nobody


def hears(post: Post, about: str = "assignments") -> dict[str, str]:
    """Who was told, and how the last sentence begins."""
    found = post.new()
    return {who: said[-1][0].split("%")[0].strip() for who, said in found.items() if any(f"/{about}/" in url for _, url in said)}


def test_once_however_often_it_sweeps_and_everybody_once_when_it_comes_late(
        app: Flask, post: Post, superuser: Superuser, key: UUID) -> None:
    with on(date(2026, 5, 4)):
        assert swept(app, superuser) == (0, 0)
    with on(date(2026, 6, 26)):
        assert swept(app, superuser) == (2, 0) and swept(app, superuser) == (0, 0)
        assert hears(post) == {"market.guangdong": "Due on", "contact.guangdong": "Due on"}
    with on(date(2026, 7, 8)):                         # five working days late: the steps of one and three are past
        assert swept(app, superuser) == (4, 0)
        assert hears(post) == dict.fromkeys(("head.guangdong", "contact.guangdong", "market.guangdong"), "Was due on")
    with on(date(2026, 7, 9)):
        assert swept(app, superuser) == (0, 0) and post.new() == {}
    rows = superuser.execute("SELECT rung, round, cardinality(people), unit_id FROM reminder ORDER BY at, rung").fetchall()
    gd = unit(superuser, "guangdong")
    assert rows == [("-3 day contact", "1 2026-06-30", 1, gd), ("-3 day owner", "1 2026-06-30", 1, gd),
                    *((rung, "1 2026-06-30", 1, gd) for rung in (
                        "+1 day contact", "+1 day owner", "+3 day line_owner", "+5 day unit_head"))]


def test_returned_and_extended_begin_anew_and_what_has_ended_is_silent(
        app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    with on(LATE):
        assert swept(app, superuser) == (2, 0)
        do(acting, "market.guangdong", key, lambda a, me: work.hand_in(a, "done", actor=me))
        assert swept(app, superuser) == (0, 0)
        do(acting, "market", key, lambda a, me: work.verify(a, "return", "more", actor=me))
        assert swept(app, superuser) == (0, 0)         # they have just been told of the return
    with on(date(2026, 7, 2)):
        assert swept(app, superuser) == (2, 0)
        do(acting, "market.guangdong", key, lambda a, me: work.ask_extension(a, date(2026, 9, 30), "why", actor=me))
        do(acting, "office", key, lambda a, me: work.decide_extension(a, "grant", "", actor=me))
        assert swept(app, superuser) == (0, 0)
    with on(date(2026, 9, 27)):                        # three working days before the new day, the last of them a make-up day
        told, _ = swept(app, superuser)
        assert told == 2
        do(acting, "office", key, lambda a, me: work.cancel(a, "nobody has it", actor=me))
    with on(date(2026, 10, 20)):
        assert swept(app, superuser) == (0, 0)


def test_returned_late_the_owner_hears_first_and_whoever_is_above_after_as_many_days(
        app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    """Twenty working days late; the ladder says one, three, five, eight and fifteen."""
    with on(DUE):
        do(acting, "market.guangdong", key, lambda a, me: work.hand_in(a, "done", actor=me))
    with on(date(2026, 7, 28)):
        do(acting, "market", key, lambda a, me: work.verify(a, "return", "more", actor=me))
    for day, who in ((date(2026, 7, 28), set()), (date(2026, 7, 29), {"market.guangdong", "contact.guangdong"}),
                     (date(2026, 7, 31), {"market.guangdong"}), (date(2026, 8, 3), set()), (date(2026, 8, 4), {"head.guangdong"}),
                     (date(2026, 8, 7), {"market"}), (date(2026, 8, 18), {"office"})):
        with on(day):
            post.new()
            swept(app, superuser)
            assert set(hears(post)) == who, day


def test_a_plan_that_comes_back_late_climbs_from_its_return(
        app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    """Submitted in time, returned fourteen working days after its day."""
    superuser.execute("UPDATE assignment SET state = 'open' WHERE template_kind = 'plan_filing'")
    with on(date(2026, 4, 30)), acting("contact.guangdong") as contact:
        plan = draft(contact)
        filings.submit(plan, actor=contact)
        about = plan.id
        db.session.commit()
    with on(date(2026, 5, 25)), acting("market") as lead:
        found = filing_queries.one(lead, about)
        first = next(i for i in found.items if i.line == "market").assignment_id
        filings.review(found, Line.MARKET, "return", remarks={first: "who leads?"}, actor=lead)
        db.session.commit()
    for day, who in ((date(2026, 5, 25), set()), (date(2026, 5, 26), {"contact.guangdong", "deputy.guangdong"}),
                     (date(2026, 5, 28), {"head.guangdong"}), (date(2026, 6, 1), {"office"}), (date(2026, 6, 8), {"leader"})):
        with on(day):
            post.new()
            swept(app, superuser)
            assert set(hears(post, "filings")) == who, day


def test_after_an_outage_everybody_hears_once(app: Flask, post: Post, superuser: Superuser, key: UUID) -> None:
    """From the first day late to the fifteenth nothing was swept: the owner, the head and the line hear as well as the office."""
    with on(LATE):
        assert swept(app, superuser) == (2, 0)
        post.new()
    with on(date(2026, 7, 21)):
        assert swept(app, superuser) == (4, 0) and swept(app, superuser) == (0, 0)
        told = {name: len(notices) for name, notices in post.new().items()}      # the owner is the line's owner, too
        assert told == dict.fromkeys(("market.guangdong", "head.guangdong", "market", "office"), 1)


def test_whoever_is_appointed_later_hears_of_what_reached_nobody(
        app: Flask, post: Post, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE reminder_rung SET whom = 'leadership' WHERE kind = 'assignment' AND step = 15")
    superuser.execute("UPDATE appointment SET valid_from = '2026-07-22' WHERE id = %s", (people.appointment_key("leader"),))
    with on(date(2026, 7, 10)):
        swept(app, superuser)
        post.new()
    with on(date(2026, 7, 21)):
        assert swept(app, superuser) == (0, 1) and post.new() == {}
    with on(date(2026, 7, 22)):
        assert swept(app, superuser) == (1, 0) and set(hears(post)) == {"leader"}
        assert swept(app, superuser) == (0, 0)


def test_on_leave_the_delegate_and_nobody_there_the_next_above(
        app: Flask, post: Post, superuser: Superuser, key: UUID) -> None:
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (%s, %s, %s, %s, %s)",
                      (uuid7(), people.appointment_key("contact.guangdong"), people.key("member.guangdong"), LATE, LATE))
    superuser.execute("UPDATE assignment SET owner_id = %s WHERE id = %s", (people.key("market.migu"), key))      # not here
    with on(LATE):
        swept(app, superuser)
        assert set(hears(post)) == {"member.guangdong", "market.guangdong"}


@pytest.mark.parametrize("why", ["left", "on leave"])
def test_a_delegate_who_is_not_there_is_passed_over(app: Flask, post: Post, superuser: Superuser, key: UUID, why: str) -> None:
    """The contact is on leave; the delegate has left, or has passed on all that is his own: the head hears instead."""
    add = "INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until) VALUES (%s, %s, %s, %s, %s)"
    superuser.execute(add, (uuid7(), people.appointment_key("contact.guangdong"), people.key("member.guangdong"), LATE, LATE))
    if why == "left":
        superuser.execute("UPDATE person SET left_on = %s WHERE id = %s", (DUE, people.key("member.guangdong")))
    else:
        superuser.execute(add, (uuid7(), people.appointment_key("member.guangdong"), people.key("it.guangdong"), LATE, LATE))
    with on(LATE):
        swept(app, superuser)
        assert set(hears(post)) == {"market.guangdong", "head.guangdong"}


def test_a_unit_without_anybody_is_headquarters_to_watch(app: Flask, post: Post, superuser: Superuser) -> None:
    row = superuser.execute("SELECT a.id, u.code FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.kind = 'province' AND"
                            " u.code NOT IN ('beijing', 'guangdong', 'tibet') AND a.line = 'market' LIMIT 1").fetchone()
    assert row
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id <> %s", (row[0],))
    superuser.execute("UPDATE assignment SET due = %s WHERE id = %s", (DUE, row[0]))
    with on(LATE):
        assert swept(app, superuser, row[1]) == (2, 0)
        assert set(hears(post)) == {"market"}


def test_plans_reviews_verification_and_more_time(app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE assignment SET state = 'open' WHERE template_kind = 'plan_filing'")
    with on(date(2026, 5, 6)):                         # the plan was due on 30 April; the holiday lies between
        swept(app, superuser)
        assert hears(post) == {"contact.guangdong": "The implementation plan of", "deputy.guangdong": "The implementation plan of"}
    with acting("contact.guangdong") as contact:
        plan = draft(contact)
        filings.submit(plan, actor=contact)
        db.session.commit()
    do(acting, "market.guangdong", key, lambda a, me: work.ask_extension(a, date(2027, 2, 1), "why", actor=me))
    post.new()
    with on(date(2026, 3, 13)):                        # three working days after the submission
        swept(app, superuser)
        told = post.new()
        assert {who for who, said in told.items() if any("/filings/" in url for _, url in said)} == {
            "market", "network", "it", "enterprise", "customer-service"}
        assert {who for who, said in told.items() if any("/assignments/" in url for _, url in said)} == {"leader"}
    do(acting, "market.guangdong", key, lambda a, me: work.hand_in(a, "", actor=me))
    post.new()
    with on(date(2026, 3, 18)):
        swept(app, superuser)
        assert hears(post) == {"market": "Waits to be verified since"}


def test_a_reminder_names_its_thing_by_code(app: Flask, acting: As, superuser: Superuser, key: UUID) -> None:
    """Of twins, which have the same title, one knows which it is."""
    issue = raised(acting, "contact.tibet", campaign(superuser, "guangdong", lands=["tibet"]))
    superuser.execute("DELETE FROM outbox_message")
    with on(LATE):
        swept(app, superuser)
    titles = dict(superuser.execute("SELECT payload->>'url', payload->'params'->'title' FROM outbox_message").fetchall())
    called = {url: (code, title) for url, code, title in superuser.execute(
        "SELECT '/assignments/' || id, code, title FROM assignment UNION SELECT '/issues/' || id, code, title FROM issue")}
    for url in (f"/assignments/{key}", f"/issues/{issue}"):
        row = called[url]
        assert titles[url]["en"] == f"{row[0]} {row[1]}" and titles[url]["zh"].startswith(f"{row[0]} ")


def test_issues_and_receipts(app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    about = campaign(superuser, "hq", product="guangdong", lands=("guangdong", "tibet"))
    issue = raised(acting, "contact.tibet", about)
    post.new()
    with on(date(2026, 3, 16)):
        assert swept(app, superuser, "hq")[0] >= 1
        assert f"/issues/{issue}" in {url for said in post.new().values() for _, url in said}
        assert swept(app, superuser, "hq") == (0, 0)


def test_bulletins_that_nobody_acknowledges(app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE assignment SET state = 'closed'")
    about = bulletin(acting, "guangdong", "tibet")                     # on 10 March
    post.new()
    for day, who in ((11, None), (12, "contact.guangdong"), (13, None), (17, "head.guangdong"), (20, "office")):
        with on(date(2026, 3, day)):
            swept(app, superuser)
            assert swept(app, superuser) == (0, 0)
            said = "has not acknowledged the bulletin of"
            assert {w for w, told in post.new().items() if any(said in t for t, _ in told)} == ({who} if who else set())
    with acting("contact.guangdong") as contact:
        bulletins.acknowledge(bulletin_queries.one(contact, about), actor=contact)
        db.session.commit()
    with on(date(2026, 5, 8)):
        assert swept(app, superuser) == (0, 0) and swept(app, superuser, "tibet") == (3, 0)


def test_when_time_is_up_the_next_sweep_goes_on_from_there(app: Flask, superuser: Superuser, post: Post) -> None:
    """Each thing is looked at once, by whichever of them."""
    superuser.execute("UPDATE assignment SET due = %s", (DUE,))
    of, found = unit(superuser, "guangdong"), [service.Counts(place="")]
    with on(LATE), pytest.MonkeyPatch.context() as patched:
        patched.setattr(queries, "BATCH", 3)
        while found[-1].place or len(found) == 1:
            with app.app_context(), acting_as(Scope(None, (of,))):
                found.append(service.sweep(of, after=found[-1].place, seconds=-1))
            assert found[-1].seen <= 3
    with on(LATE), app.app_context(), acting_as(Scope(None, (of,))):
        whole = service.sweep(of)
    assert len(found) > 4 and sum(f.seen for f in found) == whole.seen and (whole.told, whole.place) == (0, "")
    assert superuser.execute("SELECT count(*) FROM reminder").fetchone() == (sum(f.told for f in found),)


def test_what_fails_is_counted_and_holds_up_nothing_else(app: Flask, post: Post, superuser: Superuser, key: UUID) -> None:
    """A day before which the calendar knows no working day; it stands first, in the middle and last of what is open."""
    of = unit(superuser, "guangdong")
    keys = [k for k, in superuser.execute(
        "SELECT id FROM assignment WHERE unit_id = %s AND template_kind = 'task' ORDER BY id", (of,))]
    superuser.execute("UPDATE assignment SET state = 'open', due = %s, owner_id = NULL WHERE unit_id = %s", (DUE, of))
    superuser.execute("UPDATE assignment SET due = '0001-01-01' WHERE id = ANY (%s)", ([keys[0], keys[len(keys) // 2], keys[-1]],))
    with on(LATE), app.app_context(), acting_as(Scope(None, (of,))):
        found = service.sweep(of)
    assert (found.failed, found.place) == (3, "") and found.seen >= len(keys)
    told = {k for k, in superuser.execute("SELECT DISTINCT subject_id FROM reminder WHERE kind = 'assignment'")}
    assert told == set(keys) - {keys[0], keys[len(keys) // 2], keys[-1]}
    with on(LATE), app.app_context(), acting_as(Scope(None, (of,))):
        again = service.sweep(of)
    assert (again.failed, again.told) == (3, 0)


def test_a_sweep_sees_its_own_unit_alone(app: Flask, superuser: Superuser, post: Post) -> None:
    with on(LATE):
        swept(app, superuser, "tibet")
    assert {u for u, in superuser.execute("SELECT DISTINCT unit_id FROM reminder").fetchall()} == {unit(superuser, "tibet")}


def test_the_office_keeps_the_ladder(acting: As, superuser: Superuser) -> None:
    rung = Rung(Deadline.ASSIGNMENT, 2, Span.DAY, Whom.OFFICE, Channel.DIGEST)
    with acting("office") as office:
        was, before = service.seen(), list(queries.ladder())
        louder = Rung(before[0].kind, before[0].step, before[0].span, before[0].whom, Channel.AT_ONCE
                      if before[0].channel is Channel.DIGEST else Channel.DIGEST)
        service.keep([louder, *before[2:], rung], was, actor=office)
        db.session.commit()
        after = queries.ladder()
        assert rung in after and louder in after and before[1] not in after and len(after) == len(before)
        with pytest.raises(Stale):
            service.keep(before, was, actor=office)
        for wrong in ([rung, rung], [Rung(Deadline.RECEIPT, -1, Span.DAY, Whom.OWNER)]):
            with pytest.raises(Invalid):
                service.keep(wrong, service.seen(), actor=office)
    with acting("market") as lead, pytest.raises(NotPermitted):
        service.keep([], "", actor=lead)
    assert superuser.execute("SELECT action, count(*) FROM audit_entry WHERE subject_kind = 'reminder_rung' GROUP BY 1 ORDER BY 1"
                             ).fetchall() == [("add", 1), ("change", 1), ("remove", 1)]


def test_what_tomorrow_brings(acting: As, superuser: Superuser, key: UUID) -> None:
    with on(DUE), acting("office"):
        ahead = service.foresee(clock.at(DUE + timedelta(days=1), 23, 59))
        assert (ahead.whole, ahead.failed) == (True, 0)
        assert {(f.item.key, f.rung.code) for f in ahead.found} == {(key, "+1 day owner"), (key, "+1 day contact")}
        assert {p for f in ahead.found for _, p in f.people} == {people.key("market.guangdong"), people.key("contact.guangdong")}
        assert superuser.execute("SELECT count(*) FROM reminder").fetchone() == (0,)


def test_what_tomorrow_brings_is_what_the_sweep_then_tells_whatever_fails(
        app: Flask, acting: As, post: Post, superuser: Superuser, key: UUID) -> None:
    """A day before which the calendar knows no working day leaves all others in sight."""
    keys = [k for k, in superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong'"
                                          " AND a.template_kind = 'task' AND a.id <> %s ORDER BY a.id", (key,))]
    superuser.execute("UPDATE assignment SET state = 'open', due = %s, owner_id = NULL WHERE id = ANY (%s)", (DUE, keys))
    broken = {keys[0], keys[len(keys) // 2], keys[-1]}
    superuser.execute("UPDATE assignment SET due = '0001-01-01' WHERE id = ANY (%s)", (list(broken),))
    with on(DUE), acting("office"):
        ahead = service.foresee(clock.at(LATE, 23, 59))
    assert (ahead.whole, ahead.failed) == (True, 3)
    assert {f.item.key for f in ahead.found} == {key, *keys} - broken
    with on(LATE), app.app_context(), acting_as(Scope(None, (unit(superuser, "guangdong"),))):
        swept = service.sweep(unit(superuser, "guangdong"))
    assert (swept.failed, swept.told) == (3, len(ahead.found))
