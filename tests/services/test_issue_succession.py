"""A unit is closed or merged into another: what it owned, raised and launched goes on elsewhere, and who has it now can work it."""
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts import service as accounts
from portal.campaigns import queries as campaigns
from portal.campaigns import service as campaign_service
from portal.desk import issues as desk
from portal.issues import queries
from portal.issues import service as issue_service
from portal.units import service as units
from tenants import clock
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible
from tenants.models import Appointment, Unit
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, steps, unit
from tests.services.delivering import deliver

DAY = date(2026, 3, 12)
THE_DAY = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)


@pytest.fixture
def about(superuser: Superuser) -> UUID:
    return campaign(superuser, "migu", lands=["guangdong", "beijing"])


def close(acting: As, code: str, into: str | None) -> None:
    """From THE_DAY on, by the administrator."""
    with acting("admin") as admin:
        found = {u.code: u for u in db.session.scalars(select(Unit))}
        gone = found[code]
        if into is None:
            units.close_unit(gone, DAY, version=gone.version, actor=admin)
        else:
            units.merge_unit(gone, found[into], DAY, version=gone.version, actor=admin)
        db.session.commit()


def told(superuser: Superuser, mail: str) -> list[str]:
    found = superuser.execute("SELECT n.text FROM notice n JOIN person p ON p.id = n.person_id WHERE p.email = %s", (mail,))
    return [text for text, in found]


@pytest.mark.parametrize("merged", [True, False])
def test_a_unit_that_goes(app: Flask, acting: As, about: UUID, superuser: Superuser, merged: bool) -> None:
    """Its issues move to the successor's desk, else to headquarters' line; so does what it raised. Once."""
    owned = raised(acting, "contact.guangdong", about)
    mine = raised(acting, "market.guangdong", campaign(superuser, "hq", code="N-1"))
    steps(acting, owned)("market.migu", "accept")
    for code in ("migu", "guangdong"):
        close(acting, code, "terminal" if merged else None)
    deliver(app)
    with acting("leader") as reader:
        assert queries.one(reader, owned).owner.code == "migu"                     # not before the day
    with clock.standing_at(THE_DAY):
        for _ in range(2):
            deliver(app)
            superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic = 'unit.closed'")
        heir = "terminal" if merged else "hq"
        with acting("leader") as reader:
            issue = queries.one(reader, owned)
            assert (issue.owner.code, issue.owner_line, issue.state, issue.raiser.code) == (heir, "market", "routed", heir)
            assert [t.start for t in queries.turns(issue)] == ["routed", "succeeded"]
            assert [e.action for e in queries.timeline(issue)] == ["raise", "accept", "succeed", "succeed"]
            other = queries.one(reader, mine)
            assert (other.raiser.code, other.first_contact.email) == (
                heir, "contact@terminal.example" if merged else "office@hq.example")
        step = steps(acting, owned)
        step("market.terminal" if merged else "market", "accept")
        step("market.terminal" if merged else "market", "resolve", "a", "b")
        step("contact.terminal" if merged else "office", "confirm")
        with pytest.raises(Invalid):
            raised(acting, "market.beijing", UUID(int=5))
        late = raised(acting, "market.beijing", about)                             # the launcher is gone: its successor answers
        with acting("leader") as reader:
            issue = queries.one(reader, late)
            assert (issue.owner.code, issue.route_rule) == (heir, "launcher_merged" if merged else "launcher_closed")
            why = queries.kept_why(issue)[0]
            assert why.msgid.endswith("was merged into it." if merged else "is closed.")
            assert "咪咕公司" in str(why.params["launcher"])


def test_what_is_declined_to_a_unit_that_has_gone_moves_on(app: Flask, acting: As, about: UUID, superuser: Superuser) -> None:
    key = raised(acting, "contact.guangdong", about)
    steps(acting, key)("market.migu", "hand_over", unit(superuser, "beijing"), "market", "there")
    close(acting, "migu", "terminal")
    with clock.standing_at(THE_DAY):
        deliver(app)
        steps(acting, key)("market.beijing", "decline", "it is not")
        deliver(app)
        with acting("leader") as reader:
            issue = queries.one(reader, key)
            assert (issue.owner.code, issue.state, issue.disagreements) == ("terminal", "routed", 1)
        steps(acting, key)("market.terminal", "accept")


def test_the_heir_hands_over_to_whom_the_campaign_concerns(app: Flask, acting: As, superuser: Superuser) -> None:
    """It is a party of the campaign as the unit was that is gone, so it names the product's company and the provinces."""
    about = campaign(superuser, "migu", lands=["guangdong", "beijing"], product="terminal")
    key = raised(acting, "contact.guangdong", about)
    close(acting, "migu", "tietong")
    with clock.standing_at(THE_DAY):
        with acting("market.tietong") as heir, pytest.raises(NotVisible):
            campaigns.one(heir, about)
        for _ in range(2):
            deliver(app)
            superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic LIKE 'unit.closed%'")
        deliver(app)
        with acting("market.tietong") as heir:
            assert campaigns.one(heir, about).unit.code == "migu" and not queries.hidden(issue := queries.one(heir, key))
            assert {"terminal", "beijing", "guangdong", "tietong", "hq"} == {u.code for u in queries.nameable(issue)}
        for name in ("market.tibet", "contact.tibet"):
            with acting(name) as outsider, pytest.raises(NotVisible):
                campaigns.one(outsider, about)
        assert told(superuser, "market@tietong.example").count(
            "%(unit)s is closed; its campaign concerns your unit now: %(campaign)s") == 1
        assert told(superuser, "market@hq.example").count(
            "%(unit)s is closed, nobody can pause or end its campaign; give it to another launcher: %(campaign)s") == 1
        step = steps(acting, key)
        assert step("market.tietong", "hand_over", unit(superuser, "terminal"), "market", "the product").state == "routed"
        step("market.terminal", "decline", "it is not")
        step("market.tietong", "hand_over", unit(superuser, "beijing"), "market", "sold there")
        step("market.beijing", "accept")


def test_what_nobody_runs_gets_another_launcher(app: Flask, acting: As, superuser: Superuser) -> None:
    """Also a province's, which lands where the province was."""
    about = campaign(superuser, "guangdong", lands=["guangdong"])
    ended = campaign(superuser, "guangdong", lands=["guangdong"], state="ended", code="C-2")
    close(acting, "guangdong", "beijing")
    with clock.standing_at(THE_DAY):
        deliver(app)
        deliver(app)
        assert len([t for t in told(superuser, "market@hq.example") if "nobody can pause" in t]) == 1
        with acting("market.beijing") as heir:
            assert campaigns.one(heir, ended).state == "ended"
            with pytest.raises(NotPermitted):
                campaign_service.end(campaigns.one(heir, about), actor=heir)
        with acting("market") as line:
            campaign_service.move(campaigns.one(line, about), unit(superuser, "beijing"), "Guangdong is Beijing now", actor=line)
            db.session.commit()
        with acting("market.beijing") as launcher:
            campaign_service.end(campaigns.one(launcher, about), actor=launcher)


@pytest.mark.parametrize("how", ["ended", "changed"])
def test_a_first_contact_who_leaves(app: Flask, acting: As, about: UUID, superuser: Superuser, how: str) -> None:
    """The unit's contact is told once; it stands on contact's and head's desk and in the inbox until one takes the part over.
    An appointment that is given a last day ends like any other."""
    key, kept = raised(acting, "market.guangdong", about), raised(acting, "contact.guangdong", about)

    def waits_for(name: str) -> int:
        with acting(name) as reader:
            found = queries.to_do(reader).get("take_over", 0)
            assert found == queries.count([*queries.task(reader, "take_over")])
            assert sum(t.action.msgid == "Take over" for t in desk.mine(reader)) == found
            return found
    with acting("admin") as admin:
        row = db.session.get_one(Appointment, people.appointment_key("market.guangdong"), options=[joinedload(Appointment.unit)])
        if how == "ended":
            accounts.end_appointment(row, date(2026, 3, 11), version=row.version, actor=admin)
        else:
            accounts.change_appointment(row, row.deputy, row.valid_from, date(2026, 3, 11), version=row.version, actor=admin)
        db.session.commit()
    deliver(app)
    assert waits_for("contact.guangdong") == 0                                     # not before the day
    with clock.standing_at(THE_DAY):
        for _ in range(2):
            deliver(app)
            superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic LIKE 'appointment.ended%'")
        deliver(app)
        for name in ("contact.guangdong", "deputy.guangdong"):
            assert [t for t in told(superuser, people.email(name)) if "has left" in t] == [
                "The first contact of your unit's issue has left; take the part over: %(title)s (%(code)s)"]
        assert not [t for t in told(superuser, "head@guangdong.example") if "has left" in t]
        people_here = ("contact.guangdong", "head.guangdong", "network.guangdong", "contact.beijing", "market.migu")
        assert [waits_for(name) for name in people_here] == [1, 1, 0, 0, 0]
        steps(acting, key)("head.guangdong", "take_over")
        assert waits_for("contact.guangdong") == 0
        with acting("leader") as reader:
            assert queries.one(reader, kept).first_contact_id == people.key("contact.guangdong")


def test_what_waits_for_a_unit_that_goes_waits_for_its_heir(app: Flask, acting: As, about: UUID, superuser: Superuser) -> None:
    """A solution to confirm, and a question to answer; the owner hears who is first contact now."""
    solved, asked = raised(acting, "market.guangdong", about), raised(acting, "market.guangdong", about)
    for key, action, said in ((solved, "resolve", ["a", "b"]), (asked, "ask", ["since when?"])):
        steps(acting, key)("market.migu", "accept")
        steps(acting, key)("market.migu", action, *said)
    close(acting, "guangdong", "terminal")
    with clock.standing_at(THE_DAY):
        deliver(app)
        deliver(app)
        assert sum("the first contact of its issue is now at" in t for t in told(superuser, "market@migu.example")) == 2
        with acting("contact.terminal") as heir:
            assert {kind: n for kind, n in queries.to_do(heir).items() if n} == {"confirm": 1, "reply": 1}
        assert steps(acting, solved)("contact.terminal", "confirm").state == "closed"
        steps(acting, asked)("contact.terminal", "answer", "since Monday")
        steps(acting, asked)("market.migu", "resolve", "a", "b")


def test_what_is_reopened_after_its_owner_has_gone_moves_on(app: Flask, acting: As, about: UUID) -> None:
    """Solved, or closed as a duplicate."""
    solved, double, other = (raised(acting, f"{who}.guangdong", about) for who in ("market", "contact", "it"))
    with acting("market.migu") as owner:
        issue_service.merge(queries.one(owner, double), queries.one(owner, other), actor=owner)
        db.session.commit()
    steps(acting, solved)("market.migu", "accept")
    steps(acting, solved)("market.migu", "resolve", "a", "b")
    steps(acting, solved)("market.guangdong", "confirm")
    close(acting, "migu", "terminal")
    with clock.standing_at(THE_DAY):
        deliver(app)
        deliver(app)
        for key, first in ((solved, "market"), (double, "contact")):
            steps(acting, key)(f"{first}.guangdong", "reopen", "not yet")
            deliver(app)
            deliver(app)
            steps(acting, key)("market.terminal", "accept")


def test_a_first_contact_who_goes_to_another_unit_takes_nothing_along(acting: As, about: UUID, superuser: Superuser) -> None:
    key = raised(acting, "it.guangdong", about)
    step = steps(acting, key)
    step("market.migu", "accept")
    step("market.migu", "resolve", "a", "b")
    superuser.execute("UPDATE appointment SET unit_id = %s WHERE id = %s",
                      (unit(superuser, "tibet"), people.appointment_key("it.guangdong")))
    with pytest.raises(NotVisible):
        step("it.guangdong", "confirm")
    step("head.guangdong", "take_over")
    step("head.guangdong", "confirm")
