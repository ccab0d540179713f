"""Loading the plan: only what is missing is added, and a year is drafted once."""
from collections import Counter
from datetime import date

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from portal.assignments.queries import thresholds
from portal.assignments.rules import STANDARD
from portal.programmes.models import Programme
from seed import commands, plan
from seed.places import Fault, PlanFaults
from seed.reading import read_plan
from tenants import clock
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import Invalid, RuleViolated
from tenants.isolation import acting_as
from tenants.models import Responsibility, Term, Unit

ADMINISTRATOR = Scope(None, (1,), Lane.ADMINISTRATOR)
OFFICE = Scope(None, (1,), Lane.OVERSIGHT)
FREE_YEAR = 2077                                       # nobody else's test makes a programme for it


def test_what_is_there_is_left_alone(app: Flask) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR):
        plan.load_reference()
        unit = db.session.scalars(select(Unit).where(Unit.code == "hebei")).one()
        duty = db.session.scalars(select(Responsibility).where(Responsibility.line == "it")).first()
        assert duty is not None
        unit.name, unit.code, duty.duty = "Hebei (renamed)", "hebei-2", "lead"
        db.session.flush()
        assert plan.load_reference() == {"unit": 0, "term": 0, "responsibility": 0, "focus": 0, "setting": 0, "issue_limit": 0,
                                         "reminder_rung": 0}
        db.session.expire_all()
        assert (unit.name, unit.code, duty.duty) == ("Hebei (renamed)", "hebei-2", "lead")
        db.session.rollback()


def test_everything_the_files_hold_is_there(app: Flask) -> None:
    files = read_plan()
    with app.app_context(), acting_as(ADMINISTRATOR):
        plan.load_reference()
        codes = set(db.session.scalars(select(Unit.code)))
        assert {row["code"] for row in files.units} <= codes
        found = Counter(db.session.scalars(select(Term.vocabulary)))
        assert found == Counter(row["vocabulary"] for row in files.terms)
        assert db.session.scalar(select(func.count()).select_from(Responsibility)) == 20
        assert thresholds() == STANDARD
        db.session.rollback()


def test_a_year_is_drafted_from_the_plan(app: Flask) -> None:
    with app.app_context(), acting_as(OFFICE):
        made = plan.draft_programme(FREE_YEAR)
        db.session.expire_all()
        found = db.session.scalars(select(Programme).where(Programme.year == FREE_YEAR)).one()
        assert found.id == made.id and found.state == "draft"
        assert str(FREE_YEAR) in found.name and str(FREE_YEAR) in found.name_zh
        db.session.rollback()


def test_a_year_is_drafted_once_and_within_the_range(app: Flask) -> None:
    with app.app_context(), acting_as(OFFICE):
        plan.draft_programme(FREE_YEAR)
        with pytest.raises(RuleViolated):
            plan.draft_programme(FREE_YEAR)
        for year in (1999, 2101):
            with pytest.raises(Invalid):
                plan.draft_programme(year)
        db.session.rollback()


@pytest.fixture
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command against the test's own portal."""
    monkeypatch.setattr(commands, "create_app", lambda settings: app)
    return CliRunner()


def _remove(superuser: object, year: int) -> None:
    execute = superuser.execute
    for table in ("milestone", "template"):
        execute(f"DELETE FROM {table} WHERE programme_id IN (SELECT id FROM programme WHERE year = %s)", (year,))
    execute("DELETE FROM programme WHERE year = %s", (year,))


def test_the_command_twice(command: CliRunner, superuser: object) -> None:
    try:
        first = command.invoke(commands.seed, ["plan", "--year", str(FREE_YEAR)])
        second = command.invoke(commands.seed, ["plan", "--year", str(FREE_YEAR)])
    finally:
        _remove(superuser, FREE_YEAR)
    assert (first.exit_code, second.exit_code) == (0, 0), (first.output, second.output)
    assert f"{FREE_YEAR}" in first.output and "Drafted" in first.output
    assert "0 unit, 0 term, 0 responsibility, 0 focus, 0 setting, 0 issue_limit, 0 reminder_rung" in second.output
    assert f"There is a programme for {FREE_YEAR} already." in second.output


def test_the_year_is_this_one_unless_given(command: CliRunner, superuser: object) -> None:
    try:
        with clock.standing_at(clock.at(date(FREE_YEAR, 2, 28))):
            done = command.invoke(commands.seed, ["plan"])
    finally:
        _remove(superuser, FREE_YEAR)
    assert str(FREE_YEAR) in done.output


@pytest.mark.parametrize("year", ["1999", "2101", "soon", ""])
def test_a_year_out_of_range_is_refused_before_anything_is_done(command: CliRunner, year: str) -> None:
    assert command.invoke(commands.seed, ["plan", "--year", year]).exit_code == 2


def test_faults_are_printed_one_a_line_and_nothing_is_written(command: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt() -> None:
        raise PlanFaults([Fault("units.yaml", 14, "provinces[3].code", "wrong"), Fault("terms.yaml", 2, "", "not YAML")])
    monkeypatch.setattr(plan, "load_reference", spoilt)
    told = command.invoke(commands.seed, ["plan", "--year", str(FREE_YEAR)])
    assert told.exit_code == 1
    assert told.output.splitlines()[-2:] == ["terms.yaml:2: not YAML", "units.yaml:14: provinces[3].code: wrong"]
    assert "Drafted" not in told.output
