"""What ends a ladder and what begins it anew, kind by kind; and two sweeps at once."""
import threading
import time
from datetime import date, datetime
from uuid import UUID

import pytest
from flask import Flask

from portal.assignments import service as work
from portal.campaigns import queries as campaign_queries
from portal.campaigns import service as campaigns
from portal.reminders import service
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, steps, unit
from tests.services.test_reminders import LATE, key, on, swept
from tests.services.test_waivers import do

__all__ = ["key"]
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 3, day) for day in (10, 11, 12, 13))
GD = "market.guangdong"


@pytest.fixture(autouse=True)
def quiet(superuser: Superuser, key: UUID) -> None:
    """Nothing else has a deadline."""
    superuser.execute("UPDATE assignment SET state = 'closed'")


def told(app: Flask, superuser: Superuser, at: datetime, code: str = "guangdong") -> set[tuple[str, str, str]]:
    """What a sweep at that moment tells: of which kind, by which step, whom."""
    superuser.execute("UPDATE reminder SET subject_kind = 'seen'")
    with clock.standing_at(at):
        swept(app, superuser, code)
    names = {people.key(name): name for name in people.everybody()}
    rows = superuser.execute("SELECT kind, rung, people FROM reminder WHERE subject_kind <> 'seen'").fetchall()
    return {(kind, rung.rpartition(" ")[0], ", ".join(sorted(names[p] for p in who))) for kind, rung, who in rows}


def test_news_of_a_campaign_until_it_is_acknowledged(app: Flask, acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=("guangdong", "tibet"))
    with on(TUESDAY), acting("market.migu") as launcher:
        campaigns.pause(campaign_queries.one(launcher, about), "the client is at fault", actor=launcher)
        db.session.commit()
    both = {("receipt", "+2 day", GD), ("receipt", "+2 day", "contact.guangdong")}
    for day, said in ((11, set()), (12, both), (13, set()), (17, {("receipt", "+5 day", "contact.guangdong")}),
                      (18, set())):
        assert told(app, superuser, clock.at(date(2026, 3, day))) == said, day
    with acting("contact.guangdong") as contact:
        campaigns.acknowledge(campaign_queries.one(contact, about), actor=contact)
        db.session.commit()
    assert told(app, superuser, clock.at(date(2026, 3, 20))) == set()
    assert {who for _, _, who in told(app, superuser, clock.at(date(2026, 3, 20)), "tibet")} == {
        "head.tibet", "contact.tibet", "market.tibet"}


def test_an_issue_is_accepted_solved_reopened_and_closed(app: Flask, acting: As, superuser: Superuser) -> None:
    """To be accepted by noon on Tuesday, to be solved by ten on Thursday."""
    about = campaign(superuser, "guangdong", lands=("guangdong", "tibet"))
    with on(TUESDAY):
        step = steps(acting, raised(acting, "contact.tibet", about))
    assert told(app, superuser, clock.at(TUESDAY, 10, 30)) == set()
    assert told(app, superuser, clock.at(TUESDAY, 11)) == {("respond", "-1 hour", GD)}
    assert told(app, superuser, clock.at(TUESDAY, 15)) == {("respond", "+1 hour", GD)}
    with clock.standing_at(clock.at(TUESDAY, 15, 30)):
        step(GD, "accept")
    assert told(app, superuser, clock.at(WEDNESDAY, 15)) == set()                    # accepted: only the solution is waited for
    assert told(app, superuser, clock.at(WEDNESDAY, 15, 30)) == {("resolve", "-4 hour", GD)}
    with clock.standing_at(clock.at(WEDNESDAY, 17)):
        step(GD, "resolve", "the client", "a new client")
    assert told(app, superuser, clock.at(THURSDAY, 12)) == set()
    with clock.standing_at(clock.at(THURSDAY, 14)):
        step("contact.tibet", "reopen", "it is as before")
    assert told(app, superuser, clock.at(THURSDAY, 14, 30)) == set()
    assert told(app, superuser, clock.at(THURSDAY, 15)) == {("resolve", "+1 hour", GD)}      # anew, from the bottom
    with clock.standing_at(clock.at(THURSDAY, 16)):
        step(GD, "resolve", "the client", "another client")
        step("contact.tibet", "confirm")
    assert told(app, superuser, clock.at(date(2026, 3, 20))) == set()


def test_whoever_gets_an_issue_begins_anew(app: Flask, acting: As, superuser: Superuser) -> None:
    """Late already when it was handed over: there, too, the desk hears first, and its head no sooner than elsewhere."""
    about = campaign(superuser, "guangdong", lands=("guangdong", "tibet"), product="migu")
    with on(TUESDAY):
        issue = raised(acting, "contact.tibet", about)
        steps(acting, issue)(GD, "accept")
    assert told(app, superuser, clock.at(THURSDAY, 12)) == {("resolve", "+1 hour", GD)}
    with clock.standing_at(clock.at(THURSDAY, 14)):
        steps(acting, issue)(GD, "hand_over", unit(superuser, "migu"), "market", "the client is at fault")
    assert told(app, superuser, clock.at(FRIDAY, 18)) == set()
    assert told(app, superuser, clock.at(THURSDAY, 14, 30), "migu") == set()
    assert told(app, superuser, clock.at(THURSDAY, 15), "migu") == {("resolve", "+1 hour", "market.migu")}
    assert told(app, superuser, clock.at(FRIDAY, 14, 30), "migu") == {("resolve", "+8 hour", "head.migu")}


@pytest.mark.parametrize("verdict", ["grant", "decline"])
def test_a_request_for_more_time_until_it_is_decided(app: Flask, acting: As, superuser: Superuser, key: UUID, verdict: str) -> None:
    superuser.execute("UPDATE assignment SET state = 'open', due = '2026-06-30', milestone_due = '2026-10-31' WHERE id = %s",
                      (key,))
    with on(TUESDAY):
        do(acting, GD, key, lambda a, me: work.ask_extension(a, date(2026, 9, 30), "why", actor=me))
    assert told(app, superuser, clock.at(WEDNESDAY)) == set()
    assert told(app, superuser, clock.at(THURSDAY)) == {("extension", "+2 day", "market")}
    with on(FRIDAY):
        do(acting, "market", key, lambda a, me: work.decide_extension(a, verdict, "it can wait", actor=me))
    assert told(app, superuser, clock.at(date(2026, 3, 24))) == set()


def test_two_sweeps_at_once_tell_once(app: Flask, superuser: Superuser) -> None:
    """Both have read that nothing was told before either may write."""
    of, found, faults = unit(superuser, "guangdong"), list[service.Counts](), list[Exception]()
    superuser.execute("UPDATE assignment SET state = 'open', due = '2026-06-30' WHERE unit_id = %s", (of,))

    def go() -> None:
        try:
            with app.app_context(), acting_as(Scope(None, (of,))):
                found.append(service.sweep(of))
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=go) for _ in range(2)]
    with on(LATE):
        with superuser.transaction():
            superuser.execute("LOCK TABLE reminder IN SHARE MODE")
            for t in threads:
                t.start()
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'reminder'::regclass"
            until = time.monotonic() + 20
            while superuser.execute(waiting).fetchone() != (2,) and time.monotonic() < until:
                time.sleep(0.02)
            assert superuser.execute(waiting).fetchone() == (2,)
        for t in threads:
            t.join(30)
    assert not faults
    count = superuser.execute("SELECT count(*), count(DISTINCT (subject_id, rung)) FROM reminder").fetchone()
    assert count and count[0] == count[1] > 0 and sum(f.told + f.nobody for f in found) == count[0]
    parcels = superuser.execute("SELECT count(*) FROM outbox_message WHERE payload->>'kind' = 'reminder' AND"
                                " jsonb_array_length(payload->'people') > 0").fetchone()
    assert parcels == (sum(f.told for f in found),)
