"""The demonstration year: made through the services, whole, the same again, and something of everything on any day."""
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from uuid import UUID, uuid5

import docx
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from portal import legends, masking
from portal.assignments.models import Assignment
from portal.assignments.rules import LIGHTS, light
from portal.audit import queries as audit
from portal.bulletins import queries as bulletins
from portal.bulletins.models import Bulletin
from portal.filings.models import Filing
from portal.filings.rules import STATES
from portal.notices.models import Notice
from portal.outbox import queries as outbox
from portal.programmes.models import Programme
from portal.programmes.rules import UnitFacts, shift, targets_match
from portal.web import labels
from seed import commands, demo
from seed.demo import exchange_acts, exchange_words, story
from seed.demo.acts import Act
from seed.demo.filing_story import Task
from seed.demo.people import Staff
from seed.demo.when import When
from seed.demo.year import _issue_moment as issue_moment
from seed.reading import read_plan
from tenants import clock, directory
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Appointment, Delegation, Person, Setting, Unit
from tenants.vocabulary import Line
from tests.crossings import few
from tests.factories.demonstration import A_FEW, OFFICE, Fresh, at, empty, fresh
from tests.seed.exchanged import everything_is_there, exchanged, nobody_else_sees_it, something_is_there

__all__ = ["empty", "fresh"]
DAYS = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5), date(2026, 2, 10), date(2026, 5, 2), date(2026, 8, 15),
        date(2026, 11, 22), date(2027, 12, 31), date(2028, 2, 29), date(2030, 4, 30)]


def nothing(_: str) -> None:
    pass


def lights(today: date) -> Counter[str]:
    with acting_as(OFFICE):
        return Counter(light(a.facts, today).code for a in db.session.scalars(select(Assignment)))


def figures() -> tuple[Counter[str], list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What two runs must have in common: all of it but the keys."""
    with acting_as(OFFICE):
        filings = Counter(db.session.scalars(select(Filing.state)))
        a = Assignment
        rows = db.session.execute(select(Unit.code, a.code, a.state, a.percent, a.start, a.due, a.measure, a.handed_in_on,
                                         a.closed_on).join(Unit, Unit.id == a.unit_id).order_by(Unit.code, a.code))
        return filings, [tuple(r) for r in rows], exchanged()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_year_is_whole_and_made_once(fresh: Fresh) -> None:
    now = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    app = fresh(now)
    with at(app, now):
        assert demo.make("one password", "http://portal.example", nothing, only=A_FEW)
        assert audit.broken() == []
        assert outbox.receivers_waiting() == []
        before = figures()
        assert set(before[0]) >= {"approved", "submitted", "returned", "draft"}
        found = lights(now.date())
        assert set(found) >= {"closed", "red", "blue", "green", "grey"}
        _people(now.date())
        _bulletins()
        everything_is_there(now)
        _one_legend()
        assert not demo.make("another", "http://portal.example", nothing, only=A_FEW)
        assert figures() == before


def _bulletins() -> None:
    """Those that are out show good practice, and are kept as documents."""
    with acting_as(OFFICE):
        out = db.session.scalars(select(Bulletin).where(Bulletin.state == "issued")).all()
        assert len(out) == 2
        for b in out:
            assert set(b.picks) <= {row["key"] for row in b.figures["practice"]} and len(b.picks) == 4
            assert set(bulletins.digests(b)) == {"zh", "en"}
            kept = bulletins.document(b, "zh")
            assert kept is not None
            shown = {cell.text for table in docx.Document(BytesIO(kept.content)).tables for row in table.rows for cell in row.cells}
            assert {f"{r['code']} {r['title']['zh']}" for r in b.figures["practice"] if r["key"] in b.picks} <= shown


def _one_legend() -> None:
    with acting_as(OFFICE):
        kept = db.session.scalars(select(Setting).where(Setting.name.startswith(legends.PREFIX))).one()
        unit = db.session.scalars(select(Unit.id).where(Unit.code == "sichuan")).one()
        assert kept.name == legends.setting_of(unit) and set(legends.read(kept.value)) == set(legends.CODES)


def _people(today: date) -> None:
    with acting_as(OFFICE):
        people = {p.email: p for p in db.session.scalars(select(Person))}
        assert all(email.endswith(".example") and p.phone.startswith("000-") for email, p in people.items())
        for who in ("office", "leader", "customer-service", "it", "admin", "auditor"):
            assert f"{who}@hq.example" in people
        for who in ("contact", "head", "enterprise", "customer-service"):
            assert f"{who}@tietong.example" in people
        assert any(p.left_on and p.left_on <= today for p in people.values())
        carried = db.session.scalars(select(Delegation)).one()
        assert carried.valid_from <= today <= carried.valid_until
        assert db.session.scalars(select(Unit).where(Unit.parent_id.is_not(None))).one().code == "guangdong-east"
        held = Counter(db.session.scalars(select(Appointment.person_id)))
        assert max(held.values()) == 2
        contact = people["contact@guangdong.example"]
    actor = directory.identity_of(contact.id)
    assert actor is not None
    with acting_as(actor.scope(writing=False)):
        told = Counter(n.read_at is None for n in db.session.scalars(select(Notice).where(Notice.person_id == contact.id)))
        assert told


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_was_interrupted_is_gone_on_with(fresh: Fresh) -> None:
    now = datetime(2026, 5, 20, 7, 0, tzinfo=UTC)
    app, few = fresh(now), ("beijing", "guangdong", "migu")

    class Interrupted(Exception):
        pass

    def interrupt_after(words: str) -> Callable[[str], None]:
        def said(text: str) -> None:
            if words in text:
                raise Interrupted
        return said

    for words in ("people in", "programme of", "acts"):
        with at(app, now), pytest.raises(Interrupted):
            demo.make("one password", "", interrupt_after(words), only=few)
    later = datetime(2026, 5, 22, 7, 0, tzinfo=UTC)
    with at(app, later):
        assert demo.make("one password", "", nothing, only=few, random_seed=5)        # it keeps the seed it was begun with
        assert audit.broken() == []
        resumed = figures()
    other = fresh(now)
    with at(other, now):
        assert demo.make("one password", "", nothing, only=few)
        assert figures() == resumed


def test_where_people_work_nothing_is_invented(app: Flask) -> None:
    with app.app_context(), pytest.raises(demo.Refused):
        demo.make("one password", "", nothing)


def test_the_command_refuses_production_and_keeps_the_password(app: Flask, monkeypatch: pytest.MonkeyPatch,
                                                               tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(commands, "create_app", lambda settings: app)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path_factory.mktemp("data")))
    answer = CliRunner().invoke(commands.seed, ["demo"])
    assert answer.exit_code == 0 and "nobody" not in answer.output and "empty" in answer.output
    monkeypatch.setenv("PORTAL_MODE", "production")
    monkeypatch.setenv("SECRET_KEY", "x" * 20)
    answer = CliRunner().invoke(commands.seed, ["demo"])
    assert answer.exit_code != 0 and "production" in answer.output


def test_a_young_year_shows_something(fresh: Fresh) -> None:
    now = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
    with at(fresh(now), now):
        assert demo.make("one password", "", nothing, only=("guangdong", "migu"))
        assert audit.broken() == []
        assert outbox.receivers_waiting() == []
        something_is_there()
        nobody_else_sees_it()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 5, 2), date(2026, 11, 22), date(2027, 12, 31)], ids=str)
def test_all_units_on_a_day(fresh: Fresh, day: date) -> None:
    now = datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC)
    app = fresh(now)
    with at(app, now):
        assert demo.make("one password", "", nothing)
        assert audit.broken() == []
        assert set(figures()[0]) == set(STATES) - {"superseded"}
        found = lights(day)
        assert set(found) == set(LIGHTS), found
        something_is_there()
        if day.month > 6:
            everything_is_there(now)
        with acting_as(OFFICE):
            past = Counter(a.state for a in db.session.scalars(select(Assignment).where(Assignment.milestone_due < day)))
        if day.month == 11:
            assert 0.65 < past["closed"] / past.total() < 0.85


@pytest.mark.long
@pytest.mark.timeout(600)
def test_large_has_the_years_before(fresh: Fresh) -> None:
    now = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    app = fresh(now)
    with at(app, now):
        assert demo.make("one password", "", nothing, scale="large", only=A_FEW)
        assert audit.broken() == []
        with acting_as(OFFICE):
            states = {p.year: p.state for p in db.session.scalars(select(Programme))}
            closed = Counter(db.session.scalars(select(Assignment.year).where(Assignment.state == "closed")))
        assert states == {2024: "ended", 2025: "issued", 2026: "issued"}
        assert min(closed.values()) > 50 and len(closed) == 3


# --- the story, without a database -----------------------------------------------------------------------------------

def written(day: date, random_seed: int = 1) -> tuple[When, list[Act]]:
    """The story of all units as told on that day."""
    plan = read_plan()
    now = datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC)
    with clock.standing_at(now):
        issued = issue_moment(day.year)
    focus = {row["category"]: frozenset({row["process"]}) for row in plan.focus}
    facts = {row["code"]: UnitFacts(row["code"], row["kind"], row["category"], focus.get(row["category"], frozenset()))
             for row in plan.units}
    space = UUID(int=7)
    people = ("contact", "deputy", "head", "member-1", "member-2", *(line.value for line in Line))
    staff = {code: Staff(code, n, code, f.kind, {p: uuid5(space, p + code) for p in people}, {p: p for p in people})
             for n, (code, f) in enumerate(facts.items(), 1)}
    tasks = {code: [Task(t.code, t.kind.value, t.line, t.milestone.value, shift(t.due, day.year), t.deliverable_zh)
                    for t in plan.programme.templates if t.kind != "system" and targets_match(t.targets, f)]
             for code, f in facts.items()}
    stages = {row["code"]: tuple(row["parent"].split()) for row in plan.terms if row["vocabulary"] == "system"}
    when = When(now, day.year, issued, date(day.year, 4, 30))
    with clock.standing_at(now):
        return when, story.tell(staff, tasks, stages, when, random_seed)


@pytest.mark.parametrize("day", few(4, sorted(DAYS, key=(date(2026, 1, 1), date(2026, 2, 10), date(2026, 11, 22), date(2028, 2, 29))
                                              .__contains__, reverse=True)), ids=str)
def test_the_story_keeps_to_its_time(day: date) -> None:
    when, acts = written(day)
    assert all(when.issued < a.at < when.now for a in acts)
    assert [a.at for a in acts] == sorted(a.at for a in acts)
    assert acts == written(day)[1]
    assert acts != written(day, 2)[1]


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 5, 2), date(2026, 11, 22), date(2027, 12, 31)], ids=str)
def test_what_happens_to_an_issue_or_a_campaign_happens_in_order(day: date) -> None:
    _, acts = written(day)
    raised: dict[tuple[str, datetime], datetime] = {}
    registered: set[tuple[str, str]] = set()
    for act in acts:
        match act:
            case exchange_acts.Register():
                assert (act.of.unit, act.of.code) not in registered
                registered.add((act.of.unit, act.of.code))
            case exchange_acts.Raise():
                assert (act.who[1], act.at) not in raised
                raised[act.who[1], act.at] = act.at
                assert not act.of.code or (act.of.unit, act.of.code) in registered
            case exchange_acts.OnIssue():
                assert raised[act.issue] < act.at
                raised[act.issue] = act.at
                if isinstance(act, exchange_acts.Split):
                    raised[act.who[1], act.at] = act.at
            case exchange_acts.OnCampaign():
                assert (act.of.unit, act.of.code) in registered
    assert len(raised) >= (18 if day.month == 1 else 40 if day.month == 5 else 100)


def test_words_hold_no_numbers_of_people() -> None:
    said = [text for topic in exchange_words.TOPICS.values()
            for text in (*topic.titles, *topic.descriptions, *topic.causes, *topic.solutions, *topic.question, *topic.comments)]
    assert all(masking.mask(text).text == text for text in said)
    assert {topic.element for topic in exchange_words.TOPICS.values()} <= {e for of in labels.ELEMENTS.values() for e in of}
