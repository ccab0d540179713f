"""Campaigns below the interface, as the runtime role: who sees them, what launch takes, who hears of what."""
import threading
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from portal.campaigns import queries, service
from portal.campaigns.models import Campaign, Caution
from portal.campaigns.queries import CautionsWanted
from tenants import clock
from tenants.access import Identity
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.vocabulary import LaunchElement, Line
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.campaigns import checked, content, document, live, units

EVERYBODY = ("office", "leader", "market", "network", "auditor", "contact.guangdong", "head.guangdong", "market.guangdong",
             "member.guangdong", "contact.tibet", "contact.beijing", "market.migu", "contact.migu", "contact.terminal")


def sees(acting: As, name: str, key: UUID) -> bool:
    """Whether the list, the page and the database itself agree, and what they say."""
    with acting(name) as me:
        listed = key in {c.id for c in db.session.scalars(queries.listed(queries.conditions(me, queries.Wanted())))}
        try:
            opened = queries.one(me, key).id == key
        except NotVisible:
            opened = False
        assert listed == opened, name
        return listed


@pytest.mark.parametrize(("launcher", "who", "lands", "seen"), [
    ("hq", "market", "network", set(EVERYBODY)),
    ("guangdong", "market.guangdong", ["guangdong"],
     {"contact.guangdong", "head.guangdong", "market.guangdong", "member.guangdong", "contact.migu", "market.migu"}),
    ("terminal", "market.terminal", ["tibet"], {"contact.tibet", "contact.terminal", "contact.migu", "market.migu"}),
    ("terminal", "market.terminal", "network",
     {"contact.guangdong", "head.guangdong", "market.guangdong", "member.guangdong", "contact.tibet", "contact.beijing",
      "contact.terminal", "contact.migu", "market.migu"}),
])
def test_seen_by_launcher_landing_units_product_owner_and_headquarters(
        acting: As, launcher: str, who: str, lands: object, seen: set[str]) -> None:
    """From its registration on; nobody else sees it, anywhere."""
    with acting(who) as actor:
        key = service.register(content(launcher, lands_in=lands, product_owner="migu"), actor=actor).id
        db.session.commit()
    headquarters = {"office", "leader", "market", "network", "auditor"}
    assert {name for name in EVERYBODY if sees(acting, name, key)} == seen | headquarters


def test_who_registers_for_whom(acting: As) -> None:
    for name, launcher, line, may in (
            ("market.guangdong", "guangdong", Line.MARKET, True), ("market.guangdong", "guangdong", Line.IT, False),
            ("contact.guangdong", "guangdong", Line.IT, True), ("contact.guangdong", "tibet", Line.MARKET, False),
            ("head.guangdong", "guangdong", Line.MARKET, False), ("market", "hq", Line.MARKET, True),
            ("market", "hq", Line.IT, False), ("market", "guangdong", Line.MARKET, False), ("office", "hq", Line.MARKET, False)):
        with acting(name) as actor:
            made = content(launcher, line, lands_in=[launcher] if launcher != "hq" else "network")
            if may:
                assert service.register(made, actor=actor).state == "draft"
            else:
                with pytest.raises(NotPermitted):
                    service.register(made, actor=actor)


def test_faults_stand_at_their_fields(acting: As) -> None:
    with acting("contact.guangdong") as actor:
        known = units()
        good = content()
        service.register(good, actor=actor)
        for changed, fields in (
                ({"code": " "}, {"code"}), ({"name": "x" * 201}, {"name"}), ({"ends": date(2026, 3, 31)}, {"ends"}),
                ({"starts": None}, {"starts"}), ({"starts": date(1999, 1, 1)}, {"starts"}), ({"lands_in": ()}, {"lands_in"}),
                ({"lands_in": (known["tibet"],)}, {"lands_in"}), ({"network": True}, {"lands_in"}),
                ({"lands_in": (999,)}, {"lands_in"}),
                ({"product_owner": known["tibet"]}, {"product_owner"}), ({"product_owner": 999}, {"product_owner"}),
                ({"configured_in": (999,)}, {"configured_in"}), ({"code": "C-1"}, {"code"})):
            with pytest.raises(Invalid) as refused:
                service.register(replace(good, **{"code": "C-2", **changed}), actor=actor)
            assert set(refused.value.errors) == fields, changed
    with acting("market.migu") as actor, pytest.raises(Invalid):
        service.register(content("migu", lands_in=["terminal"]), actor=actor)
    with acting("market") as actor, pytest.raises(Invalid):
        service.register(content("hq", lands_in=["hq"]), actor=actor)


def test_numbers_of_people_are_not_kept(acting: As) -> None:
    with acting("contact.guangdong") as actor:
        made = service.register(content(code="To 13800138000", name="Ask 13800138000",
                                        notice_text="Call 13800138000 for more of it."), actor=actor)
        assert "13800138000" not in made.code + made.name + made.notice_text


def test_live_at_one_hundred_percent_only(acting: As) -> None:
    """The refusal names every single thing that is missing."""
    with acting("market.guangdong") as actor:
        made = content(notice_text="", training_on=None, configured_in=())
        campaign = service.register(made, actor=actor)
        with pytest.raises(RuleViolated) as refused:
            service.go_live(campaign, actor=actor)
        assert len(refused.value.message.params["missing"]) == 9
        for element in LaunchElement:
            service.check(campaign, element, "pass", "looked at", actor=actor)
        assert campaign.state == "in_check"
        said = [str(m.words) for m in queries.missing(campaign)]
        assert len(said) == 4
        with pytest.raises(RuleViolated) as refused:
            service.go_live(campaign, actor=actor)
        assert all(words in str(refused.value.message) for words in said)
        service.change(campaign, content(), actor=actor)
        assert {m.element for m in queries.missing(campaign)} == {
            LaunchElement.NOTICES, LaunchElement.DOCUMENTS, LaunchElement.CONFIGURATION, LaunchElement.TRAINING}
        document(campaign, actor)
        for named in ("notices", "documents", "configuration", "training"):
            service.check(campaign, named, "pass", "looked at", actor=actor)
        assert service.offers(campaign, actor=actor) == {"change", "check", "go_live"}
        service.go_live(campaign, actor=actor)
        assert campaign.state == "live" and campaign.live_at == clock.now()
        assert service.offers(campaign, actor=actor) == {"change", "check", "pause", "end"}


def test_a_change_takes_back_what_it_touches(acting: As) -> None:
    with acting("market.guangdong") as actor:
        campaign = checked(actor, content())
        service.change(campaign, content(training_on=date(2026, 3, 25)), actor=actor)
        assert [m.element for m in queries.missing(campaign)] == [LaunchElement.TRAINING]
        before = campaign.version
        service.change(campaign, content(training_on=date(2026, 3, 25)), actor=actor)
        assert campaign.version == before                     # nothing changed
        with clock.standing_at(clock.now() + timedelta(minutes=1)):
            document(campaign, actor)
        assert {m.element for m in queries.missing(campaign)} == {LaunchElement.TRAINING, LaunchElement.DOCUMENTS}
        with pytest.raises(Stale):
            service.change(campaign, content(name="Other"), actor=actor, version=before - 1)


def receipts(superuser: Superuser, key: UUID) -> list[tuple[str, str, bool]]:
    rows = superuser.execute(
        "SELECT s.event, u.code, r.acknowledged_at IS NOT NULL FROM campaign_receipt r JOIN campaign_sync s ON s.id = r.sync_id"
        " JOIN unit u ON u.id = r.unit_id WHERE r.campaign_id = %s ORDER BY s.at, s.id, u.position", (key,)).fetchall()
    return [(str(a), str(b), bool(c)) for a, b, c in rows]


def test_landing_units_and_the_products_company_hear_of_every_step(acting: As, superuser: Superuser) -> None:
    with acting("market.terminal") as actor:
        made = content("terminal", lands_in=["guangdong", "tibet"], product_owner="migu")
        campaign = live(actor, made)
        key = campaign.id
        with pytest.raises(Invalid) as refused:
            service.change(campaign, replace(made, brand="Other"), actor=actor)
        assert set(refused.value.errors) == {"words"}
        service.change(campaign, replace(made, brand="Other"), "a new brand", actor=actor)
        service.pause(campaign, "rules unclear", actor=actor)
        service.go_live(campaign, actor=actor)
        service.end(campaign, "season over", actor=actor)
        with pytest.raises(RuleViolated):
            service.change(campaign, made, "too late", actor=actor)
        db.session.commit()
    told = receipts(superuser, key)
    assert [e for e, unit, _ in told if unit == "migu"] == ["launch", "change", "pause", "resume", "end"]
    assert {unit for _, unit, _ in told} == {"guangdong", "tibet", "migu"} and not any(done for *_, done in told)
    posted = superuser.execute("SELECT count(*) FROM outbox_message WHERE topic = 'notice' AND payload->>'url' = %s",
                               (f"/campaigns/{key}",)).fetchone()
    assert posted and posted[0] >= 15
    with acting("contact.guangdong") as me:
        campaign = queries.one(me, key)
        assert {r.unit.code for r in queries.receipts(campaign)} == {"guangdong"}      # nobody else's
        assert [c.id for _, c in queries.to_acknowledge(me, 10)] == [key] * 5
        assert service.acknowledge(campaign, actor=me) == 5
        with pytest.raises(RuleViolated):
            service.acknowledge(campaign, actor=me)
        db.session.commit()
    with acting("member.guangdong") as me, pytest.raises(NotPermitted):
        service.acknowledge(queries.one(me, key), actor=me)
    with acting("market.terminal") as me:
        campaign = queries.one(me, key)
        assert service.chase_receipts(campaign, "please", actor=me) == 2
        assert {(r.unit.code, r.chase_count) for r in queries.receipts(campaign) if r.chase_count} == {("tibet", 1), ("migu", 1)}
        db.session.commit()
    said = superuser.execute("SELECT changes FROM audit_entry WHERE action = 'chase' AND subject_id = %s", (key,)).fetchall()
    assert said == [({"text": "please"},)]                    # everybody reads it: not how many there were
    lie = superuser.execute("SELECT parties FROM campaign_receipt WHERE campaign_id = %s", (key,)).fetchall()
    assert all(len(parties) == 2 for parties, in lie)
    with acting("office") as me:
        assert service.chase_receipts(queries.one(me, key), "", actor=me) == 2
        db.session.commit()
    with acting("contact.tibet") as me, pytest.raises(NotPermitted):
        service.chase_receipts(queries.one(me, key), "", actor=me)


def test_a_receipt_lies_between_the_units_of_the_step_only(acting: As, superuser: Superuser) -> None:
    """Whatever other functions the person has, as a program's token has them all."""
    with acting("market.terminal") as actor:
        other = replace(actor.appointments[0], unit=units()["beijing"], unit_code="beijing")
        both = replace(actor, appointments=(*actor.appointments, other))
        key = live(both, content("terminal", lands_in=["guangdong"])).id
        known = {units()["terminal"], units()["guangdong"]}
        db.session.commit()
    row = superuser.execute("SELECT parties FROM campaign_receipt WHERE campaign_id = %s", (key,)).fetchone()
    assert row and set(row[0]) == known


def test_the_whole_network_of_headquarters_is_everybody(acting: As, superuser: Superuser) -> None:
    with acting("market") as actor:
        key = live(actor, content("hq", lands_in="network")).id
        db.session.commit()
    assert len(receipts(superuser, key)) == 38


def test_the_launcher_changes_and_everybody_follows(acting: As, superuser: Superuser) -> None:
    """The new launcher sets the standard and judges anew; the old one still sees it, and is told no more than others."""
    with acting("contact.guangdong") as actor:
        key = live(actor, content(product_owner="migu")).id
        db.session.commit()
    with acting("market") as lead:
        campaign = queries.one(lead, key)
        assert service.offers(campaign, actor=lead) == {"move", "chase"}
        service.move(campaign, units()["migu"], "the company takes it over", actor=lead)
        db.session.commit()
    with acting("market.migu") as me:
        campaign = queries.one(me, key)
        assert campaign.unit.code == "migu" and len(queries.missing(campaign)) == 5
        service.pause(campaign, "until judged", actor=me)
        db.session.commit()
    with acting("contact.guangdong") as me:
        campaign = queries.one(me, key)
        assert service.offers(campaign, actor=me) == {"acknowledge"}
        with pytest.raises(NotPermitted):
            service.end(campaign, "no more", actor=me)
    assert [(e, u) for e, u, _ in receipts(superuser, key)] == [
        ("launch", "migu"), ("change", "guangdong"), ("pause", "guangdong")]


def test_nobody_makes_another_the_launcher_but_who_runs_both_and_headquarters_line(acting: As) -> None:
    """Nor is anything told of the other's codes, whatever else is wrong with what was sent."""
    with acting("market.migu") as actor:
        service.register(content("migu", lands_in=["guangdong"]), actor=actor)
        db.session.commit()
    with acting("contact.guangdong") as actor:
        key = service.register(content(), actor=actor).id
        db.session.commit()
        known = units()
        for name in ("contact.guangdong", "market.guangdong"):
            with acting(name) as me:
                campaign = queries.one(me, key)
                for unit, code in ((known["migu"], "C-1"), (known["migu"], "C-9"), (known["hq"], "C-1"), (known["hq"], "")):
                    with pytest.raises(NotPermitted):
                        service.change(campaign, content(unit=unit, code=code), actor=me)
                with pytest.raises(Invalid) as refused:
                    service.change(campaign, replace(content(), unit=known["migu"], line=None), actor=me)
                assert set(refused.value.errors) == {"line"}
                with pytest.raises(NotPermitted):
                    service.move(campaign, known["migu"], actor=me)
    with acting("market.guangdong") as me, pytest.raises(NotPermitted):
        service.change(queries.one(me, key), content(line=Line.IT), actor=me)
    with acting("network") as me, pytest.raises(NotPermitted):
        service.move(queries.one(me, key), known["migu"], actor=me)
    with acting("market") as me:
        campaign = queries.one(me, key)
        for other in (content(name="Mine"), content(unit=known["hq"], line=Line.IT)):
            with pytest.raises(NotPermitted):
                service.change(campaign, other, actor=me)
        with pytest.raises(Invalid) as refused:
            service.move(campaign, known["migu"], actor=me)
        assert set(refused.value.errors) == {"code"}
        service.move(campaign, known["hq"], actor=me)
        assert campaign.unit.code == "hq"
    with acting("contact.guangdong") as me:
        service.change(queries.one(me, key), content(line=Line.IT), actor=me)


def test_who_is_taken_out_of_a_draft_sees_it_no_more_but_of_what_runs(acting: As) -> None:
    both, one = ["guangdong", "tibet"], ["guangdong"]
    with acting("market.migu") as actor:
        draft = service.register(content("migu", lands_in=both), actor=actor)
        service.change(draft, content("migu", lands_in=one), actor=actor)
        running = live(actor, content("migu", lands_in=both, code="C-2"))
        service.change(running, content("migu", lands_in=one, code="C-2"), "no longer in Tibet", actor=actor)
        keys = draft.id, running.id
        db.session.commit()
    assert [sees(acting, "contact.tibet", key) for key in keys] == [False, True]
    with acting("contact.tibet") as me:
        assert [r.sync.event for r, _ in queries.to_acknowledge(me, 10)] == ["launch", "change"]


def test_two_who_act_at_the_same_moment(acting: As, superuser: Superuser) -> None:
    """Both let it go live: one does, the other is told; nobody is informed twice."""
    with acting("market.guangdong") as actor:
        key = checked(actor, content(product_owner="migu")).id
        db.session.commit()
    ready, outcomes = threading.Barrier(2), []

    def run(name: str) -> None:
        with acting(name) as me:
            campaign = queries.one(me, key)
            ready.wait(10)
            try:
                service.go_live(campaign, actor=me)
                db.session.commit()
                outcomes.append("live")
            except RuleViolated:
                db.session.rollback()
                outcomes.append("refused")
    threads = [threading.Thread(target=run, args=(n,)) for n in ("market.guangdong", "contact.guangdong")]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert sorted(outcomes) == ["live", "refused"] and len(receipts(superuser, key)) == 1


def test_lists_by_every_filter(acting: As) -> None:
    with acting("market.migu") as actor:
        live(actor, content("migu", lands_in=["tibet"], brand="Blue", code="M-7"))
        db.session.commit()
    with acting("market") as actor:
        service.register(content("hq", lands_in="network", product_owner="terminal", name="Everywhere"), actor=actor)
        db.session.commit()

    def found(me: Identity, **wanted: object) -> set[str]:
        where = queries.conditions(me, queries.Wanted(**wanted))
        rows = {c.code for c in db.session.scalars(queries.listed(where))}
        assert len(rows) == queries.count(where)
        return rows
    with acting("office") as me:
        for wanted, codes in (({}, {"M-7", "C-1"}), ({"launcher": "migu"}, {"M-7"}), ({"launcher": "nowhere"}, set()),
                              ({"lands": "tibet"}, {"M-7", "C-1"}), ({"lands": "guangdong"}, {"C-1"}), ({"state": "live"}, {"M-7"}),
                              ({"product_owner": "terminal"}, {"C-1"}), ({"q": "blue"}, {"M-7"}), ({"q": "50%"}, set()),
                              ({"line": "it"}, set()), ({"segment": "C"}, {"M-7", "C-1"}), ({"business": "existing"}, set())):
            assert found(me, **wanted) == codes, wanted
    with acting("contact.tibet") as me:
        assert found(me, receipts=True) == {"M-7"}
        assert [c.code for c in queries.findable(me, "spring")] == ["M-7"] and not queries.findable(me, "s")
    with acting("contact.guangdong") as me:
        assert found(me) == {"C-1"}


def caution_for(superuser: Superuser, campaign: UUID, unit: int) -> UUID:
    """As the background work writes it in headquarters' lane."""
    key = uuid7()
    superuser.execute(
        "INSERT INTO caution (id, unit_id, line, campaign_id, batch, control_element, words, due, at, finding, version)"
        " VALUES (%s, %s, 'market', %s, %s, 'rules', 'Are the rules clear?', %s, %s, '', 1)",
        (key, unit, campaign, uuid7(), world.NOW.date() + timedelta(days=5), world.NOW))
    return key


def test_a_warning_is_answered_once_by_those_it_asks(acting: As, superuser: Superuser) -> None:
    with acting("market.guangdong") as actor:
        campaign: Campaign = live(actor, content())
        key, unit = campaign.id, campaign.unit_id
        db.session.commit()
    asked = caution_for(superuser, key, unit)
    for name in ("contact.tibet", "network.guangdong", "market.migu"):
        with acting(name) as me, pytest.raises(NotVisible):
            queries.caution(me, asked)
    with acting("head.guangdong") as me, pytest.raises(NotPermitted):
        service.answer_caution(queries.caution(me, asked), True, "looked", actor=me)
    with acting("market.guangdong") as me:
        caution: Caution = queries.caution(me, asked)
        for affected, finding, field in ((True, "", "finding"), (None, "looked", "affected")):
            with pytest.raises(Invalid) as refused:
                service.answer_caution(caution, affected, finding, actor=me)
            assert set(refused.value.errors) == {field}
        with pytest.raises(Stale):
            service.answer_caution(caution, True, "looked", actor=me, version=99)
        service.answer_caution(caution, False, "the rules name every price", actor=me, version=caution.version)
        with pytest.raises(RuleViolated):
            service.answer_caution(caution, True, "again", actor=me)
        db.session.commit()
    with acting("market") as me:
        assert [c.affected for c in db.session.scalars(queries.cautions(me, CautionsWanted(state="answered")))] == [False]
