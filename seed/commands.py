"""`portal seed …`: what is there from the start. Run again, each command changes nothing."""
import click

from portal.app import create_app
from portal.config import Settings
from portal.programmes.rules import FIRST_YEAR, LAST_YEAR
from seed import plan
from seed.places import PlanFaults
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import RuleViolated
from tenants.isolation import acting_as


@click.group()
def seed() -> None:
    """Load the plan's data."""


@seed.command("plan")
@click.option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), help="Year of the programme; default: this one.")
def plan_command(year: int | None) -> None:
    """Add missing reference data, and draft the programme of a year unless that year has one."""
    with create_app(Settings.from_environment()).app_context():
        try:
            added = add_reference()
        except PlanFaults as faults:
            raise click.ClickException(f"the plan's data cannot be used, nothing was written:\n{faults}") from None
        click.echo("Reference data added: " + ", ".join(f"{count} {table}" for table, count in added.items()) + ".")
        click.echo(draft(year or clock.today().year))


def add_reference() -> dict[str, int]:
    """Commit what is missing of the reference data; how many rows were added, by table. Raises PlanFaults."""
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)):
        added = plan.load_reference()
        db.session.commit()
    return added


def draft(year: int) -> str:
    """Commit a draft for the year; a sentence that says what happened."""
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)):
        try:
            name = plan.draft_programme(year).name
        except RuleViolated as refusal:
            return str(refusal.message)
        db.session.commit()
    return f"Drafted: {name}."
